/* SPDX-License-Identifier: MIT */
/* Registers of an interrupted context as boot/entry.S pushes them; Linux's struct pt_regs order. */
#ifndef GUEST_PTRACE_H
#define GUEST_PTRACE_H

/* What ring 3 can set in RFLAGS by itself: CF PF AF ZF SF TF DF OF NT AC ID. Bit 1 is always set. */
#define USER_FLAGS_MASK	0x244dd5
#define FLAGS_FIXED	0x2

/* Offsets in struct pt_regs, for entry.S. */
#define PT_AX		80
#define PT_ORIG_AX	120
#define PT_IP		128
#define PT_CS		136
#define PT_FLAGS	144
#define PT_SS		160

#ifndef __ASSEMBLER__

#include <stdint.h>
#include <stdbool.h>
#include <stddef.h>

struct pt_regs {
	uint64_t r15, r14, r13, r12, bp, bx;
	uint64_t r11, r10, r9, r8, ax, cx, dx, si, di;
	/*
	 * Number of the system call. An exception from ring 3 shows -1 here to kernel/ ("no system call to
	 * restart"); only boot/ sees the error code that was pushed in its place.
	 */
	uint64_t orig_ax;
	uint64_t ip, cs, flags, sp, ss;
};

_Static_assert(offsetof(struct pt_regs, ax) == PT_AX && offsetof(struct pt_regs, orig_ax) == PT_ORIG_AX &&
	       offsetof(struct pt_regs, ip) == PT_IP && offsetof(struct pt_regs, cs) == PT_CS &&
	       offsetof(struct pt_regs, flags) == PT_FLAGS && offsetof(struct pt_regs, ss) == PT_SS, "PT_*");

static inline bool user_mode(const struct pt_regs *regs) { return regs->cs & 3; }

/**
 * What is set in RFLAGS of ring 3 whatever it wishes: FLAGS_FIXED, and IF once the guest runs live. Before, interrupts stay
 * off in ring 3 too: no device raises any, and a legacy PIC that a firmware left unmasked (its vectors overlap the
 * exceptions) must not be heard.
 */
extern uint64_t user_flags_fixed;	/* boot/cpu.c */

/** RFLAGS for ring 3 made of `flags`: never IOPL. A new task has user_flags(0). */
static inline uint64_t user_flags(uint64_t flags) { return (flags & USER_FLAGS_MASK) | user_flags_fixed; }

#endif
#endif
