/* SPDX-License-Identifier: MIT */
/*
 * The x87 and SSE state as FXSAVE stores it (SDM vol. 1, table 10-2). The kernel is compiled without these
 * registers: what they hold is the running task's, and whoever borrows them puts it back.
 */
#ifndef GUEST_FPU_H
#define GUEST_FPU_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Ring 0 is interpreted, one instruction at a time: few and large ones are what counts. False until the
 * first system call shows it; true or false, everything works, only at another price.
 */
extern bool ring0_emulated;

struct fxsave_area {
	uint16_t control, status;	/* x87 */
	uint32_t pad0[5];
	uint32_t mxcsr;
	uint32_t pad1;
	uint8_t x87[128];		/* 8 registers of 10 bytes, 16 apart */
	uint8_t xmm[256];
	uint8_t reserved[96];
} __attribute__((aligned(16)));

_Static_assert(sizeof(struct fxsave_area) == 512, "SDM table 10-2");

struct task;

/* --- kernel/fpu.c: the registers of current, which must be a user task where it is not said otherwise --------- */

/** A user task is about to run: the registers become its own. */
void switch_fpu(struct task *next);
/** The child begins with what current has. */
void fork_fpu(struct task *child);
/** A task that has never run begins with what the processor has after a reset: its stack may have been anything before. */
void new_fpu(struct task *task);
/** A new program begins with what the processor has after a reset, all exceptions masked. */
void reset_fpu(void);
/** The task will not run in ring 3 again: what it left in the registers is of no use. */
void drop_fpu(struct task *task);
/** The registers to a signal frame, at a multiple of 16. 0 or -LX_EFAULT. */
int save_fpu_to_user(uint64_t at);
/** And back; 0: no frame, as reset_fpu(). -LX_EFAULT: it cannot be read, or holds what may not be. */
int restore_fpu_from_user(uint64_t at);

#endif
