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

struct inode {
	struct list_head i_sb_list;	/* ring of all inodes, from lab.inodes */
	uint64_t i_ino;
	uint64_t i_size;		/* bytes */
	uint32_t i_mode;
	uint32_t i_nlink;		/* names */
	int32_t i_count;		/* references: open files, and one for a name */
	uint32_t i_flags;		/* S_* */
	uint64_t i_vm_flags;		/* VM_NORESERVE: pages are committed one by one; else the size is */
	struct rw_semaphore i_rwsem;
	struct address_space i_data;
	char i_name[272];		/* path, or what maps shows instead; the longest is of a memfd */
};

struct file {
	int32_t f_count;
	uint32_t f_flags;		/* O_* of open */
	GPTR(struct inode) f_inode;	/* NULL: a device that needs none */
	GPTR(struct address_space) f_mapping;
	GPTR(const struct file_operations) f_op;
	GPTR(void) private_data;
	GPTR(const char) f_name;	/* path, for maps */
	uint64_t f_pos;			/* bytes */
};

#endif
