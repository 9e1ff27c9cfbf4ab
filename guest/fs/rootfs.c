/* SPDX-License-Identifier: MIT */
/*
 * What the tree holds before anybody changed it: linked together by the compiler, so that it costs no instruction at boot.
 * A row in each of the two tables makes a node; its number is in fs.h. The youngest of a directory stand first, as in any.
 */
#include "proc.h"
#include "labmem.h"

#define MKDEV(major, minor)	((major) << 8 | (minor))

/* The ring of all inodes begins with these; others join behind. */
#define INODE(n, mode, links) \
	.i_sb_list = { (n) + 1 < NR_STATIC_NODES ? &static_inodes[(n) + 1].i_sb_list : &super_inodes, \
		       (n) ? &static_inodes[(n) - 1].i_sb_list : &super_inodes }, \
	.i_ino = (n) + 1, .i_mode = (mode), .i_nlink = (links), .i_count = 1, .i_vm_flags = VM_NORESERVE, \
	.i_data.host = &static_inodes[n]
#define DIRECTORY(n, mode, links, entries) \
	INODE(n, LX_S_IFDIR | (mode), links), .i_size = TMPFS_DIRENT_SIZE * (2 + (entries)), \
	.i_op = &tmpfs_dir_inode_operations, .i_fop = &dir_operations
#define CHARDEV(n, mode, major, minor, fops) \
	INODE(n, LX_S_IFCHR | (mode), 1), .i_rdev = MKDEV(major, minor), .i_fop = (fops)

#define DEV_FD(n, target) \
	INODE(n, LX_S_IFLNK | 0777, 1), .i_size = sizeof(target) - 1, .i_op = &dev_fd_inode_operations, \
	.i_private = (target)

struct inode static_inodes[NR_STATIC_NODES] = {
	[ROOT_NODE] = { DIRECTORY(ROOT_NODE, 0755, /* links = */ 4, /* entries = */ 3) },
	[AGENT_NODE] = { INODE(AGENT_NODE, LX_S_IFREG | 0555, 1), .i_flags = S_IMAGE,
			 .i_writecount = -1, .i_fop = &image_file_operations,
			 .i_data.a_ops = &agent_aops },
	[DEV_NODE] = { DIRECTORY(DEV_NODE, 0755, /* links = */ 3, /* entries = */ 13) },
	[SHM_NODE] = { DIRECTORY(SHM_NODE, 01777, /* links = */ 2, /* entries = */ 0) },
	[ZERO_NODE] = { CHARDEV(ZERO_NODE, 0666, 1, 5, &zero_operations) },
	[NULL_NODE] = { CHARDEV(NULL_NODE, 0666, 1, 3, &null_operations) },
	[CONSOLE_NODE] = { CHARDEV(CONSOLE_NODE, 0600, 5, 1, &console_operations) },
	[LAB_NODE] = { CHARDEV(LAB_NODE, 0600, 10, 0, &lab_mem_fops) },
	[PROC_NODE] = { INODE(PROC_NODE, LX_S_IFDIR | 0555, 2), .i_op = &proc_root_inode_operations,
			.i_fop = &dir_operations },
	[FULL_NODE] = { CHARDEV(FULL_NODE, 0666, 1, 7, &full_operations) },
	[RANDOM_NODE] = { CHARDEV(RANDOM_NODE, 0666, 1, 8, &random_operations) },
	[URANDOM_NODE] = { CHARDEV(URANDOM_NODE, 0666, 1, 9, &random_operations) },
	[TTY_NODE] = { CHARDEV(TTY_NODE, 0666, 5, 0, &tty_operations) },
	[FD_NODE] = { DEV_FD(FD_NODE, "/proc/self/fd") },
	[STDIN_NODE] = { DEV_FD(STDIN_NODE, "/proc/self/fd/0") },
	[STDOUT_NODE] = { DEV_FD(STDOUT_NODE, "/proc/self/fd/1") },
	[STDERR_NODE] = { DEV_FD(STDERR_NODE, "/proc/self/fd/2") },
};

struct list_head super_inodes = { &static_inodes[0].i_sb_list, &static_inodes[NR_STATIC_NODES - 1].i_sb_list };

/*
 * References that each begins with: as an entry, from the image (so that it is never freed), and `users`: children, files
 * that are open in the image, the working directory of init_fs.
 */
