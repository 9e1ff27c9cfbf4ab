// SPDX-License-Identifier: MIT
/*
 * The frame allocator: a buddy system over one zone, as Linux mm/page_alloc.c, whose start costs nothing.
 *
 *	0 .. start_pfn          image and mem_map: never handed out
 *	start_pfn .. frontier   handed out at least once, or skipped: their struct pages are valid
 *	frontier .. end_pfn     never touched, not even their struct pages (deferred initialisation)
 *
 * An allocation takes a block from the free lists; when they have none it moves the frontier.
 * Buddies merge below the frontier only. Where RAM was zero when the machine started, frames above
 * the frontier are known to be zero; a frame that is freed zero says so, too (page tables are empty
 * when they are freed). Each free frame keeps this knowledge for itself, in PG_zeroed, however
 * blocks merge and split. __GFP_ZERO then costs nothing.
 *
 * struct page of a free block: the head has PGTY_buddy, order (private says it, too) and lru; the others have
 * PGTY_free_tail, and beside PG_zeroed nothing else that means anything. A block of order > 0 in use is the
 * kernel's: all its frames have PGTY_kernel, and the head holds the reference.
 */
#include "internal.h"

#define FREE_AREA(order) [order] = { .free_list = LIST_HEAD_INIT(contig_zone.free_area[order].free_list) }

struct zone contig_zone = {
	.free_area = {
		FREE_AREA(0), FREE_AREA(1), FREE_AREA(2), FREE_AREA(3), FREE_AREA(4), FREE_AREA(5),
		FREE_AREA(6), FREE_AREA(7), FREE_AREA(8), FREE_AREA(9), FREE_AREA(10),
	},
};
struct page *mem_map;

void free_area_init(uint64_t start_pa, uint64_t end_pa, uint64_t ram_end)
{
	struct zone *zone = &contig_zone;

	mem_map = __va(ALIGN_UP(start_pa, PAGE_SIZE));
	zone->start_pfn = ALIGN_UP(__pa(mem_map + (ram_end >> PAGE_SHIFT)), PAGE_SIZE) >> PAGE_SHIFT;
	zone->frontier_pfn = zone->start_pfn;
	zone->end_pfn = end_pa >> PAGE_SHIFT;
	BUG_ON(zone->start_pfn >= zone->end_pfn);
	/* Frames below the zone are nobody's, but image pages may be mapped as a file's. */
	if (!mm_profile.ram_zeroed)
		memset(mem_map, 0, zone->start_pfn * sizeof(struct page));
}

/* --- the free lists; zone.lock held ----------------------------------------------------------- */

static void add_block(struct zone *zone, struct page *page, unsigned int order)
{
	struct free_area *area = &zone->free_area[order];

	page->page_type = PGTY_buddy;
	page->order = order;
	page->private = order;
	list_add(&page->lru, &area->free_list);
	area->nr_free++;
}

static void del_block(struct zone *zone, struct page *page, unsigned int order)
{
	list_del(&page->lru);
	zone->free_area[order].nr_free--;
}

/*
 * The free block that would double a block of this order at pfn; NULL: it is in use, split, or out
 * of bounds.
 */
static struct page *free_buddy(const struct zone *zone, uint64_t pfn, unsigned int order)
{
	uint64_t buddy_pfn = pfn ^ (1UL << order);
	struct page *buddy = pfn_to_page(buddy_pfn);

	/* The head of a block is valid only below the frontier; the block then ends there, too. */
	if (buddy_pfn < zone->start_pfn || buddy_pfn >= zone->frontier_pfn)
		return NULL;
	return buddy->page_type == PGTY_buddy && buddy->order == order ? buddy : NULL;
}

/* Frames of the block other than its head are marked already. */
static void free_one_block(struct zone *zone, struct page *page, unsigned int order)
{
	uint64_t pfn = page_to_pfn(page);
	struct page *buddy;

	zone->nr_free += 1UL << order;
	while (order < NR_ORDERS - 1 && (buddy = free_buddy(zone, pfn, order))) {
		del_block(zone, buddy, order);
		pfn &= ~(1UL << order);
		max(page, buddy)->page_type = PGTY_free_tail;
		page = min(page, buddy);
		order++;
	}
	add_block(zone, page, order);
}

