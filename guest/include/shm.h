/* SPDX-License-Identifier: MIT */
/*
 * System V shared memory (Linux ipc/shm.c): segments (kernel/ipc_shm.c), what shmctl does to them
 * (ipc_shmctl.c), and areas that map them (ipc_shmat.c). Locks as there: shm_ids.rwsem guards the list of
 * segments, shm_perm.lock one segment; both inside mmap_lock.
 */
#ifndef GUEST_SHM_H
#define GUEST_SHM_H

#include "ipc_types.h"
#include "mm.h"
#include "task.h"

extern struct ipc_namespace init_ipc_ns;

static inline struct ipc_ids *shm_ids(void) { return &init_ipc_ns.shm_ids; }

static inline int ipcid_to_idx(int id) { return id % IPCMNI; }

/** The segment of that id, or ERR_PTR(-LX_EINVAL); rwsem held. */
struct shmid_kernel *shm_find_id(int id);
/** The segment at that place of the table, likewise. */
struct shmid_kernel *shm_find_idx(int idx);
/** Linux ipcperms: may current do all that the bits of `wanted` (any of the three groups) name? 0 or -LX_EACCES. */
int ipcperms(const struct shmid_kernel *shp, uint32_t wanted);
/** Does it belong to current, or did current make it? */
bool shm_is_owner(const struct shmid_kernel *shp);
/** An attachment is gone: should the segment go too, it does. rwsem held for writing. */
void shm_put_attachment(struct shmid_kernel *shp);
/** Out of the table; its memory goes with the last who maps it. rwsem held for writing; shp is freed. */
void shm_destroy(struct shmid_kernel *shp);
/** SHM_LOCK, SHM_UNLOCK: 0 or -LX_ENOMEM, past RLIMIT_MEMLOCK. What is locked is never taken back (vmscan.c). */
int shm_lock_memory(struct shmid_kernel *shp);
void shm_unlock_memory(struct shmid_kernel *shp);
/** Seconds of virtual time, as Linux tells those of the clock. */
int64_t shm_seconds(void);

static inline uint64_t shm_pages(const struct shmid_kernel *shp)
{
	return ALIGN_UP(shp->shm_segsz, PAGE_SIZE) >> PAGE_SHIFT;
}

long ksys_shmget(struct pt_regs *regs);
long ksys_shmat(struct pt_regs *regs);
long ksys_shmdt(struct pt_regs *regs);
long ksys_shmctl(struct pt_regs *regs);

#endif
