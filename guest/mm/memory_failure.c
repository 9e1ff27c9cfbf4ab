// SPDX-License-Identifier: MIT
/*
 * A frame whose contents are lost (Linux mm/memory-failure.c): nobody shall read it, and nobody get it again.
 *
 *	free			taken off the buddy lists; nobody notices
 *	anonymous		out of every address space; whoever comes to look finds an entry that says why: SIGBUS, BUS_MCEERR_AR
 *	shared memory, tmpfs	the same, and it stays in its file, whose bytes it has lost: reading them is EIO
 *	the kernel's own	cannot be helped
 *
 * An isolated frame is PG_hwpoison and has one reference for good.
 */
#include "internal.h"

/* --- out of the address spaces ------------------------------------------------------------------ */

struct unmap_poisoned {
	bool dirty;			/* some entry says that it was written */
	uint64_t addr;			/* where current had it; 0: nowhere */
};

/* Linux try_to_unmap_one() with TTU_IGNORE_MLOCK, of a page that is PG_hwpoison. */
static bool unmap_poisoned_one(struct page *page, struct vm_area_struct *vma, uint64_t address, void *arg)
{
	struct unmap_poisoned *unmap = arg;
	struct mm_struct *mm = vma->vm_mm;
	uint64_t *pte = page_vma_mapped(page, vma, address);

	if (!pte)
		return true;
	unmap->dirty |= *pte & PTE_D;
	if (mm == get_current()->mm && !unmap->addr)
		unmap->addr = address;
	set_pte(pte, make_hwpoison_entry(page_to_pfn(page)));
	flush_tlb_page(mm, address);
	update_hiwater_rss(mm);
	mm->rss_stat[mm_counter(page)]--;
	page_remove_rmap(page);
	put_page(page);
	spin_unlock(&mm->page_table_lock);
	return true;
}

static bool nobody_maps(struct page *page) { return !page_mapped(page); }

/* Linux hwpoison_user_mappings(): whom current's access cost its memory, in *kill_addr, unless the page was never written. */
static bool hwpoison_user_mappings(struct page *page, int flags, uint64_t *kill_addr)
{
	struct unmap_poisoned unmap = { .dirty = page->flags & PG_dirty };
	struct rmap_walk_control rwc = { .rmap_one = unmap_poisoned_one, .done = nobody_maps, .arg = &unmap };

	rmap_walk(page, &rwc);
	if ((flags & MF_ACTION_REQUIRED) && unmap.dirty)
		*kill_addr = unmap.addr;
	return !page_mapped(page);
}

static int isolate_user_page(struct page *page, int flags, uint64_t *kill_addr)
{
	page->flags |= PG_hwpoison;
	page->flags &= ~PG_anon_exclusive;
	get_page(page);
	lab.num_poisoned_pages++;
	if (!hwpoison_user_mappings(page, flags, kill_addr))
		return -LX_EBUSY;
	/* An anonymous page is nobody's any more, but for who has it pinned; one of a file stays there. */
	if (PageAnon(page)) {
		page->mapping = NULL;
		page->index = 0;
		page->flags &= ~(PG_swapbacked | PG_dirty);
	}
	return 0;
}

/* --- frames of every kind ------------------------------------------------------------------------ */

static bool isolate_free_page(struct page *page)
{
	if (!take_page_off_buddy(page))
		return false;
	page->flags = PG_hwpoison;
	lab.num_poisoned_pages++;
	return true;
}

int memory_failure(uint64_t pfn, int flags, uint64_t *kill_addr)
{
	const struct zone *zone = &contig_zone;
	struct page *page = pfn_to_page(pfn);

	*kill_addr = 0;
	if (pfn < zone->start_pfn)
		return -LX_EBUSY;	/* the image, mem_map: Linux says "reserved kernel page" */
	if (pfn >= zone->end_pfn)
		return -LX_ENXIO;
	if (pfn < zone->frontier_pfn && (page->flags & PG_hwpoison))
		return -LX_EHWPOISON;
	if (isolate_free_page(page))
		return 0;
	/* Tables, slabs, stacks, pipes; the zero page, of which everybody expects zeros. */
	if (page->page_type != PGTY_none || !page->mapping)
		return -LX_EBUSY;
	return isolate_user_page(page, flags, kill_addr);
}
