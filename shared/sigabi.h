/* SPDX-License-Identifier: MIT */
/*
 * Structures of the Linux x86-64 signal ABI, as user space sees them (uapi headers signal.h,
 * siginfo.h, sigcontext.h, ucontext.h). The kernel builds them, the agent reads them; the agent
 * runs on Linux too, so nothing here may differ from Linux.
 */
#ifndef SHARED_SIGABI_H
#define SHARED_SIGABI_H

#include <stddef.h>
#include <stdint.h>

#define SIG_DFL_HANDLER	0UL
#define SIG_IGN_HANDLER	1UL

/** Argument of rt_sigaction (the kernel's struct, not the C library's). */
struct user_sigaction {
	uint64_t handler;
	uint64_t flags;			/* LX_SA_* */
	uint64_t restorer;
	uint64_t mask;
};

struct user_siginfo {
	int32_t si_signo;
	int32_t si_errno;
	int32_t si_code;
	int32_t pad;
	union {
		struct {		/* faults */
			uint64_t si_addr;
			int16_t si_addr_lsb;	/* BUS_MCEERR_*: how much is lost, as a power of two */
		};
		struct {		/* kill, tgkill, SIGCHLD */
			int32_t si_pid;
			uint32_t si_uid;
			union {
				int32_t si_status;
				uint64_t si_value;	/* sigqueue */
			};
		};
		uint8_t bytes[112];
	};
};

/** stack_t */
struct user_stack {
	uint64_t ss_sp;
	int32_t ss_flags;
	int32_t pad;
	uint64_t ss_size;
};

/** struct sigcontext_64 */
struct user_sigcontext {
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t di, si, bp, bx, dx, ax, cx, sp, ip, flags;
	uint16_t cs, gs, fs, ss;
	uint64_t err, trapno, oldmask, cr2;
	uint64_t fpstate;
	uint64_t reserved[8];
};

/* uc_flags: SS is saved and restored strictly. */
#define UC_SIGCONTEXT_SS	0x2
#define UC_STRICT_RESTORE_SS	0x4

struct user_ucontext {
	uint64_t uc_flags;
	uint64_t uc_link;
	struct user_stack uc_stack;
	struct user_sigcontext uc_mcontext;
	uint64_t uc_sigmask;
};

/** What a handler finds at its RSP. */
struct rt_sigframe {
	uint64_t pretcode;		/* return address: sa_restorer */
	struct user_ucontext uc;
	struct user_siginfo info;
};

_Static_assert(sizeof(struct user_siginfo) == 128, "siginfo_t");
_Static_assert(sizeof(struct user_sigcontext) == 256, "struct sigcontext");
_Static_assert(offsetof(struct user_ucontext, uc_mcontext) == 40, "ucontext");
_Static_assert(sizeof(struct rt_sigframe) == 440, "rt_sigframe");

#endif
