/* SPDX-License-Identifier: MIT */
/*
 * One pass over entries and frames, before any invariant is checked. Nearly all of them are sound: these it lets
 * through. The few that break a rule of leaf.h or frame.h it keeps, and the invariants of entries and
 * frames look at those alone, each for its own rule. So a verification costs one look at each entry, not thirty.
 *
 * Where the model before was found sound, and this one shares leaf tables and chunks of frames with it, not even that: what
 * is shared, and depends on nothing that changed, was judged then (sieve_step.c).
 */
#ifndef VMM_VERIFY_SIEVE_H
#define VMM_VERIFY_SIEVE_H

#include "observe/model.h"

struct leaf_view;

/** A present entry whose frame does not hold the bytes of the step before. */
struct changed_leaf {
	uint32_t mm;
	struct leaf leaf;
};

struct sieve {
	const struct model *model, *before;
	bool keep_all;			/* let nothing through: each check looks at everything, as tests want it */
	bool unsound;			/* something is kept because it breaks a rule */
	struct leaf_view *poison;	/* kept: entries that stand for pages gone bad, and wrongly */
	uint32_t nr_poison;
	struct leaf_view *leaves;	/* kept: present entries, then held ones, by mm and address */
	uint64_t nr_present, nr_leaves, cap_leaves;
	uint64_t *frames;		/* kept: their numbers, ascending; those of slabs are, all of them */
	uint64_t nr_frames, cap_frames;
	uint64_t *changed;		/* frames hashed at both steps that hold other bytes now, ascending */
	uint64_t nr_changed, cap_changed;
	struct changed_leaf *changed_leaves;	/* that map them */
	uint64_t nr_changed_leaves, cap_changed_leaves;
	uint64_t known_anon;		/* the last anon_vma that was found to be one */
	struct addr_map links;		/* (area, anon_vma) by which rmap goes from the one to the other: index into avcs */
};

/** Sift. Gives nothing back but by sieve_end(). Returns the number of comparisons that it stands for. */
uint64_t sieve_begin(struct sieve *s, const struct model *model, const struct model *before, bool keep_all);
void sieve_end(struct sieve *s);
/** Does a chain link this area to this anon_vma? */
bool sieve_linked(const struct sieve *s, gva_t vma, gva_t anon);

/** Each kept entry, present or held; the present ones alone; each kept frame. */
#define for_each_suspect(c, v)                                                                               \
	for (const struct leaf_view *v = (c)->sieve->leaves; v < (c)->sieve->leaves + (c)->sieve->nr_leaves; v++)
#define for_each_present_suspect(c, v)                                                                       \
	for (const struct leaf_view *v = (c)->sieve->leaves; v < (c)->sieve->leaves + (c)->sieve->nr_present; v++)
#define for_each_suspect_frame(c, pfn, frame)                                                                \
	for (uint64_t i_ = 0, pfn; i_ < (c)->sieve->nr_frames && (pfn = (c)->sieve->frames[i_], true); i_++) \
		for (const struct model_frame *frame = frame_at((c)->now, pfn); frame; frame = NULL)
#define for_each_changed_leaf(c, l)                                                                          \
	for (const struct changed_leaf *l = (c)->sieve->changed_leaves;                                      \
	     l < (c)->sieve->changed_leaves + (c)->sieve->nr_changed_leaves; l++)

/* Between the files of the sieve. */

/** Judge one entry, v->leaf. *v is of its mm, otherwise zero at first, and carries what neighbours have in common. */
void sift_leaf(struct sieve *s, struct leaf_view *v);
void sift_frame(struct sieve *s, uint64_t pfn);
/** Judge what may have changed since `before`; false: that cannot be told, everything must be judged. */
bool sift_step(struct sieve *s);
/** Which frames hold other bytes, and which entries map them. */
void find_changed(struct sieve *s);

#endif
