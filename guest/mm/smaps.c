// SPDX-License-Identifier: MIT
/* How an area's pages are shared, dirty, accessed: what smaps tells (Linux fs/proc/task_mmu.c: smap_gather_stats). */
#include "internal.h"

/* A page that n entries map counts n-th part for each. */
static void account_pss(struct mem_size_stats *mss, const struct page *page, uint64_t pss)
{
	mss->pss += pss;
	if (PageAnon(page))
		mss->pss_anon += pss;
	else if (page->flags & PG_swapbacked)
		mss->pss_shmem += pss;
	else
		mss->pss_file += pss;
}

static void smaps_account(struct mem_size_stats *mss, const struct page *page, uint64_t pte, bool locked)
{
	bool dirty = (pte & PTE_D) || (page->flags & PG_dirty);
	unsigned int maps = page->_mapcount + 1;
	uint64_t pss = (PAGE_SIZE << PSS_SHIFT) / max(maps, 1u);

	mss->resident += PAGE_SIZE;
	if (pte & PTE_A)
		mss->referenced += PAGE_SIZE;
	if (PageAnon(page)) {
		mss->anonymous += PAGE_SIZE;
		/* Given up by MADV_FREE, and not written since. */
		if (!(page->flags & PG_swapbacked) && !dirty)
			mss->lazyfree += PAGE_SIZE;
	}
	account_pss(mss, page, pss);
	if (locked)
		mss->pss_locked += pss;
	if (dirty)
		mss->pss_dirty += pss;
	if (maps >= 2)
		*(dirty ? &mss->shared_dirty : &mss->shared_clean) += PAGE_SIZE;
	else
		*(dirty ? &mss->private_dirty : &mss->private_clean) += PAGE_SIZE;
}

void smap_gather_stats(struct vm_area_struct *vma, struct mem_size_stats *mss)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t next;

	mmap_assert_locked(mm);
	for (uint64_t addr = vma->vm_start; addr < vma->vm_end; addr = next) {
		uint64_t *pte;

		spin_lock(&mm->page_table_lock);
		pte = pte_lookup(mm, addr, &next);
		next = min(next, vma->vm_end);
		for (; pte && addr < next; addr += PAGE_SIZE, pte++) {
			struct page *page = pte_present(*pte) ? vm_normal_page(*pte) : NULL;

			if (page)
				smaps_account(mss, page, *pte, vma->vm_flags & VM_LOCKED);
		}
		spin_unlock(&mm->page_table_lock);
	}
}
