/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees on struct rb_node, optionally augmented: each node may carry the largest value of
 * its whole subtree, kept right through insertion, rotation and removal. Names as in Linux's
 * include/linux/rbtree.h and rbtree_augmented.h (RB_DECLARE_CALLBACKS_MAX). The tree does not compare:
 * who inserts finds the place.
 */
#ifndef GUEST_RBTREE_H
#define GUEST_RBTREE_H

#include "kernel.h"
#include "mm_types.h"

#define RB_RED		0UL
#define RB_BLACK	1UL

/**
 * What an augmented tree does when a node's own value or its children changed: say so upwards, as far as it makes a
 * difference, to `stop` (exclusive; NULL: the root). One line for each tree, around rb_propagate_max().
 */
typedef void (*rb_propagate)(struct rb_node *node, struct rb_node *stop);

/** How the nodes of an augmented tree begin; whoever has them elsewhere asserts that the two stand side by side. */
struct rb_max_node {
	struct rb_node rb;
	uint64_t subtree_max;
};

#define rb_entry(ptr, type, member) container_of(ptr, type, member)

static inline struct rb_node *rb_parent(const struct rb_node *node)
{
	return (struct rb_node *)(node->__rb_parent_color & ~RB_BLACK);
}

static inline bool rb_is_black(const struct rb_node *node)
{
	return node->__rb_parent_color & RB_BLACK;
}

static inline void rb_set_black(struct rb_node *node) { node->__rb_parent_color |= RB_BLACK; }

/** Hang a new node at *link, below parent (NULL: it is the root). rb_insert_color must follow. */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	node->__rb_parent_color = (uint64_t)parent | RB_RED;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

static inline uint64_t *rb_subtree_max(struct rb_node *node)
{
	return &container_of(node, struct rb_max_node, rb)->subtree_max;
}

/** `own` says what a node alone, without its children, brings to the maximum. Made part of its caller, for speed. */
static inline __attribute__((always_inline)) void rb_propagate_max(struct rb_node *node, struct rb_node *stop,
								   uint64_t (*own)(const struct rb_node *node))
{
	while (node != stop) {
		uint64_t value = own(node);

		if (node->rb_left)
			value = max(value, *rb_subtree_max(node->rb_left));
		if (node->rb_right)
			value = max(value, *rb_subtree_max(node->rb_right));
		if (*rb_subtree_max(node) == value)
			return;
		*rb_subtree_max(node) = value;
		node = rb_parent(node);
	}
}

/** Rebalance after rb_link_node. The maxima must already count the new node. */
void rb_insert_augmented(struct rb_node *node, struct rb_root *root, rb_propagate propagate);
void rb_erase_augmented(struct rb_node *node, struct rb_root *root, rb_propagate propagate);
void rb_insert_color(struct rb_node *node, struct rb_root *root);
void rb_erase(struct rb_node *node, struct rb_root *root);

struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

#endif
