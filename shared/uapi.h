/* SPDX-License-Identifier: MIT */
/*
 * Numbers of the Linux x86-64 system-call ABI that guest, agent and host share: facts of
 * Documentation and uapi headers. The guest cannot include the C library's, and the names must mean the same everywhere.
 */
#ifndef SHARED_UAPI_H
#define SHARED_UAPI_H

/* System calls (arch/x86/entry/syscalls/syscall_64.tbl). */
#define NR_read			0
#define NR_write		1
#define NR_open			2
#define NR_close		3
#define NR_mmap			9
#define NR_mprotect		10
#define NR_munmap		11
#define NR_brk			12
#define NR_rt_sigaction		13
#define NR_rt_sigprocmask	14
#define NR_rt_sigreturn		15
#define NR_mremap		25
#define NR_msync		26
#define NR_mincore		27
#define NR_madvise		28
#define NR_sched_yield		24
#define NR_pause		34
#define NR_nanosleep		35
#define NR_getpid		39
#define NR_clone		56
#define NR_fork			57
#define NR_vfork		58
#define NR_execve		59
#define NR_exit			60
#define NR_wait4		61
#define NR_kill			62
#define NR_uname		63
#define NR_getppid		110
#define NR_sigaltstack		131
#define NR_mlock		149
#define NR_munlock		150
#define NR_mlockall		151
#define NR_munlockall		152
#define NR_arch_prctl		158
#define NR_gettid		186
#define NR_futex		202
#define NR_set_tid_address	218
#define NR_exit_group		231
#define NR_tgkill		234
#define NR_mlock2		325
#define NR_memfd_create		319
#define NR_SYSCALLS		512	/* table size; beyond: ENOSYS */

/* errno (asm-generic/errno-base.h, errno.h). */
#define LX_EPERM	1
#define LX_ENOENT	2
#define LX_ESRCH	3
#define LX_EINTR	4
#define LX_EIO		5
#define LX_E2BIG	7
#define LX_ENOEXEC	8
#define LX_EBADF	9
#define LX_ECHILD	10
#define LX_EAGAIN	11
#define LX_ENOMEM	12
#define LX_EACCES	13
#define LX_EFAULT	14
#define LX_EBUSY	16
#define LX_EEXIST	17
#define LX_ENODEV	19
#define LX_EINVAL	22
#define LX_EMFILE	24
#define LX_ENOSYS	38
#define LX_EOPNOTSUPP	95
#define LX_EOVERFLOW	75

/* mmap, mprotect (asm-generic/mman-common.h, mman.h). */
#define LX_PROT_NONE		0x0
#define LX_PROT_READ		0x1
#define LX_PROT_WRITE		0x2
#define LX_PROT_EXEC		0x4
#define LX_PROT_SEM		0x8
#define LX_PROT_GROWSDOWN	0x01000000
#define LX_PROT_GROWSUP		0x02000000
#define LX_MAP_SHARED		0x01
#define LX_MAP_PRIVATE		0x02
#define LX_MAP_SHARED_VALIDATE	0x03
#define LX_MAP_TYPE		0x0f
#define LX_MAP_FIXED		0x10
#define LX_MAP_ANONYMOUS	0x20
#define LX_MAP_32BIT		0x40
#define LX_MAP_GROWSDOWN	0x0100
#define LX_MAP_DENYWRITE	0x0800
#define LX_MAP_EXECUTABLE	0x1000
#define LX_MAP_LOCKED		0x2000
#define LX_MAP_NORESERVE	0x4000
#define LX_MAP_POPULATE		0x8000
#define LX_MAP_NONBLOCK		0x10000
#define LX_MAP_STACK		0x20000
#define LX_MAP_HUGETLB		0x40000
#define LX_MAP_SYNC		0x80000
#define LX_MAP_FIXED_NOREPLACE	0x100000

/* clone flags (linux/sched.h). */
#define LX_CSIGNAL		0x000000ff
#define LX_CLONE_VM		0x00000100
#define LX_CLONE_FS		0x00000200
#define LX_CLONE_FILES		0x00000400
#define LX_CLONE_SIGHAND	0x00000800
#define LX_CLONE_VFORK		0x00004000
#define LX_CLONE_PARENT		0x00008000
#define LX_CLONE_THREAD		0x00010000
#define LX_CLONE_SYSVSEM	0x00040000

/* Signals (asm/signal.h) and codes (asm-generic/siginfo.h). */
#define LX_SIGHUP	1
#define LX_SIGINT	2
#define LX_SIGQUIT	3
#define LX_SIGILL	4
#define LX_SIGTRAP	5
#define LX_SIGABRT	6
#define LX_SIGBUS	7
#define LX_SIGFPE	8
#define LX_SIGKILL	9
#define LX_SIGUSR1	10
#define LX_SIGSEGV	11
#define LX_SIGUSR2	12
#define LX_SIGPIPE	13
#define LX_SIGALRM	14
#define LX_SIGTERM	15
#define LX_SIGCHLD	17
#define LX_SIGCONT	18
#define LX_SIGSTOP	19
#define LX_NSIG		64
#define LX_SI_USER	0
#define LX_SI_KERNEL	0x80
#define LX_SEGV_MAPERR	1
#define LX_SEGV_ACCERR	2
#define LX_BUS_ADRALN	1
#define LX_BUS_ADRERR	2
#define LX_ILL_ILLOPN	2
#define LX_TRAP_BRKPT	1
#define LX_FPE_INTDIV	1
#define LX_SA_NOCLDSTOP	0x00000001UL
#define LX_SA_NOCLDWAIT	0x00000002UL
#define LX_SA_SIGINFO	0x00000004UL
#define LX_SA_RESTORER	0x04000000UL
#define LX_SA_ONSTACK	0x08000000UL
#define LX_SA_RESTART	0x10000000UL
#define LX_SA_NODEFER	0x40000000UL
#define LX_SA_RESETHAND	0x80000000UL
#define LX_SS_ONSTACK	1
#define LX_SS_DISABLE	2
#define LX_MINSIGSTKSZ	2048
#define LX_SIG_BLOCK	0
#define LX_SIG_UNBLOCK	1
#define LX_SIG_SETMASK	2
#define LX_WNOHANG	1

/* Auxiliary vector (uapi/linux/auxvec.h). */
#define LX_AT_NULL	0
#define LX_AT_PHDR	3
#define LX_AT_PHENT	4
#define LX_AT_PHNUM	5
#define LX_AT_PAGESZ	6
#define LX_AT_BASE	7
#define LX_AT_FLAGS	8
#define LX_AT_ENTRY	9
#define LX_AT_UID	11
#define LX_AT_EUID	12
#define LX_AT_GID	13
#define LX_AT_EGID	14
#define LX_AT_PLATFORM	15
#define LX_AT_HWCAP	16
#define LX_AT_CLKTCK	17
#define LX_AT_SECURE	23
#define LX_AT_RANDOM	25
#define LX_AT_HWCAP2	26
#define LX_AT_EXECFN	31

#endif
