/* SPDX-License-Identifier: MIT */
/*
 * What a task of the box may still do: the system calls of the language and no others, with no capability but over the
 * box's own files. A call that is not on the list is answered ENOSYS, as the guest answers what it does not have.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "target/linux_box.h"
#include "uapi.h"

/* Those of the guest's table (guest/kernel/syscall.c; tests/cli/run holds that they are the same), and two with conditions. */
static const int allowed[] = {
	/* memory */
	NR_mmap, NR_munmap, NR_mprotect, NR_mremap, NR_brk, NR_msync, NR_mincore, NR_mlock, NR_mlock2,
	NR_munlock, NR_mlockall, NR_munlockall, NR_shmget, NR_shmat, NR_shmdt, NR_shmctl,
	/* files */
	NR_access, NR_chdir, NR_chmod, NR_close, NR_creat, NR_dup, NR_dup2, NR_dup3, NR_faccessat,
	NR_fallocate, NR_fchdir, NR_fcntl, NR_fdatasync, NR_fsync, NR_truncate,
	NR_fchmod, NR_fchmodat, NR_fstat, NR_ftruncate, NR_getcwd, NR_getdents64, NR_link, NR_linkat,
	NR_lseek, NR_lstat, NR_memfd_create, NR_mkdir, NR_mkdirat, NR_newfstatat, NR_open, NR_openat,
	NR_pread64, NR_pwrite64, NR_read, NR_readv, NR_readlink, NR_readlinkat, NR_rename, NR_renameat, NR_renameat2,
	NR_rmdir, NR_stat, NR_symlink, NR_symlinkat, NR_umask, NR_unlink, NR_unlinkat, NR_write, NR_writev, NR_ioctl, NR_getrandom,
	NR_dup3, NR_fallocate, NR_fcntl, NR_fdatasync, NR_fsync, NR_truncate,
	NR_clock_getres, NR_clock_gettime, NR_clock_nanosleep, NR_futex, NR_get_robust_list, NR_gettimeofday,
	NR_pipe, NR_pipe2, NR_process_vm_readv, NR_process_vm_writev, NR_remap_file_pages, NR_restart_syscall,
	NR_set_robust_list, NR_time,
	/* processes, signals, time */
	NR_fork, NR_vfork, NR_execve, NR_exit, NR_exit_group, NR_wait4, NR_kill, NR_tkill, NR_tgkill,
	NR_pause, NR_rt_sigaction, NR_rt_sigprocmask, NR_rt_sigreturn, NR_rt_sigpending, NR_rt_sigsuspend,
	NR_sigaltstack, NR_getpid, NR_gettid, NR_getppid, NR_getuid, NR_geteuid, NR_getgid, NR_getegid,
	NR_set_tid_address, NR_getrlimit, NR_setrlimit, NR_prlimit64, NR_arch_prctl, NR_nanosleep,
	NR_sched_yield, NR_uname,
	NR_setpgid, NR_getpgid, NR_getpgrp, NR_setsid, NR_getsid, NR_waitid, NR_alarm, NR_getitimer, NR_setitimer,
	NR_rt_sigtimedwait, NR_rt_sigqueueinfo, NR_rt_tgsigqueueinfo, NR_personality, NR_getrusage, NR_times, NR_sysinfo,
	NR_sched_setaffinity, NR_sched_getaffinity, NR_sched_setscheduler, NR_sched_getscheduler, NR_sched_setparam,
	NR_sched_getparam, NR_sched_get_priority_max, NR_sched_get_priority_min, NR_sched_rr_get_interval, NR_getpriority,
	NR_setpriority, NR_getcpu,
	NR_poll, NR_select, NR_chown, NR_fchown, NR_lchown, NR_setuid, NR_setgid, NR_setreuid,
	NR_setregid, NR_getgroups, NR_setgroups, NR_setresuid, NR_getresuid, NR_setresgid, NR_getresgid, NR_setfsuid,
	NR_setfsgid, NR_capget, NR_capset, NR_utime, NR_mknod, NR_statfs, NR_fstatfs, NR_sync, NR_readahead,
	NR_setxattr, NR_lsetxattr, NR_fsetxattr, NR_getxattr, NR_lgetxattr, NR_fgetxattr, NR_listxattr,
	NR_llistxattr, NR_flistxattr, NR_removexattr, NR_lremovexattr, NR_fremovexattr, NR_fadvise64, NR_utimes,
	NR_mknodat, NR_fchownat, NR_futimesat, NR_pselect6, NR_ppoll, NR_sync_file_range, NR_utimensat, NR_eventfd,
	NR_eventfd2, NR_preadv, NR_pwritev, NR_syncfs, NR_preadv2, NR_pwritev2, NR_pkey_mprotect, NR_pkey_alloc,
	NR_pkey_free, NR_statx, NR_pidfd_send_signal, NR_pidfd_open, NR_close_range, NR_faccessat2,
};

