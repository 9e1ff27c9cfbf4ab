/* SPDX-License-Identifier: MIT */
/* What struct page says of each frame against what was found from outside: of those that the sieve kept. */
#include "verify/frame.h"

void check_frame_role(struct verify_context *c, const struct invariant *self)
{
	uint64_t sum = 0;

	for_each_suspect_frame(c, pfn, frame)
		if (!frame_role_ok(frame))
			report(c, self, AT_FRAME(pfn),
			       "frame %#lx has no role: page_type %u, mapping %#lx, in no free list", pfn,
			       frame->raw.page_type, frame->raw.mapping.va);
	for (int role = 0; role < NR_FRAME_ROLES; role++)
		sum += c->now->role_count[role];
	if (!holds(c, sum == c->now->nr_frames))
		report(c, self, (struct site){NOWHERE}, "roles add up to %lu frames, RAM has %lu", sum,
		       c->now->nr_frames);
}

void check_frame_uses(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect_frame(c, pfn, frame)
		if (frame_use_trouble(frame))
			report(c, self, AT_FRAME(pfn), "%s %s", frame_label(c->now, pfn).text,
			       frame_use_trouble(frame));
}

void check_frame_refs(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect_frame(c, pfn, frame)
		if (!frame_refs_ok(frame))
			report(c, self, AT_FRAME(pfn),
			       "%s: _refcount is %d, expected %u (%u mappings, %u as a table, %u as a slab)",
			       frame_label(c->now, pfn).text, frame->raw._refcount, frame->nr_refs,
			       frame->nr_maps, frame->nr_tables, frame->nr_slab);
}

void check_frame_maps(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect_frame(c, pfn, frame)
		if (!frame_maps_ok(frame))
			report(c, self, AT_FRAME(pfn),
			       "%s: _mapcount is %d (%ld mappings), but %u entries map it",
			       frame_label(c->now, pfn).text, frame->raw._mapcount, (int64_t)frame->raw._mapcount + 1,
			       frame->nr_maps);
}

void check_frame_flags(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect_frame(c, pfn, frame)
	{
		if (!frame_flags_ok(frame))
			report(c, self, AT_FRAME(pfn), "%s: flags %#lx, expected none but %#lx",
			       frame_label(c->now, pfn).text, frame->raw.flags, frame_known_flags(frame));
		if (!frame_exclusive_ok(frame))
			report(c, self, AT_FRAME(pfn), "%s: PG_anon_exclusive, but %u entries map it",
			       frame_label(c->now, pfn).text, frame->nr_maps);
	}
}

void check_frame_fields(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect_frame(c, pfn, frame)
		if (frame_field_trouble(frame))
			report(c, self, AT_FRAME(pfn),
			       "%s: %s is wrong (page_type %u, order %u, mapping %#lx, index %#lx, _mapcount "
			       "%d, private %#lx)",
			       frame_label(c->now, pfn).text, frame_field_trouble(frame), frame->raw.page_type,
			       frame->raw.order, frame->raw.mapping.va, frame->raw.index, frame->raw._mapcount,
			       frame->raw.private);
}

void check_poison_frame(struct verify_context *c, const struct invariant *self)
{
	const uint64_t told = c->now->lab.num_poisoned_pages, found = c->now->role_count[FRAME_POISONED];

	if (!holds(c, told == found))
		report(c, self, (struct site){NOWHERE}, "%lu frames are poisoned, the guest counts %lu", found, told);
}
