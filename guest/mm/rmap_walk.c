// SPDX-License-Identifier: MIT
/*
 * From a page to every entry that maps it (Linux mm/rmap.c, mm/page_vma_mapped.c). The page says of which anon_vma or
 * file it is and at which offset; that one's interval tree has the areas that cover the offset; an area and an offset
 * make an address, and the tables tell whether the page is there still: an area may have a copy of its own, or nothing.
 */
#include "internal.h"

/* --- the walk --------------------------------------------------------------------------------- */

static uint64_t vma_address(const struct page *page, const struct vm_area_struct *vma)
{
	return vma->vm_start + ((page->index - vma->vm_pgoff) << PAGE_SHIFT);
}

/* One area; false: the walk is over. */
static bool walk_one(struct page *page, const struct rmap_walk_control *rwc, struct vm_area_struct *vma)
{
	if (!rwc->rmap_one(page, vma, vma_address(page, vma), rwc->arg))
		return false;
	return !rwc->done || !rwc->done(page);
}

/* Linux page_lock_anon_vma_read(). As long as an entry maps the page, its anon_vma lives; otherwise mapping is a memory. */
static struct anon_vma *lock_anon_vma_of(const struct page *page)
{
	struct anon_vma *anon_vma = (void *)((uint64_t)page->mapping - PAGE_MAPPING_ANON);

	if (!page_mapped(page))
		return NULL;
	anon_vma_lock_read(anon_vma);
	return anon_vma;
}

static void rmap_walk_anon(struct page *page, const struct rmap_walk_control *rwc)
{
	struct anon_vma *anon_vma = lock_anon_vma_of(page);
	struct anon_vma_chain *avc;

	if (!anon_vma)
		return;
	anon_vma_interval_tree_foreach(avc, anon_vma, page->index, page->index)
		if (!walk_one(page, rwc, avc->vma))
			break;
	anon_vma_unlock_read(anon_vma);
}

static void rmap_walk_file(struct page *page, const struct rmap_walk_control *rwc)
{
	struct address_space *mapping = page->mapping;
	struct vm_area_struct *vma;

	if (!mapping)
		return;
	down_read(&mapping->i_mmap_rwsem);
	vma_interval_tree_foreach(vma, &mapping->i_mmap, page->index, page->index)
		if (!walk_one(page, rwc, vma))
			break;
	up_read(&mapping->i_mmap_rwsem);
}

void rmap_walk(struct page *page, const struct rmap_walk_control *rwc)
{
	if (PageAnon(page))
		rmap_walk_anon(page, rwc);
	else
		rmap_walk_file(page, rwc);
}

uint64_t *page_vma_mapped(const struct page *page, struct vm_area_struct *vma, uint64_t address)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t span_end, *pte;

	spin_lock(&mm->page_table_lock);
	pte = pte_lookup(mm, address, &span_end);
	if (pte && pte_present(*pte) && pte_pfn(*pte) == page_to_pfn(page))
		return pte;
	spin_unlock(&mm->page_table_lock);
	return NULL;
}

/* --- was it used? ----------------------------------------------------------------------------- */

struct page_referenced_arg {
	int mapcount;			/* entries not yet met */
	int referenced;
	uint64_t vm_flags;		/* of the areas through which it was used */
};

static bool page_referenced_one(struct page *page, struct vm_area_struct *vma, uint64_t address, void *arg)
{
	struct page_referenced_arg *pra = arg;
	uint64_t *pte = page_vma_mapped(page, vma, address);

	if (!pte)
		return true;
	pra->mapcount--;
	if (vma->vm_flags & VM_LOCKED) {
		pra->vm_flags |= VM_LOCKED;
		pra->mapcount = 0;
	} else if (*pte & PTE_A) {
		set_pte(pte, *pte & ~PTE_A);
		flush_tlb_page(vma->vm_mm, address);
		/* Who reads on and on will not come back to it. */
		if (!(vma->vm_flags & VM_SEQ_READ)) {
			pra->referenced++;
			pra->vm_flags |= vma->vm_flags;
		}
	}
	spin_unlock(&vma->vm_mm->page_table_lock);
	return pra->mapcount > 0;
}

int page_referenced(struct page *page, uint64_t *vm_flags)
{
	struct page_referenced_arg pra = { .mapcount = page->_mapcount + 1 };
	struct rmap_walk_control rwc = { .rmap_one = page_referenced_one, .arg = &pra };

	rmap_walk(page, &rwc);
	*vm_flags = pra.vm_flags;
	return pra.referenced;
}

/* --- away with it ----------------------------------------------------------------------------- */

/*
 * May the entry go? A page of a file can be had again. Anonymous memory cannot, for want of swap, unless it was given up
 * (MADV_FREE), nobody has written it since, and nobody but the entries and who asks looks at it.
 */
static bool may_unmap(struct page *page, uint64_t pte)
{
	if (!PageAnon(page))
		return true;
	if ((page->flags & (PG_swapbacked | PG_dirty)) || (pte & PTE_D))
		return false;
	return page->_refcount == page->_mapcount + 2;
}

static bool try_to_unmap_one(struct page *page, struct vm_area_struct *vma, uint64_t address, void *arg)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t *pte = page_vma_mapped(page, vma, address);
	bool gone;

	(void)arg;
	if (!pte)
		return true;
	gone = !(vma->vm_flags & VM_LOCKED) && may_unmap(page, *pte);
	if (gone) {
		if (*pte & PTE_D)
			page->flags |= PG_dirty;
		set_pte(pte, 0);
		flush_tlb_page(mm, address);
		update_hiwater_rss(mm);
		mm->rss_stat[mm_counter(page)]--;
		page_remove_rmap(page);
		put_page(page);
	} else if (PageAnon(page)) {
		page->flags |= PG_swapbacked;	/* written again: it is wanted after all */
	}
	spin_unlock(&mm->page_table_lock);
	return gone;
}

static bool page_not_mapped(struct page *page) { return !page_mapped(page); }

bool try_to_unmap(struct page *page)
{
	struct rmap_walk_control rwc = { .rmap_one = try_to_unmap_one, .done = page_not_mapped };

	rmap_walk(page, &rwc);
	return !page_mapped(page);
}
