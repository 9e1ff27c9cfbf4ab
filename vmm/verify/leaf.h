/* SPDX-License-Identifier: MIT */
/*
 * What holds of one entry that maps a page, each rule by itself. They serve twice: the sieve asks all of them of
 * every entry in one pass (leaf_sound), and the check of each invariant asks its own of the entries that were kept, to
 * tell what is wrong. A rule that is added here belongs into leaf_sound(), too: nothing else leads an entry to its check.
 */
#ifndef VMM_VERIFY_LEAF_H
#define VMM_VERIFY_LEAF_H

#include "verify/check.h"

/** A present entry, or a held one, with all that it is judged by. */
struct leaf_view {
	struct leaf leaf;
	const struct model_vma *area;	 /* that holds its first byte, or NULL */
	const struct model_frame *frame; /* the decoded struct page of its frame, or NULL */
	enum frame_role role;		 /* of the frame */
	uint32_t mm;
	bool held;			 /* not present: PROT_NONE, or gone bad */
	bool zero;			 /* maps the zero page */
	uint64_t flags;			 /* of the area, or 0 */
	uint64_t mapping;		 /* of the area's file, or 0 */
	gva_t anon;			 /* the last anon_vma found linked to the area */
	bool linked;			 /* false: its page's anon_vma does not lead to the area */
};

static inline bool leaf_is_private(const struct leaf_view *v)
{
	return !(v->flags & VM_SHARED);
}

static inline bool leaf_in_area(const struct leaf_view *v)
{
	return v->area && PAGE_SIZE << 9 * (v->leaf.level - 1) <= v->area->raw.vm_end - v->leaf.va;
}

static inline bool leaf_write_ok(const struct leaf_view *v)
{
	return !v->area || !v->leaf.writable || (v->flags & VM_WRITE);
}

/** Must its page be this entry's alone? */
static inline bool leaf_owns(const struct leaf_view *v)
{
	return v->area && leaf_is_private(v) && v->leaf.writable && v->frame;
}

static inline bool leaf_exclusive_ok(const struct leaf_view *v)
{
	return !leaf_owns(v) || (v->role == FRAME_ANON && (v->frame->raw.flags & PG_anon_exclusive));
}

static inline bool leaf_alone_ok(const struct leaf_view *v)
{
	return !leaf_owns(v) || v->frame->nr_maps == 1;
}

static inline bool leaf_exec_ok(const struct leaf_view *v)
{
	return !v->area || v->leaf.nx == !(v->flags & VM_EXEC);
}

static inline bool leaf_read_ok(const struct leaf_view *v)
{
	return !v->area || (v->flags & VM_ACCESS);
}

static inline bool leaf_frame_ok(const struct leaf_view *v)
{
	return v->role == FRAME_ANON || v->role == FRAME_FILE || v->role == FRAME_ZERO || v->role == FRAME_DEVICE;
}

#define LEAF_BITS (PTE_PFN_MASK | PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | PTE_SPECIAL | PTE_SOFT_DIRTY | PTE_NX)
#define HELD_BITS (PTE_PFN_MASK | PTE_A | PTE_D | PTE_SPECIAL | PTE_SOFT_DIRTY | PTE_PROTNONE)

static inline uint64_t leaf_strange_bits(const struct leaf_view *v)
{
	return v->leaf.entry & ~(v->leaf.entry & PTE_P ? LEAF_BITS : HELD_BITS);
}

static inline bool leaf_bits_ok(const struct leaf_view *v)
{
	return v->leaf.level > 1 || !leaf_strange_bits(v);
}

/**
 * Of private pages, whose right to write comes with a write fault alone. Shared ones have it from the start while their
 * area is VM_SOFTDIRTY; a merge may take that from the area later, as on Linux 6.1, so nothing can be said of them.
 */
static inline bool leaf_soft_dirty_ok(const struct leaf_view *v)
{
	return !v->area || !leaf_is_private(v) || !v->leaf.writable || (v->leaf.entry & PTE_SOFT_DIRTY);
}

