// SPDX-License-Identifier: MIT
/* Changing the address space of this CPU (Linux arch/x86/mm/tlb.c: switch_mm). */
#include "internal.h"

/*
 * Between threads of one mm, and to a kernel thread that goes on with the mm of the task before it,
 * nothing is loaded and the TLB stays warm. Without PCID a load of CR3 forgets all that is not
 * global.
 */
void switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	struct cpu_info *cpu = this_cpu();
	uint64_t self = 1UL << cpu->cpu;

	if (prev == next)
		return;
	prev->cpu_bitmap &= ~self;
	next->cpu_bitmap |= self;
	load_cr3(__pa(next->pgd));
	cpu->nr_cr3_loads++;
}
