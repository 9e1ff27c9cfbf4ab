/* SPDX-License-Identifier: MIT */
/*
 * One pass over all entries and one over all frames, before any invariant is checked. Nearly all of them are sound:
 * these it lets through. The few that break a rule of leaf.h or frame.h it keeps, and the invariants of entries and
 * frames look at those alone, each for its own rule. So a verification costs one look at each entry, not thirty. The
 * frames whose bytes changed since the step before are marked, for the invariants of contents.
 */
#ifndef VMM_VERIFY_SIEVE_H
#define VMM_VERIFY_SIEVE_H

#include "observe/model.h"

struct leaf_view;

struct sieve {
	const struct model *model;
	bool keep_all;			/* let nothing through: each check looks at everything, as tests want it */
	struct leaf_view *poison;	/* kept: entries that stand for pages gone bad, and wrongly */
	uint32_t nr_poison;
	struct leaf_view *leaves;	/* kept: present entries, then held ones, by mm and address */
	uint64_t nr_present, nr_leaves, cap_leaves;
	uint64_t *frames;		/* kept: their numbers, ascending */
	uint64_t nr_frames, cap_frames;
	uint64_t *changed;		/* a bit for each frame: its bytes are not those of the step before */
	uint64_t nr_changed;		/* bits */
	struct addr_map links;		/* (area, anon_vma) by which rmap goes from the one to the other: index into avcs */
};

/** Sift. Gives nothing back but by sieve_end(). Returns the number of comparisons that it stands for. */
uint64_t sieve_begin(struct sieve *s, const struct model *model, const struct model *before, bool keep_all);
void sieve_end(struct sieve *s);
/** Both steps have hashed this frame, and it holds other bytes now. */
static inline bool sieve_changed(const struct sieve *s, uint64_t pfn)
{
	return pfn < s->nr_changed && (s->changed[pfn / 64] >> pfn % 64 & 1);
}
/** Does a chain link this area to this anon_vma? */
bool sieve_linked(const struct sieve *s, gva_t vma, gva_t anon);

/** Each kept entry, present or held; the present ones alone; each kept frame. */
#define for_each_suspect(c, v)                                                                               \
	for (const struct leaf_view *v = (c)->sieve->leaves; v < (c)->sieve->leaves + (c)->sieve->nr_leaves; v++)
#define for_each_present_suspect(c, v)                                                                       \
	for (const struct leaf_view *v = (c)->sieve->leaves; v < (c)->sieve->leaves + (c)->sieve->nr_present; v++)
#define for_each_suspect_frame(c, pfn, frame)                                                                \
	for (uint64_t i_ = 0, pfn; i_ < (c)->sieve->nr_frames && (pfn = (c)->sieve->frames[i_], true); i_++) \
		for (const struct model_frame *frame = &(c)->now->frames[pfn]; frame; frame = NULL)

#endif
