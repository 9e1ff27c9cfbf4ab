/* SPDX-License-Identifier: MIT */
/*
 * Attaching and detaching System V segments (Linux ipc/shm.c: do_shmat, ksys_shmdt, shm_vm_ops). Each attachment
 * has an open file of its own on the segment's inode; its area's operations count attachments, and leave the pages to
 * the memory's own operations.
 */
#include "fs.h"
#include "shm.h"

static struct shm_file_data *sfd_of(const struct file *file)
{
	return file->private_data;
}

/* --- what areas do -------------------------------------------------------------------------------------------- */

/* One attachment more; 0, or -LX_EINVAL: the id is another segment's, or nobody's. */
static int count_attachment(const struct shm_file_data *sfd)
{
	struct shmid_kernel *shp = shm_find_id(sfd->id);

	if (IS_ERR(shp) || shp->shm_file != sfd->file)
		return -LX_EINVAL;
	spin_lock(&shp->shm_perm.lock);
	shp->shm_nattch++;
	shp->shm_atim = shm_seconds();
	shp->shm_lprid = current->ts.tgid;
	spin_unlock(&shp->shm_perm.lock);
	return 0;
}

static void shm_open(struct vm_area_struct *vma)
{
	BUG_ON(count_attachment(sfd_of(vma->vm_file)));
}

static void shm_close(struct vm_area_struct *vma)
{
	struct shmid_kernel *shp;

	down_write(&shm_ids()->rwsem);
	shp = shm_find_id(sfd_of(vma->vm_file)->id);
	BUG_ON(IS_ERR(shp));
	shp->shm_dtim = shm_seconds();
	shp->shm_lprid = current->ts.tgid;
	shm_put_attachment(shp);
	up_write(&shm_ids()->rwsem);
}

static int shm_fault(struct vm_fault *vmf)
{
	return sfd_of(vmf->vma->vm_file)->vm_ops->fault(vmf);
}

/* No map_pages: as on Linux, a fault maps one page of a segment and not those around it. */
static const struct vm_operations_struct shm_vm_ops __vm_ops = {
	.open = shm_open,
	.close = shm_close,
	.fault = shm_fault,
};

/* --- the open file -------------------------------------------------------------------------------------------- */

static int shm_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct shm_file_data *sfd = sfd_of(file);
	int error = count_attachment(sfd);

	if (error)
		return error;
	error = sfd->file->f_op->mmap(sfd->file, vma);
	if (error) {
		shm_close(vma);
		return error;
	}
	sfd->vm_ops = vma->vm_ops;
	vma->vm_ops = &shm_vm_ops;
	return 0;
}

static void shm_release(struct file *file)
{
	struct shm_file_data *sfd = sfd_of(file);

	fput(sfd->file);
	kfree(sfd);
}

static const struct file_operations shm_file_operations __file_ops = {
	.mmap = shm_mmap,
	.release = shm_release,
	.fallocate = shmem_fallocate,
	.fsync = noop_fsync,
};

/* NULL: no memory. */
static struct file *open_segment(const struct shmid_kernel *shp, bool write)
{
	struct shm_file_data *sfd = kzalloc(sizeof(*sfd));
	struct dentry *dentry = shp->shm_file->f_dentry;
	struct file *file;

	if (!sfd)
		return NULL;
	file = alloc_file(dget(dentry), write ? LX_O_RDWR : LX_O_RDONLY, &shm_file_operations);
	if (!file) {
		dput(dentry);
		kfree(sfd);
		return NULL;
	}
	if (!write)
		file->f_mode = FMODE_READ;
	sfd->id = shp->shm_perm.id;
	sfd->file = get_file(shp->shm_file);
	file->private_data = sfd;
	return file;
}

/* --- shmat ---------------------------------------------------------------------------------------------------- */

struct attach {
	uint64_t addr;			/* where; 0 and not fixed: anywhere */
	bool fixed, remap;
	uint64_t prot;
	uint32_t mode;			/* rights that the segment must give */
};

