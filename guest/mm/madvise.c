// SPDX-License-Identifier: MIT
/*
 * Advice (Linux mm/madvise.c). Some changes flags of areas, which then split or merge as by mprotect; some is for pages
 * and carried out at once. Holes in the range are skipped and told at the end (-ENOMEM); any other error ends the call,
 * and what was done before stays done.
 *
 * Memory is never short here: MADV_FREE and COLD leave the marks that reclaim would read, and the pages stay until
 * MADV_PAGEOUT asks for them, which without swap comes to little (vmscan.c). Kernel samepage merging, huge pages and memory failure are not configured: their advice is unknown.
 */
#include "internal.h"

static bool behavior_valid(int advice)
{
	switch (advice) {
	case LX_MADV_NORMAL ... LX_MADV_DONTNEED:
	case LX_MADV_FREE ... LX_MADV_DOFORK:
	case LX_MADV_DONTDUMP ... LX_MADV_DONTNEED_LOCKED:
		return true;
	default:
		return false;
	}
}

/* Advice that changes vm_flags needs the areas for itself. */
static bool needs_mmap_write(int advice)
{
	switch (advice) {
	case LX_MADV_NORMAL ... LX_MADV_SEQUENTIAL:
	case LX_MADV_DONTFORK:
	case LX_MADV_DOFORK:
	case LX_MADV_DONTDUMP ... LX_MADV_KEEPONFORK:
		return true;
	default:
		return false;
	}
}

/* --- flags ---------------------------------------------------------------------------------------------- */

/* *flags as the advice wants them. 0 or -LX_EINVAL: not for this area. */
static int advised_flags(const struct vm_area_struct *vma, int advice, uint64_t *flags)
{
	*flags = vma->vm_flags;
	switch (advice) {
	case LX_MADV_NORMAL:
		*flags &= ~(VM_RAND_READ | VM_SEQ_READ);
		return 0;
	case LX_MADV_SEQUENTIAL:
		*flags = (*flags & ~VM_RAND_READ) | VM_SEQ_READ;
		return 0;
	case LX_MADV_RANDOM:
		*flags = (*flags & ~VM_SEQ_READ) | VM_RAND_READ;
		return 0;
	case LX_MADV_DONTFORK:
		*flags |= VM_DONTCOPY;
		return 0;
	case LX_MADV_DOFORK:
		*flags &= ~VM_DONTCOPY;
		return vma->vm_flags & VM_IO ? -LX_EINVAL : 0;
	case LX_MADV_WIPEONFORK:
		*flags |= VM_WIPEONFORK;
		return vma->vm_file || (vma->vm_flags & VM_SHARED) ? -LX_EINVAL : 0;
	case LX_MADV_KEEPONFORK:
		*flags &= ~VM_WIPEONFORK;
		return 0;
	case LX_MADV_DONTDUMP:
		*flags |= VM_DONTDUMP;
		return 0;
	default:	/* LX_MADV_DODUMP */
		*flags &= ~VM_DONTDUMP;
		return vma->vm_flags & VM_SPECIAL ? -LX_EINVAL : 0;
	}
}

/* Lack of memory is -EAGAIN here: -ENOMEM tells of holes. */
static int madvise_update_vma(struct vm_area_struct *vma, struct vm_area_struct **prev, uint64_t start,
			      uint64_t end, int advice)
{
	uint64_t newflags;
	int error = advised_flags(vma, advice, &newflags);

	if (error)
		return error;
	if (newflags != vma->vm_flags) {
		vma = vma_isolate(vma, *prev, start, end, newflags);
		if (!vma)
			return -LX_EAGAIN;
		vma_set_flags(vma, newflags);
	}
	*prev = vma;
	return 0;
}

/* --- pages ---------------------------------------------------------------------------------------------- */

/* The pages go, the area stays: the next access finds zeros, or the file again. */
static int madvise_dontneed(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, vma->vm_mm, /* fullmm = */ false);
	update_hiwater_rss(vma->vm_mm);
	unmap_vmas(&tlb, vma, start, end);
	tlb_finish_mmu(&tlb);
	return 0;
}

/* What MADV_COLD does to an entry: old at once. Pages that others map, too, are not this mm's to judge. */
static uint64_t make_cold(struct page *page, uint64_t pte)
{
	return page->_mapcount == 0 ? pte & ~PTE_A : pte;
}

/*
 * What MADV_FREE does: as long as it is clean the page may go (vmscan.c); a write before that makes it dirty and saves
 * it. One that is known to be dirty whatever its entries say is given up by whoever has it alone.
 */
static uint64_t make_free(struct page *page, uint64_t pte)
{
	if ((page->flags & PG_dirty) && page->_mapcount != 0)
		return pte;
	page->flags &= ~(PG_swapbacked | PG_dirty);
	return pte & ~(PTE_A | PTE_D);
}

/* The present entries that follow each other in one table. */
static void change_entries(struct mmu_gather *tlb, uint64_t *pte, uint64_t addr, uint64_t end, change_entry change)
{
	spin_lock(&tlb->mm->page_table_lock);
	for (; addr < end; addr += PAGE_SIZE, pte++) {
		uint64_t old = *pte, new;

		if (!pte_present(old) || (old & PTE_SPECIAL))
			continue;
		new = change(pfn_to_page(pte_pfn(old)), old);
		if (new == old)
			continue;
		set_pte(pte, new);
		tlb_remove_entry(tlb, addr);
	}
	spin_unlock(&tlb->mm->page_table_lock);
}