/* NR_clone3 alone is left out: a filter does not see its flags, and who finds none asks clone. */

/* What a task may say about itself. */
static const int prctl_options[] = {
	LX_PR_SET_PDEATHSIG, LX_PR_GET_PDEATHSIG, LX_PR_GET_DUMPABLE, LX_PR_SET_DUMPABLE, LX_PR_SET_NAME, LX_PR_GET_NAME,
	LX_PR_GET_KEEPCAPS, LX_PR_SET_KEEPCAPS, LX_PR_CAPBSET_READ, LX_PR_CAPBSET_DROP, LX_PR_GET_SECUREBITS, LX_PR_SET_SECUREBITS,
	LX_PR_CAP_AMBIENT, LX_PR_SET_CHILD_SUBREAPER, LX_PR_GET_CHILD_SUBREAPER, LX_PR_SET_NO_NEW_PRIVS, LX_PR_GET_NO_NEW_PRIVS,
};

/* A task makes processes and threads, never namespaces. */
#define NEW_NAMESPACES                                                                                            \
	(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWCGROUP)

/*
 * Advice that the guest's kernel is not configured for (same-page merging 12 and 13, huge pages 14 and 15) or does not know
 * (memory failure, what came after 6.1) is refused as such a kernel refuses it: first of all.
 */
static int add_madvise(scmp_filter_ctx filter)
{
	const uint32_t refuse = SCMP_ACT_ERRNO(EINVAL), allow = SCMP_ACT_ALLOW;
	int error = seccomp_rule_add(filter, allow, NR_madvise, 1, SCMP_A2_32(SCMP_CMP_LE, LX_MADV_DOFORK));

	error |= seccomp_rule_add(filter, refuse, NR_madvise, 1, SCMP_A2_32(SCMP_CMP_MASKED_EQ, ~3u, 12));
	error |= seccomp_rule_add(filter, allow, NR_madvise, 1, SCMP_A2_32(SCMP_CMP_MASKED_EQ, ~7u, 16));
	error |= seccomp_rule_add(filter, allow, NR_madvise, 1,
				  SCMP_A2_32(SCMP_CMP_EQ, LX_MADV_DONTNEED_LOCKED));
	error |= seccomp_rule_add(filter, refuse, NR_madvise, 1,
				  SCMP_A2_32(SCMP_CMP_GT, LX_MADV_DONTNEED_LOCKED));
	return error;
}

static int add_prctl(scmp_filter_ctx filter)
{
	int error = 0;

	for (size_t i = 0; i < sizeof(prctl_options) / sizeof(prctl_options[0]) && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, NR_prctl, 1,
					 SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)prctl_options[i]));
	return error;
}

static int load_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int error = filter ? 0 : -ENOMEM;

	/* Numbers of the x32 ABI are as unknown as any other. */
	if (!error)
		error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, NR_clone, 1,
					 SCMP_A0(SCMP_CMP_MASKED_EQ, NEW_NAMESPACES, 0));
	if (!error)
		error = add_madvise(filter);
	if (!error)
		error = add_prctl(filter);
	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}

/*
 * Root by number only: exec must not give it anything back. What it keeps is to pass by the rights of files, as the guest's
 * tasks do: that reaches the files of the box alone, since no other file's owner has a number here.
 */
static int drop_capabilities(void)
{
	const uint32_t kept = 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH | 1u << CAP_FOWNER;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2] = {{kept, kept, kept}, {0}};

	if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
		return -errno;
	for (int cap = 0; cap < 64; cap++)
		if (cap >= 32 || !(kept >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (syscall(SYS_capset, &header, sets))
		return -errno;
	for (int cap = 0; cap < 32; cap++)
		if ((kept >> cap & 1) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0))
			return -errno;
	return 0;
}

int task_confine(void)
{
	int error = drop_capabilities();

	if (error)
		return error;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return load_filter();
}
