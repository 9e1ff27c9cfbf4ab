// SPDX-License-Identifier: MIT
/*
 * Unmapping (Linux mm/mmap.c: do_munmap and what it stands on). Areas that reach over an end of the
 * range are split; what lies inside is detached from list and tree first, so that nobody finds it,
 * then its pages go, then page tables that no other area needs, then the areas.
 */
#include "internal.h"

/*
 * Cut [start, end) out of the areas that reach over its ends. *first becomes the first area inside.
 * 0 or -LX_ENOMEM: then a split may have happened, which nobody but a reader of maps can tell.
 */
static int split_ends(struct mm_struct *mm, uint64_t start, uint64_t end, struct vm_area_struct **first)
{
	struct vm_area_struct *vma = *first, *last;

	if (start > vma->vm_start) {
		/* A hole makes one area more; for other shapes the count may pass the limit for a moment. */
		if (end < vma->vm_end && mm->map_count >= mm_profile.max_map_count)
			return -LX_ENOMEM;
		if (__split_vma(mm, vma, start, /* new_below = */ false))
			return -LX_ENOMEM;
		vma = vma->vm_next;
	}
	for (last = vma; last && last->vm_end < end; last = last->vm_next)
		;
	if (last && last->vm_start < end && end < last->vm_end) {
		if (__split_vma(mm, last, end, /* new_below = */ true))
			return -LX_ENOMEM;
		if (last == vma)
			vma = last->vm_prev;
	}
	*first = vma;
	return 0;
}

/* Take the areas from first on that begin below end out of list and tree. They stay linked to each other. */
static void detach_areas(struct mm_struct *mm, struct vm_area_struct *first, uint64_t end)
{
	struct vm_area_struct *vma, *next, *last = NULL;

	for (vma = first; vma && vma->vm_start < end; vma = next) {
		next = vma->vm_next;
		vma_unlink(mm, vma);
		vma->vm_prev = last;
		vma->vm_next = NULL;
		if (last)
			last->vm_next = vma;
		last = vma;
	}
}

void unmap_region(struct mm_struct *mm, struct vm_area_struct *detached, struct vm_area_struct *prev,
		  struct vm_area_struct *next, uint64_t start, uint64_t end)
{
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, mm, /* fullmm = */ false);
	update_hiwater_rss(mm);
	unmap_vmas(&tlb, detached, start, end);
	free_pgtables(&tlb, detached, prev ? prev->vm_end : 0, next ? next->vm_start : 0);
	tlb_finish_mmu(&tlb);
}

/* The areas themselves, and what they counted for. */
static void remove_vma_list(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *next;

	update_hiwater_vm(mm);
	for (; vma; vma = next) {
		uint64_t pages = vma_pages(vma);

		next = vma->vm_next;
		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(pages);
		if (vma->vm_flags & VM_LOCKED)
			mm->locked_vm -= pages;
		vm_stat_account(mm, vma->vm_flags, -(int64_t)pages);
		remove_vma(vma);
	}
}

int __do_munmap(struct mm_struct *mm, uint64_t start, uint64_t len, bool downgrade)
{
	struct vm_area_struct *vma, *prev, *next;
	uint64_t end;

	mmap_assert_write_locked(mm);
	if (start % PAGE_SIZE || start > TASK_SIZE || len > TASK_SIZE - start)
		return -LX_EINVAL;
	len = ALIGN_UP(len, PAGE_SIZE);
	if (!len)
		return -LX_EINVAL;
	end = start + len;
	vma = find_vma_intersection(mm, start, end);
	if (!vma)
		return 0;
	if (split_ends(mm, start, end, &vma))
		return -LX_ENOMEM;
	prev = vma->vm_prev;
	detach_areas(mm, vma, end);
	next = prev ? prev->vm_next : mm->mmap;
	/* A stack above might grow into what is not yet unmapped: then nobody may come in. */
	if (downgrade && next && (next->vm_flags & VM_GROWSDOWN))
		downgrade = false;
	if (downgrade)
		mmap_write_downgrade(mm);
	unmap_region(mm, vma, prev, next, start, end);
	remove_vma_list(mm, vma);
	return downgrade;
}

int do_munmap(struct mm_struct *mm, uint64_t start, uint64_t len)
{
	return __do_munmap(mm, start, len, false);
}

/** munmap(2). */
long ksys_munmap(uint64_t addr, uint64_t len)
{
	struct mm_struct *mm = get_current()->mm;
	int result;

	mmap_write_lock(mm);
	result = __do_munmap(mm, addr, len, /* downgrade = */ true);
	if (result == 1)
		mmap_read_unlock(mm);
	else
		mmap_write_unlock(mm);
	return result == 1 ? 0 : result;
}