/* Give back the upper halves of a block of order `have` until it is of order `want`. */
static void split_block(struct zone *zone, struct page *page, unsigned int have, unsigned int want)
{
	while (have > want) {
		have--;
		add_block(zone, page + (1UL << have), have);
	}
}

static struct page *take_from_lists(struct zone *zone, unsigned int order)
{
	for (unsigned int have = order; have < NR_ORDERS; have++) {
		struct free_area *area = &zone->free_area[have];
		struct page *page;

		if (list_empty(&area->free_list))
			continue;
		page = list_first_entry(&area->free_list, struct page, lru);
		del_block(zone, page, have);
		split_block(zone, page, have, order);
		zone->nr_free -= 1UL << order;
		return page;
	}
	return NULL;
}

/* --- the frontier; zone.lock held ------------------------------------------------------------- */

/* First valid content of a struct page: a free one, of unknown type. */
static void init_page(struct page *page)
{
	if (!mm_profile.ram_zeroed)
		memset(page, 0, sizeof(*page));
	page->flags = mm_profile.ram_zeroed ? PG_zeroed : 0;
	page->_mapcount = -1;
}

/* Frames up to pfn are skipped by an aligned allocation: they become free blocks, as large as they can be. */
static void skip_to(struct zone *zone, uint64_t pfn)
{
	while (zone->frontier_pfn < pfn) {
		uint64_t first = zone->frontier_pfn;
		/* Below the alignment of pfn, so the block fits. */
		unsigned int order = __builtin_ctzl(first);
		struct page *page = pfn_to_page(first);

		for (uint64_t i = 0; i < 1UL << order; i++) {
			init_page(page + i);
			page[i].page_type = PGTY_free_tail;
		}
		zone->frontier_pfn += 1UL << order;
		free_one_block(zone, page, order);
	}
}

/* The frontier moves behind pfn; what it passes becomes free blocks. */
static void pass_frontier(struct zone *zone, uint64_t pfn)
{
	while (zone->frontier_pfn <= pfn) {
		uint64_t first = zone->frontier_pfn;
		unsigned int order = min(__builtin_ctzl(first), NR_ORDERS - 1);

		while (first + (1UL << order) > zone->end_pfn)
			order--;
		skip_to(zone, first + (1UL << order));
	}
}

static struct page *move_frontier(struct zone *zone, unsigned int order)
{
	uint64_t nr = 1UL << order;
	uint64_t pfn = ALIGN_UP(zone->frontier_pfn, nr);
	struct page *page = pfn_to_page(pfn);

	if (pfn + nr > zone->end_pfn)
		return NULL;
	skip_to(zone, pfn);
	for (uint64_t i = 0; i < nr; i++)
		init_page(page + i);
	zone->frontier_pfn = pfn + nr;
	return page;
}

/* --- a frame that goes bad --------------------------------------------------------------------- */

/* The free block that holds page; its order in *order. NULL: the page is in use. */
static struct page *free_block_of(struct page *page, unsigned int *order)
{
	uint64_t pfn = page_to_pfn(page);

	for (*order = 0; *order < NR_ORDERS; ++*order) {
		struct page *head = pfn_to_page(pfn & ~((1UL << *order) - 1));

		if (head->page_type == PGTY_buddy && head->order >= *order) {
			*order = head->order;
			return head;
		}
	}
	return NULL;
}

/* Linux break_down_buddy_pages(): halves that do not hold the target go back, until one frame is left. */
static void break_down_block(struct zone *zone, struct page *head, unsigned int order, struct page *target)
{
	while (order > 0) {
		struct page *half = head + (1UL << --order);

		add_block(zone, target >= half ? head : half, order);
		head = target >= half ? half : head;
	}
}

bool take_page_off_buddy(struct page *page)
{
	struct zone *zone = &contig_zone;
	unsigned int order;
	struct page *head;

	spin_lock(&zone->lock);
	pass_frontier(zone, page_to_pfn(page));
	head = free_block_of(page, &order);
	if (head) {
		del_block(zone, head, order);
		break_down_block(zone, head, order, page);
		zone->nr_free--;
		page->page_type = PGTY_none;
		page->order = 0;
		page->private = 0;
		page->mapping = NULL;
		page->index = 0;
		page->_mapcount = -1;
		page->_refcount = 1;
	}
	spin_unlock(&zone->lock);
	return head;
}

