/* SPDX-License-Identifier: MIT */
/* The table of system calls, and the small ones that have no other home. */
#include "files.h"
#include "iovec.h"
#include "futex.h"
#include "labdev.h"
#include "pipe.h"
#include "shm.h"
#include "signal.h"
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

/* --- processes -------------------------------------------------------------------------------- */

static long sys_fork(struct pt_regs *regs)
{
	struct clone_args args = { .exit_signal = LX_SIGCHLD };

	(void)regs;
	return kernel_clone(&args);
}

static long sys_vfork(struct pt_regs *regs)
{
	struct clone_args args = { .flags = LX_CLONE_VFORK | LX_CLONE_VM, .exit_signal = LX_SIGCHLD };

	(void)regs;
	return kernel_clone(&args);
}

/** clone(flags, stack, parent_tid, child_tid, tls) */
static long sys_clone(struct pt_regs *regs)
{
	struct clone_args args = {
		.flags = (uint32_t)regs->di & ~(uint64_t)LX_CSIGNAL,
		.exit_signal = regs->di & LX_CSIGNAL,
		.stack = regs->si,
		.parent_tid = regs->dx,
		.child_tid = regs->r10,
		.tls = regs->r8,
	};

	return kernel_clone(&args);
}

static long sys_exit(struct pt_regs *regs)
{
	do_exit((regs->di & 0xff) << 8);
}

static long sys_exit_group(struct pt_regs *regs)
{
	do_group_exit((regs->di & 0xff) << 8);
}

static long sys_getpid(struct pt_regs *regs)
{
	(void)regs;
	return current->ts.tgid;
}

static long sys_gettid(struct pt_regs *regs)
{
	(void)regs;
	return current->ts.pid;
}

static long sys_getppid(struct pt_regs *regs)
{
	(void)regs;
	return to_task(current->ts.parent)->ts.tgid;
}

/** All four of getuid's family: everything is root's. */
static long sys_getid(struct pt_regs *regs)
{
	(void)regs;
	return 0;
}

static long sys_set_tid_address(struct pt_regs *regs)
{
	current->clear_child_tid = regs->di;
	return current->ts.pid;
}

/* --- time and the processor ------------------------------------------------------------------- */

static long sys_sched_yield(struct pt_regs *regs)
{
	(void)regs;
	sched_yield();
	return 0;
}

/** arch_prctl(code, addr): the bases of FS and GS in ring 3. */
static long sys_arch_prctl(struct pt_regs *regs)
{
	switch ((int)regs->di) {
	case LX_ARCH_SET_FS:
		if (regs->si >= TASK_SIZE)
			return -LX_EPERM;
		set_fs_base(regs->si);
		return 0;
	case LX_ARCH_SET_GS:
		if (regs->si >= TASK_SIZE)
			return -LX_EPERM;
		set_gs_base(regs->si);
		return 0;
	case LX_ARCH_GET_FS:
		return put_user_u64(current->fs_base, regs->si);
	case LX_ARCH_GET_GS:
		return put_user_u64(current->gs_base, regs->si);
	default:
		return -LX_EINVAL;
	}
}

/** struct new_utsname. */
struct user_utsname {
	char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};

static long sys_uname(struct pt_regs *regs)
{
	static const struct user_utsname name = {
		.sysname = "Linux",
		.nodename = "mmscope",
		.release = "6.1.0-mmscope",
		.version = "#1 SMP",
		.machine = "x86_64",
		.domainname = "(none)",
	};

	return copy_to_user(regs->di, &name, sizeof(name)) ? -LX_EFAULT : 0;
}

/** ioctl(fd, cmd, arg): no file of this kernel is a terminal, and none has commands. */
static long sys_ioctl(struct pt_regs *regs)
{
	struct file *file = fget((uint32_t)regs->di);

	if (!file)
		return -LX_EBADF;
	fput(file);
	return -LX_ENOTTY;
}

