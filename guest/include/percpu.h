/* SPDX-License-Identifier: MIT */
/* Per-CPU data: struct cpu_info, reached through GS in ring 0 (GS base is set at boot, swapped at entry). */
#ifndef GUEST_PERCPU_H
#define GUEST_PERCPU_H

/* Offsets in struct cpu_info, for entry.S. */
#define CPU_KERNEL_SP	8
#define CPU_USER_SP	16
#define CPU_CURRENT	24

#define NR_CPUS		1

#ifndef __ASSEMBLER__

#include "mm_types.h"

extern struct cpu_info cpus[NR_CPUS];

_Static_assert(offsetof(struct cpu_info, self) == 0, "this_cpu() reads offset 0");
_Static_assert(offsetof(struct cpu_info, kernel_sp) == CPU_KERNEL_SP, "CPU_KERNEL_SP");
_Static_assert(offsetof(struct cpu_info, user_sp) == CPU_USER_SP, "CPU_USER_SP");
_Static_assert(offsetof(struct cpu_info, current) == CPU_CURRENT, "CPU_CURRENT");

static inline struct cpu_info *this_cpu(void)
{
	struct cpu_info *self;

	asm("mov %%gs:0, %0" : "=r"(self));	/* cpu_info.self; not volatile: it cannot change */
	return self;
}

/** The task that runs here. Not volatile: for the one that asks it is always the same. */
static inline struct task_struct *get_current(void)
{
	struct task_struct *task;

	asm("mov %%gs:%c1, %0" : "=r"(task) : "i"(CPU_CURRENT));
	return task;
}

#endif
#endif
