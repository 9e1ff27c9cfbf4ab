/* SPDX-License-Identifier: MIT */
/* Frames that hold other bytes than at the step before, by their hashes, and the entries that map them. */
#include <stdlib.h>

#include "base/error.h"
#include "observe/leaves.h"
#include "verify/check.h"

static void add_frame(struct sieve *s, uint64_t pfn)
{
	if (s->nr_changed == s->cap_changed) {
		s->cap_changed = s->cap_changed ? 2 * s->cap_changed : 64;
		s->changed = xrealloc(s->changed, s->cap_changed * sizeof(*s->changed));
	}
	s->changed[s->nr_changed++] = pfn;
}

static void find_frames(struct sieve *s, uint64_t *bits, struct chunk_filter *filter)
{
	const struct model *now = s->model, *before = s->before;
	uint64_t nr = now->nr_touched < before->nr_touched ? now->nr_touched : before->nr_touched;

	for (uint64_t pfn = 0; pfn < nr; pfn++) {
		uint64_t is, was;

		if (pfn % CHUNK_FRAMES == 0 && !s->keep_all && now->hashes[pfn / CHUNK_FRAMES] == before->hashes[pfn / CHUNK_FRAMES]) {
			pfn += CHUNK_FRAMES - 1;
			continue;
		}
		is = model_hash_of(now, pfn);
		was = model_hash_of(before, pfn);
		if (!is || !was || (is == was && !s->keep_all))
			continue;
		add_frame(s, pfn);
		bits[pfn / 64] |= 1UL << pfn % 64;
		chunk_filter_add(filter, pfn / CHUNK_FRAMES);
	}
}

static void add_leaf(struct sieve *s, uint32_t mm, const struct leaf *leaf)
{
	if (s->nr_changed_leaves == s->cap_changed_leaves) {
		s->cap_changed_leaves = s->cap_changed_leaves ? 2 * s->cap_changed_leaves : 64;
		s->changed_leaves = xrealloc(s->changed_leaves, s->cap_changed_leaves * sizeof(*s->changed_leaves));
	}
	s->changed_leaves[s->nr_changed_leaves++] = (struct changed_leaf){.mm = mm, .leaf = *leaf};
}

static void find_leaves(struct sieve *s, uint32_t mm, const struct leaf_table *t, const uint64_t *bits)
{
	for (unsigned int word = 0; word < TABLE_WORDS; word++)
		for (uint64_t left = t->present[word]; left; left &= left - 1) {
			unsigned int i = word * 64 + __builtin_ctzl(left);
			uint64_t pfn = PFN(t->entry[i] & PTE_PFN_MASK);
			struct leaf leaf;

			if (pfn >= s->model->nr_touched || !(bits[pfn / 64] >> pfn % 64 & 1))
				continue;
			leaf = leaf_table_at(t, i);
			add_leaf(s, mm, &leaf);
		}
}

void find_changed(struct sieve *s)
{
	const struct model *now = s->model;
	struct chunk_filter filter = {0};
	uint64_t *bits;

	if (!s->before || !s->before->hashes || !now->hashes)
		return;
	bits = xcalloc(now->nr_touched / 64 + 1, sizeof(*bits));
	find_frames(s, bits, &filter);
	for (uint32_t i = 0; s->nr_changed && i < now->nr_mms; i++)
		for (uint32_t j = 0; j < now->mms[i].nr_leaf_tables; j++)
			if (chunk_filters_meet(&filter, &now->mms[i].leaf_tables[j]->frames))
				find_leaves(s, i, now->mms[i].leaf_tables[j], bits);
	free(bits);
}
