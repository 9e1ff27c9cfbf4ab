/* SPDX-License-Identifier: MIT */
/*
 * Open files of a process. Descriptors 0 to 2 are the console; AGENT_FD_BASE + c is lab channel c,
 * in every process, outside the table, until it is closed. struct file itself is in mm.h.
 */
#ifndef GUEST_FILES_H
#define GUEST_FILES_H

#include "agent.h"
#include "mm.h"

struct task;

/** Linux: what one call reads or writes at most; more is cut to this. */
#define MAX_RW_COUNT	(INT32_MAX & ~(PAGE_SIZE - 1))

#define NR_OPEN_MAX	(PAGE_SIZE / 8 << (NR_ORDERS - 1))	/* descriptors that the largest block of pages holds */

/**
 * What every spawned process begins with. Never changed: a process that opens or closes anything gets a
 * copy first, so that most tasks never own a table.
 */
extern struct files_struct init_files;

int copy_files(struct task *child, bool share);	/* 0 or -LX_ENOMEM */
/** A table that current shares with nobody (exec). 0 or -LX_ENOMEM. */
int unshare_files(void);
void put_files(struct task *task);
/** The file in a word of a table; NULL: none. */
static inline struct file *fd_file(uint64_t word) { return (struct file *)(word & ~FD_CLOSE_ON_EXEC); }
/** The file behind a descriptor, with a reference; NULL: none. */
struct file *fget(uint64_t fd);

extern struct file console_file;
/** File of lab channel c < AGENT_CHANNELS. */
struct file *channel_file(unsigned int c);
/** The agent's ELF in the image. */
struct file *agent_file(void);

/**
 * Lowest free descriptor of current, in a table that may be changed; or -LX_EMFILE, -LX_ENOMEM. fd_install() must follow, or
 * nothing.
 */
long get_unused_fd(void);
/** An open file that is no file of the tree, named so: d_path() shows "/anon_inode:NAME (deleted)". Or ERR_PTR. */
struct file *anon_inode_getfile(const char *name, const struct file_operations *fop, void *private_data, uint32_t flags);
/** flags: LX_O_CLOEXEC or not; others are ignored. */
void fd_install(long fd, struct file *file, uint32_t flags);
/** execve(2): descriptors marked so are closed, in a table that is current's own. */
void do_close_on_exec(void);
/* Of the table, for fd_calls.c. */

/** A table that current may change: its own copy instead of the initial one. NULL: no memory. */
struct files_struct *writable_files(void);
/** Room for descriptor fd < NR_OPEN_MAX, in a larger table of its own: 1 KiB, doubled until it does. 0 or -LX_ENOMEM. */
int expand_files(struct files_struct *files, uint64_t fd);
/** Lowest free descriptor from `start` on, channels aside, below the limit. -LX_EMFILE or -LX_ENOMEM. */
long alloc_fd(struct files_struct *files, uint64_t start);
/** Take whatever is behind fd out of the table. The file, whose reference is the caller's now, or NULL. */
struct file *clear_fd(struct files_struct *files, uint64_t fd);
/** Channel behind a descriptor that is still open, or -1. */
int channel_of(uint64_t fd);

/** Does the file know how to do it at all? */
bool can_rw(const struct file_operations *fop, bool write);
/** Up to `len` bytes at the file's place, which moves on, or of the stream; bytes or -errno. */
long rw_file(struct file *file, uint64_t at, uint64_t len, bool write);
/** Was it opened so that this is allowed? */
static inline bool may_rw(const struct file *file, bool write)
{
	return file->f_mode & (write ? FMODE_WRITE : FMODE_READ);
}

struct pt_regs;
long ksys_read(struct pt_regs *regs);
long ksys_write(struct pt_regs *regs);
long ksys_close(struct pt_regs *regs);
long ksys_memfd_create(struct pt_regs *regs);
long ksys_pread64(struct pt_regs *regs);
long ksys_pwrite64(struct pt_regs *regs);
long ksys_lseek(struct pt_regs *regs);
long ksys_ftruncate(struct pt_regs *regs);
long ksys_dup(struct pt_regs *regs);
long ksys_dup2(struct pt_regs *regs);
long ksys_dup3(struct pt_regs *regs);
long ksys_fcntl(struct pt_regs *regs);
long ksys_ioctl(struct pt_regs *regs);
long ksys_close_range(struct pt_regs *regs);
long ksys_fsync(struct pt_regs *regs);
long ksys_fallocate(struct pt_regs *regs);

/* Of guest/fs: names. */
long ksys_open(struct pt_regs *regs);
long ksys_openat(struct pt_regs *regs);
long ksys_creat(struct pt_regs *regs);
long ksys_truncate(struct pt_regs *regs);
long ksys_mkdir(struct pt_regs *regs);
long ksys_mkdirat(struct pt_regs *regs);
long ksys_symlink(struct pt_regs *regs);
long ksys_symlinkat(struct pt_regs *regs);
long ksys_link(struct pt_regs *regs);
long ksys_linkat(struct pt_regs *regs);
long ksys_unlink(struct pt_regs *regs);
long ksys_rmdir(struct pt_regs *regs);
long ksys_unlinkat(struct pt_regs *regs);
long ksys_rename(struct pt_regs *regs);
long ksys_renameat(struct pt_regs *regs);
long ksys_renameat2(struct pt_regs *regs);
long ksys_getdents64(struct pt_regs *regs);
long ksys_chdir(struct pt_regs *regs);
long ksys_fchdir(struct pt_regs *regs);
long ksys_getcwd(struct pt_regs *regs);
long ksys_umask(struct pt_regs *regs);
long ksys_stat(struct pt_regs *regs);
long ksys_lstat(struct pt_regs *regs);
long ksys_fstat(struct pt_regs *regs);
long ksys_newfstatat(struct pt_regs *regs);
long ksys_access(struct pt_regs *regs);
long ksys_faccessat(struct pt_regs *regs);
long ksys_readlink(struct pt_regs *regs);
long ksys_readlinkat(struct pt_regs *regs);
long ksys_chmod(struct pt_regs *regs);
long ksys_fchmodat(struct pt_regs *regs);
long ksys_fchmod(struct pt_regs *regs);
long ksys_faccessat2(struct pt_regs *regs);
long ksys_statx(struct pt_regs *regs);
long ksys_statfs(struct pt_regs *regs);
long ksys_fstatfs(struct pt_regs *regs);
long ksys_chown(struct pt_regs *regs);
long ksys_lchown(struct pt_regs *regs);
long ksys_fchown(struct pt_regs *regs);
long ksys_fchownat(struct pt_regs *regs);
long ksys_utime(struct pt_regs *regs);
long ksys_utimes(struct pt_regs *regs);
long ksys_futimesat(struct pt_regs *regs);
long ksys_utimensat(struct pt_regs *regs);
long ksys_mknod(struct pt_regs *regs);
long ksys_mknodat(struct pt_regs *regs);
long ksys_getxattr(struct pt_regs *regs);
long ksys_lgetxattr(struct pt_regs *regs);
long ksys_fgetxattr(struct pt_regs *regs);
long ksys_listxattr(struct pt_regs *regs);
long ksys_llistxattr(struct pt_regs *regs);
long ksys_flistxattr(struct pt_regs *regs);
long ksys_fadvise64(struct pt_regs *regs);
long ksys_readahead(struct pt_regs *regs);
long ksys_sync_file_range(struct pt_regs *regs);
long ksys_syncfs(struct pt_regs *regs);
long ksys_sync(struct pt_regs *regs);

#endif
