/* SPDX-License-Identifier: MIT */
/*
 * System V shared memory and pipes as the host decodes them: names and meanings are Linux's (include/linux/ipc.h,
 * ipc_namespace.h, ipc/shm.c, pipe_fs_i.h). Every field stands in layout.def.
 */
#ifndef SHARED_IPC_TYPES_H
#define SHARED_IPC_TYPES_H

#include "mm_types.h"

/* An id is a place in the table, and above it how often the places were gone through when it was given. */
#define IPCMNI_SHIFT	15
#define IPCMNI		(1 << IPCMNI_SHIFT)
#define SHMMNI		4096			/* segments */

#define SHM_DEST	01000u			/* of mode: it goes with its last attachment */
#define SHM_LOCKED	02000u			/* of mode: SHM_LOCK */
#define IPC_PRIVATE	0			/* a key that finds nothing */

struct kern_ipc_perm {
	struct spinlock lock;
	int32_t id;
	int32_t key;
	uint32_t uid, gid;		/* of the owner */
	uint32_t cuid, cgid;		/* who made it */
	uint32_t mode;			/* rights, SHM_* */
	uint32_t pad;
};

/** A segment. */
struct shmid_kernel {
	struct kern_ipc_perm shm_perm;
	struct list_head shm_list;	/* of ipc_ids.list, by place */
	GPTR(struct file) shm_file;	/* its memory */
	uint64_t shm_nattch;		/* areas that map it, in all mms */
	uint64_t shm_segsz;		/* bytes, as asked for */
	int64_t shm_atim, shm_dtim, shm_ctim;	/* seconds of virtual time; 0: never */
	int32_t shm_cprid, shm_lprid;	/* processes: the maker; the last to attach or detach, 0: none */
};

/** All segments. */
struct ipc_ids {
	struct rw_semaphore rwsem;	/* guards the list */
	struct list_head list;		/* of shmid_kernel */
	int32_t in_use;			/* segments */
	int32_t last_idx;		/* place given last; -1: none */
	uint32_t seq;			/* how often the places were gone through */
	uint32_t pad;
};

/** Behind the open file of one attachment (private_data). */
struct shm_file_data {
	int32_t id;			/* the segment; it lives as long as an area of the attachment's does */
	uint32_t pad;
	GPTR(struct file) file;		/* the segment's own, with a reference */
	GPTR(const struct vm_operations_struct) vm_ops;	/* the memory's own */
};

struct ipc_namespace {
	struct ipc_ids shm_ids;
	uint64_t shm_tot;		/* pages of all segments */
	uint64_t locked_shm;		/* pages of those with SHM_LOCKED: the user's, whom RLIMIT_MEMLOCK limits */
};

/* --- pipes ------------------------------------------------------------------------------------ */

#define PIPE_DEF_BUFFERS	16

#define PIPE_BUF_FLAG_PACKET	0x08u	/* one write, to be read as one */
#define PIPE_BUF_FLAG_CAN_MERGE	0x10u	/* a later write may go behind it, into the same page */

/** Bytes on their way, in a page of the pipe's own. */
struct pipe_buffer {
	GPTR(struct page) page;
	uint32_t offset, len;		/* bytes not read yet */
	uint32_t flags;			/* PIPE_BUF_FLAG_* */
	uint32_t pad;
};

struct pipe_inode_info {
	struct list_head list;		/* ring of all pipes, from lab.pipes */
	struct spinlock mutex;
	uint32_t head, tail;		/* buffers ever filled, and ever emptied; the slot is the rest by PIPE_DEF_BUFFERS */
	uint32_t readers, writers;	/* open ends */
	struct list_head rd_wait, wr_wait;	/* tasks that sleep until there is something, or room */
	GPTR(struct page) tmp_page;	/* the page that was emptied last, kept for the next write; or NULL */
	struct pipe_buffer bufs[PIPE_DEF_BUFFERS];
};

#endif
