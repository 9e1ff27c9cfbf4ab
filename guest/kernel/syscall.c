/* SPDX-License-Identifier: MIT */
/* The table of system calls, and the small ones that have no other home. */
#include "cred.h"
#include "files.h"
#include "itimer.h"
#include "iovec.h"
#include "futex.h"
#include "labdev.h"
#include "pidfd.h"
#include "pipe.h"
#include "poll.h"
#include "random.h"
#include "session.h"
#include "shm.h"
#include "signal.h"
#include "sys.h"
#include "task.h"
#include "uaccess.h"
#include "usertime.h"
#include "vmcalls.h"

typedef long (*syscall_fn)(struct pt_regs *regs);

/* --- memory: guest/mm does it ----------------------------------------------------------------- */

/** mmap(addr, len, prot, flags, fd, off): the checks that need descriptors, in Linux's order. */
static long sys_mmap(struct pt_regs *regs)
{
	uint64_t flags = regs->r10;
	struct file *file = NULL;
	long ret;

	if (regs->r9 & (PAGE_SIZE - 1))
		return -LX_EINVAL;
	if (!(flags & LX_MAP_ANONYMOUS)) {
		file = fget((uint32_t)regs->r8);
		if (!file)
			return -LX_EBADF;
	}
	ret = ksys_mmap(regs->di, regs->si, regs->dx, flags, file, regs->r9);
	if (file)
		fput(file);
	return ret;
}

static long sys_mprotect(struct pt_regs *regs)
{
	return ksys_mprotect(regs->di, regs->si, regs->dx);
}

/** pkey_mprotect(addr, len, prot, pkey): a processor without keys; -1 asks for none. */
static long sys_pkey_mprotect(struct pt_regs *regs)
{
	return (int)regs->r10 == -1 ? ksys_mprotect(regs->di, regs->si, regs->dx) : -LX_EINVAL;
}

/** pkey_alloc(flags, rights): there is none to give. */
static long sys_pkey_alloc(struct pt_regs *regs)
{
	return regs->di || (regs->si & ~3UL) ? -LX_EINVAL : -LX_ENOSPC;
}

/** pkey_free(pkey): none was given. */
static long sys_pkey_free(struct pt_regs *regs)
{
	(void)regs;
	return -LX_EINVAL;
}

static long sys_munmap(struct pt_regs *regs)
{
	return ksys_munmap(regs->di, regs->si);
}

static long sys_brk(struct pt_regs *regs)
{
	return ksys_brk(regs->di);
}

static long sys_madvise(struct pt_regs *regs)
{
	return ksys_madvise(regs->di, regs->si, regs->dx);
}

static long sys_mremap(struct pt_regs *regs)
{
	return ksys_mremap(regs->di, regs->si, regs->dx, regs->r10, regs->r8);
}

static long sys_remap_file_pages(struct pt_regs *regs)
{
	return ksys_remap_file_pages(regs->di, regs->si, regs->dx, regs->r10, regs->r8);
}

static long sys_mlock(struct pt_regs *regs)
{
	return ksys_mlock(regs->di, regs->si);
}

static long sys_mlock2(struct pt_regs *regs)
{
	return ksys_mlock2(regs->di, regs->si, regs->dx);
}

static long sys_munlock(struct pt_regs *regs)
{
	return ksys_munlock(regs->di, regs->si);
}

static long sys_mlockall(struct pt_regs *regs)
{
	return ksys_mlockall(regs->di);
}

static long sys_munlockall(struct pt_regs *regs)
{
	(void)regs;
	return ksys_munlockall();
}

static long sys_msync(struct pt_regs *regs)
{
	return ksys_msync(regs->di, regs->si, regs->dx);
}

/* --- the end ------------------------------------------------------------------------------------ */

static long sys_exit(struct pt_regs *regs)
{
	do_exit((regs->di & 0xff) << 8);
}

