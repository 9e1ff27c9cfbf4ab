/* SPDX-License-Identifier: MIT */
/*
 * /proc: what the kernel tells of its processes as files (Linux fs/proc). Nothing of it exists before it is looked up:
 * proc_base.c makes an inode for a name, the other files make the contents when they are read.
 */
#ifndef GUEST_PROC_H
#define GUEST_PROC_H

#include "fs.h"
#include "task.h"

extern const struct inode_operations proc_root_inode_operations;	/* of the node "/proc" */

/** The task that an inode of /proc tells about; NULL: it is gone. */
struct task *proc_task(const struct inode *inode);
/** The mm of a task, with one of its mm_users; NULL: it has none (any more). mmput() when done. */
struct mm_struct *get_task_mm(struct task *task);

/* --- files that look at an address space (proc_base.c) ------------------------------------------ */

/**
 * What the private_data of such a file begins with: the mm that the process had when it was opened, kept by mm_count, also
 * after exec or exit. NULL: a kernel thread's, or a zombie's. 0, or -LX_ESRCH: the task is gone.
 */
int proc_mm_attach(struct proc_mm *ref, struct inode *inode);
void proc_mm_detach(struct proc_mm *ref);
/** open and release of files that need nothing more than that. */
int proc_mm_open(struct inode *inode, struct file *file);
void proc_mm_release(struct file *file);
/** The mm, if somebody still uses it, with one of its mm_users; NULL: nobody does. */
struct mm_struct *proc_get_mm(const struct file *file);

/* --- inodes and names --------------------------------------------------------------------------- */

#define PROC_FIRST_INO	0x10000UL	/* of directory entries: those of open files differ, as nothing keeps them */

/** An inode of /proc about that pid, with a reference; ERR_PTR(-LX_ENOMEM). */
struct inode *proc_new_inode(int pid, uint32_t mode, const struct inode_operations *iop,
			     const struct file_operations *fop);
/** Path of a dentry into buf of PATH_MAX bytes. 0 or -LX_ENAMETOOLONG. */
int proc_put_path(const struct dentry *dentry, char *buf);
/** A name that is a decimal number, without zeros in front; -1: it is none. */
long proc_parse_number(const char *name);
/** A decimal number with blanks around it and perhaps a newline. 0 with *value; -LX_EINVAL, -LX_ERANGE: too large for an int. */
int proc_parse_int(const char *text, int64_t *value);
/** An entry that is a number; as dir_emit(). */
bool proc_emit_number(struct dir_context *ctx, unsigned int number, uint32_t type);

/** A page of the kernel's own, to put bytes through; NULL: no memory. */
void *alloc_kernel_page(void);
void free_kernel_page(void *page);

extern const struct file_operations proc_maps_operations, proc_smaps_operations;	/* proc_maps.c */
extern const struct file_operations proc_smaps_rollup_operations;
extern const struct file_operations proc_pagemap_operations;				/* proc_pagemap.c */
extern const struct file_operations proc_clear_refs_operations;
extern const struct file_operations proc_mem_operations, proc_environ_operations;	/* proc_mem.c */
extern const struct file_operations proc_cmdline_operations, proc_auxv_operations;
int64_t mem_lseek(struct file *file, int64_t offset, uint32_t whence);
extern const struct file_operations proc_status_operations, proc_statm_operations;	/* proc_status.c */
extern const struct file_operations proc_limits_operations, proc_comm_operations;
extern const struct file_operations proc_coredump_filter_operations;			/* proc_coredump.c */
extern const struct file_operations proc_stat_operations, proc_mounts_operations;	/* proc_stat.c */
extern const struct file_operations proc_oom_score_operations, proc_oom_score_adj_operations;
extern const struct file_operations proc_cpu_stat_operations, proc_uptime_operations;	/* proc_machine.c */
extern const struct file_operations proc_loadavg_operations, proc_version_operations;
extern const struct file_operations proc_filesystems_operations, proc_cpuinfo_operations, proc_swaps_operations;
extern const struct inode_operations proc_sysvipc_inode_operations;
extern const struct file_operations proc_meminfo_operations;				/* proc_meminfo.c */
extern const struct inode_operations proc_sys_inode_operations;				/* proc_sys.c */
extern const struct inode_operations proc_fd_inode_operations;				/* proc_fd.c */

/* --- parts of maps and smaps -------------------------------------------------------------------- */

struct seq_file;
/** The line of an area. */
void show_map_vma(struct seq_file *m, struct vm_area_struct *vma);
/** The beginning of such a line; a name follows if `named`. */
void show_vma_header(struct seq_file *m, uint64_t start, uint64_t end, uint64_t vm_flags, uint64_t pgoff, uint32_t dev,
		     uint64_t ino, bool named);
/** All that smaps says of an area; mmap_lock held. */
void show_smap(struct seq_file *m, struct vm_area_struct *vma);
/** The sum over all areas; mmap_lock held. */
void show_smaps_rollup(struct seq_file *m, struct mm_struct *mm);

/** For a read of [*pos, *pos + count) of text that is `available` bytes: bytes given, *pos moved on, or -EFAULT. */
long simple_read_from_buffer(uint64_t to, uint64_t count, uint64_t *pos, const char *from, uint64_t available);

#endif