/* --- the interface ---------------------------------------------------------------------------- */

/*
 * Whoever gets the block gets it as new; the contents are zero if that was asked for, or if private
 * says so.
 */
static void prep_new_page(struct page *page, gfp_t gfp, unsigned int order)
{
	uint64_t zeroed = PG_zeroed;

	for (uint64_t i = 0; i < 1UL << order; i++) {
		if ((gfp & __GFP_ZERO) && !(page[i].flags & PG_zeroed))
			clear_page(__va((page_to_pfn(page) + i) << PAGE_SHIFT));
		zeroed &= page[i].flags;
		page[i].flags = 0;
		page[i].page_type = order ? PGTY_kernel : PGTY_none;
	}
	page->private = zeroed;
	page->order = order;
	page->mapping = NULL;
	page->index = 0;
	page->_mapcount = -1;
	page->_refcount = 1;
}

static __attribute__((noinline)) struct page *alloc_pages_slowpath(struct zone *zone, gfp_t gfp,
								   unsigned int order)
{
	struct page *page = NULL;

	BUG_ON(order >= NR_ORDERS);
	if (!should_fail_alloc(FAULT_PAGES)) {
		spin_lock(&zone->lock);
		if (zone->nr_free)
			page = take_from_lists(zone, order);
		if (!page)
			page = move_frontier(zone, order);
		spin_unlock(&zone->lock);
	}
	if (unlikely(!page)) {
		lab_event(LAB_EV_OOM, order, 0, 0, 0);
		return NULL;
	}
	prep_new_page(page, gfp, order);
	return page;
}

/* Nothing was ever freed, and the block lies at the frontier, where RAM and so its struct pages are zero? */
static inline bool only_fresh(const struct zone *zone, unsigned int order)
{
	uint64_t first = zone->frontier_pfn, nr = 1UL << order;

	return !zone->nr_free && mm_profile.ram_zeroed && !fail_alloc.nth && first % nr == 0 &&
	       first + nr <= zone->end_pfn;
}

/* That block: what move_frontier() and prep_new_page() come to. */
static inline struct page *take_fresh_block(struct zone *zone, unsigned int order)
{
	struct page *page = pfn_to_page(zone->frontier_pfn);

	spin_lock(&zone->lock);
	zone->frontier_pfn += 1UL << order;
	spin_unlock(&zone->lock);
	for (uint64_t i = 1; i < 1UL << order; i++) {
		page[i].page_type = PGTY_kernel;
		page[i]._mapcount = -1;
	}
	if (order) {
		page->page_type = PGTY_kernel;
		page->order = order;
	}
	page->private = PG_zeroed;
	page->_mapcount = -1;
	page->_refcount = 1;
	return page;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct zone *zone = &contig_zone;

	/* Until the first block is freed nearly all allocations are like this, so it is made cheap. */
	if (order == 0 && only_fresh(zone, 0))
		return take_fresh_block(zone, 0);
	if (order == KERNEL_STACK_ORDER && only_fresh(zone, KERNEL_STACK_ORDER))
		return take_fresh_block(zone, KERNEL_STACK_ORDER);
	return alloc_pages_slowpath(zone, gfp, order);
}

/* A page that is freed must look as its last user was bound to leave it. */
static void check_freed(const struct page *page)
{
	BUG_UNLESS_EQ(page->_refcount, 0);
	BUG_ON(page->page_type == PGTY_buddy || page->page_type == PGTY_free_tail);
	if (MM_DEBUG && page->page_type == PGTY_none)
		BUG_UNLESS_EQ(page->_mapcount, -1);
}

void __free_pages(struct page *page, unsigned int order)
{
	struct zone *zone = &contig_zone;

	if (--page->_refcount > 0)
		return;
	check_freed(page);
	BUG_UNLESS_EQ(page->order, order);
	trace_free(page_to_pfn(page), order);
	page->flags &= PG_zeroed;
	for (uint64_t i = 1; i < 1UL << order; i++)
		page[i].page_type = PGTY_free_tail;
	spin_lock(&zone->lock);
	free_one_block(zone, page, order);
	spin_unlock(&zone->lock);
}

void put_page(struct page *page)
{
	__free_pages(page, 0);
}