static inline bool leaf_zero_readonly(const struct leaf_view *v)
{
	return !v->zero || !v->leaf.writable;
}

static inline bool leaf_zero_area_ok(const struct leaf_view *v)
{
	return !v->zero || !v->area || (leaf_is_private(v) && !v->area->raw.vm_ops.va);
}

static inline bool leaf_special_ok(const struct leaf_view *v)
{
	return !!(v->leaf.entry & PTE_SPECIAL) == (v->zero || v->role == FRAME_DEVICE);
}

static inline bool leaf_device_area_ok(const struct leaf_view *v)
{
	return !v->area || v->role != FRAME_DEVICE || (v->flags & VM_PFNMAP);
}

static inline bool leaf_device_page_ok(const struct leaf_view *v)
{
	return !v->area || !(v->flags & VM_PFNMAP) || v->role == FRAME_DEVICE ||
	       (v->role == FRAME_ANON && leaf_is_private(v));
}

/** Held entries alone. */
static inline bool held_area_ok(const struct leaf_view *v)
{
	return !v->area || !(v->flags & VM_ACCESS);
}

static inline uint64_t leaf_expected_index(const struct leaf_view *v)
{
	return ((v->leaf.va - v->area->raw.vm_start) >> PAGE_SHIFT) + v->area->raw.vm_pgoff;
}

static inline bool leaf_index_ok(const struct leaf_view *v)
{
	return !v->area || !v->frame || (v->role != FRAME_ANON && v->role != FRAME_FILE) ||
	       v->frame->raw.index == leaf_expected_index(v);
}

/** A page of a file, in an area. */
static inline bool leaf_of_file(const struct leaf_view *v)
{
	return v->area && v->frame && v->role == FRAME_FILE;
}

static inline bool leaf_file_area_ok(const struct leaf_view *v)
{
	return !leaf_of_file(v) || v->area->raw.vm_file.va;
}

static inline bool leaf_file_readonly(const struct leaf_view *v)
{
	return !leaf_of_file(v) || !v->leaf.writable || !leaf_is_private(v);
}

static inline bool leaf_file_mapping_ok(const struct leaf_view *v)
{
	return !leaf_of_file(v) || v->frame->raw.mapping.va == v->mapping;
}

static inline bool leaf_shared_ok(const struct leaf_view *v)
{
	return !v->area || v->role != FRAME_ANON || leaf_is_private(v);
}

/* --- entries of pages gone bad: nothing else holds of them -------------------------------------------- */

#define POISON_BITS (PTE_PFN_MASK | PTE_HWPOISON | PTE_SOFT_DIRTY)

static inline bool leaf_poison_ok(const struct leaf_view *v)
{
	return leaf_in_area(v) && v->role == FRAME_POISONED && !(v->leaf.entry & ~POISON_BITS) && v->leaf.entry & PTE_SPECIAL;
}

/* How many comparisons a sound entry has passed. */
#define LEAF_RULES 22
#define HELD_RULES 15

/** Rules of present entries and held ones. */
static inline bool entry_sound(const struct leaf_view *v)
{
	return leaf_in_area(v) && leaf_frame_ok(v) && leaf_bits_ok(v) && leaf_special_ok(v) && leaf_zero_readonly(v) &&
	       leaf_zero_area_ok(v) && leaf_device_area_ok(v) && leaf_device_page_ok(v) && leaf_index_ok(v) &&
	       leaf_file_area_ok(v) && leaf_file_readonly(v) && leaf_file_mapping_ok(v) && leaf_shared_ok(v) && v->linked;
}

/** All rules at once: nothing but a leaf of which this is false has a finding. */
static inline bool leaf_sound(const struct leaf_view *v)
{
	if (v->held)
		return entry_sound(v) && held_area_ok(v);
	return entry_sound(v) && leaf_write_ok(v) && leaf_exclusive_ok(v) && leaf_alone_ok(v) && leaf_exec_ok(v) &&
	       leaf_read_ok(v) && v->leaf.user && v->leaf.level == 1 && leaf_soft_dirty_ok(v);
}

#endif
