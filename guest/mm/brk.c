// SPDX-License-Identifier: MIT
/*
 * The heap that brk moves, and anonymous memory at a fixed place for exec (Linux mm/mmap.c: brk,
 * do_brk_flags).
 */
#include "internal.h"

/* May [addr, addr + len) be had, limits of the task and of the address space considered? */
static int check_brk_limits(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	uint64_t mapped = mm_get_unmapped_area(mm, NULL, addr, len, 0, LX_MAP_FIXED);

	if (IS_ERR_VALUE(mapped))
		return mapped;
	return mlock_future_check(mm, mm->def_flags, len);
}

/*
 * Map free, page-aligned [addr, addr + len) anonymously. `below` is extended if it ends there and
 * fits; one that came by fork does not: its anon_vmas are not its own alone. 0 or -LX_ENOMEM.
 */
static int do_brk_flags(struct mm_struct *mm, struct vm_area_struct *below, struct vm_area_struct *prev,
			uint64_t addr, uint64_t len, uint64_t vm_flags)
{
	struct vma_merge m = {
		.mm = mm,
		.prev = prev,
		.start = addr,
		.end = addr + len,
		.vm_flags = vm_flags | VM_DATA_DEFAULT | VM_ACCOUNT | VM_SOFTDIRTY | mm->def_flags,
		.pgoff = addr >> PAGE_SHIFT,
	};
	struct vm_area_struct *vma;
	uint64_t pages = len >> PAGE_SHIFT;

	if (!may_expand_vm(mm, m.vm_flags, pages) || mm->map_count > mm_profile.max_map_count ||
	    vm_enough_memory(pages))
		return -LX_ENOMEM;
	if (below && below->vm_end == addr && can_vma_merge_after(below, &m, NULL)) {
		__vma_adjust(below, below->vm_start, m.end, below->vm_pgoff, NULL, below);
		below->vm_flags |= VM_SOFTDIRTY;
	} else {
		vma = vm_area_alloc(mm);
		if (!vma) {
			vm_unacct_memory(pages);
			return -LX_ENOMEM;
		}
		vma->vm_start = addr;
		vma->vm_end = m.end;
		vma->vm_pgoff = m.pgoff;
		vma->vm_flags = m.vm_flags;
		vma->vm_page_prot = vm_get_page_prot(m.vm_flags);
		vma_link(mm, vma, prev);
	}
	mm->total_vm += pages;
	mm->data_vm += pages;
	if (m.vm_flags & VM_LOCKED)
		mm->locked_vm += pages;
	return 0;
}

int vm_brk_flags(struct mm_struct *mm, uint64_t addr, uint64_t request, uint64_t vm_flags)
{
	uint64_t len = ALIGN_UP(request, PAGE_SIZE);
	struct vm_area_struct *prev;
	int error;

	if (len < request)
		return -LX_ENOMEM;
	if (!len)
		return 0;
	/* Data, which may be executable, and nothing else. */
	if (vm_flags & ~VM_EXEC)
		return -LX_EINVAL;
	mmap_write_lock(mm);
	error = check_brk_limits(mm, addr, len);
	if (!error)
		error = do_munmap(mm, addr, len);
	if (!error) {
		find_vma_prev(mm, addr, &prev);
		error = do_brk_flags(mm, prev, prev, addr, len, vm_flags);
	}
	mmap_write_unlock(mm);
	if (!error && (mm->def_flags & VM_LOCKED))
		mm_populate(mm, addr, len);
	return error;
}

/*
 * Everything from newbrk on goes. The heap must be there, in part at least; else something else was
 * mapped over it.
 */
static bool shrink_brk(struct mm_struct *mm, uint64_t newbrk, uint64_t oldbrk)
{
	return find_vma_intersection(mm, newbrk, oldbrk) && do_munmap(mm, newbrk, oldbrk - newbrk) == 0;
}

static bool grow_brk(struct mm_struct *mm, uint64_t oldbrk, uint64_t newbrk)
{
	struct vm_area_struct *prev, *next, *heap;

	if (check_brk_limits(mm, oldbrk, newbrk - oldbrk))
		return false;
	next = find_vma_prev(mm, oldbrk, &prev);
	/* A page stays free; and the guard gap, if a stack comes next. */
	if (next && newbrk + PAGE_SIZE > vm_start_gap(next))
		return false;
	/* What lies below start_brk (bss, for example) is not the heap and stays apart. */
	heap = prev && prev->vm_end > mm->start_brk ? prev : NULL;
	return do_brk_flags(mm, heap, prev, oldbrk, newbrk - oldbrk, 0) == 0;
}

/** brk(2) as the kernel answers it: the break that holds now, whether or not the wish was granted. */
long ksys_brk(uint64_t brk)
{
	struct mm_struct *mm = get_current()->mm;
	uint64_t origbrk, newbrk, oldbrk;
	bool granted = false, populate = false;

	mmap_write_lock(mm);
	origbrk = mm->brk;
	newbrk = ALIGN_UP(brk, PAGE_SIZE);
	oldbrk = ALIGN_UP(origbrk, PAGE_SIZE);
	if (brk >= mm->start_brk &&
	    (brk - mm->start_brk) + (mm->end_data - mm->start_data) <= rlimit(LX_RLIMIT_DATA)) {
		if (newbrk == oldbrk)
			granted = true;
		else if (brk <= origbrk)
			granted = shrink_brk(mm, newbrk, oldbrk);
		else
			granted = grow_brk(mm, oldbrk, newbrk);
	}
	if (granted) {
		mm->brk = brk;
		populate = newbrk > oldbrk && (mm->def_flags & VM_LOCKED);
	}
	mmap_write_unlock(mm);
	if (populate)
		mm_populate(mm, oldbrk, newbrk - oldbrk);
	return granted ? brk : origbrk;
}
