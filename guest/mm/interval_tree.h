/* SPDX-License-Identifier: MIT */
/*
 * Interval trees (Linux include/linux/interval_tree_generic.h): intervals [start, last] of unsigned numbers, both ends
 * within, ordered by start; intervals may be alike. Each node knows the largest `last` of its subtree, so all intervals
 * that share a number with another are found without a look at the rest: in O(log n + what is found).
 *
 * A node is a struct rb_max_node inside the object; its ends are whatever the object says. Who changes an object's
 * start takes it out of its trees before and puts it in again after; a change of its last number alone is told after it.
 */
#ifndef GUEST_MM_INTERVAL_TREE_H
#define GUEST_MM_INTERVAL_TREE_H

#include "rbtree.h"

struct interval_ends {
	uint64_t (*start)(const struct rb_node *node);
	uint64_t (*last)(const struct rb_node *node);
	rb_propagate propagate;		/* rb_propagate_max() with `last` */
};

/* Each tree has its own copy of these, with its ends built in: they run wherever areas change. */
#define __interval_inline inline __attribute__((always_inline))

/* Most trees hold one node only; that is made cheap. */
static __interval_inline void interval_tree_insert(struct rb_node *node, struct rb_root *root,
						  const struct interval_ends *ends)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;
	uint64_t start, last = ends->last(node);

	*rb_subtree_max(node) = last;
	if (!*link) {
		rb_link_node(node, NULL, link);
		rb_set_black(node);
		return;
	}
	start = ends->start(node);
	while (*link) {
		parent = *link;
		*rb_subtree_max(parent) = max(*rb_subtree_max(parent), last);
		link = start < ends->start(parent) ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(node, parent, link);
	rb_insert_augmented(node, root, ends->propagate);
}

static __interval_inline void interval_tree_remove(struct rb_node *node, struct rb_root *root,
						  const struct interval_ends *ends)
{
	if (root->rb_node == node && !node->rb_left && !node->rb_right)
		root->rb_node = NULL;
	else
		rb_erase_augmented(node, root, ends->propagate);
}

/** The last number of node's interval is another now; its start is what it was. */
static __interval_inline void interval_tree_last_changed(struct rb_node *node, const struct interval_ends *ends)
{
	ends->propagate(node, NULL);
}

/* Does anything in the subtree (NULL: none) reach up to start? */
static __interval_inline bool interval_reaches(struct rb_node *subtree, uint64_t start)
{
	return subtree && *rb_subtree_max(subtree) >= start;
}

/* Leftmost node of the subtree that shares a number with [start, last]; the subtree is known to reach start. */
static __interval_inline struct rb_node *interval_subtree_search(struct rb_node *node, uint64_t start, uint64_t last,
								 const struct interval_ends *ends)
{
	for (;;) {
		if (interval_reaches(node->rb_left, start)) {
			node = node->rb_left;
			continue;
		}
		if (ends->start(node) > last)
			return NULL;
		if (ends->last(node) >= start)
			return node;
		if (!interval_reaches(node->rb_right, start))
			return NULL;
		node = node->rb_right;
	}
}

/** The intervals that share a number with [start, last], by start, one after the other; NULL: no more. */
static __interval_inline struct rb_node *interval_tree_iter_first(const struct rb_root *root, uint64_t start,
								  uint64_t last, const struct interval_ends *ends)
{
	return interval_reaches(root->rb_node, start) ? interval_subtree_search(root->rb_node, start, last, ends) : NULL;
}

static __interval_inline struct rb_node *interval_tree_iter_next(struct rb_node *node, uint64_t start, uint64_t last,
								 const struct interval_ends *ends)
{
	struct rb_node *right = node->rb_right, *prev;

	for (;;) {
		if (interval_reaches(right, start))
			return interval_subtree_search(right, start, last, ends);
		/* Up, until it was a left child. */
		do {
			prev = node;
			node = rb_parent(node);
			if (!node)
				return NULL;
			right = node->rb_right;
		} while (prev == right);
		if (ends->start(node) > last)
			return NULL;
		if (ends->last(node) >= start)
			return node;
	}
}

#endif