#define DENTRY(n, parent, name, users, child, subdirs) \
	[n] = { .d_child = child, .d_subdirs = subdirs, .d_parent = &static_dentries[parent], \
		.d_inode = &static_inodes[n], .d_count = 2 + (users), .d_flags = DCACHE_ENTRY, \
		.d_seq = NR_STATIC_NODES - (n), .d_name = (name) }
/* Entries n's neighbours in the directory: the one behind it, and the one in front. */
#define BETWEEN(next, prev)	{ &static_dentries[next].d_child, &static_dentries[prev].d_child }
#define FIRST(dir, next)	{ &static_dentries[next].d_child, &static_dentries[dir].d_subdirs }
#define LAST(dir, prev)		{ &static_dentries[dir].d_subdirs, &static_dentries[prev].d_child }
/* A directory's entries: first and last. */
#define ENTRIES(first, last)	{ &static_dentries[first].d_child, &static_dentries[last].d_child }
#define NO_ENTRIES(n)		{ &static_dentries[n].d_subdirs, &static_dentries[n].d_subdirs }

struct dentry static_dentries[NR_STATIC_NODES] = {
	DENTRY(ROOT_NODE, ROOT_NODE, "", 4, BETWEEN(ROOT_NODE, ROOT_NODE), ENTRIES(AGENT_NODE, PROC_NODE)),
	DENTRY(AGENT_NODE, ROOT_NODE, "agent", 1, FIRST(ROOT_NODE, DEV_NODE), NO_ENTRIES(AGENT_NODE)),
	DENTRY(DEV_NODE, ROOT_NODE, "dev", 13, BETWEEN(PROC_NODE, AGENT_NODE), ENTRIES(SHM_NODE, STDERR_NODE)),
	DENTRY(SHM_NODE, DEV_NODE, "shm", 0, FIRST(DEV_NODE, ZERO_NODE), NO_ENTRIES(SHM_NODE)),
	DENTRY(ZERO_NODE, DEV_NODE, "zero", 0, BETWEEN(NULL_NODE, SHM_NODE), NO_ENTRIES(ZERO_NODE)),
	DENTRY(NULL_NODE, DEV_NODE, "null", 0, BETWEEN(CONSOLE_NODE, ZERO_NODE), NO_ENTRIES(NULL_NODE)),
	DENTRY(CONSOLE_NODE, DEV_NODE, "console", 1, BETWEEN(LAB_NODE, NULL_NODE), NO_ENTRIES(CONSOLE_NODE)),
	DENTRY(LAB_NODE, DEV_NODE, "lab", 0, BETWEEN(FULL_NODE, CONSOLE_NODE), NO_ENTRIES(LAB_NODE)),
	DENTRY(FULL_NODE, DEV_NODE, "full", 0, BETWEEN(RANDOM_NODE, LAB_NODE), NO_ENTRIES(FULL_NODE)),
	DENTRY(RANDOM_NODE, DEV_NODE, "random", 0, BETWEEN(URANDOM_NODE, FULL_NODE), NO_ENTRIES(RANDOM_NODE)),
	DENTRY(URANDOM_NODE, DEV_NODE, "urandom", 0, BETWEEN(TTY_NODE, RANDOM_NODE), NO_ENTRIES(URANDOM_NODE)),
	DENTRY(TTY_NODE, DEV_NODE, "tty", 0, BETWEEN(FD_NODE, URANDOM_NODE), NO_ENTRIES(TTY_NODE)),
	DENTRY(FD_NODE, DEV_NODE, "fd", 0, BETWEEN(STDIN_NODE, TTY_NODE), NO_ENTRIES(FD_NODE)),
	DENTRY(STDIN_NODE, DEV_NODE, "stdin", 0, BETWEEN(STDOUT_NODE, FD_NODE), NO_ENTRIES(STDIN_NODE)),
	DENTRY(STDOUT_NODE, DEV_NODE, "stdout", 0, BETWEEN(STDERR_NODE, STDIN_NODE), NO_ENTRIES(STDOUT_NODE)),
	DENTRY(STDERR_NODE, DEV_NODE, "stderr", 0, LAST(DEV_NODE, STDOUT_NODE), NO_ENTRIES(STDERR_NODE)),
	DENTRY(PROC_NODE, ROOT_NODE, "proc", 0, LAST(ROOT_NODE, DEV_NODE), NO_ENTRIES(PROC_NODE)),
};
