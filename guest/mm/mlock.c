// SPDX-License-Identifier: MIT
/*
 * Locked memory (Linux mm/mlock.c): VM_LOCKED areas are filled in when they are locked, or (VM_LOCKONFAULT) keep what
 * is filled in later. Without reclaim no page would leave anyway; what can be seen are flags, locked_vm, the limit, and
 * pages that are there before they are touched.
 */
#include "internal.h"

#define VM_LOCKED_MASK	(VM_LOCKED | VM_LOCKONFAULT)

/* RLIMIT_MEMLOCK of 0 says: none at all. (No task has CAP_IPC_LOCK.) */
static bool can_do_mlock(void)
{
	return rlimit(LX_RLIMIT_MEMLOCK) != 0;
}

/* The part [start, end) of one area. *prev: as for vma_isolate(); afterwards the area that holds end - 1. */
static int mlock_fixup(struct vm_area_struct *vma, struct vm_area_struct **prev, uint64_t start, uint64_t end,
		       uint64_t newflags)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t oldflags = vma->vm_flags;
	uint64_t pages = (end - start) >> PAGE_SHIFT;

	if (newflags == oldflags || (oldflags & VM_SPECIAL)) {
		*prev = vma;
		return 0;
	}
	vma = vma_isolate(vma, *prev, start, end, newflags);
	if (!vma)
		return -LX_ENOMEM;
	*prev = vma;
	vma_set_flags(vma, newflags);
	if (!(newflags & VM_LOCKED))
		mm->locked_vm -= pages;
	else if (!(oldflags & VM_LOCKED))
		mm->locked_vm += pages;
	return 0;
}

/* Area after area, until a hole or the end: what was done before stays done. lock: bits of VM_LOCKED_MASK. */
static int apply_vma_lock_flags(struct mm_struct *mm, uint64_t start, uint64_t len, uint64_t lock)
{
	struct vm_area_struct *vma, *prev;
	uint64_t end = start + len, stop;
	int error;

	if (end < start)
		return -LX_EINVAL;
	if (end == start)
		return 0;
	vma = find_vma_prev(mm, start, &prev);
	if (!vma || vma->vm_start > start)
		return -LX_ENOMEM;
	if (start > vma->vm_start)
		prev = vma;
	for (;;) {
		stop = min(vma->vm_end, end);
		error = mlock_fixup(vma, &prev, start, stop, (vma->vm_flags & ~VM_LOCKED_MASK) | lock);
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

/* Pages of the range that are locked already, and so count only once. */
static uint64_t count_mm_mlocked_page_nr(struct mm_struct *mm, uint64_t start, uint64_t len)
{
	uint64_t end = start + len < start ? UINT64_MAX : start + len;
	struct vm_area_struct *vma;
	uint64_t pages = 0;

	for (vma = find_vma(mm, start); vma && vma->vm_start < end; vma = vma->vm_next)
		if (vma->vm_flags & VM_LOCKED)
			pages += (min(vma->vm_end, end) - max(vma->vm_start, start)) >> PAGE_SHIFT;
	return pages;
}

static int do_mlock(uint64_t start, uint64_t len, uint64_t lock)
{
	struct mm_struct *mm = get_current()->mm;
	uint64_t limit = rlimit(LX_RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	uint64_t locked;
	int error = -LX_ENOMEM;

	if (!can_do_mlock())
		return -LX_EPERM;
	len = ALIGN_UP(len + start % PAGE_SIZE, PAGE_SIZE);
	start = ALIGN_DOWN(start, PAGE_SIZE);
	mmap_write_lock(mm);
	locked = mm->locked_vm + (len >> PAGE_SHIFT);
	if (locked > limit)
		locked -= count_mm_mlocked_page_nr(mm, start, len);
	if (locked <= limit)
		error = apply_vma_lock_flags(mm, start, len, lock);
	mmap_write_unlock(mm);
	if (error)
		return error;
	/* The lock stays, whatever comes of this; POSIX wants other words for it. */
	error = __mm_populate(mm, start, len, /* ignore_errors = */ false);
	return error == -LX_EFAULT ? -LX_ENOMEM : error == -LX_ENOMEM ? -LX_EAGAIN : error;
}

/** mlock(2). */
long ksys_mlock(uint64_t start, uint64_t len)
{
	return do_mlock(start, len, VM_LOCKED);
}

/** mlock2(2). */
long ksys_mlock2(uint64_t start, uint64_t len, int flags)
{
	if (flags & ~LX_MLOCK_ONFAULT)
		return -LX_EINVAL;
	return do_mlock(start, len, VM_LOCKED | (flags & LX_MLOCK_ONFAULT ? VM_LOCKONFAULT : 0));
}

/** munlock(2). */
long ksys_munlock(uint64_t start, uint64_t len)
{
	struct mm_struct *mm = get_current()->mm;
	int error;

	len = ALIGN_UP(len + start % PAGE_SIZE, PAGE_SIZE);
	start = ALIGN_DOWN(start, PAGE_SIZE);
	mmap_write_lock(mm);
	error = apply_vma_lock_flags(mm, start, len, 0);
	mmap_write_unlock(mm);
	return error;
}

/* --- all of it ------------------------------------------------------------------------------------------ */

/* All areas, and those to come. An area for whose split or merge there is no memory stays as it is. */
static void apply_mlockall_flags(struct mm_struct *mm, int flags)
{
	struct vm_area_struct *vma, *prev = NULL;
	uint64_t lock = VM_LOCKED | (flags & LX_MCL_ONFAULT ? VM_LOCKONFAULT : 0);

	mm->def_flags &= ~VM_LOCKED_MASK;
	if (flags & LX_MCL_FUTURE) {
		mm->def_flags |= lock;
		if (!(flags & LX_MCL_CURRENT))
			return;
	}
	if (!(flags & LX_MCL_CURRENT))
		lock = 0;
	for (vma = mm->mmap; vma; vma = prev->vm_next)
		if (mlock_fixup(vma, &prev, vma->vm_start, vma->vm_end, (vma->vm_flags & ~VM_LOCKED_MASK) | lock))
			prev = vma;
}

/** mlockall(2). */
long ksys_mlockall(int flags)
{
	struct mm_struct *mm = get_current()->mm;
	bool fits;

	if (!flags || (flags & ~(LX_MCL_CURRENT | LX_MCL_FUTURE | LX_MCL_ONFAULT)) || flags == LX_MCL_ONFAULT)
		return -LX_EINVAL;
	if (!can_do_mlock())
		return -LX_EPERM;
	mmap_write_lock(mm);
	fits = !(flags & LX_MCL_CURRENT) || mm->total_vm <= rlimit(LX_RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	if (fits)
		apply_mlockall_flags(mm, flags);
	mmap_write_unlock(mm);
	if (!fits)
		return -LX_ENOMEM;
	if (flags & LX_MCL_CURRENT)
		mm_populate(mm, 0, TASK_SIZE);
	return 0;
}

/** munlockall(2). */
long ksys_munlockall(void)
{
	struct mm_struct *mm = get_current()->mm;

	mmap_write_lock(mm);
	apply_mlockall_flags(mm, 0);
	mmap_write_unlock(mm);
	return 0;
}
