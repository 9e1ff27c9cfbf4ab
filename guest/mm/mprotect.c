// SPDX-License-Identifier: MIT
/*
 * Changing rights (Linux mm/mprotect.c): areas merge or split until the range is whole areas; then
 * their pages.
 */
#include "internal.h"

/*
 * A private area that becomes writable commits memory, once; making it read-only gives nothing back.
 * 0 or -LX_ENOMEM; *charged pages are committed.
 */
static int charge_writable(struct mm_struct *mm, uint64_t oldflags, uint64_t *newflags, uint64_t pages,
			   uint64_t *charged)
{
	*charged = 0;
	if (!(*newflags & VM_WRITE))
		return 0;
	if (!may_expand_vm(mm, *newflags, pages) && may_expand_vm(mm, oldflags, pages))
		return -LX_ENOMEM;
	if (oldflags & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE))
		return 0;
	if (vm_enough_memory(pages))
		return -LX_ENOMEM;
	*charged = pages;
	*newflags |= VM_ACCOUNT;
	return 0;
}

/*
 * The part [start, end) of one area. *pprev: the area that starts before start; afterwards the one
 * that holds end - 1.
 */
static int mprotect_fixup(struct vm_area_struct *vma, struct vm_area_struct **pprev, uint64_t start,
			  uint64_t end, uint64_t newflags)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t oldflags = vma->vm_flags;
	uint64_t pages = (end - start) >> PAGE_SHIFT;
	uint64_t charged;

	if (newflags == oldflags) {
		*pprev = vma;
		return 0;
	}
	if (charge_writable(mm, oldflags, &newflags, pages, &charged))
		return -LX_ENOMEM;
	vma = vma_isolate(vma, *pprev, start, end, newflags);
	if (!vma) {
		vm_unacct_memory(charged);
		return -LX_ENOMEM;
	}
	*pprev = vma;
	vma_set_flags(vma, newflags);
	change_protection(vma, start, end);
	/* Locked pages that may be written now are copied now, not at the first write. */
	if ((oldflags & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED && (newflags & VM_WRITE))
		populate_vma_range(vma, start, end);
	vm_stat_account(mm, oldflags, -(int64_t)pages);
	vm_stat_account(mm, newflags, pages);
	return 0;
}

/*
 * Area after area, until one is missing or says no: what was done before stays done, as on Linux.
 * prev is the area that starts before start.
 */
static int protect_areas(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev,
			 uint64_t start, uint64_t end, uint64_t prot)
{
	for (;;) {
		uint64_t newflags = (vma->vm_flags & ~VM_ACCESS_FLAGS) | (prot & VM_ACCESS_FLAGS);
		uint64_t stop = min(vma->vm_end, end);
		int error;

		/* VM_MAYREAD is VM_READ << 4, and so on. */
		if (newflags & ~(newflags >> 4) & VM_ACCESS_FLAGS)
			return -LX_EACCES;
		error = mprotect_fixup(vma, &prev, start, stop, newflags);
		if (error)
			return error;
		start = max(stop, prev->vm_end);
		if (start >= end)
			return 0;
		vma = find_vma(mm, prev->vm_end);
		if (!vma || vma->vm_start != start)
			return -LX_ENOMEM;
	}
}

static int do_mprotect(struct mm_struct *mm, uint64_t start, uint64_t end, uint64_t prot, uint64_t grows)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	if (!vma)
		return -LX_ENOMEM;
	if (grows & LX_PROT_GROWSDOWN) {
		if (vma->vm_start >= end)
			return -LX_ENOMEM;
		start = vma->vm_start;
		if (!(vma->vm_flags & VM_GROWSDOWN))
			return -LX_EINVAL;
	} else {
		if (vma->vm_start > start)
			return -LX_ENOMEM;
		/* No area of this architecture grows up. */
		if (grows & LX_PROT_GROWSUP)
			return -LX_EINVAL;
	}
	return protect_areas(mm, vma, start > vma->vm_start ? vma : vma->vm_prev, start, end, prot);
}

/** mprotect(2). */
long ksys_mprotect(uint64_t start, uint64_t len, uint64_t prot)
{
	struct mm_struct *mm = get_current()->mm;
	uint64_t grows = prot & (LX_PROT_GROWSDOWN | LX_PROT_GROWSUP);
	uint64_t end;
	int error;

	prot &= ~grows;
	if (grows == (LX_PROT_GROWSDOWN | LX_PROT_GROWSUP))
		return -LX_EINVAL;
	if (start % PAGE_SIZE)
		return -LX_EINVAL;
	if (!len)
		return 0;
	end = start + ALIGN_UP(len, PAGE_SIZE);
	if (end <= start)
		return -LX_ENOMEM;
	if (prot & ~(uint64_t)(LX_PROT_READ | LX_PROT_WRITE | LX_PROT_EXEC | LX_PROT_SEM))
		return -LX_EINVAL;
	mmap_write_lock(mm);
	error = do_mprotect(mm, start, end, prot, grows);
	mmap_write_unlock(mm);
	return error;
}
