// SPDX-License-Identifier: MIT
/*
 * Mapping (Linux mm/mmap.c: do_mmap, mmap_region). Checks come in Linux's order, since each has its
 * own errno.
 */
#include "internal.h"

/*
 * Flags that every file system knows (LEGACY_MAP_MASK); MAP_SHARED ignores others,
 * MAP_SHARED_VALIDATE refuses them.
 */
#define KNOWN_MAP_FLAGS	(LX_MAP_SHARED | LX_MAP_PRIVATE | LX_MAP_FIXED | LX_MAP_ANONYMOUS | \
			 LX_MAP_DENYWRITE | LX_MAP_EXECUTABLE | LX_MAP_GROWSDOWN | LX_MAP_LOCKED | \
			 LX_MAP_NORESERVE | LX_MAP_POPULATE | LX_MAP_NONBLOCK | LX_MAP_STACK | \
			 LX_MAP_HUGETLB | LX_MAP_32BIT)
#define MAX_LFS_PAGES	((uint64_t)INT64_MAX >> PAGE_SHIFT)

/* A hint is only moved up; a hint of 0 is none. */
static uint64_t round_hint_to_min(uint64_t hint)
{
	hint = ALIGN_DOWN(hint, PAGE_SIZE);
	if (hint && hint < mm_profile.mmap_min_addr)
		return ALIGN_UP(mm_profile.mmap_min_addr, PAGE_SIZE);
	return hint;
}

static uint64_t calc_vm_flags(uint64_t prot, uint64_t flags)
{
	uint64_t vm_flags = prot & (LX_PROT_READ | LX_PROT_WRITE | LX_PROT_EXEC);	/* the same bits */

	if (flags & LX_MAP_GROWSDOWN)
		vm_flags |= VM_GROWSDOWN;
	if (flags & LX_MAP_LOCKED)
		vm_flags |= VM_LOCKED;
	if (flags & LX_MAP_SYNC)
		vm_flags |= VM_SYNC;
	return vm_flags;
}

/*
 * A file shared: without the right to write the file it is as good as private, but for VM_MAYSHARE.
 * 0 or -errno.
 */
static int check_shared_file(const struct file *file, uint64_t prot, uint64_t flags, uint64_t *vm_flags)
{
	bool writable = file->f_mode & FMODE_WRITE;

	if ((flags & LX_MAP_TYPE) == LX_MAP_SHARED_VALIDATE && (flags & ~(uint64_t)KNOWN_MAP_FLAGS))
		return -LX_EOPNOTSUPP;
	if ((prot & LX_PROT_WRITE) && !writable)
		return -LX_EACCES;
	*vm_flags |= VM_SHARED | VM_MAYSHARE;
	if (!writable)
		*vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
	return 0;
}

static int check_file(const struct file *file, uint64_t len, uint64_t prot, uint64_t flags, uint64_t pgoff,
		      uint64_t *vm_flags)
{
	uint64_t type = flags & LX_MAP_TYPE;
	uint64_t pages = len >> PAGE_SHIFT;
	int error = 0;

	if (pages > MAX_LFS_PAGES || pgoff > MAX_LFS_PAGES - pages)
		return -LX_EOVERFLOW;
	if (type == LX_MAP_SHARED || type == LX_MAP_SHARED_VALIDATE)
		error = check_shared_file(file, prot, flags, vm_flags);
	else if (type != LX_MAP_PRIVATE)
		return -LX_EINVAL;
	if (error)
		return error;
	if (!(file->f_mode & FMODE_READ))
		return -LX_EACCES;
	if (!file->f_op->mmap)
		return -LX_ENODEV;
	return *vm_flags & VM_GROWSDOWN ? -LX_EINVAL : 0;
}

/* A shared area counts its pages from 0: they are those of a file of its own. */
static int check_anonymous(uint64_t flags, uint64_t *vm_flags, uint64_t addr, uint64_t *pgoff)
{
	switch (flags & LX_MAP_TYPE) {
	case LX_MAP_PRIVATE:
		*pgoff = addr >> PAGE_SHIFT;
		return 0;
	case LX_MAP_SHARED:
		if (*vm_flags & VM_GROWSDOWN)
			return -LX_EINVAL;
		*pgoff = 0;
		*vm_flags |= VM_SHARED | VM_MAYSHARE;
		return 0;
	default:
		return -LX_EINVAL;
	}
}

/* --- the mapping itself ----------------------------------------------------------------------- */

/* Pages of [start, end) that are mapped already: MAP_FIXED will free them. */
static uint64_t count_vma_pages_range(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	struct vm_area_struct *vma;
	uint64_t pages = 0;

	for (vma = find_vma_intersection(mm, start, end); vma && vma->vm_start < end; vma = vma->vm_next)
		pages += (min(vma->vm_end, end) - max(vma->vm_start, start)) >> PAGE_SHIFT;
	return pages;
}

/* Who provides the pages. 0 or -errno: then it has no file. */
static int bind_area(struct vm_area_struct *vma, struct file *file)
{
	int error;

	if (!file)
		return vma->vm_flags & VM_SHARED ? shmem_zero_setup(vma) : 0;
	vma->vm_file = get_file(file);
	error = file->f_op->mmap(file, vma);
	if (error) {
		fput(vma->vm_file);
		vma->vm_file = NULL;
	}
	return error;
}

