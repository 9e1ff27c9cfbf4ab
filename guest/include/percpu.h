/* SPDX-License-Identifier: MIT */
/* Per-CPU data: struct cpu_info, reached through GS in ring 0 (GS base is set at boot, swapped at entry). */
#ifndef GUEST_PERCPU_H
#define GUEST_PERCPU_H

#include "mm_types.h"

#define NR_CPUS		1
extern struct cpu_info cpus[NR_CPUS];

static inline struct cpu_info *this_cpu(void)
{
	struct cpu_info *self;

	asm("mov %%gs:0, %0" : "=r"(self));	/* cpu_info.self; not volatile: it cannot change */
	return self;
}

#endif
