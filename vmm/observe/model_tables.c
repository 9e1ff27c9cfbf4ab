/* SPDX-License-Identifier: MIT */
/*
 * Page tables into tables, leaf tables and troubles: the user half of every mm, the kernel half once. A table of the last
 * level that holds what it held in the model before is shared with that one; of another, only the entries that differ
 * are looked at and counted.
 */
#include <stdlib.h>
#include <string.h>

#include "observe/build.h"
#include "observe/leaves.h"

#define USER_INDICES (PTRS_PER_TABLE / 2)

static bool take_leaves(struct build *b, uint64_t n)
{
	if (n <= b->leaves_left) {
		b->leaves_left -= n;
		return true;
	}
	if (!b->leaves_ended)
		add_damage(b, DAMAGE_LIMIT, 0, b->mm, "more leaves than the host reads (%lu)", MAX_LEAVES);
	b->leaves_ended = true;
	return false;
}

static void add_table(void *ctx, const struct table *table)
{
	struct build *b = ctx;

	*(struct table *)grow_add(&b->tables, sizeof(*table)) = *table;
	b->tables_left--;
}

static void add_kernel_leaf(void *ctx, const struct leaf *leaf)
{
	struct build *b = ctx;

	if (take_leaves(b, 1))
		*(struct leaf *)grow_add(&b->kernel_leaves, sizeof(*leaf)) = *leaf;
}

static void add_kernel_table(void *ctx, const struct table *table)
{
	struct build *b = ctx;

	*(struct table *)grow_add(&b->kernel_tables, sizeof(*table)) = *table;
	b->tables_left--;
}

static void add_trouble(void *ctx, enum walk_trouble what, const struct leaf *at)
{
	struct build *b = ctx;

	if (!take_leaves(b, 1))
		return;
	*(struct model_trouble *)grow_add(&b->troubles, sizeof(struct model_trouble)) =
		(struct model_trouble){.what = what,
				       .mm = b->mm,
				       .level = at->level,
				       .va = at->va,
				       .entry_pa = at->entry_pa,
				       .entry = at->entry};
}

/* --- leaf tables ------------------------------------------------------------------------------------ */

static struct model_mm *mm_at(struct build *b)
{
	return (struct model_mm *)b->mms.items + b->mm;
}

/** An entry that is not zero: present, holding a frame, or neither. */
static void meet_entry(struct build *b, struct leaf_table *t, unsigned int i, bool counted)
{
	const struct leaf leaf = leaf_table_at(t, i);
	const uint64_t bit = 1UL << i % 64;

	if (leaf.entry & PTE_P) {
		t->present[i / 64] |= bit;
		t->nr_present++;
	} else if (leaf.entry & PTE_PROTNONE || is_hwpoison_entry(leaf.entry)) {
		t->held[i / 64] |= bit;
		t->nr_held++;
	} else {
		add_trouble(b, TROUBLE_NONZERO, &leaf);
		t->plain = false;
		return;
	}
	if (leaf.reserved) {
		add_trouble(b, TROUBLE_RESERVED, &leaf);
		t->plain = false;
	}
	if (counted)
		return;
	t->plain &= count_leaf(b, mm_at(b), &leaf, 1);
	chunk_filter_add(&t->frames, (leaf.pa >> PAGE_SHIFT) / CHUNK_FRAMES);
}

/** What the entry was in the table before is no longer counted. */
static void leave_entry(struct build *b, const struct leaf_table *old, unsigned int i)
{
	const struct leaf leaf = leaf_table_at(old, i);

	count_leaf(b, mm_at(b), &leaf, -1);
}

static void leave_table(struct build *b, const struct leaf_table *old)
{
	for (unsigned int word = 0; word < TABLE_WORDS; word++)
		for (uint64_t bits = old->present[word] | old->held[word]; bits; bits &= bits - 1)
			leave_entry(b, old, word * 64 + __builtin_ctzl(bits));
}

static void clear_entry(struct leaf_table *t, unsigned int i)
{
	const uint64_t bit = 1UL << i % 64;

	t->nr_present -= !!(t->present[i / 64] & bit);
	t->nr_held -= !!(t->held[i / 64] & bit);
	t->present[i / 64] &= ~bit;
	t->held[i / 64] &= ~bit;
}