/* 0 or -errno; the file may add to m->vm_flags. */
static int new_area(struct vma_merge *m)
{
	struct vm_area_struct *vma = vm_area_alloc(m->mm), *next;
	int error;

	if (!vma)
		return -LX_ENOMEM;
	vma->vm_start = m->start;
	vma->vm_end = m->end;
	vma->vm_flags = m->vm_flags;
	vma->vm_page_prot = vm_get_page_prot(m->vm_flags);
	vma->vm_pgoff = m->pgoff;
	error = bind_area(vma, m->file);
	if (error) {
		/* A device may have mapped a part of itself already. */
		next = m->prev ? m->prev->vm_next : m->mm->mmap;
		unmap_region(m->mm, vma, m->prev, next, m->start, m->end);
		vm_area_free(vma);
		return error;
	}
	if (vma->vm_flags & VM_SPECIAL)
		vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	m->vm_flags = vma->vm_flags;
	vma_link(m->mm, vma, m->prev);
	return 0;
}

/* Whatever is mapped in [addr, addr + len) is replaced. The address or -errno. */
static uint64_t mmap_region(struct mm_struct *mm, struct file *file, uint64_t addr, uint64_t len,
			    uint64_t vm_flags, uint64_t pgoff)
{
	struct vma_merge m = { .mm = mm, .start = addr, .end = addr + len, .file = file, .pgoff = pgoff };
	struct vm_area_struct *next, *merged;
	uint64_t pages = len >> PAGE_SHIFT;
	bool account = (vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
	int error;

	if (!may_expand_vm(mm, vm_flags, pages) &&
	    !may_expand_vm(mm, vm_flags, pages - count_vma_pages_range(mm, addr, addr + len)))
		return -LX_ENOMEM;
	next = find_vma_prev(mm, addr, &m.prev);
	if (next && next->vm_start < m.end) {
		if (do_munmap(mm, addr, len))
			return -LX_ENOMEM;
		find_vma_prev(mm, addr, &m.prev);
	}
	/* Private and writable: all of it may have to exist one day. */
	if (account) {
		if (vm_enough_memory(pages))
			return -LX_ENOMEM;
		vm_flags |= VM_ACCOUNT;
	}
	/* New, or longer than it was: none of it was seen before. */
	m.vm_flags = vm_flags | VM_SOFTDIRTY;
	merged = vma_merge_new(&m);
	if (merged)
		vma_set_flags(merged, merged->vm_flags | VM_SOFTDIRTY);
	error = merged ? 0 : new_area(&m);
	if (error) {
		if (account)
			vm_unacct_memory(pages);
		return error;
	}
	vm_stat_account(mm, m.vm_flags, pages);
	if (m.vm_flags & VM_LOCKED)
		mm->locked_vm += pages;
	return addr;
}

uint64_t do_mmap(struct mm_struct *mm, struct file *file, uint64_t addr, uint64_t len, uint64_t prot,
		 uint64_t flags, uint64_t vm_flags, uint64_t pgoff)
{
	int error;

	mmap_assert_write_locked(mm);
	if (!len)
		return -LX_EINVAL;
	if (flags & LX_MAP_FIXED_NOREPLACE)
		flags |= LX_MAP_FIXED;
	if (!(flags & LX_MAP_FIXED))
		addr = round_hint_to_min(addr);
	len = ALIGN_UP(len, PAGE_SIZE);
	if (!len)
		return -LX_ENOMEM;
	if (pgoff + (len >> PAGE_SHIFT) < pgoff)
		return -LX_EOVERFLOW;
	if (mm->map_count > mm_profile.max_map_count)
		return -LX_ENOMEM;
	addr = mm_get_unmapped_area(mm, file, addr, len, pgoff, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	if ((flags & LX_MAP_FIXED_NOREPLACE) && find_vma_intersection(mm, addr, addr + len))
		return -LX_EEXIST;
	vm_flags |= calc_vm_flags(prot, flags) | mm->def_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
	if ((flags & LX_MAP_LOCKED) && !rlimit(LX_RLIMIT_MEMLOCK))
		return -LX_EPERM;
	error = mlock_future_check(mm, vm_flags, len);
	if (error)
		return error;
	error = file ? check_file(file, len, prot, flags, pgoff, &vm_flags)
		     : check_anonymous(flags, &vm_flags, addr, &pgoff);
	if (error)
		return error;
	if ((flags & LX_MAP_NORESERVE) && mm_profile.overcommit_memory != OVERCOMMIT_NEVER)
		vm_flags |= VM_NORESERVE;
	return mmap_region(mm, file, addr, len, vm_flags, pgoff);
}

/**
 * mmap(2). file: what the descriptor names, NULL if nothing; the caller keeps its reference. off in
 * bytes.
 */
long ksys_mmap(uint64_t addr, uint64_t len, uint64_t prot, uint64_t flags, struct file *file, uint64_t off)
{
	struct mm_struct *mm = get_current()->mm;
	bool populate;

	if (off % PAGE_SIZE)
		return -LX_EINVAL;
	if (flags & LX_MAP_ANONYMOUS) {
		/* No huge page was ever set aside, as on a Linux that was told nothing about them. */
		if (flags & LX_MAP_HUGETLB)
			return -LX_ENOMEM;
		file = NULL;
	} else if (!file) {
		return -LX_EBADF;
	} else if (flags & LX_MAP_HUGETLB) {
		return -LX_EINVAL;
	}
	mmap_write_lock(mm);
	addr = do_mmap(mm, file, addr, len, prot, flags, 0, off >> PAGE_SHIFT);
	populate = ((mm->def_flags & VM_LOCKED) || (flags & LX_MAP_LOCKED) ||
		    (flags & (LX_MAP_POPULATE | LX_MAP_NONBLOCK)) == LX_MAP_POPULATE);
	mmap_write_unlock(mm);
	if (populate && !IS_ERR_VALUE(addr))
		mm_populate(mm, addr, len);
	return addr;
}
