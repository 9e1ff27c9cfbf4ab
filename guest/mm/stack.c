// SPDX-License-Identifier: MIT
/*
 * Areas that grow down (Linux mm/mmap.c: expand_downwards; fs/exec.c: setup_arg_pages). Below a
 * stack a guard gap keeps free of other areas, so that a stack that runs over faults instead of
 * running into a neighbour.
 */
#include "internal.h"

#define STACK_EXPAND	(128UL << 10)	/* given to a new program at once */

/*
 * May the stack of that size, `grow` pages of them new, be? All limits; commits the memory. (Linux
 * commits it for a read-only stack as well, and never takes that back.)
 */
static int acct_stack_growth(struct vm_area_struct *vma, uint64_t size, uint64_t grow)
{
	struct mm_struct *mm = vma->vm_mm;

	if (!may_expand_vm(mm, vma->vm_flags, grow))
		return -LX_ENOMEM;
	if (size > rlimit(LX_RLIMIT_STACK))
		return -LX_ENOMEM;
	if (mlock_future_check(mm, vma->vm_flags, grow << PAGE_SHIFT))
		return -LX_ENOMEM;
	return vma->vm_flags & VM_ACCOUNT ? vm_enough_memory(grow) : 0;
}

/* Another stack may come close, and so may an area nobody can touch: a guard of the program's own. */
static bool breaks_guard_gap(const struct vm_area_struct *vma, uint64_t address)
{
	const struct vm_area_struct *prev = vma->vm_prev;

	return prev && !(prev->vm_flags & VM_GROWSDOWN) && vma_is_accessible(prev) &&
	       address - prev->vm_end < (uint64_t)mm_profile.stack_guard_gap << PAGE_SHIFT;
}

static int grow_down_to(struct vm_area_struct *vma, uint64_t address)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t grow = (vma->vm_start - address) >> PAGE_SHIFT;

	if (grow > vma->vm_pgoff)
		return -LX_ENOMEM;
	if (acct_stack_growth(vma, vma->vm_end - address, grow))
		return -LX_ENOMEM;
	spin_lock(&mm->page_table_lock);
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm += grow;
	vm_stat_account(mm, vma->vm_flags, grow);
	anon_vma_interval_tree_pre_update_vma(vma);
	vma->vm_start = address;
	vma->vm_pgoff -= grow;
	anon_vma_interval_tree_post_update_vma(vma);
	vma_gap_update(vma);
	spin_unlock(&mm->page_table_lock);
	return 0;
}

/** Let a VM_GROWSDOWN area begin at the page of address. 0 or -errno. mmap_lock held for writing. */
int expand_stack(struct vm_area_struct *vma, uint64_t address)
{
	int error = 0;

	mmap_assert_write_locked(vma->vm_mm);
	address = ALIGN_DOWN(address, PAGE_SIZE);
	if (address < mm_profile.mmap_min_addr)
		return -LX_EPERM;
	if (breaks_guard_gap(vma, address))
		return -LX_ENOMEM;
	if (anon_vma_prepare(vma))
		return -LX_ENOMEM;
	anon_vma_lock_write(vma->anon_vma);
	if (address < vma->vm_start)
		error = grow_down_to(vma, address);
	anon_vma_unlock_write(vma->anon_vma);
	return error;
}

/* The first page, where exec puts its strings. */
static struct vm_area_struct *first_stack_page(struct mm_struct *mm, uint64_t stack_top, uint64_t vm_flags)
{
	struct vm_area_struct *vma = vm_area_alloc(mm);

	if (!vma)
		return NULL;
	vma->vm_start = stack_top - PAGE_SIZE;
	vma->vm_end = stack_top;
	vma->vm_flags = vm_flags;
	vma->vm_page_prot = vm_get_page_prot(vm_flags);
	if (insert_vm_struct(mm, vma)) {
		vm_area_free(vma);
		return NULL;
	}
	vm_stat_account(mm, vm_flags, 1);
	return vma;
}

int setup_stack_area(struct mm_struct *mm, uint64_t stack_top, uint64_t stack_flags)
{
	struct vm_area_struct *vma;
	uint64_t size = min(PAGE_SIZE + STACK_EXPAND, ALIGN_DOWN(rlimit(LX_RLIMIT_STACK), PAGE_SIZE));
	int error = -LX_ENOMEM;

	mmap_write_lock(mm);
	vma = first_stack_page(mm, stack_top, VM_STACK_DEFAULT | stack_flags | mm->def_flags);
	if (vma)
		error = expand_stack(vma, stack_top - size) ? -LX_EFAULT : 0;
	mmap_write_unlock(mm);
	return error;
}
