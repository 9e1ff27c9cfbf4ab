/* SPDX-License-Identifier: MIT */
/* Where a model that shares with the one before is not as one that was made from nothing. */
#include <string.h>

#include "observe/model.h"

static bool same_frame(const struct model_frame *a, const struct model_frame *b)
{
	return a->role == b->role && a->touched == b->touched && a->free_order == b->free_order && a->block_head == b->block_head &&
	       a->in_block == b->in_block && a->nr_maps == b->nr_maps && a->nr_refs == b->nr_refs && a->nr_tables == b->nr_tables &&
	       a->nr_cache == b->nr_cache && a->nr_pipe == b->nr_pipe && a->nr_slab == b->nr_slab &&
	       a->slab_cache == b->slab_cache && a->nr_stacks == b->nr_stacks && !memcmp(&a->raw, &b->raw, sizeof(a->raw));
}

static const char *frames_difference(const struct model *a, const struct model *b)
{
	if (a->nr_frames != b->nr_frames || a->nr_touched != b->nr_touched)
		return "the number of frames";
	for (uint64_t pfn = 0; pfn < a->nr_touched; pfn++)
		if (!same_frame(frame_at(a, pfn), frame_at(b, pfn)))
			return "a frame";
	if (memcmp(a->role_count, b->role_count, sizeof(a->role_count)))
		return "how many frames are of each role";
	if (a->free_frames != b->free_frames || memcmp(a->free_blocks, b->free_blocks, sizeof(a->free_blocks)))
		return "what is free";
	return NULL;
}

/** The filter of `a`, the one that may have been handed down, must admit at least what that of `b` does. */
static bool same_table(const struct leaf_table *a, const struct leaf_table *b)
{
	for (unsigned int i = 0; i < 4; i++)
		if (b->frames.bits[i] & ~a->frames.bits[i])
			return false;
	return a->level == b->level && a->writable == b->writable && a->user == b->user && a->nx == b->nx && a->plain == b->plain &&
	       a->nr_present == b->nr_present && a->nr_held == b->nr_held && a->va == b->va && a->pa == b->pa &&
	       a->nx_bit == b->nx_bit && a->reserved == b->reserved && !memcmp(a->present, b->present, sizeof(a->present)) &&
	       !memcmp(a->held, b->held, sizeof(a->held)) && !memcmp(a->entry, b->entry, sizeof(a->entry));
}

static const char *mm_difference(const struct model_mm *a, const struct model_mm *b)
{
	if (a->addr.va != b->addr.va || a->nr_leaf_tables != b->nr_leaf_tables || a->nr_vmas != b->nr_vmas)
		return "an mm's tables or areas";
	for (uint32_t i = 0; i < a->nr_leaf_tables; i++)
		if (!same_table(a->leaf_tables[i], b->leaf_tables[i]))
			return "a table of the last level";
	if (a->nr_leaves != b->nr_leaves || a->nr_held != b->nr_held)
		return "the number of leaves";
	if (memcmp(a->rss, b->rss, sizeof(a->rss)))
		return "the pages of an mm by kind";
	for (uint32_t i = 0; i < a->nr_vmas; i++)
		if (a->vmas[i].nr_present != b->vmas[i].nr_present || a->vmas[i].links != b->vmas[i].links)
			return "what an area holds or is linked to";
	return NULL;
}

static const char *anon_difference(const struct model *a, const struct model *b)
{
	if (a->nr_anon_vmas != b->nr_anon_vmas)
		return "the number of anon_vmas";
	for (uint32_t i = 0; i < a->nr_anon_vmas; i++) {
		uint32_t other = addr_map_get(&b->anon_vma_map, a->anon_vmas[i].addr.va);

		if (other == ADDR_MAP_NONE || b->anon_vmas[other].nr_pages != a->anon_vmas[i].nr_pages)
			return "the pages of an anon_vma";
	}
	return NULL;
}

const char *model_difference(const struct model *a, const struct model *b)
{
	const char *what = frames_difference(a, b);

	if (!what && a->nr_mms != b->nr_mms)
		what = "the number of mms";
	for (uint32_t i = 0; !what && i < a->nr_mms; i++)
		what = mm_difference(&a->mms[i], &b->mms[i]);
	if (!what && (a->nr_damage != b->nr_damage || a->nr_troubles != b->nr_troubles))
		what = "damage";
	return what ? what : anon_difference(a, b);
}
