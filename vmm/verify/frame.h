/* SPDX-License-Identifier: MIT */
/*
 * What holds of one frame below the frontier, each rule by itself, for the sieve and for the checks, as leaf.h has it
 * for entries. A rule that is added here belongs into frame_sound(), too.
 */
#ifndef VMM_VERIFY_FRAME_H
#define VMM_VERIFY_FRAME_H

#include "verify/check.h"

/** Is its struct page the allocator's or a file's? Elsewhere it means nothing. */
static inline bool frame_counts(const struct model_frame *f)
{
	return f->role != FRAME_IMAGE && f->role != FRAME_MEM_MAP && f->role != FRAME_DEVICE;
}

static inline bool frame_role_ok(const struct model_frame *f)
{
	return f->role != FRAME_UNKNOWN;
}

/** A use that does not go with its role, or goes with it twice; NULL: none. */
static inline const char *frame_use_trouble(const struct model_frame *f)
{
	if (f->nr_slab && f->role != FRAME_SLAB)
		return "is on a slab list";
	if (f->nr_stacks && f->role != FRAME_KERNEL && f->role != FRAME_IMAGE)
		return "is a task's kernel stack";
	if (f->nr_slab > 1)
		return "is on two slab lists";
	return f->nr_stacks > 1 ? "is the kernel stack of two tasks" : NULL;
}

static inline bool frame_refs_ok(const struct model_frame *f)
{
	return !frame_counts(f) || f->role == FRAME_FREE || f->role == FRAME_UNKNOWN ||
	       f->raw._refcount == (int64_t)f->nr_refs;
}

static inline bool frame_maps_ok(const struct model_frame *f)
{
	return (f->role != FRAME_ANON && f->role != FRAME_FILE && f->role != FRAME_ZERO) ||
	       (int64_t)f->raw._mapcount + 1 == f->nr_maps;
}

/** Flags that a frame of this role may have. */
static inline uint64_t frame_known_flags(const struct model_frame *f)
{
	switch (f->role) {
	case FRAME_ANON:
		return PG_anon_exclusive | PG_swapbacked | PG_dirty;
	case FRAME_FREE:
		return PG_zeroed;
	case FRAME_FILE:
		return f->nr_cache ? PG_swapbacked | PG_dirty | PG_fallocated : PG_reserved;
	case FRAME_ZERO:
		return PG_reserved;
	case FRAME_POISONED:
		return PG_hwpoison | (f->nr_cache ? PG_swapbacked | PG_dirty | PG_fallocated : 0);
	default:
		return 0;
	}
}

static inline bool frame_flags_ok(const struct model_frame *f)
{
	return !frame_counts(f) || f->role == FRAME_UNKNOWN || !(f->raw.flags & ~frame_known_flags(f));
}

static inline bool frame_exclusive_ok(const struct model_frame *f)
{
	return !frame_counts(f) || f->role == FRAME_UNKNOWN || !(f->raw.flags & PG_anon_exclusive) || f->nr_maps <= 1;
}

static inline bool frame_is_unmappable(const struct model_frame *f)
{
	return f->role == FRAME_TABLE || f->role == FRAME_KERNEL || f->role == FRAME_PIPE ||
	       (f->role == FRAME_POISONED && !f->nr_cache);
}

/** A field that the user of a frame never touches and that is not as alloc_pages() left it; NULL: there is none. */
static inline const char *frame_field_trouble(const struct model_frame *f)
{
	const struct page *page = &f->raw;

	if (!frame_counts(f) || f->role == FRAME_FREE || f->role == FRAME_UNKNOWN ||
	    (f->role == FRAME_KERNEL && !f->nr_refs))
		return NULL; /* not in use, or behind the head of a block */
	if (page->order >= NR_ORDERS || (page->order && f->role != FRAME_KERNEL))
		return "order";
	if (page->private & ~PG_zeroed)
		return "private";
	if ((frame_is_unmappable(f) || f->role == FRAME_ZERO) && page->mapping.va)
		return "mapping";
	if ((frame_is_unmappable(f) || f->role == FRAME_ZERO) && page->index)
		return "index";
	if (frame_is_unmappable(f) && page->_mapcount != -1)
		return "_mapcount";
	if (f->role == FRAME_ZERO && page->page_type != PGTY_reserved)
		return "page_type";
	if (f->role == FRAME_FILE && page->page_type != PGTY_none)
		return "page_type";
	if (f->role == FRAME_POISONED && page->_mapcount != -1)
		return "_mapcount";
	return NULL;
}

static inline bool frame_table_once(const struct model_frame *f)
{
	return f->role != FRAME_TABLE || f->nr_tables == 1;
}

static inline bool frame_cached_ok(const struct model *model, uint64_t pfn, const struct model_frame *f)
{
	return f->role != FRAME_FILE || f->nr_cache || pfn < model->lab.mem_map_start_pfn;
}

/* --- free frames ------------------------------------------------------------------------------- */

/** What is wrong with the first frame of a free block; NULL: nothing, or it is none. */
static inline const char *frame_block_trouble(const struct model *model, uint64_t pfn, const struct model_frame *f)
{
	unsigned int order = f->free_order;

	if (!f->block_head)
		return NULL;
	if (f->raw.page_type != PGTY_buddy)
		return "page_type is not PGTY_buddy";
	if (f->raw.order != order || f->raw.private != order)
		return "order or private say another order";
	if (pfn & ((1UL << order) - 1))
		return "it is not aligned to its size";
	if (pfn < model->zone.start_pfn || pfn + (1UL << order) > model->nr_touched)
		return "it lies outside the zone or above the frontier";
	return NULL;
}

static inline bool frame_tail_ok(const struct model_frame *f)
{
	return f->role != FRAME_FREE || f->block_head || f->raw.page_type == PGTY_free_tail;
}

static inline uint64_t frame_buddy(uint64_t pfn, const struct model_frame *f)
{
	return pfn ^ (1UL << f->free_order);
}

/** Of two free buddies the lower one tells. */
static inline bool frame_merged(const struct model *model, uint64_t pfn, const struct model_frame *f)
{
	const struct model_frame *other;
	uint64_t buddy = frame_buddy(pfn, f);

	if (!f->block_head || f->free_order >= NR_ORDERS - 1 || buddy < pfn || buddy >= model->nr_touched)
		return true;
	other = frame_at(model, buddy);
	return !other->block_head || other->free_order != f->free_order;
}

static inline bool frame_free_counts_ok(const struct model_frame *f)
{
	return f->role != FRAME_FREE || (f->raw._refcount == 0 && f->raw._mapcount == -1);
}

static inline bool frame_free_unused(const struct model_frame *f)
{
	return f->role != FRAME_FREE || f->nr_refs == 0;
}

#define FRAME_RULES 16 /* with those of slabs and of anon_vmas */

/** All rules but those of slabs and of the reverse map. */
static inline bool frame_sound(const struct model *model, uint64_t pfn, const struct model_frame *f)
{
	return frame_role_ok(f) && !frame_use_trouble(f) && frame_refs_ok(f) && frame_maps_ok(f) && frame_flags_ok(f) &&
	       frame_exclusive_ok(f) && !frame_field_trouble(f) && frame_table_once(f) &&
	       frame_cached_ok(model, pfn, f) && !frame_block_trouble(model, pfn, f) && frame_tail_ok(f) &&
	       frame_merged(model, pfn, f) && frame_free_counts_ok(f) && frame_free_unused(f);
}

#endif
