/* SPDX-License-Identifier: MIT */
/* What struct page says of each frame against what was found from outside. */
#include "verify/check.h"

/** Every frame that was ever touched, and is the allocator's or a file's: its struct page means something. */
#define for_each_frame(model, pfn, frame)                                                                    \
	for (uint64_t pfn = 0; pfn < (model)->nr_touched; pfn++)                                             \
		for (const struct model_frame *frame = &(model)->frames[pfn];                                \
		     frame && frame->role != FRAME_IMAGE && frame->role != FRAME_MEM_MAP &&                  \
		     frame->role != FRAME_DEVICE;                                                            \
		     frame = NULL)

void check_frame_role(struct verify_context *c, const struct invariant *self)
{
	uint64_t sum = 0;

	for_each_frame(c->now, pfn, frame) if (!holds(c, frame->role != FRAME_UNKNOWN)) report(
		c, self, AT_FRAME(pfn), "frame %#lx has no role: page_type %u, mapping %#lx, in no free list",
		pfn, frame->raw.page_type, frame->raw.mapping.va);
	for (int role = 0; role < NR_FRAME_ROLES; role++)
		sum += c->now->role_count[role];
	if (!holds(c, sum == c->now->nr_frames))
		report(c, self, (struct site){NOWHERE}, "roles add up to %lu frames, RAM has %lu", sum,
		       c->now->nr_frames);
}

void check_frame_uses(struct verify_context *c, const struct invariant *self)
{
	for (uint64_t pfn = 0; pfn < c->now->nr_touched; pfn++) {
		const struct model_frame *frame = &c->now->frames[pfn];
		const char *use = NULL;

		if (frame->nr_slab && frame->role != FRAME_SLAB)
			use = "is on a slab list";
		else if (frame->nr_stacks && frame->role != FRAME_KERNEL && frame->role != FRAME_IMAGE)
			use = "is a task's kernel stack";
		else if (frame->nr_slab > 1)
			use = "is on two slab lists";
		else if (frame->nr_stacks > 1)
			use = "is the kernel stack of two tasks";
		if (!holds(c, !use))
			report(c, self, AT_FRAME(pfn), "%s %s", frame_label(c->now, pfn).text, use);
	}
}

void check_frame_refs(struct verify_context *c, const struct invariant *self)
{
	for_each_frame(c->now, pfn, frame) {
		if (frame->role == FRAME_FREE || frame->role == FRAME_UNKNOWN)
			continue;
		if (!holds(c, frame->raw._refcount == (int64_t)frame->nr_refs))
			report(c, self, AT_FRAME(pfn),
			       "%s: _refcount is %d, expected %u (%u mappings, %u as a table, %u as a slab)",
			       frame_label(c->now, pfn).text, frame->raw._refcount, frame->nr_refs,
			       frame->nr_maps, frame->nr_tables, frame->nr_slab);
	}
}

void check_frame_maps(struct verify_context *c, const struct invariant *self)
{
	for_each_frame(c->now, pfn, frame) {
		if (frame->role != FRAME_ANON && frame->role != FRAME_FILE && frame->role != FRAME_ZERO)
			continue;
		if (!holds(c, (int64_t)frame->raw._mapcount + 1 == frame->nr_maps))
			report(c, self, AT_FRAME(pfn),
			       "%s: _mapcount is %d (%ld mappings), but %u entries map it",
			       frame_label(c->now, pfn).text, frame->raw._mapcount, (int64_t)frame->raw._mapcount + 1,
			       frame->nr_maps);
	}
}

/** Flags that a frame of this role may have. */
static uint64_t flags_of_role(const struct model_frame *frame)
{
	switch (frame->role) {
	case FRAME_ANON:
		return PG_anon_exclusive | PG_swapbacked | PG_dirty;
	case FRAME_FREE:
		return PG_zeroed;
	case FRAME_FILE:
		return frame->nr_cache ? PG_swapbacked | PG_dirty : PG_reserved;
	case FRAME_ZERO:
		return PG_reserved;
	default:
		return 0;
	}
}

void check_frame_flags(struct verify_context *c, const struct invariant *self)
{
	for_each_frame(c->now, pfn, frame) {
		uint64_t known = flags_of_role(frame);

		if (frame->role == FRAME_UNKNOWN)
			continue;
		if (!holds(c, !(frame->raw.flags & ~known)))
			report(c, self, AT_FRAME(pfn), "%s: flags %#lx, expected none but %#lx",
			       frame_label(c->now, pfn).text, frame->raw.flags, known);
		if (!holds(c, !(frame->raw.flags & PG_anon_exclusive) || frame->nr_maps <= 1))
			report(c, self, AT_FRAME(pfn), "%s: PG_anon_exclusive, but %u entries map it",
			       frame_label(c->now, pfn).text, frame->nr_maps);
	}
}

static bool nobody_maps(const struct model_frame *frame)
{
	return frame->role == FRAME_TABLE || frame->role == FRAME_KERNEL || frame->role == FRAME_PIPE;
}

/** Fields that the user of a frame never touches are as alloc_pages() left them. */
static const char *field_trouble(const struct model_frame *frame)
{
	const struct page *page = &frame->raw;

	if (frame->role == FRAME_FREE || frame->role == FRAME_UNKNOWN ||
	    (frame->role == FRAME_KERNEL && !frame->nr_refs))
		return NULL; /* not in use, or behind the head of a block */
	if (page->order >= NR_ORDERS || (page->order && frame->role != FRAME_KERNEL))
		return "order";
	if (page->private & ~PG_zeroed)
		return "private";
	if ((nobody_maps(frame) || frame->role == FRAME_ZERO) &&
	    page->mapping.va)
		return "mapping";
	if ((nobody_maps(frame) || frame->role == FRAME_ZERO) &&
	    page->index)
		return "index";
	if (nobody_maps(frame) && page->_mapcount != -1)
		return "_mapcount";
	if (frame->role == FRAME_ZERO && page->page_type != PGTY_reserved)
		return "page_type";
	if (frame->role == FRAME_FILE && page->page_type != PGTY_none)
		return "page_type";
	return NULL;
}

void check_frame_fields(struct verify_context *c, const struct invariant *self)
{
	for_each_frame(c->now, pfn, frame) {
		const char *wrong = field_trouble(frame);

		if (!holds(c, !wrong))
			report(c, self, AT_FRAME(pfn),
			       "%s: %s is wrong (page_type %u, order %u, mapping %#lx, index %#lx, _mapcount "
			       "%d, private %#lx)",
			       frame_label(c->now, pfn).text, wrong, frame->raw.page_type, frame->raw.order,
			       frame->raw.mapping.va, frame->raw.index, frame->raw._mapcount,
			       frame->raw.private);
	}
}
