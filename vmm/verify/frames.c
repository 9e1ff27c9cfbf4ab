/* SPDX-License-Identifier: MIT */
/* What struct page says of each frame against what was found from outside. */
#include "verify/check.h"

/** Every frame that was ever touched, and is the allocator's or a file's: its struct page means something. */
#define for_each_frame(model, pfn, frame)                                                                    \
	for (uint64_t pfn = 0; pfn < (model)->nr_touched; pfn++)                                             \
		for (const struct model_frame *frame = &(model)->frames[pfn];                                \
		     frame && frame->role != FRAME_IMAGE && frame->role != FRAME_MEM_MAP; frame = NULL)

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
	for_each_frame(c->now, pfn, frame)
	{
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
	for_each_frame(c->now, pfn, frame)
	{
		if (frame->role != FRAME_ANON && frame->role != FRAME_FILE && frame->role != FRAME_ZERO)
			continue;
		if (!holds(c, (int64_t)frame->raw._mapcount + 1 == frame->nr_maps))
			report(c, self, AT_FRAME(pfn),
			       "%s: _mapcount is %d (%d mappings), but %u entries map it",
			       frame_label(c->now, pfn).text, frame->raw._mapcount, frame->raw._mapcount + 1,
			       frame->nr_maps);
	}
}

void check_frame_flags(struct verify_context *c, const struct invariant *self)
{
	for_each_frame(c->now, pfn, frame)
	{
		uint64_t known = frame->role == FRAME_ANON ? PG_anon_exclusive : PG_zeroed | PG_reserved;

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