/** getrandom(buf, len, flags): the same in every run, so that programs are repeatable. */
static long sys_getrandom(struct pt_regs *regs)
{
	static uint64_t state;
	uint64_t done, z;

	if (regs->dx & ~7UL)
		return -LX_EINVAL;
	for (done = 0; done < regs->si; done += min(regs->si - done, sizeof(z))) {
		z = state += 0x9e3779b97f4a7c15UL;
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9UL;
		if (copy_to_user(regs->di + done, &z, min(regs->si - done, sizeof(z))))
			return done ? (long)done : -LX_EFAULT;
	}
	return done;
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
	[NR_lseek] = ksys_lseek,
	[NR_pread64] = ksys_pread64,
	[NR_pwrite64] = ksys_pwrite64,
	[NR_readv] = ksys_readv,
	[NR_writev] = ksys_writev,
	[NR_ioctl] = sys_ioctl,
	[NR_getrandom] = sys_getrandom,
	[NR_pipe] = ksys_pipe,
	[NR_access] = ksys_access,
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
	[NR_umask] = ksys_umask,
	[NR_memfd_create] = ksys_memfd_create,
	[NR_mmap] = sys_mmap,
	[NR_mprotect] = sys_mprotect,
	[NR_munmap] = sys_munmap,
	[NR_brk] = sys_brk,
	[NR_rt_sigaction] = ksys_rt_sigaction,
	[NR_rt_sigprocmask] = ksys_rt_sigprocmask,
	[NR_rt_sigreturn] = ksys_rt_sigreturn,
	[NR_sched_yield] = sys_sched_yield,
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
	[NR_getpid] = sys_getpid,
	[NR_clone] = sys_clone,
	[NR_fork] = sys_fork,
	[NR_vfork] = sys_vfork,
	[NR_execve] = ksys_execve,
	[NR_exit] = sys_exit,
	[NR_wait4] = ksys_wait4,
	[NR_kill] = ksys_kill,
	[NR_uname] = sys_uname,
	[NR_fcntl] = ksys_fcntl,
	[NR_fsync] = ksys_fsync,
	[NR_fdatasync] = ksys_fsync,
	[NR_truncate] = ksys_truncate,
	[NR_shmdt] = ksys_shmdt,
	[NR_getuid] = sys_getid,
	[NR_getgid] = sys_getid,
	[NR_geteuid] = sys_getid,
	[NR_getegid] = sys_getid,
	[NR_getppid] = sys_getppid,
	[NR_rt_sigpending] = ksys_rt_sigpending,
	[NR_rt_sigsuspend] = ksys_rt_sigsuspend,
	[NR_sigaltstack] = ksys_sigaltstack,
	[NR_gettimeofday] = ksys_gettimeofday,
	[NR_getrlimit] = ksys_getrlimit,
	[NR_mlock] = sys_mlock,
	[NR_munlock] = sys_munlock,
	[NR_mlockall] = sys_mlockall,
	[NR_munlockall] = sys_munlockall,
	[NR_arch_prctl] = sys_arch_prctl,
	[NR_setrlimit] = ksys_setrlimit,
	[NR_gettid] = sys_gettid,
	[NR_tkill] = ksys_tkill,
	[NR_time] = ksys_time,
	[NR_futex] = ksys_futex,
	[NR_remap_file_pages] = sys_remap_file_pages,
	[NR_set_tid_address] = sys_set_tid_address,
	[NR_restart_syscall] = ksys_restart_syscall,
	[NR_clock_gettime] = ksys_clock_gettime,
	[NR_clock_getres] = ksys_clock_getres,
	[NR_clock_nanosleep] = ksys_clock_nanosleep,
	[NR_getdents64] = ksys_getdents64,
	[NR_exit_group] = sys_exit_group,
	[NR_tgkill] = ksys_tgkill,
	[NR_openat] = ksys_openat,
	[NR_mkdirat] = ksys_mkdirat,
	[NR_newfstatat] = ksys_newfstatat,
	[NR_unlinkat] = ksys_unlinkat,
	[NR_renameat] = ksys_renameat,
	[NR_linkat] = ksys_linkat,
	[NR_symlinkat] = ksys_symlinkat,
	[NR_readlinkat] = ksys_readlinkat,
	[NR_fchmodat] = ksys_fchmodat,
	[NR_faccessat] = ksys_faccessat,
	[NR_set_robust_list] = ksys_set_robust_list,
	[NR_get_robust_list] = ksys_get_robust_list,
	[NR_fallocate] = ksys_fallocate,
	[NR_dup3] = ksys_dup3,
	[NR_pipe2] = ksys_pipe2,
	[NR_prlimit64] = ksys_prlimit64,
	[NR_process_vm_readv] = ksys_process_vm_readv,
	[NR_process_vm_writev] = ksys_process_vm_writev,
	[NR_renameat2] = ksys_renameat2,
	[NR_mlock2] = sys_mlock2,
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
