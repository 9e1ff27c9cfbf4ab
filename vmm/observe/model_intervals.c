/* SPDX-License-Identifier: MIT */
/*
 * Interval trees of the guest's: the areas that map a file, and those that may hold pages of an anon_vma. Each node is
 * entered once, to a bounded depth; what a sound tree would say at it is computed here.
 */
#include "observe/build.h"

#define MAX_TREE_DEPTH 64
#define RB_BLACK       1UL

/** What a subtree says to the node above it. */
struct subtree {
	uint64_t last;		/* largest */
	uint32_t black_height;	/* its top included */
	bool red;		/* its top */
};

static struct subtree walk_intervals(struct interval_walk *walk, gva_t node, gva_t parent, unsigned int depth)
{
	struct subtree left, right;
	struct interval_node at;
	struct model_interval *found;
	int64_t index;
	bool black;

	if (node.va == 0)
		return (struct subtree){0};
	index = depth > MAX_TREE_DEPTH ? -1 : walk->find(walk, node, &at);
	if (index < 0 || walk->place(walk->b, index)->nr_met) {
		add_damage(walk->b, DAMAGE_TREE, node.va, -1, "%s of %#lx: %#lx is no node of it, or met before",
			   walk->name, walk->owner.va, node.va);
		return (struct subtree){0};
	}
	black = at.rb.__rb_parent_color & RB_BLACK;
	found = walk->place(walk->b, index);
	found->nr_met++;
	found->owner = walk->owner;
	left = walk_intervals(walk, at.rb.rb_left, node, depth + 1);
	found = walk->place(walk->b, index);
	found->ordered = walk->before <= at.start;
	walk->before = at.start;
	right = walk_intervals(walk, at.rb.rb_right, node, depth + 1);
	found = walk->place(walk->b, index);
	found->parent_ok = (at.rb.__rb_parent_color & ~RB_BLACK) == parent.va;
	found->balanced = left.black_height == right.black_height && (black || !(left.red || right.red)) &&
			  (black || depth);
	found->last = left.last > at.last ? left.last : at.last;
	if (right.last > found->last)
		found->last = right.last;
	return (struct subtree){found->last, left.black_height + black, !black};
}

void decode_intervals(struct interval_walk *walk, gva_t root)
{
	walk->before = 0;
	walk_intervals(walk, root, (gva_t){0}, 0);
}

void vma_interval(const struct vm_area_struct *vma, struct interval_node *at)
{
	at->start = vma->vm_pgoff;
	at->last = vma->vm_pgoff + ((vma->vm_end - vma->vm_start) >> PAGE_SHIFT) - 1;
}