static long sys_exit_group(struct pt_regs *regs)
{
	do_group_exit((regs->di & 0xff) << 8);
}

/* --- the table -------------------------------------------------------------------------------- */

static const syscall_fn sys_call_table[NR_SYSCALLS] = {
	[NR_read] = ksys_read,
	[NR_write] = ksys_write,
	[NR_open] = ksys_open,
	[NR_close] = ksys_close,
	[NR_stat] = ksys_stat,
	[NR_fstat] = ksys_fstat,
	[NR_lstat] = ksys_lstat,
	[NR_poll] = ksys_poll,
	[NR_lseek] = ksys_lseek,
	[NR_mmap] = sys_mmap,
	[NR_mprotect] = sys_mprotect,
	[NR_munmap] = sys_munmap,
	[NR_brk] = sys_brk,
	[NR_rt_sigaction] = ksys_rt_sigaction,
	[NR_rt_sigprocmask] = ksys_rt_sigprocmask,
	[NR_rt_sigreturn] = ksys_rt_sigreturn,
	[NR_ioctl] = ksys_ioctl,
	[NR_pread64] = ksys_pread64,
	[NR_pwrite64] = ksys_pwrite64,
	[NR_readv] = ksys_readv,
	[NR_writev] = ksys_writev,
	[NR_access] = ksys_access,
	[NR_pipe] = ksys_pipe,
	[NR_select] = ksys_select,
	[NR_sched_yield] = ksys_sched_yield,
	[NR_mremap] = sys_mremap,
	[NR_msync] = sys_msync,
	[NR_mincore] = ksys_mincore,
	[NR_madvise] = sys_madvise,
	[NR_shmget] = ksys_shmget,
	[NR_shmat] = ksys_shmat,
	[NR_shmctl] = ksys_shmctl,
	[NR_dup] = ksys_dup,
	[NR_dup2] = ksys_dup2,
	[NR_pause] = ksys_pause,
	[NR_nanosleep] = ksys_nanosleep,
	[NR_getitimer] = ksys_getitimer,
	[NR_alarm] = ksys_alarm,
	[NR_setitimer] = ksys_setitimer,
	[NR_getpid] = ksys_getpid,
	[NR_clone] = ksys_clone,
	[NR_fork] = ksys_fork,
	[NR_vfork] = ksys_vfork,
	[NR_execve] = ksys_execve,
	[NR_exit] = sys_exit,
	[NR_wait4] = ksys_wait4,
	[NR_kill] = ksys_kill,
	[NR_uname] = ksys_uname,
	[NR_shmdt] = ksys_shmdt,
	[NR_fcntl] = ksys_fcntl,
	[NR_fsync] = ksys_fsync,
	[NR_fdatasync] = ksys_fsync,
	[NR_truncate] = ksys_truncate,
	[NR_ftruncate] = ksys_ftruncate,
	[NR_getcwd] = ksys_getcwd,
	[NR_chdir] = ksys_chdir,
	[NR_fchdir] = ksys_fchdir,
	[NR_rename] = ksys_rename,
	[NR_mkdir] = ksys_mkdir,
	[NR_rmdir] = ksys_rmdir,
	[NR_creat] = ksys_creat,
	[NR_link] = ksys_link,
	[NR_unlink] = ksys_unlink,
	[NR_symlink] = ksys_symlink,
	[NR_readlink] = ksys_readlink,
	[NR_chmod] = ksys_chmod,
	[NR_fchmod] = ksys_fchmod,
	[NR_chown] = ksys_chown,
	[NR_fchown] = ksys_fchown,
	[NR_lchown] = ksys_lchown,
	[NR_umask] = ksys_umask,
	[NR_gettimeofday] = ksys_gettimeofday,
	[NR_getrlimit] = ksys_getrlimit,
	[NR_getrusage] = ksys_getrusage,
	[NR_sysinfo] = ksys_sysinfo,
	[NR_times] = ksys_times,
	[NR_getuid] = ksys_getuid,
	[NR_getgid] = ksys_getgid,
	[NR_setuid] = ksys_setuid,
	[NR_setgid] = ksys_setgid,
	[NR_geteuid] = ksys_geteuid,
	[NR_getegid] = ksys_getegid,
	[NR_setpgid] = ksys_setpgid,
	[NR_getppid] = ksys_getppid,
	[NR_getpgrp] = ksys_getpgrp,
	[NR_setsid] = ksys_setsid,
	[NR_setreuid] = ksys_setreuid,
	[NR_setregid] = ksys_setregid,
	[NR_getgroups] = ksys_getgroups,
	[NR_setgroups] = ksys_setgroups,
	[NR_setresuid] = ksys_setresuid,
	[NR_getresuid] = ksys_getresuid,
	[NR_setresgid] = ksys_setresgid,
	[NR_getresgid] = ksys_getresgid,
	[NR_getpgid] = ksys_getpgid,
	[NR_setfsuid] = ksys_setfsuid,
	[NR_setfsgid] = ksys_setfsgid,
	[NR_getsid] = ksys_getsid,
	[NR_capget] = ksys_capget,
	[NR_capset] = ksys_capset,
	[NR_rt_sigpending] = ksys_rt_sigpending,
	[NR_rt_sigtimedwait] = ksys_rt_sigtimedwait,
	[NR_rt_sigqueueinfo] = ksys_rt_sigqueueinfo,
	[NR_rt_sigsuspend] = ksys_rt_sigsuspend,
	[NR_sigaltstack] = ksys_sigaltstack,
	[NR_utime] = ksys_utime,
	[NR_mknod] = ksys_mknod,
	[NR_personality] = ksys_personality,
	[NR_statfs] = ksys_statfs,
	[NR_fstatfs] = ksys_fstatfs,
	[NR_getpriority] = ksys_getpriority,
	[NR_setpriority] = ksys_setpriority,
	[NR_sched_setparam] = ksys_sched_setparam,
	[NR_sched_getparam] = ksys_sched_getparam,
	[NR_sched_setscheduler] = ksys_sched_setscheduler,
	[NR_sched_getscheduler] = ksys_sched_getscheduler,
	[NR_sched_get_priority_max] = ksys_sched_get_priority_max,
	[NR_sched_get_priority_min] = ksys_sched_get_priority_min,
	[NR_sched_rr_get_interval] = ksys_sched_rr_get_interval,
	[NR_mlock] = sys_mlock,
	[NR_munlock] = sys_munlock,
	[NR_mlockall] = sys_mlockall,
	[NR_munlockall] = sys_munlockall,
	[NR_prctl] = ksys_prctl,
	[NR_arch_prctl] = ksys_arch_prctl,
	[NR_setrlimit] = ksys_setrlimit,
	[NR_sync] = ksys_sync,
	[NR_gettid] = ksys_gettid,
	[NR_readahead] = ksys_readahead,
	[NR_setxattr] = ksys_getxattr,
	[NR_lsetxattr] = ksys_lgetxattr,
	[NR_fsetxattr] = ksys_fgetxattr,
	[NR_getxattr] = ksys_getxattr,
	[NR_lgetxattr] = ksys_lgetxattr,
	[NR_fgetxattr] = ksys_fgetxattr,
	[NR_listxattr] = ksys_listxattr,
	[NR_llistxattr] = ksys_llistxattr,
	[NR_flistxattr] = ksys_flistxattr,
	[NR_removexattr] = ksys_getxattr,
	[NR_lremovexattr] = ksys_lgetxattr,
	[NR_fremovexattr] = ksys_fgetxattr,
	[NR_tkill] = ksys_tkill,
	[NR_time] = ksys_time,
	[NR_futex] = ksys_futex,
	[NR_sched_setaffinity] = ksys_sched_setaffinity,
	[NR_sched_getaffinity] = ksys_sched_getaffinity,
	[NR_remap_file_pages] = sys_remap_file_pages,
	[NR_getdents64] = ksys_getdents64,
	[NR_set_tid_address] = ksys_set_tid_address,
	[NR_restart_syscall] = ksys_restart_syscall,
	[NR_fadvise64] = ksys_fadvise64,
	[NR_clock_gettime] = ksys_clock_gettime,
	[NR_clock_getres] = ksys_clock_getres,
	[NR_clock_nanosleep] = ksys_clock_nanosleep,
	[NR_exit_group] = sys_exit_group,
	[NR_tgkill] = ksys_tgkill,
	[NR_utimes] = ksys_utimes,
	[NR_waitid] = ksys_waitid,
	[NR_openat] = ksys_openat,
	[NR_mkdirat] = ksys_mkdirat,
	[NR_mknodat] = ksys_mknodat,
	[NR_fchownat] = ksys_fchownat,
	[NR_futimesat] = ksys_futimesat,
	[NR_newfstatat] = ksys_newfstatat,
	[NR_unlinkat] = ksys_unlinkat,
	[NR_renameat] = ksys_renameat,
	[NR_linkat] = ksys_linkat,
	[NR_symlinkat] = ksys_symlinkat,
	[NR_readlinkat] = ksys_readlinkat,
	[NR_fchmodat] = ksys_fchmodat,
	[NR_faccessat] = ksys_faccessat,
	[NR_pselect6] = ksys_pselect6,
	[NR_ppoll] = ksys_ppoll,
	[NR_set_robust_list] = ksys_set_robust_list,
	[NR_get_robust_list] = ksys_get_robust_list,
	[NR_sync_file_range] = ksys_sync_file_range,
	[NR_utimensat] = ksys_utimensat,
	[NR_eventfd] = ksys_eventfd,
	[NR_fallocate] = ksys_fallocate,
	[NR_eventfd2] = ksys_eventfd2,
	[NR_dup3] = ksys_dup3,
	[NR_pipe2] = ksys_pipe2,
	[NR_preadv] = ksys_preadv,
	[NR_pwritev] = ksys_pwritev,
	[NR_rt_tgsigqueueinfo] = ksys_rt_tgsigqueueinfo,
	[NR_prlimit64] = ksys_prlimit64,
	[NR_syncfs] = ksys_syncfs,
	[NR_getcpu] = ksys_getcpu,
	[NR_process_vm_readv] = ksys_process_vm_readv,
	[NR_process_vm_writev] = ksys_process_vm_writev,
	[NR_renameat2] = ksys_renameat2,
	[NR_getrandom] = ksys_getrandom,
	[NR_memfd_create] = ksys_memfd_create,
	[NR_mlock2] = sys_mlock2,
	[NR_preadv2] = ksys_preadv2,
	[NR_pwritev2] = ksys_pwritev2,
	[NR_pkey_mprotect] = sys_pkey_mprotect,
	[NR_pkey_alloc] = sys_pkey_alloc,
	[NR_pkey_free] = sys_pkey_free,
	[NR_statx] = ksys_statx,
	[NR_pidfd_send_signal] = ksys_pidfd_send_signal,
	[NR_pidfd_open] = ksys_pidfd_open,
	[NR_clone3] = ksys_clone3,
	[NR_close_range] = ksys_close_range,
	[NR_faccessat2] = ksys_faccessat2,
};

void do_syscall(struct pt_regs *regs)
{
	uint32_t nr = regs->orig_ax;	/* as Linux: the low half of RAX */

	if (likely(nr < NR_SYSCALLS && sys_call_table[nr])) {
		regs->ax = sys_call_table[nr](regs);
		return;
	}
	lab_event(LAB_EV_NOSYS, nr, 0, 0, 0);
	regs->ax = -LX_ENOSYS;
}
