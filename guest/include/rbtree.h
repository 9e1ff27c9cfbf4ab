/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees on struct rb_node, optionally augmented: each node may carry a value computed
 * from its whole subtree, kept right through insertion, rotation and removal by three callbacks.
 * Names as in Linux's include/linux/rbtree.h and rbtree_augmented.h. The tree does not compare: who
 * inserts finds the place.
 */
#ifndef GUEST_RBTREE_H
#define GUEST_RBTREE_H

#include "kernel.h"
#include "mm_types.h"

#define RB_RED		0UL
#define RB_BLACK	1UL

struct rb_augment_callbacks {
	/**
	 * Recompute node and its ancestors up to `stop` (exclusive; NULL: to the root); may end
	 * early at one unchanged.
	 */
	void (*propagate)(struct rb_node *node, struct rb_node *stop);
	/** `to` takes over the place of `from`: copy the value. */
	void (*copy)(struct rb_node *from, struct rb_node *to);
	/** `to` rose over `from`: it has from's old subtree, so its old value; recompute from. */
	void (*rotate)(struct rb_node *from, struct rb_node *to);
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

/** Hang a new node at *link, below parent (NULL: it is the root). rb_insert_color must follow. */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	node->__rb_parent_color = (uint64_t)parent | RB_RED;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

/** Rebalance after rb_link_node. Augmented values must already count the new node. */
void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment);
void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment);
void rb_insert_color(struct rb_node *node, struct rb_root *root);
void rb_erase(struct rb_node *node, struct rb_root *root);

struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

#endif
