/* SPDX-License-Identifier: MIT */
/* shmctl(2): looking at segments, changing, locking and removing them (Linux ipc/shm.c). */
#include "cred.h"
#include "shm.h"
#include "uaccess.h"

/** struct ipc64_perm and struct shmid64_ds of x86-64 (asm-generic/ipcbuf.h, shmbuf.h). */
struct user_shmid_ds {
	int32_t key;
	uint32_t uid, gid, cuid, cgid, mode;
	uint16_t seq, pad;
	uint64_t unused[2];
	uint64_t segsz;
	int64_t atime, dtime, ctime;
	int32_t cpid, lpid;
	uint64_t nattch;
	uint64_t unused_end[2];
};
_Static_assert(sizeof(struct user_shmid_ds) == 112, "the ABI");

struct user_shminfo {
	uint64_t shmmax, shmmin, shmmni, shmseg, shmall;
	uint64_t unused[4];
};

struct user_shm_info {
	int32_t used_ids, pad;
	uint64_t shm_tot, shm_rss, shm_swp;	/* pages */
	uint64_t swap_attempts, swap_successes;
};

#define S_IRUGO		0444u
#define S_IRWXUGO	0777u
#define SHM_NO_LIMIT	(UINT64_MAX - (1UL << 24))

/* --- looking -------------------------------------------------------------------------------------------------- */

/* Highest place in use; 0 for none, too. */
static long highest_place(void)
{
	if (list_empty(&shm_ids()->list))
		return 0;
	return ipcid_to_idx(list_entry(shm_ids()->list.prev, struct shmid_kernel, shm_list)->shm_perm.id);
}

static long limits(uint64_t buf)
{
	static const struct user_shminfo info = {
		.shmmax = SHM_NO_LIMIT, .shmmin = 1, .shmmni = SHMMNI, .shmseg = SHMMNI, .shmall = SHM_NO_LIMIT,
	};

	return copy_to_user(buf, &info, sizeof(info)) ? -LX_EFAULT : highest_place();
}

static long totals(uint64_t buf)
{
	struct user_shm_info info = { .used_ids = shm_ids()->in_use, .shm_tot = init_ipc_ns.shm_tot };
	const struct shmid_kernel *shp;

	list_for_each_entry(shp, &shm_ids()->list, shm_list)
		info.shm_rss += shp->shm_file->f_mapping->nrpages;
	return copy_to_user(buf, &info, sizeof(info)) ? -LX_EFAULT : highest_place();
}

/* IPC_STAT goes by id; SHM_STAT and SHM_STAT_ANY by place, and return the id. */
static long stat_segment(int id, int cmd, uint64_t buf)
{
	struct shmid_kernel *shp = cmd == LX_IPC_STAT ? shm_find_id(id) : shm_find_idx(ipcid_to_idx(id));
	struct user_shmid_ds ds;

	if (IS_ERR(shp))
		return PTR_ERR(shp);
	if (cmd != LX_SHM_STAT_ANY && ipcperms(shp, S_IRUGO))
		return -LX_EACCES;
	ds = (struct user_shmid_ds){
		.key = shp->shm_perm.key, .uid = shp->shm_perm.uid, .gid = shp->shm_perm.gid,
		.cuid = shp->shm_perm.cuid, .cgid = shp->shm_perm.cgid,
		.mode = shp->shm_perm.mode, .seq = shp->shm_perm.id >> IPCMNI_SHIFT,
		.segsz = shp->shm_segsz, .nattch = shp->shm_nattch,
		.atime = shp->shm_atim, .dtime = shp->shm_dtim, .ctime = shp->shm_ctim,
		.cpid = shp->shm_cprid, .lpid = shp->shm_lprid,
	};
	if (copy_to_user(buf, &ds, sizeof(ds)))
		return -LX_EFAULT;
	return cmd == LX_IPC_STAT ? 0 : shp->shm_perm.id;
}

/* --- changing ------------------------------------------------------------------------------------------------- */

