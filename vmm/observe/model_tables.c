/* SPDX-License-Identifier: MIT */
/* Page tables into tables, leaves and troubles: the user half of every mm, the kernel half once. */
#include "observe/build.h"

#define USER_INDICES (PTRS_PER_TABLE / 2)

static bool take_leaf(struct build *b)
{
	if (b->leaves_left) {
		b->leaves_left--;
		return true;
	}
	if (!b->leaves_ended)
		add_damage(b, DAMAGE_LIMIT, 0, b->mm, "more leaves than the host reads (%lu)", MAX_LEAVES);
	b->leaves_ended = true;
	return false;
}

/** The most frequent of all: written where it stays, not cleared first. */
static void add_leaf(void *ctx, const struct leaf *leaf)
{
	struct build *b = ctx;

	if (!take_leaf(b))
		return;
	if (b->leaves.n == b->leaves.capacity)
		grow_more(&b->leaves, sizeof(*leaf));
	((struct leaf *)b->leaves.items)[b->leaves.n++] = *leaf;
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

	if (take_leaf(b))
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

	if (!take_leaf(b))
		return;
	if (what == TROUBLE_NONZERO && at->level == 1 && (at->entry & PTE_PROTNONE || is_hwpoison_entry(at->entry))) {
		*(struct leaf *)grow_add(&b->held, sizeof(*at)) = *at;
		return;
	}
	*(struct model_trouble *)grow_add(&b->troubles, sizeof(struct model_trouble)) =
		(struct model_trouble){.what = what,
				       .mm = b->mm,
				       .level = at->level,
				       .va = at->va,
				       .entry_pa = at->entry_pa,
				       .entry = at->entry};
}

/** Count the leaves of each area: both ascend, so one pass does. */
static void count_present(struct build *b, const struct model_mm *mm, uint64_t first_vma, uint64_t first_leaf)
{
	struct model_vma *vma = (struct model_vma *)b->vmas.items + first_vma;
	uint32_t at = 0;

	for (uint64_t i = first_leaf; i < b->leaves.n; i++) {
		const struct leaf *leaf = (const struct leaf *)b->leaves.items + i;

		while (at < mm->nr_vmas && vma[at].raw.vm_end <= leaf->va)
			at++;
		if (at < mm->nr_vmas && leaf->va >= vma[at].raw.vm_start)
			vma[at].nr_present += 1UL << 9 * (leaf->level - 1);
	}
}

void decode_tables(struct build *b, uint32_t mm)
{
	static const struct walk_visitor user = {
		.leaf = add_leaf, .table = add_table, .trouble = add_trouble};
	struct model_mm *m = (struct model_mm *)b->mms.items + mm;
	uint64_t leaves = b->leaves.n, held = b->held.n, tables = b->tables.n;
	struct walk_visitor visitor = user;

	visitor.ctx = b;
	b->mm = mm;
	if (m->pgd_pa != UINT64_MAX)
		walk_tree(b->image, m->pgd_pa, b->model->mode, 0, USER_INDICES - 1, b->tables_left, &visitor);
	m->nr_leaves = b->leaves.n - leaves;
	m->nr_held = b->held.n - held;
	m->nr_tables = b->tables.n - tables;
	count_present(b, m, b->vmas.n - m->nr_vmas, leaves);
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
