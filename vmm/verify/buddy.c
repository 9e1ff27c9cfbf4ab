/* SPDX-License-Identifier: MIT */
/* The buddy allocator: blocks, their merging, its counters and bounds. */
#include "verify/frame.h"

void check_buddy_blocks(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect_frame(c, pfn, frame)
	{
		const char *wrong = frame_block_trouble(c->now, pfn, frame);

		if (wrong)
			report(c, self, AT_FRAME(pfn),
			       "free block %#lx on the list of order %u: %s (page_type %u, order %u, private "
			       "%lu)",
			       pfn, frame->free_order, wrong, frame->raw.page_type, frame->raw.order,
			       frame->raw.private);
	}
}

void check_buddy_tails(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect_frame(c, pfn, frame)
		if (!frame_tail_ok(frame))
			report(c, self, AT_FRAME(pfn),
			       "frame %#lx inside a free block of order %u has page_type %u, expected "
			       "PGTY_free_tail",
			       pfn, frame->free_order, frame->raw.page_type);
}

void check_buddy_merged(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect_frame(c, pfn, frame)
		if (!frame_merged(c->now, pfn, frame))
			report(c, self, AT_FRAME(pfn),
			       "free blocks %#lx and %#lx of order %u are buddies, but not merged", pfn,
			       frame_buddy(pfn, frame), frame->free_order);
}

void check_buddy_counts(struct verify_context *c, const struct invariant *self)
{
	for (unsigned int order = 0; order < NR_ORDERS; order++)
		if (!holds(c, c->now->zone.free_area[order].nr_free == c->now->free_blocks[order]))
			report(c, self, AT_OBJECT(c->now->lab.zone),
			       "free_area[%u].nr_free is %lu, but the list has %lu blocks", order,
			       c->now->zone.free_area[order].nr_free, c->now->free_blocks[order]);
}

void check_zone_free(struct verify_context *c, const struct invariant *self)
{
	if (!holds(c, c->now->zone.nr_free == c->now->free_frames))
		report(c, self, AT_OBJECT(c->now->lab.zone),
		       "zone.nr_free is %lu, but the lists have %lu frames", c->now->zone.nr_free,
		       c->now->free_frames);
}

void check_zone_bounds(struct verify_context *c, const struct invariant *self)
{
	const struct zone *zone = &c->now->zone;
	const struct lab_page *lab = &c->now->lab;

	if (!holds(c, zone->start_pfn == lab->mem_map_end_pfn))
		report(c, self, AT_OBJECT(lab->zone),
		       "zone.start_pfn is %#lx, expected %#lx, the end of mem_map", zone->start_pfn,
		       lab->mem_map_end_pfn);
	if (!holds(c, zone->end_pfn == initrd_start_pfn(c->now)))
		report(c, self, AT_OBJECT(lab->zone), "zone.end_pfn is %#lx, expected %#lx, where %s", zone->end_pfn,
		       initrd_start_pfn(c->now), lab->initrd_size ? "the initrd begins" : "RAM ends");
	if (!holds(c, initrd_end_pfn(c->now) <= c->now->nr_frames && lab->initrd_pa + lab->initrd_size >= lab->initrd_pa))
		report(c, self, AT_OBJECT(lab->zone), "the initrd at %#lx of %#lx bytes does not end in RAM",
		       lab->initrd_pa, lab->initrd_size);
	if (!holds(c, zone->start_pfn <= zone->frontier_pfn && zone->frontier_pfn <= zone->end_pfn))
		report(c, self, AT_OBJECT(lab->zone), "zone.frontier_pfn %#lx lies outside the zone",
		       zone->frontier_pfn);
}

void check_free_unused(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect_frame(c, pfn, frame)
	{
		if (!frame_free_counts_ok(frame))
			report(c, self, AT_FRAME(pfn), "free frame %#lx has _refcount %d, _mapcount %d", pfn,
			       frame->raw._refcount, frame->raw._mapcount);
		if (!frame_free_unused(frame))
			report(c, self, AT_FRAME(pfn),
			       "free frame %#lx is in use: %u mappings, %u as a table, %u as a slab", pfn,
			       frame->nr_maps, frame->nr_tables, frame->nr_slab);
	}
}

#define MAX_ZERO_PAGES	32	/* read per verification */
#define MAX_ZERO_LOOKS	4096	/* frames asked whether they say so */

static void check_zero_page(struct verify_context *c, const struct invariant *self, uint64_t pfn)
{
	const void *page = image_ptr(c->now->image, (gpa_t){pfn << PAGE_SHIFT}, PAGE_SIZE);

	if (page && !holds(c, all_zero(page, PAGE_SIZE)))
		report(c, self, AT_FRAME(pfn), "free frame %#lx says PG_zeroed, and is not zero", pfn);
}

/** Where in the free list the n-th free frame is: the index of its block; *offset: in that block. */
static uint32_t nth_free(const struct model *model, uint64_t n, uint64_t *offset)
{
	uint32_t i = 0;

	while (n >> model->free_list[i].order)
		n -= 1UL << model->free_list[i++].order;
	*offset = n;
	return i;
}

/** PG_zeroed is each frame's own, in a block's head and inside it. A large free memory is seen over many
 * steps. */
void check_free_zero(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;
	uint64_t total = 0, offset, left = MAX_ZERO_PAGES;
	uint32_t at;

	for (uint32_t i = 0; i < now->nr_free_list; i++)
		total += 1UL << now->free_list[i].order;
	if (!total)
		return;
	at = nth_free(now, now->lab.seq * MAX_ZERO_PAGES % total, &offset);
	for (uint64_t i = 0; i < total && i < MAX_ZERO_LOOKS && left; i++) {
		uint64_t pfn = now->free_list[at].pfn + offset;

		if (model_frame_role(now, pfn) == FRAME_FREE && (frame_at(now, pfn)->raw.flags & PG_zeroed)) {
			check_zero_page(c, self, pfn);
			left--;
		}
		if (++offset >> now->free_list[at].order) {
			offset = 0;
			at = (at + 1) % now->nr_free_list;
		}
	}
}
