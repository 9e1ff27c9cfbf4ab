/* SPDX-License-Identifier: MIT */
/* The red-black tree of areas: order, colours, balance, parents, and the gaps it is augmented with. */
#include "verify/check.h"

#define RB_BLACK 1UL

#define for_each_node(model, vma)                                                                            \
	for (const struct model_vma *vma = (model)->all_vmas;                                                \
	     vma < (model)->all_vmas + (model)->nr_all_vmas; vma++)                                          \
		if (vma->in_tree)

static bool is_black(const struct model_vma *vma)
{
	return vma->raw.vm_rb.__rb_parent_color & RB_BLACK;
}

static const struct model_vma *left_of(const struct model *model, const struct model_vma *vma)
{
	return vma->raw.vm_rb.rb_left.va ? vma_of_node(model, vma->raw.vm_rb.rb_left) : NULL;
}

static const struct model_vma *right_of(const struct model *model, const struct model_vma *vma)
{
	return vma->raw.vm_rb.rb_right.va ? vma_of_node(model, vma->raw.vm_rb.rb_right) : NULL;
}

void check_tree_order(struct verify_context *c, const struct invariant *self)
{
	for_each_node(c->now, vma) {
		const struct model_vma *left = left_of(c->now, vma), *right = right_of(c->now, vma);

		if (!holds(c, !left || left->raw.vm_start < vma->raw.vm_start))
			report(c, self, AT_AREA(vma), "%s: left child %s of %s does not lie before it",
			       mm_label(c->now, vma->mm).text, area_label(left).text, area_label(vma).text);
		if (!holds(c, !right || right->raw.vm_start > vma->raw.vm_start))
			report(c, self, AT_AREA(vma), "%s: right child %s of %s does not lie after it",
			       mm_label(c->now, vma->mm).text, area_label(right).text, area_label(vma).text);
	}
}

void check_tree_colour(struct verify_context *c, const struct invariant *self)
{
	for_each_node(c->now, vma) {
		const struct model_vma *left = left_of(c->now, vma), *right = right_of(c->now, vma);

		if (!holds(c, vma->depth > 0 || is_black(vma)))
			report(c, self, AT_AREA(vma), "%s: root %s of the tree is red",
			       mm_label(c->now, vma->mm).text, area_label(vma).text);
		if (!holds(c, is_black(vma) || ((!left || is_black(left)) && (!right || is_black(right)))))
			report(c, self, AT_AREA(vma), "%s: red node %s has a red child",
			       mm_label(c->now, vma->mm).text, area_label(vma).text);
	}
}

/** Black nodes on the way from here down to a leaf, this one included. */
static uint32_t black_nodes(const struct model_vma *vma)
{
	return vma ? vma->black_height + is_black(vma) : 0;
}

void check_tree_balance(struct verify_context *c, const struct invariant *self)
{
	for_each_node(c->now, vma) {
		uint32_t left = black_nodes(left_of(c->now, vma)), right = black_nodes(right_of(c->now, vma));

		if (!holds(c, left == right))
			report(c, self, AT_AREA(vma),
			       "%s: node %s has %u black nodes below it on the left, %u on the right",
			       mm_label(c->now, vma->mm).text, area_label(vma).text, left, right);
	}
}

void check_tree_parents(struct verify_context *c, const struct invariant *self)
{
	for_each_node(c->now, vma) {
		uint64_t node = vma->addr.va + offsetof(struct vm_area_struct, vm_rb);
		const struct model_vma *children[] = {left_of(c->now, vma), right_of(c->now, vma)};

		if (!holds(c, vma->depth > 0 || (vma->raw.vm_rb.__rb_parent_color & ~RB_BLACK) == 0))
			report(c, self, AT_AREA(vma), "%s: root %s of the tree has parent %#lx, expected 0",
			       mm_label(c->now, vma->mm).text, area_label(vma).text,
			       vma->raw.vm_rb.__rb_parent_color & ~RB_BLACK);
		for (int i = 0; i < 2; i++) {
			if (holds(c, !children[i] ||
					     (children[i]->raw.vm_rb.__rb_parent_color & ~RB_BLACK) == node))
				continue;
			report(c, self, AT_AREA(children[i]),
			       "%s: parent of node %s is %#lx, expected %#lx (%s)",
			       mm_label(c->now, vma->mm).text, area_label(children[i]).text,
			       children[i]->raw.vm_rb.__rb_parent_color & ~RB_BLACK, node,
			       area_label(vma).text);
		}
	}
}

void check_tree_gaps(struct verify_context *c, const struct invariant *self)
{
	for_each_node(c->now, vma) if (!holds(c, vma->raw.rb_subtree_gap == vma->subtree_gap))
		report(c, self, AT_AREA(vma), "%s: rb_subtree_gap at %s is %#lx, expected %#lx",
		       mm_label(c->now, vma->mm).text, area_label(vma).text, vma->raw.rb_subtree_gap,
		       vma->subtree_gap);
}
