/* SPDX-License-Identifier: MIT */
/*
 * Files, inodes and the page cache as the host decodes them: names and meanings are Linux's (include/linux/fs.h,
 * xarray.h). Every field stands in layout.def.
 */
#ifndef SHARED_FS_TYPES_H
#define SHARED_FS_TYPES_H

#include "mm_types.h"

struct address_space_operations;
struct file_operations;
struct inode_operations;

/*
 * Index of a page cache: a radix tree, 6 bits of the index a level, as tall as the largest index needs. An entry
 * is NULL, a struct page, or a node with bit 1 set. A single page of index 0 needs no node: xa_head is the page.
 */
#define XA_CHUNK_SHIFT	6
#define XA_CHUNK_SIZE	(1UL << XA_CHUNK_SHIFT)
#define XA_INTERNAL	2UL

struct xa_node {
	uint8_t shift;			/* bits of the index below this node's slots; 0: slots are pages */
	uint8_t offset;			/* its slot in parent */
	uint8_t count;			/* slots in use */
	uint8_t pad[5];
	GPTR(struct xa_node) parent;
	GPTR(void) slots[XA_CHUNK_SIZE];
};

struct xarray {
	struct spinlock xa_lock;
	GPTR(void) xa_head;
};

/** The pages of a file, and the areas that map them. */
struct address_space {
	GPTR(struct inode) host;
	struct xarray i_pages;
	struct rw_semaphore i_mmap_rwsem;
	struct rb_root i_mmap;		/* areas, by first page; rb_subtree_last is the last page of the subtree */
	uint64_t nrpages;		/* in i_pages */
	GPTR(const struct address_space_operations) a_ops;
};

#define S_IMAGE		1u	/* its pages are frames of the kernel's image, each with a base reference, in no index */
#define S_HOST		2u	/* its contents, as far as they are not here yet, are those of i_private, a node of lab.root */
#define S_UNEVICTABLE	4u	/* memory of a segment with SHM_LOCKED: never taken back (Linux AS_UNEVICTABLE, a flag of the mapping) */

struct inode {
	struct list_head i_sb_list;	/* ring of all inodes, from lab.inodes */
	uint64_t i_ino;
	uint64_t i_size;		/* bytes */
	uint32_t i_mode;
	uint32_t i_uid, i_gid;		/* whose it is */
	uint32_t i_nlink;		/* names; of a directory: its own two, and one per directory in it */
	int32_t i_count;		/* references: one per dentry that names it */
	uint32_t i_flags;		/* S_* */
	int32_t i_writecount;		/* open files that may write it; below zero: programs that run from it */
	uint32_t i_rdev;		/* of a device node: major << 8 | minor */
	uint64_t i_fallocend;		/* pages below this one may be there though i_size ends before */
	GPTR(void) i_backing;		/* bytes of the initrd that pages not yet in i_data begin as … */
	uint64_t i_backing_size;	/* … from the file's start; 0: none. With S_HOST, the host's */
	uint64_t i_vm_flags;		/* VM_NORESERVE: pages are committed one by one; else the size is */
	uint64_t i_atime, i_mtime, i_ctime;	/* virtual ns */
	GPTR(const struct inode_operations) i_op;
	GPTR(const struct file_operations) i_fop;	/* what open() gives to the file */
	GPTR(void) i_private;		/* of the file system */
	struct rw_semaphore i_rwsem;
	struct address_space i_data;
};

#define LX_NAME_MAX	255

/* How a dentry stands to d_parent; exactly one. */
#define DCACHE_ENTRY	1u	/* an entry of it, which holds a reference */
#define DCACHE_MADE_UP	2u	/* found by a lookup() callback: on no list, and gone with its last user */
#define DCACHE_UNLINKED	4u	/* no entry any more, or never one */

/** A name in a directory, and the inode behind it. */
struct dentry {
	struct list_head d_child;	/* ENTRY: on d_parent->d_subdirs, the newest first */
	struct list_head d_subdirs;
	GPTR(struct dentry) d_parent;	/* holds a reference; itself: the root, and what never had a name */
	GPTR(struct inode) d_inode;	/* holds a reference */
	int32_t d_count;		/* files, children, working directories; one for an ENTRY, one in the image */
	uint32_t d_flags;		/* DCACHE_* */
	GPTR(struct dentry) d_last;	/* of a directory: the entry that was found last; NULL: none, or it has gone */
	uint64_t d_seq;			/* larger for a younger one: where reading a directory goes on */
	char d_name[LX_NAME_MAX + 1];
};

/**
 * What an open file of /proc holds that looks at an address space: one of its mm_count, whatever the process has become
 * meanwhile.
 */
struct proc_mm {
	struct list_head list;		/* of all, from lab.proc_mms */
	GPTR(struct mm_struct) mm;	/* NULL: the process had none */
};

#define FMODE_READ	1u
#define FMODE_WRITE	2u
#define FMODE_WRITER	4u	/* counted in i_writecount */

struct file {
	int32_t f_count;
	uint32_t f_flags;		/* O_* of open */
	uint32_t f_mode;		/* FMODE_* */
	uint32_t pad;
	GPTR(struct dentry) f_dentry;	/* holds a reference */
	GPTR(struct inode) f_inode;	/* of f_dentry; NULL: a lab channel */
	GPTR(struct address_space) f_mapping;
	GPTR(const struct file_operations) f_op;
	GPTR(void) private_data;
	uint64_t f_pos;			/* bytes */
};

#define NR_OPEN_INLINE	16
#define FD_CLOSE_ON_EXEC 1UL		/* in a descriptor's word, beside the address */

/** The open files of a process. */
struct files_struct {
	int32_t count;			/* tasks that share it (CLONE_FILES) */
	uint32_t max_fds;
	uint32_t closed_channels;	/* bit c: AGENT_FD_BASE + c was closed */
	uint32_t cloexec_channels;	/* bit c: it will be, by exec */
	GPTR(uint64_t) fd;		/* max_fds words: struct file, and FD_CLOSE_ON_EXEC; inline_fd or a block of pages */
	uint64_t inline_fd[NR_OPEN_INLINE];
};

/** Working directory and umask of a process. */
struct fs_struct {
	int32_t users;			/* tasks that share it (CLONE_FS) */
	uint32_t umask;
	GPTR(struct dentry) pwd;	/* holds a reference */
};

#endif
