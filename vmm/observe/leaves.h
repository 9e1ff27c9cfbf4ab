/* SPDX-License-Identifier: MIT */
/*
 * The leaves of an mm, by address: those that are present, those that hold a frame without being present (PROT_NONE,
 * pages gone bad), or both.
 *
 *	for (struct leaf_walk w = leaves_of(mm, LEAVES_PRESENT); leaf_next(&w);)
 *		use(&w.leaf);
 */
#ifndef VMM_OBSERVE_LEAVES_H
#define VMM_OBSERVE_LEAVES_H

#include "observe/model.h"

enum leaf_kinds { LEAVES_PRESENT = 1, LEAVES_HELD = 2, LEAVES_ALL = 3 };

struct leaf_walk {
	const struct model_mm *mm;
	enum leaf_kinds kinds;
	uint32_t table;			/* index into mm->leaf_tables … */
	int word;			/* … of its bits … */
	uint64_t bits;			/* … those still to come */
	struct leaf leaf;		/* where the walk is */
};

/** The bits of one word of a table. */
static inline uint64_t leaf_bits_of(const struct leaf_table *t, int word, enum leaf_kinds kinds)
{
	return (kinds & LEAVES_PRESENT ? t->present[word] : 0) | (kinds & LEAVES_HELD ? t->held[word] : 0);
}

static inline struct leaf_walk leaves_of(const struct model_mm *mm, enum leaf_kinds kinds)
{
	return (struct leaf_walk){.mm = mm, .kinds = kinds, .word = -1};
}
/** From the first one that begins at va or above. */
struct leaf_walk leaves_from(const struct model_mm *mm, enum leaf_kinds kinds, uint64_t va);

/** On to the next; false: there is none. */
static inline bool leaf_next(struct leaf_walk *w)
{
	const struct leaf_table *t;

	while (!w->bits) {
		if (++w->word == TABLE_WORDS) {
			w->word = 0;
			w->table++;
		}
		if (w->table >= w->mm->nr_leaf_tables)
			return false;
		w->bits = leaf_bits_of(w->mm->leaf_tables[w->table], w->word, w->kinds);
	}
	t = w->mm->leaf_tables[w->table];
	w->leaf = leaf_table_at(t, w->word * 64 + __builtin_ctzl(w->bits));
	w->bits &= w->bits - 1;
	return true;
}

/** Those that are present in mm and not in `other`, tables that both share left out unseen; either may be NULL. */
static inline struct leaf_walk leaves_new(const struct model_mm *mm, const struct model_mm *other)
{
	static const struct model_mm none;

	return leaves_of(mm && other ? mm : &none, LEAVES_PRESENT);
}
bool leaf_next_new(struct leaf_walk *w, const struct model_mm *other);

/** The n-th present one of mm, from 0; n is below mm->nr_leaves. O(tables). */
struct leaf leaf_nth(const struct model_mm *mm, uint32_t n);
/** How many of those kinds begin in [start, end). O(tables). */
uint64_t leaves_in(const struct model_mm *mm, enum leaf_kinds kinds, uint64_t start, uint64_t end);

#endif
