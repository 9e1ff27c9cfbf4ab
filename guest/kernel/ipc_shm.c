/* SPDX-License-Identifier: MIT */
/*
 * System V segments: how they are found, made and destroyed (Linux ipc/shm.c, ipc/util.c). There are at most
 * SHMMNI of them, so a list by place does for what Linux keeps in an idr and a hash table.
 */
#include "permission.h"
#include "labdev.h"
#include "shm.h"

#define SHMMIN		1UL
#define SHMMAX		(UINT64_MAX - (1UL << 24))	/* bytes of one segment */
#define SHMALL		(UINT64_MAX - (1UL << 24))	/* pages of all of them */
#define IPC_MIN_CYCLE	64		/* places gone through before one is used again */
#define IPC_SEQ_MAX	(INT32_MAX >> IPCMNI_SHIFT)
#define S_IRWXUGO	0777u
#define NSEC_PER_SEC	1000000000UL

static DEFINE_KMEM_CACHE(shm_cachep, "shmid_kernel", sizeof(struct shmid_kernel));

struct ipc_namespace init_ipc_ns = {
	.shm_ids = { .list = LIST_HEAD_INIT(init_ipc_ns.shm_ids.list), .last_idx = -1 },
};

int64_t shm_seconds(void)
{
	return (lab.virtual_ns + lab.live.realtime_offset) / NSEC_PER_SEC;
}

/* --- finding -------------------------------------------------------------------------------------------------- */

struct shmid_kernel *shm_find_idx(int idx)
{
	struct shmid_kernel *shp;

	list_for_each_entry(shp, &shm_ids()->list, shm_list)
		if (ipcid_to_idx(shp->shm_perm.id) == idx)
			return shp;
	return ERR_PTR(-LX_EINVAL);
}

struct shmid_kernel *shm_find_id(int id)
{
	struct shmid_kernel *shp = shm_find_idx(ipcid_to_idx(id));

	if (!IS_ERR(shp) && shp->shm_perm.id != id)
		return ERR_PTR(-LX_EINVAL);
	return shp;
}

static struct shmid_kernel *find_key(int key)
{
	struct shmid_kernel *shp;

	list_for_each_entry(shp, &shm_ids()->list, shm_list)
		if (shp->shm_perm.key == key)
			return shp;
	return NULL;
}

int ipcperms(const struct shmid_kernel *shp, uint32_t wanted)
{
	const struct kern_ipc_perm *perm = &shp->shm_perm;
	uint32_t bits = wanted >> 6 | wanted >> 3 | wanted, mode = perm->mode, euid = current_cred()->euid;

	if (euid == perm->cuid || euid == perm->uid)
		mode >>= 6;
	else if (in_group_p(perm->cgid) || in_group_p(perm->gid))
		mode >>= 3;
	return (bits & ~mode & 07) && !capable(CAP_IPC_OWNER) ? -LX_EACCES : 0;
}

bool shm_is_owner(const struct shmid_kernel *shp)
{
	uint32_t euid = current_cred()->euid;

	return euid == shp->shm_perm.cuid || euid == shp->shm_perm.uid;
}

/* --- ids ------------------------------------------------------------------------------------------------------ */

/* Lowest free place of [start, end), and the segment behind it; -1: none. */
static int free_place(int start, int end, struct list_head **behind)
{
	struct shmid_kernel *shp;
	int idx = start;

	list_for_each_entry(shp, &shm_ids()->list, shm_list) {
		int taken = ipcid_to_idx(shp->shm_perm.id);

		if (taken > idx)
			break;
		if (taken == idx)
			idx++;
	}
	*behind = &shp->shm_list;
	return idx < end ? idx : -1;
}

/*
 * Linux ipc_addid: the next place after the one given last; from the lowest again, with the next sequence number, when
 * half as many again as are in use (and at least 64) were gone through. 0 or -LX_ENOSPC.
 */
static int add_id(struct shmid_kernel *shp)
{
	int end = min(max(shm_ids()->in_use * 3 / 2, IPC_MIN_CYCLE), IPCMNI), idx;
	struct list_head *behind;

	if (shm_ids()->in_use >= SHMMNI)
		return -LX_ENOSPC;
	idx = free_place(shm_ids()->last_idx + 1, end, &behind);
	if (idx < 0)
		idx = free_place(0, end, &behind);
	if (idx <= shm_ids()->last_idx && ++shm_ids()->seq >= IPC_SEQ_MAX)
		shm_ids()->seq = 0;
	shm_ids()->last_idx = idx;
	shm_ids()->in_use++;
	shp->shm_perm.id = (shm_ids()->seq << IPCMNI_SHIFT) + idx;
	list_add_tail(&shp->shm_list, behind);
	return 0;
}

