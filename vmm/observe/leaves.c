/* SPDX-License-Identifier: MIT */
/* Walks over the leaves of an mm, and looking them up. */
#include "observe/leaves.h"

#include <stdlib.h>

void leaf_table_put(struct leaf_table *t)
{
	if (--t->refs == 0)
		free(t);
}

/** The first table that covers va or lies above it. */
static uint32_t first_table(const struct model_mm *mm, uint64_t va)
{
	uint32_t low = 0, high = mm->nr_leaf_tables;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (leaf_table_end(mm->leaf_tables[middle]) <= va)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/** Index of the first entry that begins at va or above. */
static unsigned int first_entry(const struct leaf_table *t, uint64_t va)
{
	const uint64_t span = leaf_table_span(t);

	if (va >= leaf_table_end(t))
		return t->level == 1 ? PTRS_PER_TABLE : 1;
	return va <= t->va ? 0 : (va - t->va + span - 1) / span;
}

struct leaf_walk leaves_from(const struct model_mm *mm, enum leaf_kinds kinds, uint64_t va)
{
	struct leaf_walk w = leaves_of(mm, kinds);
	unsigned int first;

	w.table = first_table(mm, va);
	if (w.table == mm->nr_leaf_tables)
		return w;
	first = first_entry(mm->leaf_tables[w.table], va);
	w.word = first / 64 - 1;
	if (first % 64 == 0)
		return w;
	w.word++;
	w.bits = leaf_bits_of(mm->leaf_tables[w.table], w.word, kinds) & ~0UL << first % 64;
	return w;
}

/** The table of mm that begins at va, or NULL. */
static const struct leaf_table *table_at(const struct model_mm *mm, uint64_t va)
{
	uint32_t i = first_table(mm, va);

	return i < mm->nr_leaf_tables && mm->leaf_tables[i]->va == va ? mm->leaf_tables[i] : NULL;
}

bool leaf_next_new(struct leaf_walk *w, const struct model_mm *other)
{
	for (; w->table < w->mm->nr_leaf_tables; w->table++, w->word = -1) {
		const struct leaf_table *t = w->mm->leaf_tables[w->table], *there = table_at(other, t->va);

		for (; t != there && (w->bits || w->word < TABLE_WORDS - 1);) {
			if (!w->bits) {
				w->word++;
				w->bits = t->present[w->word] & ~(there ? there->present[w->word] : 0);
				continue;
			}
			w->leaf = leaf_table_at(t, w->word * 64 + __builtin_ctzl(w->bits));
			w->bits &= w->bits - 1;
			return true;
		}
	}
	return false;
}

struct leaf leaf_nth(const struct model_mm *mm, uint32_t n)
{
	struct leaf_walk w = leaves_of(mm, LEAVES_PRESENT);

	while (w.table < mm->nr_leaf_tables && mm->leaf_tables[w.table]->nr_present <= n)
		n -= mm->leaf_tables[w.table++]->nr_present;
	while (leaf_next(&w) && n--)
		;
	return w.leaf;
}

static uint64_t count_bits(const struct leaf_table *t, enum leaf_kinds kinds, unsigned int first, unsigned int end)
{
	uint64_t n = 0;

	for (unsigned int word = first / 64; word * 64 < end; word++) {
		uint64_t bits = leaf_bits_of(t, word, kinds);

		if (word == first / 64)
			bits &= ~0UL << first % 64;
		if (end - word * 64 < 64)
			bits &= (1UL << end % 64) - 1;
		n += __builtin_popcountl(bits);
	}
	return n;
}

uint64_t leaves_in(const struct model_mm *mm, enum leaf_kinds kinds, uint64_t start, uint64_t end)
{
	uint64_t n = 0;

	for (uint32_t i = first_table(mm, start); i < mm->nr_leaf_tables && mm->leaf_tables[i]->va < end; i++) {
		const struct leaf_table *t = mm->leaf_tables[i];
		unsigned int from = first_entry(t, start), to = first_entry(t, end);

		if (from == 0 && to == PTRS_PER_TABLE)
			n += (kinds & LEAVES_PRESENT ? t->nr_present : 0) + (kinds & LEAVES_HELD ? t->nr_held : 0);
		else if (from < to)
			n += count_bits(t, kinds, from, to) << 9 * (t->level - 1);
	}
	return n;
}

/** The entry of that kind that covers va. */
static bool find(const struct model_mm *mm, uint64_t va, bool held, struct leaf *leaf)
{
	uint32_t at = first_table(mm, va);
	const struct leaf_table *t;
	unsigned int index;

	if (at == mm->nr_leaf_tables || mm->leaf_tables[at]->va > va)
		return false;
	t = mm->leaf_tables[at];
	index = (va - t->va) / leaf_table_span(t);
	if (!((held ? t->held : t->present)[index / 64] >> index % 64 & 1))
		return false;
	*leaf = leaf_table_at(t, index);
	return true;
}

bool model_find_leaf(const struct model_mm *mm, uint64_t va, struct leaf *leaf)
{
	return find(mm, va, false, leaf);
}

bool model_find_held(const struct model_mm *mm, uint64_t va, struct leaf *leaf)
{
	return find(mm, va, true, leaf);
}

bool model_find_entry(const struct model_mm *mm, uint64_t va, struct leaf *leaf)
{
	return find(mm, va, false, leaf) || find(mm, va, true, leaf);
}