static bool counts(const struct leaf_table *t, unsigned int i)
{
	return (t->present[i / 64] | t->held[i / 64]) >> i % 64 & 1;
}

/** Both entries count one page, and it is the same: a bit was set, or a right taken. */
static bool same_page(uint64_t a, uint64_t b)
{
	return !((a ^ b) & (PTE_PFN_MASK | PTE_SPECIAL)) && ((b & (PTE_P | PTE_PROTNONE)) || is_hwpoison_entry(b));
}

/** One entry of a new table that differs from what was there. */
static void change_entry(struct build *b, struct leaf_table *t, const struct leaf_table *old, unsigned int i)
{
	const bool had = old && counts(old, i), stays = had && same_page(old->entry[i], t->entry[i]);

	if (had && !stays)
		leave_entry(b, old, i);
	clear_entry(t, i);
	if (t->entry[i])
		meet_entry(b, t, i, stays);
}

/** A new table with the entries at `entries`, made from the one that stood there, or from an empty one. */
static struct leaf_table *new_leaf_table(struct build *b, const struct leaf_table *old, const uint64_t *entries,
					 const struct leaf *parent)
{
	static const struct leaf_table empty = {.level = 1, .plain = true};
	const struct leaf_table *from = old ? old : &empty;
	struct leaf_table *t = xmalloc(sizeof(*t));

	memcpy(t, from, offsetof(struct leaf_table, entry));
	memcpy(t->entry, entries, sizeof(t->entry));
	t->refs = 1;
	t->va = parent->va, t->pa = parent->pa;
	t->writable = parent->writable, t->user = parent->user, t->nx = parent->nx;
	t->nx_bit = b->model->mode.nxe ? PTE_NX : 0;
	t->reserved = pte_reserved_bits(b->model->mode);
	for (unsigned int i = entries_differ(from->entry, entries, 0); i < PTRS_PER_TABLE;
	     i = entries_differ(from->entry, entries, i + 1))
		change_entry(b, t, old, i);
	return t;
}

/** The table of the model before that covers va. Those below it are no more: both ascend. */
static struct leaf_table *old_table_for(struct build *b, uint64_t va)
{
	const struct model_mm *old = b->old_mm;

	while (old && b->old_table < old->nr_leaf_tables && old->leaf_tables[b->old_table]->va < va)
		leave_table(b, old->leaf_tables[b->old_table++]);
	if (!old || b->old_table == old->nr_leaf_tables || old->leaf_tables[b->old_table]->va != va)
		return NULL;
	return old->leaf_tables[b->old_table++];
}

/** Nobody wrote to the frame, so far as is known. */
static bool is_unwritten(const struct build *b, uint64_t pfn)
{
	return b->written && pfn < b->before->nr_frames && !(b->written[pfn / 64] >> pfn % 64 & 1);
}

static bool same_table(const struct build *b, const struct leaf_table *old, const uint64_t *entries, const struct leaf *parent)
{
	return old->pa == parent->pa && old->writable == parent->writable && old->user == parent->user &&
	       old->nx == parent->nx &&
	       (is_unwritten(b, parent->pa >> PAGE_SHIFT) || !memcmp(old->entry, entries, sizeof(old->entry)));
}

static void add_leaf_table(struct build *b, struct leaf_table *t)
{
	struct model_mm *mm = mm_at(b);

	*(struct leaf_table **)grow_add(&b->leaf_tables, sizeof(t)) = t;
	mm->nr_leaf_tables++;
	mm->nr_leaves += t->nr_present;
	mm->nr_held += t->nr_held;
	b->plain &= t->plain;
}

static unsigned int take_last(void *ctx, const uint64_t *entries, const struct leaf *parent)
{
	struct build *b = ctx;
	struct leaf_table *old = old_table_for(b, parent->va), *t;

	if (old && same_table(b, old, entries, parent))
		t = leaf_table_get(old);
	else
		t = new_leaf_table(b, old, entries, parent);
	if (take_leaves(b, t->nr_present + t->nr_held)) {
		add_leaf_table(b, t);
		return t->nr_present;
	}
	b->again |= b->before != NULL;
	leave_table(b, t);
	leaf_table_put(t);
	return 0;
}

