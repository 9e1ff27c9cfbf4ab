// SPDX-License-Identifier: MIT
/*
 * Taking pages back (Linux mm/vmscan.c), for those that madvise(MADV_PAGEOUT) names. There is no swap, so what can go is:
 * from the address spaces, a page of a file; out of memory, a page of shared memory that nobody ever wrote, and an
 * anonymous one that was given up by MADV_FREE and not written since.
 */
#include "internal.h"

/* Pages of the image stand in no other place, and a locked segment's stay. */
static bool page_evictable(const struct page *page)
{
	const struct address_space *mapping = page->mapping;

	return PageAnon(page) || (mapping && !(mapping->host->i_flags & (S_IMAGE | S_UNEVICTABLE)));
}

/* Linux page_check_references(): used since it was last asked for, or locked? */
static bool still_wanted(struct page *page)
{
	uint64_t vm_flags;
	int referenced = page_referenced(page, &vm_flags);

	return referenced || (vm_flags & VM_LOCKED);
}

static void reclaim_page(struct page *page)
{
	if (!page_evictable(page) || still_wanted(page))
		return;
	if (PageAnon(page) && (page->flags & PG_swapbacked))
		return;
	if (try_to_unmap(page) && !PageAnon(page))
		shmem_reclaim_page(page);
}

/* The page behind an entry, with a reference, if no other address space has it; NULL: none such. */
static struct page *isolate_page(struct mm_struct *mm, uint64_t *pte)
{
	struct page *page = NULL;

	spin_lock(&mm->page_table_lock);
	if (pte_present(*pte) && !(*pte & PTE_SPECIAL) && pfn_to_page(pte_pfn(*pte))->_mapcount == 0) {
		page = pfn_to_page(pte_pfn(*pte));
		get_page(page);
	}
	spin_unlock(&mm->page_table_lock);
	return page;
}

void reclaim_range(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	uint64_t next;

	for (uint64_t addr = start; addr < end; addr = next) {
		uint64_t *pte = pte_lookup(vma->vm_mm, addr, &next);

		next = min(next, end);
		for (; pte && addr < next; addr += PAGE_SIZE, pte++) {
			struct page *page = isolate_page(vma->vm_mm, pte);

			if (!page)
				continue;
			reclaim_page(page);
			put_page(page);
		}
	}
}
