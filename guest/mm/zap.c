// SPDX-License-Identifier: MIT
/* Taking pages out of page tables (Linux mm/memory.c: unmap_vmas and what is below it). */
#include "internal.h"

/* A copy that a task made of a page, or that went bad: no part of the file (Linux should_zap_cows()). */
static bool is_cow(uint64_t pte)
{
	return pte & PTE_SPECIAL ? is_hwpoison_entry(pte) : PageAnon(pfn_to_page(pte_pfn(pte)));
}

/* PTEs that follow each other in one table. */
static void zap_pte_range(struct mmu_gather *tlb, uint64_t *pte, uint64_t addr, uint64_t end)
{
	struct mm_struct *mm = tlb->mm;

	spin_lock(&mm->page_table_lock);
	for (; addr < end; addr += PAGE_SIZE, pte++) {
		uint64_t old = *pte;
		struct page *page;

		if (pte_none(old) || (tlb->keep_cows && is_cow(old)))
			continue;
		set_pte(pte, 0);
		tlb_remove_entry(tlb, addr);
		if (old & PTE_SPECIAL)
			continue;
		page = pfn_to_page(pte_pfn(old));
		mm->rss_stat[mm_counter(page)]--;
		/* What the entry knew, the page of a file must remember. */
		if ((old & PTE_D) && !PageAnon(page))
			page->flags |= PG_dirty;
		page_remove_rmap(page);
		tlb_remove_page(tlb, page);
	}
	spin_unlock(&mm->page_table_lock);
}

void unmap_vmas(struct mmu_gather *tlb, struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	for (; vma && vma->vm_start < end; vma = vma->vm_next) {
		uint64_t stop = min(vma->vm_end, end);
		uint64_t next;

		for (uint64_t addr = max(vma->vm_start, start); addr < stop; addr = next) {
			uint64_t *pte = pte_lookup(tlb->mm, addr, &next);

			next = min(next, stop);
			if (pte)
				zap_pte_range(tlb, pte, addr, next);
		}
	}
}
