// SPDX-License-Identifier: MIT
/* A file becomes shorter: its pages leave every address space, then the cache (Linux mm/truncate.c, mm/memory.c). */
#include "internal.h"

/* Pages [first, last] of the file, as far as this area maps them; its own copies of them, too, if even_cows. */
static void zap_area(struct vm_area_struct *vma, uint64_t first, uint64_t last, bool even_cows)
{
	uint64_t from = max(first, vma->vm_pgoff);
	uint64_t to = min(last, vma_last_pgoff(vma));
	uint64_t start = vma->vm_start + ((from - vma->vm_pgoff) << PAGE_SHIFT);
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, vma->vm_mm, /* fullmm = */ false);
	tlb.keep_cows = !even_cows;
	update_hiwater_rss(vma->vm_mm);
	unmap_vmas(&tlb, vma, start, start + ((to - from + 1) << PAGE_SHIFT));
	tlb_finish_mmu(&tlb);
}

void unmap_mapping_pages(struct address_space *mapping, uint64_t first, uint64_t last, bool even_cows)
{
	struct vm_area_struct *vma;

	down_read(&mapping->i_mmap_rwsem);
	vma_interval_tree_foreach(vma, &mapping->i_mmap, first, last)
		zap_area(vma, first, last, even_cows);
	up_read(&mapping->i_mmap_rwsem);
}

void delete_from_page_cache(struct page *page)
{
	struct address_space *mapping = page->mapping;

	xa_erase(&mapping->i_pages, page->index);
	mapping->nrpages--;
	page->mapping = NULL;
	page->flags &= ~(PG_swapbacked | PG_dirty);
	put_page(page);
}

uint64_t truncate_inode_pages(struct address_space *mapping, uint64_t first, uint64_t last)
{
	uint64_t index = first, nr = 0;
	struct page *page;

	spin_lock(&mapping->i_pages.xa_lock);
	while ((page = xa_find(&mapping->i_pages, &index)) && index <= last) {
		delete_from_page_cache(page);
		nr++;
	}
	spin_unlock(&mapping->i_pages.xa_lock);
	return nr;
}
