// SPDX-License-Identifier: MIT
/*
 * What --trace and --verify step tell of system calls and faults of ring 3 (shared/lab.h, LAB_EV_SYSCALL …). Nothing here runs
 * unless the host has turned the calls of do_syscall() and page_fault_from_user() in entry.S to these (lab.call_sites):
 * without a trace they cost nothing.
 */
#include "labdev.h"
#include "mm.h"
#include "mm_env.h"
#include "ptrace.h"

void do_syscall(struct pt_regs *regs);
void page_fault_from_user(struct pt_regs *regs, uint64_t address);

/* What was told last, of whom. */
static struct {
	const struct mm_struct *mm;
	uint64_t rss, tables, areas, total_vm;
} told;

static void tell_counters(void)
{
	const struct mm_struct *mm = get_current()->mm;
	uint64_t rss = 0;

	if (!mm)
		return;
	for (int kind = 0; kind < NR_MM_COUNTERS; kind++)
		if (kind != MM_SWAPENTS)
			rss += mm->rss_stat[kind];
	if (told.mm == mm && told.rss == rss && told.tables == (uint64_t)mm->pgtables_bytes &&
	    told.areas == (uint64_t)mm->map_count && told.total_vm == mm->total_vm)
		return;
	told.mm = mm;
	told.rss = rss;
	told.tables = mm->pgtables_bytes;
	told.areas = mm->map_count;
	told.total_vm = mm->total_vm;
	lab_event(LAB_EV_MM, rss, told.tables, told.areas, told.total_vm);
}

void do_syscall_traced(struct pt_regs *regs)
{
	uint32_t nr = regs->orig_ax;

	lab_event(LAB_EV_SYSCALL, nr, regs->di, regs->si, regs->dx);
	lab_event(LAB_EV_SYSCALL_REST, nr, regs->r10, regs->r8, regs->r9);
	do_syscall(regs);
	lab_event(LAB_EV_SYSRET, nr, regs->ax, 0, 0);
	tell_counters();
}

void page_fault_traced(struct pt_regs *regs, uint64_t address)
{
	page_fault_from_user(regs, address);
	tell_counters();
}
