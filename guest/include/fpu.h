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

#endif
