/* SPDX-License-Identifier: MIT */
/* Registers of an interrupted context as boot/entry.S pushes them; Linux's struct pt_regs order. */
#ifndef GUEST_PTRACE_H
#define GUEST_PTRACE_H

#include <stdint.h>
#include <stdbool.h>

struct pt_regs {
	uint64_t r15, r14, r13, r12, bp, bx;
	uint64_t r11, r10, r9, r8, ax, cx, dx, si, di;
	uint64_t orig_ax;	/* system-call number, or error code of the exception */
	uint64_t ip, cs, flags, sp, ss;
};

static inline bool user_mode(const struct pt_regs *regs) { return regs->cs & 3; }

#endif
