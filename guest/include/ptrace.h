/* SPDX-License-Identifier: MIT */
/* Registers of an interrupted context as boot/entry.S pushes them; Linux's struct pt_regs order. */
#ifndef GUEST_PTRACE_H
#define GUEST_PTRACE_H

#ifdef __ASSEMBLER__

#define PT_IP		128
#define PT_CS		136
#define PT_REGS_SIZE	168

#else

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

_Static_assert(offsetof(struct pt_regs, ip) == 128, "PT_IP");
_Static_assert(offsetof(struct pt_regs, cs) == 136, "PT_CS");
_Static_assert(sizeof(struct pt_regs) == 168, "PT_REGS_SIZE");

static inline bool user_mode(const struct pt_regs *regs) { return regs->cs & 3; }

/**
 * RFLAGS for ring 3 made of `flags`: only the bits that ring 3 can set by itself (CF PF AF ZF SF TF DF OF NT AC
 * ID), never IOPL or IF. Interrupts stay off in ring 3 too: no device raises any, and a legacy PIC that a
 * firmware left unmasked (its vectors overlap the exceptions) must not be heard. A new task has user_flags(0).
 */
static inline uint64_t user_flags(uint64_t flags) { return (flags & 0x244dd5) | 0x2; }

#endif
#endif
