/* SPDX-License-Identifier: MIT */
/*
 * The tables of the last level, as a look found them. A table is never changed once it is made: looks that find the same
 * entries share one, as two mms share a page after fork. So what two models have in common needs neither be decoded
 * nor judged again, and that they have it in common is one comparison of pointers.
 */
#ifndef VMM_OBSERVE_LEAF_TABLE_H
#define VMM_OBSERVE_LEAF_TABLE_H

#include "observe/walk.h"

#define TABLE_WORDS (PTRS_PER_TABLE / 64)

/** The chunks of struct pages (model.h) that a set of frames lies in, as a filter: a bit that is not set says no for sure. */
struct chunk_filter {
	uint64_t bits[4];
};
static inline void chunk_filter_add(struct chunk_filter *f, uint64_t chunk)
{
	f->bits[chunk / 64 % 4] |= 1UL << chunk % 64;
}
static inline bool chunk_filters_meet(const struct chunk_filter *a, const struct chunk_filter *b)
{
	return (a->bits[0] & b->bits[0]) | (a->bits[1] & b->bits[1]) | (a->bits[2] & b->bits[2]) | (a->bits[3] & b->bits[3]);
}

/** The entries of one table of the last level; or, alone at index 0, one entry further up that ends the walk. */
struct leaf_table {
	uint32_t refs;			/* models that have it */
	uint8_t level;			/* 1; 2 or 3: the one entry of a huge page */
	bool writable, user, nx;	/* by the entries above */
	bool plain;			/* every entry is zero, a leaf of touched RAM, or held: nothing was noted of it elsewhere */
	uint32_t nr_present, nr_held;
	uint64_t va;			/* that its first entry covers */
	uint64_t pa;			/* where its first entry lies */
	uint64_t nx_bit, reserved;	/* bits of an entry: that forbids to execute, if any; that must be zero */
	uint64_t present[TABLE_WORDS];	/* a bit for each leaf … */
	uint64_t held[TABLE_WORDS];	/* … and for each entry that holds a frame without being present */
	struct chunk_filter frames;	/* that its leaves and held entries map, or mapped in tables it came from */
	uint64_t entry[PTRS_PER_TABLE];
};

static inline uint64_t leaf_table_span(const struct leaf_table *t)
{
	return PAGE_SIZE << 9 * (t->level - 1);
}

/** The address behind the last one that it covers. */
static inline uint64_t leaf_table_end(const struct leaf_table *t)
{
	return t->va + (t->level == 1 ? PTRS_PER_TABLE * PAGE_SIZE : leaf_table_span(t));
}

/** The entry of that index as a leaf, with the rights of the whole way. */
static inline struct leaf leaf_table_at(const struct leaf_table *t, unsigned int index)
{
	uint64_t entry = t->entry[index], span = leaf_table_span(t);

	return (struct leaf){.va = t->va + index * span,
			     .entry = entry,
			     .entry_pa = t->pa + index * 8UL,
			     .pa = entry & PTE_PFN_MASK & ~(span - 1),
			     .level = t->level,
			     .writable = t->writable && (entry & PTE_RW),
			     .user = t->user && (entry & PTE_US),
			     .nx = t->nx || (entry & t->nx_bit),
			     .reserved = (entry & PTE_P) && (entry & t->reserved)};
}

/** First index from i on at which two tables differ, or PTRS_PER_TABLE. Eight at a time: most are the same. */
static inline unsigned int entries_differ(const uint64_t *a, const uint64_t *b, unsigned int i)
{
	for (; i < PTRS_PER_TABLE && i % 8; i++)
		if (a[i] != b[i])
			return i;
	for (; i < PTRS_PER_TABLE; i += 8) {
		uint64_t differ = 0;

		for (unsigned int j = i; j < i + 8; j++)
			differ |= a[j] ^ b[j];
		if (differ)
			break;
	}
	for (; i < PTRS_PER_TABLE && a[i] == b[i]; i++)
		;
	return i;
}

static inline struct leaf_table *leaf_table_get(struct leaf_table *t)
{
	t->refs++;
	return t;
}
void leaf_table_put(struct leaf_table *t);

#endif