/** A huge page, which no sound guest has: an entry that is a table of its own. */
static void add_huge_leaf(void *ctx, const struct leaf *leaf)
{
	struct build *b = ctx;
	struct leaf_table *t;

	if (!take_leaves(b, 1))
		return;
	t = xcalloc(1, sizeof(*t));
	*t = (struct leaf_table){.refs = 1,
				 .level = leaf->level,
				 .writable = leaf->writable,
				 .user = leaf->user,
				 .nx = leaf->nx,
				 .va = leaf->va,
				 .pa = leaf->entry_pa,
				 .reserved = leaf->reserved ? ~0UL : 0,
				 .nr_present = 1,
				 .present = {1},
				 .entry = {leaf->entry}};
	count_leaf(b, mm_at(b), leaf, 1);
	add_leaf_table(b, t);
}

/* --- whole mms --------------------------------------------------------------------------------------- */

/** The leaves of each area. */
static void count_present(struct build *b, struct model_mm *mm, uint64_t first_vma, uint64_t first_table)
{
	struct model_vma *vma = (struct model_vma *)b->vmas.items + first_vma;
	struct model_mm found = *mm;

	found.leaf_tables = (struct leaf_table **)b->leaf_tables.items + first_table;
	for (uint32_t i = 0; i < mm->nr_vmas; i++)
		vma[i].nr_present = leaves_in(&found, LEAVES_PRESENT, vma[i].raw.vm_start, vma[i].raw.vm_end);
}

/** The mm of the model before with the same address and the same tables. */
static const struct model_mm *find_old_mm(struct build *b, const struct model_mm *mm)
{
	uint32_t i = b->before ? addr_map_get(&b->before->mm_map, mm->addr.va) : ADDR_MAP_NONE;

	if (i == ADDR_MAP_NONE || b->before->mms[i].pgd_pa != mm->pgd_pa || b->mm_met[i])
		return NULL;
	b->mm_met[i] = true;
	return &b->before->mms[i];
}

static void leave_other_tables(struct build *b)
{
	old_table_for(b, UINT64_MAX);
}

void decode_tables(struct build *b, uint32_t mm)
{
	static const struct walk_visitor user = {
		.leaf = add_huge_leaf, .last = take_last, .table = add_table, .trouble = add_trouble};
	struct model_mm *m = (struct model_mm *)b->mms.items + mm;
	uint64_t leaf_tables = b->leaf_tables.n, tables = b->tables.n;
	struct walk_visitor visitor = user;

	visitor.ctx = b;
	b->mm = mm;
	b->old_mm = find_old_mm(b, m);
	b->old_table = 0;
	if (b->old_mm)
		memcpy(m->rss, b->old_mm->rss, sizeof(m->rss));
	if (m->pgd_pa != UINT64_MAX)
		walk_tree(b->image, m->pgd_pa, b->model->mode, 0, USER_INDICES - 1, b->tables_left, &visitor);
	leave_other_tables(b);
	m->nr_tables = b->tables.n - tables;
	count_present(b, m, b->vmas.n - m->nr_vmas, leaf_tables);
}

void forget_lost_mms(struct build *b)
{
	struct model_mm nobody = {0};

	for (uint32_t i = 0; b->before && i < b->before->nr_mms; i++) {
		struct leaf_walk w = leaves_of(&b->before->mms[i], LEAVES_ALL);

		while (!b->mm_met[i] && leaf_next(&w))
			count_leaf(b, &nobody, &w.leaf, -1);
	}
}

void decode_kernel_tables(struct build *b)
{
	static const struct walk_visitor kernel = {
		.leaf = add_kernel_leaf, .table = add_kernel_table, .trouble = add_trouble};
	struct model_mm *m = b->mms.items;
	struct walk_visitor visitor = kernel;

	if (b->mms.n == 0 || m->pgd_pa == UINT64_MAX)
		return;
	visitor.ctx = b;
	b->mm = 0;
	walk_tree(b->image, m->pgd_pa, b->model->mode, USER_INDICES, PTRS_PER_TABLE - 1, b->tables_left,
		  &visitor);
}