/* What address and flags of shmat(2) ask for. 0 or -LX_EINVAL. */
static int parse_attach(struct attach *at, uint64_t addr, uint32_t flags)
{
	*at = (struct attach){ .addr = addr, .fixed = addr, .remap = flags & LX_SHM_REMAP };
	if (addr % PAGE_SIZE) {
		if (!(flags & LX_SHM_RND))
			return -LX_EINVAL;
		at->addr = ALIGN_DOWN(addr, PAGE_SIZE);
	}
	if (!at->addr && at->remap)
		return -LX_EINVAL;
	at->prot = LX_PROT_READ;
	at->mode = 0444;
	if (!(flags & LX_SHM_RDONLY)) {
		at->prot |= LX_PROT_WRITE;
		at->mode |= 0222;
	}
	if (flags & LX_SHM_EXEC) {
		at->prot |= LX_PROT_EXEC;
		at->mode |= 0111;
	}
	return 0;
}

/* The address or -errno. Without SHM_REMAP nothing may be in the way. */
static uint64_t map_segment(const struct attach *at, struct file *file)
{
	uint64_t size = file->f_inode->i_size, addr = -LX_EINVAL;
	struct mm_struct *mm = current->ts.mm;
	bool locked;

	mmap_write_lock(mm);
	if (!at->fixed || at->remap ||
	    (at->addr + size >= size && !find_vma_intersection(mm, at->addr, at->addr + size)))
		addr = do_mmap(mm, file, at->addr, size, at->prot,
			       LX_MAP_SHARED | (at->fixed ? LX_MAP_FIXED : 0), 0, 0);
	locked = mm->def_flags & VM_LOCKED;
	mmap_write_unlock(mm);
	if (locked && !IS_ERR_VALUE(addr))
		mm_populate(mm, addr, size);
	return addr;
}

/* The segment stays while it is mapped: that alone counts as an attachment. */
static long attach_segment(struct shmid_kernel *shp, const struct attach *at)
{
	int id = shp->shm_perm.id;
	long ret = -LX_ENOMEM;
	struct file *file;

	shp->shm_nattch++;
	file = open_segment(shp, at->prot & LX_PROT_WRITE);
	if (file) {
		ret = map_segment(at, file);
		fput(file);
	}
	down_write(&shm_ids()->rwsem);
	shm_put_attachment(shm_find_id(id));
	up_write(&shm_ids()->rwsem);
	return ret;
}

/** shmat(id, addr, flags) */
long ksys_shmat(struct pt_regs *regs)
{
	struct shmid_kernel *shp;
	struct attach at;
	int error = -LX_EINVAL;

	if ((int)regs->di < 0 || parse_attach(&at, regs->si, regs->dx))
		return error;
	shp = shm_find_id(regs->di);
	if (IS_ERR(shp))
		return PTR_ERR(shp);
	error = ipcperms(shp, at.mode);
	return error ? error : attach_segment(shp, &at);
}

/* --- shmdt ---------------------------------------------------------------------------------------------------- */

/* Does the area show the part of a segment that is there, when the segment begins at addr? */
static bool is_attached_at(const struct vm_area_struct *vma, uint64_t addr)
{
	return vma->vm_ops == &shm_vm_ops && (vma->vm_start - addr) >> PAGE_SHIFT == vma->vm_pgoff;
}

static struct vm_area_struct *unmap_area(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *next = vma->vm_next;

	do_munmap(mm, vma->vm_start, vma->vm_end - vma->vm_start);
	return next;
}

/*
 * The attachment may have been cut up since: its first part tells the segment and its size, and what else of it lies
 * where it belongs goes, too. 0 or -LX_EINVAL: there is none.
 */
static long detach(struct mm_struct *mm, uint64_t addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	const struct file *file;
	uint64_t size;

	while (vma && !is_attached_at(vma, addr))
		vma = vma->vm_next;
	if (!vma)
		return -LX_EINVAL;
	file = vma->vm_file;
	size = ALIGN_UP(file->f_inode->i_size, PAGE_SIZE);
	vma = unmap_area(mm, vma);
	while (vma && vma->vm_end - addr <= size) {
		if (is_attached_at(vma, addr) && vma->vm_file == file)
			vma = unmap_area(mm, vma);
		else
			vma = vma->vm_next;
	}
	return 0;
}

/** shmdt(addr) */
long ksys_shmdt(struct pt_regs *regs)
{
	struct mm_struct *mm = current->ts.mm;
	long ret;

	if (regs->di % PAGE_SIZE)
		return -LX_EINVAL;
	mmap_write_lock(mm);
	ret = detach(mm, regs->di);
	mmap_write_unlock(mm);
	return ret;
}