void change_entries_range(struct vm_area_struct *vma, uint64_t start, uint64_t end, change_entry change)
{
	struct mmu_gather tlb;
	uint64_t next;

	tlb_gather_mmu(&tlb, vma->vm_mm, /* fullmm = */ false);
	for (uint64_t addr = start; addr < end; addr = next) {
		uint64_t *pte = pte_lookup(vma->vm_mm, addr, &next);

		next = min(next, end);
		if (pte)
			change_entries(&tlb, pte, addr, next, change);
	}
	tlb_finish_mmu(&tlb);
}

static int madvise_free(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	if (!vma_is_anonymous(vma))
		return -LX_EINVAL;
	update_hiwater_rss(vma->vm_mm);
	change_entries_range(vma, start, end, make_free);
	return 0;
}

static int madvise_dontneed_free(struct vm_area_struct *vma, uint64_t start, uint64_t end, int advice)
{
	uint64_t forbidden = VM_PFNMAP | (advice == LX_MADV_DONTNEED_LOCKED ? 0 : VM_LOCKED);

	if (vma->vm_flags & forbidden)
		return -LX_EINVAL;
	return advice == LX_MADV_FREE ? madvise_free(vma, start, end) : madvise_dontneed(vma, start, end);
}

static int madvise_cold(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	if (vma->vm_flags & (VM_LOCKED | VM_PFNMAP))
		return -LX_EINVAL;
	change_entries_range(vma, start, end, make_cold);
	return 0;
}

static int madvise_pageout(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	int error = madvise_cold(vma, start, end);

	if (!error)
		reclaim_range(vma, start, end);
	return error;
}

/*
 * A hole in the file. It is punched without mmap_lock, as a write to the file comes from the other side: i_rwsem first.
 * With one CPU nobody changes the areas meanwhile.
 */
static int madvise_remove(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	struct file *file = vma->vm_file;
	uint64_t offset = start - vma->vm_start + (vma->vm_pgoff << PAGE_SHIFT);
	int error;

	if ((vma->vm_flags & VM_LOCKED) || !file || !file->f_mapping)
		return -LX_EINVAL;
	/* Whoever could write the file's pages may take them away (vma_is_shared_maywrite()). */
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) != (VM_SHARED | VM_MAYWRITE))
		return -LX_EACCES;
	if (!file->f_op->fallocate)
		return -LX_EOPNOTSUPP;
	get_file(file);
	mmap_read_unlock(vma->vm_mm);
	error = file->f_op->fallocate(file, LX_FALLOC_FL_PUNCH_HOLE | LX_FALLOC_FL_KEEP_SIZE, offset, end - start);
	fput(file);
	mmap_read_lock(vma->vm_mm);
	return error;
}

/* --- the walk ------------------------------------------------------------------------------------------- */

/* The part [start, end) of one area. *prev: as for vma_isolate(); afterwards the area that holds end - 1. */
static int madvise_vma(struct vm_area_struct *vma, struct vm_area_struct **prev, uint64_t start, uint64_t end,
		       int advice)
{
	if (needs_mmap_write(advice))
		return madvise_update_vma(vma, prev, start, end, advice);
	*prev = vma;
	switch (advice) {
	case LX_MADV_DONTNEED:
	case LX_MADV_DONTNEED_LOCKED:
	case LX_MADV_FREE:
		return madvise_dontneed_free(vma, start, end, advice);
	case LX_MADV_COLD:
		return madvise_cold(vma, start, end);
	case LX_MADV_PAGEOUT:
		return madvise_pageout(vma, start, end);
	case LX_MADV_POPULATE_READ:
	case LX_MADV_POPULATE_WRITE:
		return faultin_vma_page_range(vma, start, end, advice == LX_MADV_POPULATE_WRITE);
	case LX_MADV_REMOVE:
		return madvise_remove(vma, start, end);
	default:	/* LX_MADV_WILLNEED: all there is to be read in is in memory */
		return 0;
	}
}

static int madvise_walk_vmas(struct mm_struct *mm, uint64_t start, uint64_t end, int advice)
{
	struct vm_area_struct *prev, *vma = find_vma_prev(mm, start, &prev);
	int error, holes = 0;
	uint64_t stop;

	if (vma && start > vma->vm_start)
		prev = vma;
	for (;;) {
		if (!vma)
			return -LX_ENOMEM;
		if (start < vma->vm_start) {
			holes = -LX_ENOMEM;
			start = vma->vm_start;
			if (start >= end)
				return holes;
		}
		stop = min(vma->vm_end, end);
		error = madvise_vma(vma, &prev, start, stop, advice);
		if (error)
			return error;
		/* vma may be gone by now, merged into prev. */
		start = max(stop, prev->vm_end);
		if (start >= end)
			return holes;
		vma = find_vma(mm, prev->vm_end);
	}
}

/** madvise(2). */
long ksys_madvise(uint64_t start, uint64_t len_in, int advice)
{
	struct mm_struct *mm = get_current()->mm;
	uint64_t len = ALIGN_UP(len_in, PAGE_SIZE);
	bool write = needs_mmap_write(advice);
	int error;

	if (!behavior_valid(advice) || start % PAGE_SIZE || (len_in && !len) || start + len < start)
		return -LX_EINVAL;
	if (!len)
		return 0;
	if (write)
		mmap_write_lock(mm);
	else
		mmap_read_lock(mm);
	error = madvise_walk_vmas(mm, start, start + len, advice);
	if (write)
		mmap_write_unlock(mm);
	else
		mmap_read_unlock(mm);
	return error;
}
