// SPDX-License-Identifier: MIT
/*
 * Whole pages: the two primitives of mm_env.h that move memory.
 *
 * A processor does them best by `rep stosq` and `rep movsq`. A KVM without hardware virtualization emulates
 * each of the 512 rounds by itself, but an FXSAVE, which stores 416 bytes, as one instruction: there a page
 * is cleared through the SSE registers, while the task's own values are put aside (3.5 times as fast).
 * Copying gains nothing: what FXSAVE stores around the registers spoils the neighbours on both sides.
 */
#include "fpu.h"
#include "mm_env.h"

bool ring0_emulated;		/* set by the system-call path that only such a KVM takes (entry.S) */

static struct fxsave_area task_state[NR_CPUS];
static const struct fxsave_area zero_state = { .control = 0x37f, .mxcsr = 0x1f80 };

/*
 * FXSAVE at `at` stores a head of 160 bytes, not all zero, before the 256 of XMM0 to XMM15, and may store
 * zeros into 96 reserved bytes behind them. So a page is done from its end downwards, each head overwritten
 * by the next round, and both ends are left for words:
 *
 *	0         160                                      4000      4096
 *	| by words | 3584+160 downwards, in 15 steps of 256 | by words |
 */
#define LOW_END		offsetof(struct fxsave_area, xmm)
#define HIGH_START	(PAGE_SIZE - sizeof(((struct fxsave_area *)0)->reserved))

/* Addresses are a register and a displacement: such a KVM fails to emulate FXRSTOR with a SIB byte. */
static void clear_page_by_fxsave(void *page)
{
	struct fxsave_area *saved = &task_state[this_cpu()->cpu];

	asm volatile("fxsave64 (%[saved])\n\t"
		     "fxrstor64 (%[zero])\n\t"
		     ".irp n, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0\n\t"
		     "fxsave64 256*\\n(%[page])\n\t"
		     ".endr\n\t"
		     "fxrstor64 (%[saved])"
		     : : [saved] "a"(saved), [zero] "d"(&zero_state), [page] "D"(page) : "memory");
	memset(page, 0, LOW_END);
	memset(page + HIGH_START, 0, PAGE_SIZE - HIGH_START);
}

void clear_page(void *page)
{
	if (ring0_emulated)
		clear_page_by_fxsave(page);
	else
		memset(page, 0, PAGE_SIZE);
}

void copy_page(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}