/* --- making and destroying ------------------------------------------------------------------------------------ */

static void put_hex8(char *at, uint32_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 4)
		at[i] = "0123456789abcdef"[value & 15];
}

/* The memory: a file of that size whose name tells the key. ERR_PTR. */
static struct file *segment_file(int key, uint64_t size, uint32_t flags)
{
	char name[] = "SYSV........";
	bool unaccounted = (flags & LX_SHM_NORESERVE) && mm_profile.overcommit_memory != OVERCOMMIT_NEVER;

	/* Without CAP_IPC_LOCK nobody may (hugetlb_file_setup(), can_do_hugetlb_shm()). */
	if (flags & LX_SHM_HUGETLB)
		return ERR_PTR(-LX_EPERM);
	put_hex8(name + 4, key);
	return shmem_file_setup(name, size, unaccounted ? VM_NORESERVE : 0);
}

/* Linux newseg; rwsem held for writing. The id or -errno. */
static int newseg(int key, uint64_t size, uint32_t flags)
{
	uint64_t pages = size / PAGE_SIZE + (size % PAGE_SIZE != 0);
	struct shmid_kernel *shp;
	int error = -LX_ENOSPC;

	if (size < SHMMIN || size > SHMMAX)
		return -LX_EINVAL;
	if (init_ipc_ns.shm_tot + pages < pages || init_ipc_ns.shm_tot + pages > SHMALL)
		return -LX_ENOSPC;
	shp = kmem_cache_zalloc(&shm_cachep);
	if (!shp)
		return -LX_ENOMEM;
	shp->shm_perm.key = key;
	shp->shm_perm.mode = flags & S_IRWXUGO;
	shp->shm_perm.uid = shp->shm_perm.cuid = current_cred()->euid;
	shp->shm_perm.gid = shp->shm_perm.cgid = current_cred()->egid;
	shp->shm_segsz = size;
	shp->shm_ctim = shm_seconds();
	shp->shm_cprid = current->ts.tgid;
	shp->shm_file = segment_file(key, size, flags);
	if (IS_ERR(shp->shm_file))
		error = PTR_ERR(shp->shm_file);
	else
		error = add_id(shp);
	if (error) {
		if (!IS_ERR(shp->shm_file))
			fput(shp->shm_file);
		kmem_cache_free(&shm_cachep, shp);
		return error;
	}
	inode_init_owner(shp->shm_file->f_inode, NULL);
	/* maps tell it as the inode's number. */
	shp->shm_file->f_inode->i_ino = shp->shm_perm.id;
	init_ipc_ns.shm_tot += pages;
	return shp->shm_perm.id;
}

void shm_destroy(struct shmid_kernel *shp)
{
	if (shp->shm_perm.mode & SHM_LOCKED)
		shm_unlock_memory(shp);
	init_ipc_ns.shm_tot -= shm_pages(shp);
	shm_ids()->in_use--;
	list_del(&shp->shm_list);
	fput(shp->shm_file);
	kmem_cache_free(&shm_cachep, shp);
}

void shm_put_attachment(struct shmid_kernel *shp)
{
	BUG_ON(!shp->shm_nattch);
	if (--shp->shm_nattch == 0 && (shp->shm_perm.mode & SHM_DEST))
		shm_destroy(shp);
}

/* Linux ipcget_public: what there is already must be large enough, and allow what the flags ask for. */
static int get_existing(const struct shmid_kernel *shp, uint64_t size, uint32_t flags)
{
	int error;

	if ((flags & LX_IPC_CREAT) && (flags & LX_IPC_EXCL))
		return -LX_EEXIST;
	if (shp->shm_segsz < size)
		return -LX_EINVAL;
	error = ipcperms(shp, flags);
	return error ? error : shp->shm_perm.id;
}

/** shmget(key, size, flags) */
long ksys_shmget(struct pt_regs *regs)
{
	uint32_t flags = regs->dx;
	struct shmid_kernel *shp;
	int key = regs->di;
	long ret;

	down_write(&shm_ids()->rwsem);
	shp = key == IPC_PRIVATE ? NULL : find_key(key);
	if (shp)
		ret = get_existing(shp, regs->si, flags);
	else if (key != IPC_PRIVATE && !(flags & LX_IPC_CREAT))
		ret = -LX_ENOENT;
	else
		ret = newseg(key, regs->si, flags);
	up_write(&shm_ids()->rwsem);
	return ret;
}
