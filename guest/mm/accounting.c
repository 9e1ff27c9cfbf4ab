// SPDX-License-Identifier: MIT
/* Who may have how much: limits of the task, counters of the mm, commitments of the machine (Linux mm/mmap.c, util.c). */
#include "internal.h"

uint64_t vm_committed_as;

static bool is_data_mapping(uint64_t vm_flags)
{
	return (vm_flags & (VM_WRITE | VM_SHARED | VM_STACK)) == VM_WRITE;
}

void vm_stat_account(struct mm_struct *mm, uint64_t vm_flags, int64_t npages)
{
	mm->total_vm += npages;
	if ((vm_flags & (VM_EXEC | VM_WRITE | VM_STACK)) == VM_EXEC)
		mm->exec_vm += npages;
	else if (vm_flags & VM_STACK)
		mm->stack_vm += npages;
	else if (is_data_mapping(vm_flags))
		mm->data_vm += npages;
}

bool may_expand_vm(const struct mm_struct *mm, uint64_t vm_flags, uint64_t npages)
{
	if (mm->total_vm + npages > rlimit(LX_RLIMIT_AS) >> PAGE_SHIFT)
		return false;
	return !is_data_mapping(vm_flags) || mm->data_vm + npages <= rlimit(LX_RLIMIT_DATA) >> PAGE_SHIFT;
}

int mlock_future_check(const struct mm_struct *mm, uint64_t vm_flags, uint64_t len)
{
	if (!(vm_flags & VM_LOCKED))
		return 0;
	return mm->locked_vm + (len >> PAGE_SHIFT) > rlimit(LX_RLIMIT_MEMLOCK) >> PAGE_SHIFT ? -LX_EAGAIN : 0;
}

/* Overcommit mode 0: only what can never be had, more than all of RAM at once, is refused. */
int vm_enough_memory(uint64_t npages)
{
	if (npages > contig_zone.end_pfn - contig_zone.start_pfn)
		return -LX_ENOMEM;
	vm_committed_as += npages;
	return 0;
}

void vm_unacct_memory(uint64_t npages)
{
	vm_committed_as -= npages;
}
