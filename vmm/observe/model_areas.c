/* SPDX-License-Identifier: MIT */
/*
 * The areas of one mm: those on its list and those in its tree, each decoded once, with position,
 * depth, black height and gaps as computed here. What list and tree disagree on is left to the
 * verifier; only what cannot be followed at all becomes damage.
 */
#include "observe/build.h"

#include <stdlib.h>

#define MAX_DEPTH 64 /* a red-black tree of 2^32 nodes is no deeper */

static struct model_vma *vma_at(struct build *b, uint64_t index)
{
	return (struct model_vma *)b->vmas.items + index;
}

/** Index of the area at addr; decoded now if new; -1: it cannot be read. */
static int64_t add_vma(struct build *b, uint32_t mm, gva_t addr)
{
	struct vm_area_struct raw;
	struct model_vma *vma;

	if (b->vmas.n >= b->max_structs || !read_struct(b, addr, &raw, sizeof(raw)))
		return -1;
	addr_map_put(&b->model->vma_map, addr.va, b->vmas.n);
	vma = grow_add(&b->vmas, sizeof(*vma));
	vma->addr = addr;
	vma->raw = raw;
	vma->mm = mm;
	return b->vmas.n - 1;
}

/** Bytes between an area and its predecessor. A guard gap is part of them, as in Linux since 6.1. */
static uint64_t gap_before(const struct vm_area_struct *vma, uint64_t prev_end)
{
	return vma->vm_start > prev_end ? vma->vm_start - prev_end : 0;
}

static void walk_list(struct build *b, uint32_t mm, gva_t node)
{
	uint64_t prev_end = 0;
	gva_t prev = {0};

	for (uint32_t pos = 0; node.va; pos++) {
		struct model_vma *vma;
		int64_t index;

		if (addr_map_get(&b->model->vma_map, node.va) != ADDR_MAP_NONE) {
			add_damage(b, DAMAGE_LIST, node.va, mm,
				   "list of areas: %#lx follows %#lx and was met before", node.va, prev.va);
			return;
		}
		index = add_vma(b, mm, node);
		if (index < 0) {
			add_damage(b, DAMAGE_BAD_POINTER, node.va, mm,
				   "list of areas: %#lx after %#lx is no area", node.va, prev.va);
			return;
		}
		vma = vma_at(b, index);
		vma->in_list = true;
		vma->list_pos = pos;
		vma->gap = gap_before(&vma->raw, prev_end);
		prev_end = vma->raw.vm_end;
		prev = node;
		node = vma->raw.vm_next;
	}
}

/** What a subtree says to the node above it. */
struct subtree {
	uint64_t gap; /* largest */
	uint32_t black_height;
};

struct tree_walk {
	struct build *b;
	uint32_t mm;
	uint32_t pos;	   /* in-order counter */
	uint64_t prev_end; /* of the area before, in order */
};

static gva_t vma_of_node(gva_t node)
{
	return (gva_t){node.va - offsetof(struct vm_area_struct, vm_rb)};
}

/** The area whose node this is, not yet in the tree; -1 (and damage) if there can be none. */
static int64_t tree_enter(struct tree_walk *walk, gva_t node, uint32_t depth)
{
	struct build *b = walk->b;
	gva_t addr = vma_of_node(node);
	uint32_t known = addr_map_get(&b->model->vma_map, addr.va);
	int64_t index = known == ADDR_MAP_NONE ? -1 : (int64_t)known;

	if (depth > MAX_DEPTH) {
		add_damage(b, DAMAGE_TREE, addr.va, walk->mm, "tree of areas: deeper than %d at %#lx",
			   MAX_DEPTH, addr.va);
		return -1;
	}
	if (index >= 0 && (vma_at(b, index)->in_tree || vma_at(b, index)->mm != walk->mm)) {
		add_damage(b, DAMAGE_TREE, addr.va, walk->mm, "tree of areas: %#lx is reached twice",
			   addr.va);
		return -1;
	}
	if (index < 0)
		index = add_vma(b, walk->mm, addr);
	if (index < 0)
		add_damage(b, DAMAGE_BAD_POINTER, addr.va, walk->mm, "tree of areas: %#lx is no area",
			   addr.va);
	return index;
}

static struct subtree walk_subtree(struct tree_walk *walk, gva_t node, uint32_t depth)
{
	struct subtree left, right, nothing = {0, 0};
	struct model_vma *vma;
	struct rb_node rb;
	int64_t index;

	if (node.va == 0)
		return nothing;
	index = tree_enter(walk, node, depth);
	if (index < 0)
		return nothing;
	vma = vma_at(walk->b, index);
	vma->in_tree = true;
	vma->depth = depth;
	rb = vma->raw.vm_rb;
	left = walk_subtree(walk, rb.rb_left, depth + 1);
	vma = vma_at(walk->b, index);
	vma->tree_pos = walk->pos++;
	if (!vma->in_list)
		vma->gap = gap_before(&vma->raw, walk->prev_end);
	walk->prev_end = vma->raw.vm_end;
	right = walk_subtree(walk, rb.rb_right, depth + 1);
	vma = vma_at(walk->b, index);
	vma->black_height = left.black_height;
	vma->subtree_gap = vma->gap > left.gap ? vma->gap : left.gap;
	if (right.gap > vma->subtree_gap)
		vma->subtree_gap = right.gap;
	return (struct subtree){vma->subtree_gap, left.black_height + (rb.__rb_parent_color & 1)};
}

static int compare_vmas(const void *a, const void *b)
{
	const struct model_vma *x = a, *y = b;

	if (x->raw.vm_start != y->raw.vm_start)
		return x->raw.vm_start < y->raw.vm_start ? -1 : 1;
	return (x->addr.va > y->addr.va) - (x->addr.va < y->addr.va);
}

/** Areas [from, to) by address; only a broken mm needs any work. */
static void sort_areas(struct build *b, uint64_t from, uint64_t to)
{
	bool sorted = true;

	for (uint64_t i = from + 1; i < to && sorted; i++)
		sorted = compare_vmas(vma_at(b, i - 1), vma_at(b, i)) <= 0;
	if (sorted)
		return;
	qsort(vma_at(b, from), to - from, sizeof(struct model_vma), compare_vmas);
	for (uint64_t i = from; i < to; i++)
		addr_map_set(&b->model->vma_map, vma_at(b, i)->addr.va, i);
}

void decode_areas(struct build *b, uint32_t mm)
{
	struct model_mm *m = (struct model_mm *)b->mms.items + mm;
	struct tree_walk walk = {.b = b, .mm = mm};
	uint64_t from = b->vmas.n;

	walk_list(b, mm, m->raw.mmap);
	walk_subtree(&walk, m->raw.mm_rb.rb_node, 0);
	sort_areas(b, from, b->vmas.n);
	m->nr_vmas = b->vmas.n - from;
}