/* Change or remove it (Linux ipcctl_obtain_check). */
static bool may_control(const struct shmid_kernel *shp)
{
	return shm_is_owner(shp) || capable(CAP_SYS_ADMIN);
}

static long set_owner(int id, uint64_t buf)
{
	struct shmid_kernel *shp;
	struct user_shmid_ds ds;

	if (copy_from_user(&ds, buf, sizeof(ds)))
		return -LX_EFAULT;
	shp = shm_find_id(id);
	if (IS_ERR(shp))
		return PTR_ERR(shp);
	if (!may_control(shp))
		return -LX_EPERM;
	if (ds.uid == UINT32_MAX || ds.gid == UINT32_MAX)
		return -LX_EINVAL;
	shp->shm_perm.uid = ds.uid;
	shp->shm_perm.gid = ds.gid;
	shp->shm_perm.mode = (shp->shm_perm.mode & ~S_IRWXUGO) | (ds.mode & S_IRWXUGO);
	shp->shm_ctim = shm_seconds();
	return 0;
}

/* At once when nobody has it attached; else its key finds it no more, and it goes with the last attachment. */
static long remove_segment(int id)
{
	struct shmid_kernel *shp;

	down_write(&shm_ids()->rwsem);
	shp = shm_find_id(id);
	if (!IS_ERR(shp) && !may_control(shp))
		shp = ERR_PTR(-LX_EPERM);
	if (!IS_ERR(shp) && shp->shm_nattch) {
		shp->shm_perm.mode |= SHM_DEST;
		shp->shm_perm.key = IPC_PRIVATE;
	} else if (!IS_ERR(shp)) {
		shm_destroy(shp);
	}
	up_write(&shm_ids()->rwsem);
	return IS_ERR(shp) ? PTR_ERR(shp) : 0;
}

int shm_lock_memory(struct shmid_kernel *shp)
{
	uint64_t limit = rlimit(LX_RLIMIT_MEMLOCK);

	if (shp->shm_perm.mode & SHM_LOCKED)
		return 0;
	if (init_ipc_ns.locked_shm + shm_pages(shp) > limit >> PAGE_SHIFT)
		return -LX_ENOMEM;
	init_ipc_ns.locked_shm += shm_pages(shp);
	shp->shm_perm.mode |= SHM_LOCKED;
	shp->shm_file->f_inode->i_flags |= S_UNEVICTABLE;
	return 0;
}

void shm_unlock_memory(struct shmid_kernel *shp)
{
	if (shp->shm_perm.mode & SHM_LOCKED)
		init_ipc_ns.locked_shm -= shm_pages(shp);
	shp->shm_perm.mode &= ~SHM_LOCKED;
	shp->shm_file->f_inode->i_flags &= ~S_UNEVICTABLE;
}

static long lock_segment(int id, bool lock)
{
	struct shmid_kernel *shp = shm_find_id(id);

	if (IS_ERR(shp))
		return PTR_ERR(shp);
	if (!capable(CAP_IPC_LOCK) && (!shm_is_owner(shp) || (lock && !rlimit(LX_RLIMIT_MEMLOCK))))
		return -LX_EPERM;
	if (lock)
		return shm_lock_memory(shp);
	shm_unlock_memory(shp);
	return 0;
}

/** shmctl(id, cmd, buf) */
long ksys_shmctl(struct pt_regs *regs)
{
	int id = regs->di, cmd = regs->si;

	if (cmd < 0 || id < 0)
		return -LX_EINVAL;
	switch (cmd) {
	case LX_IPC_INFO:
		return limits(regs->dx);
	case LX_SHM_INFO:
		return totals(regs->dx);
	case LX_IPC_STAT:
	case LX_SHM_STAT:
	case LX_SHM_STAT_ANY:
		return stat_segment(id, cmd, regs->dx);
	case LX_IPC_SET:
		return set_owner(id, regs->dx);
	case LX_IPC_RMID:
		return remove_segment(id);
	case LX_SHM_LOCK:
	case LX_SHM_UNLOCK:
		return lock_segment(id, cmd == LX_SHM_LOCK);
	default:
		return -LX_EINVAL;
	}
}
