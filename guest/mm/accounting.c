// SPDX-License-Identifier: MIT
/*
 * Who may have how much: limits of the task, counters of the mm, commitments of the machine (Linux
 * mm/mmap.c, util.c).
 */
#include "internal.h"

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
	if (!is_data_mapping(vm_flags) || mm->data_vm + npages <= rlimit(LX_RLIMIT_DATA) >> PAGE_SHIFT)
		return true;
	/* Linux: a soft limit of 0 is taken for one that was never meant for mappings; the hard one counts then. */
	return !rlimit(LX_RLIMIT_DATA) && mm->data_vm + npages <= rlimit_max(LX_RLIMIT_DATA) >> PAGE_SHIFT;
}

int mlock_future_check(const struct mm_struct *mm, uint64_t vm_flags, uint64_t len)
{
	if (!(vm_flags & VM_LOCKED))
		return 0;
	return mm->locked_vm + (len >> PAGE_SHIFT) > rlimit(LX_RLIMIT_MEMLOCK) >> PAGE_SHIFT ? -LX_EAGAIN : 0;
}

#define ADMIN_RESERVE	(8UL << 20 >> PAGE_SHIFT)	/* at most; for root to log in with */
#define USER_RESERVE	(128UL << 20 >> PAGE_SHIFT)	/* at most; for a user to kill the greedy with */

static uint64_t totalram_pages(void)
{
	return contig_zone.end_pfn - contig_zone.start_pfn;
}

/*
 * Mode NEVER: how much may be committed at all. The reserves are 3% of RAM (Linux: of what was free
 * at boot).
 */
static int64_t commit_limit(const struct mm_struct *mm)
{
	uint64_t ram = totalram_pages(), reserve = ram / 32;
	int64_t allowed = ram * mm_profile.overcommit_ratio / 100;

	allowed -= min(reserve, ADMIN_RESERVE);
	if (mm)
		allowed -= min(mm->total_vm / 32, min(reserve, USER_RESERVE));
	return allowed;
}

/* Linux __vm_enough_memory: what is asked for counts before it is judged. */
int vm_enough_memory(uint64_t npages)
{
	bool enough = true;

	vm_committed_as += npages;
	if (mm_profile.overcommit_memory == OVERCOMMIT_GUESS)
		enough = npages <= totalram_pages();
	else if (mm_profile.overcommit_memory == OVERCOMMIT_NEVER)
		enough = (int64_t)vm_committed_as < commit_limit(get_current()->mm);
	if (enough)
		return 0;
	vm_unacct_memory(npages);
	return -LX_ENOMEM;
}

void vm_unacct_memory(uint64_t npages)
{
	vm_committed_as -= npages;
}
