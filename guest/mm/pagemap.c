// SPDX-License-Identifier: MIT
/*
 * Page by page what is mapped where (Linux fs/proc/task_mmu.c: pagemap_read), and taking back the marks of accesses, so
 * that the next look tells what was accessed since (clear_refs_write).
 */
#include "internal.h"

/* Bits of an entry; below them the frame number. */
#define PM_SOFT_DIRTY		(1UL << 55)
#define PM_MMAP_EXCLUSIVE	(1UL << 56)
#define PM_FILE			(1UL << 61)	/* or shared memory */
#define PM_SWAP			(1UL << 62)	/* the frame number is a swap entry: type, then offset */
#define PM_PRESENT		(1UL << 63)
#define MAX_SWAPFILES_SHIFT	5

static uint64_t pte_to_pagemap_entry(const struct vm_area_struct *vma, uint64_t pte)
{
	uint64_t entry = page_soft_dirty(vma, pte) ? PM_SOFT_DIRTY : 0;
	const struct page *page;

	if (is_hwpoison_entry(pte))
		return entry | PM_SWAP | SWP_HWPOISON | pte_pfn(pte) << MAX_SWAPFILES_SHIFT;
	if (!pte_present(pte))
		return entry;
	entry |= pte_pfn(pte) | PM_PRESENT;
	page = vm_normal_page(pte);
	if (page && !PageAnon(page))
		entry |= PM_FILE;
	if (page && page->_mapcount == 0)
		entry |= PM_MMAP_EXCLUSIVE;
	return entry;
}

/* The part [addr, end) of one area, of which entries[0] is the page at addr. */
static void pagemap_area(struct vm_area_struct *vma, uint64_t addr, uint64_t end, uint64_t *entries)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t next;

	spin_lock(&mm->page_table_lock);
	for (; addr < end; entries += (next - addr) >> PAGE_SHIFT, addr = next) {
		uint64_t *pte = pte_lookup(mm, addr, &next);

		next = min(next, end);
		for (uint64_t i = 0; i < (next - addr) >> PAGE_SHIFT; i++)
			entries[i] = pte_to_pagemap_entry(vma, pte ? pte[i] : 0);
	}
	spin_unlock(&mm->page_table_lock);
}

void pagemap_range(struct mm_struct *mm, uint64_t start, uint64_t nr, uint64_t *entries)
{
	uint64_t end = start + (nr << PAGE_SHIFT);
	struct vm_area_struct *vma;

	memset(entries, 0, nr * sizeof(*entries));
	mmap_read_lock(mm);
	for (vma = find_vma(mm, start); vma && vma->vm_start < end; vma = vma->vm_next) {
		uint64_t from = max(vma->vm_start, start);

		pagemap_area(vma, from, min(vma->vm_end, end), entries + ((from - start) >> PAGE_SHIFT));
	}
	mmap_read_unlock(mm);
}

/* --- clear_refs ------------------------------------------------------------------------------- */

static bool clears_area(const struct vm_area_struct *vma, enum clear_refs_types type)
{
	if (vma->vm_flags & VM_PFNMAP)
		return false;
	return type == CLEAR_REFS_ANON ? !vma->vm_file : type == CLEAR_REFS_MAPPED ? !!vma->vm_file : true;
}

static uint64_t make_unaccessed(struct page *page, uint64_t pte)
{
	(void)page;
	return pte & ~PTE_A;
}

void clear_refs(struct mm_struct *mm, enum clear_refs_types type)
{
	struct vm_area_struct *vma;

	mmap_write_lock(mm);
	if (type == CLEAR_REFS_MM_HIWATER_RSS) {
		mm->hiwater_rss = get_mm_rss(mm);
	} else if (type == CLEAR_REFS_SOFT_DIRTY) {
		clear_soft_dirty(mm);
	} else {
		for (vma = mm->mmap; vma; vma = vma->vm_next)
			if (clears_area(vma, type))
				change_entries_range(vma, vma->vm_start, vma->vm_end, make_unaccessed);
	}
	mmap_write_unlock(mm);
}
