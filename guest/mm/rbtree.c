// SPDX-License-Identifier: MIT
/*
 * Red-black trees (include/rbtree.h). The rules: a node is red or black; the root is black; a red node has
 * no red child; every way from a node down to a missing child passes equally many black nodes. So the
 * longest way is at most twice the shortest.
 *
 * Left and right are treated alike: `side(node, right)` is the link on one side, and one function,
 * rotate_up(), does both rotations. `propagate` is NULL for a plain tree.
 */
#include "rbtree.h"

static inline struct rb_node **side(struct rb_node *node, bool right)
{
	return right ? &node->rb_right : &node->rb_left;
}

static inline bool is_red(const struct rb_node *node)
{
	return node && !rb_is_black(node);
}

static inline void set_parent(struct rb_node *node, struct rb_node *parent)
{
	node->__rb_parent_color = (node->__rb_parent_color & RB_BLACK) | (uint64_t)parent;
}

static inline void set_red(struct rb_node *node) { node->__rb_parent_color &= ~RB_BLACK; }

/* Whoever pointed down to `old` (parent, or the root) now points to `new`. */
static inline void replace_child(struct rb_node *parent, struct rb_node *old, struct rb_node *new,
				 struct rb_root *root)
{
	if (parent)
		*side(parent, parent->rb_right == old) = new;
	else
		root->rb_node = new;
}

/*
 * `up` rises over its parent `down`; what lay between them changes hands. Colours stay with the nodes.
 *
 *	   down             up
 *	   /  \            /  \
 *	  up   C    ->    A   down
 *	 /  \                 /  \
 *	A    B               B    C
 */
static void rotate_up(struct rb_node *up, struct rb_root *root, rb_propagate propagate)
{
	struct rb_node *down = rb_parent(up);
	struct rb_node *above = rb_parent(down);
	bool right = down->rb_right == up;
	struct rb_node *between = *side(up, !right);

	*side(down, right) = between;
	if (between)
		set_parent(between, down);
	replace_child(above, down, up, root);
	set_parent(up, above);
	*side(up, !right) = down;
	set_parent(down, up);
	if (propagate) {
		/* up has what was down's subtree. */
		*rb_subtree_max(up) = *rb_subtree_max(down);
		propagate(down, up);
	}
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root, rb_propagate propagate)
{
	struct rb_node *parent, *grand, *uncle;
	bool right;

	/* node is red; the only rule that may be broken is that its parent is red, too. */
	while (is_red(parent = rb_parent(node))) {
		grand = rb_parent(parent);	/* a red parent is not the root */
		right = grand->rb_right == parent;
		uncle = *side(grand, !right);
		if (is_red(uncle)) {
			/* Push the blackness of grand down one level; the trouble may have moved up to it. */
			rb_set_black(parent);
			rb_set_black(uncle);
			set_red(grand);
			node = grand;
			continue;
		}
		if (*side(parent, !right) == node) {
			/* An inner grandchild: make it the outer side's parent first. */
			rotate_up(node, root, propagate);
			parent = node;
		}
		rotate_up(parent, root, propagate);
		rb_set_black(parent);
		set_red(grand);
		return;
	}
	if (!parent)
		rb_set_black(node);
}

/*
 * Every way through `node` (a child of parent, perhaps missing) is one black short: it counts as
 * doubly black. Repaint and rotate until it does not.
 */
static void fix_black_short(struct rb_node *node, struct rb_node *parent, struct rb_root *root,
			    rb_propagate propagate)
{
	struct rb_node *sibling, *inner, *outer;
	bool right;

	while (parent && !is_red(node)) {
		right = parent->rb_left != node;
		sibling = *side(parent, !right);	/* exists: its side has a black more */
		if (is_red(sibling)) {
			/* Get a black sibling: one of the red one's children. */
			rotate_up(sibling, root, propagate);
			rb_set_black(sibling);
			set_red(parent);
			sibling = *side(parent, !right);
		}
		inner = *side(sibling, right);
		outer = *side(sibling, !right);
		if (!is_red(inner) && !is_red(outer)) {
			/* Make the sibling's side short, too; then all of parent is. */
			set_red(sibling);
			node = parent;
			parent = rb_parent(node);
			continue;
		}
		if (!is_red(outer)) {
			rotate_up(inner, root, propagate);
			set_red(sibling);
			outer = sibling;
			sibling = inner;
		}
		/* The sibling rises in parent's colour; parent, now black, lengthens the short side. */
		rotate_up(sibling, root, propagate);
		sibling->__rb_parent_color = (sibling->__rb_parent_color & ~RB_BLACK) |
					     (parent->__rb_parent_color & RB_BLACK);
		rb_set_black(parent);
		rb_set_black(outer);
		return;
	}
	if (node)
		rb_set_black(node);
}

/* node has two children: the next node in order, which has no left child, takes its place and colour. */
static struct rb_node *detach_successor(struct rb_node *node, struct rb_node **parent, bool *black)
{
	struct rb_node *successor = node->rb_right;
	struct rb_node *child;

	while (successor->rb_left)
		successor = successor->rb_left;
	*black = rb_is_black(successor);
	child = successor->rb_right;
	if (successor == node->rb_right) {
		*parent = successor;
		return successor;
	}
	*parent = rb_parent(successor);
	(*parent)->rb_left = child;
	if (child)
		set_parent(child, *parent);
	successor->rb_right = node->rb_right;
	set_parent(successor->rb_right, successor);
	return successor;
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root, rb_propagate propagate)
{
	struct rb_node *above = rb_parent(node);
	struct rb_node *heir = node->rb_left ? node->rb_left : node->rb_right;
	struct rb_node *parent = above;		/* of the place that got shorter */
	struct rb_node *child = heir;		/* what is in that place now */
	bool black = rb_is_black(node);

	if (node->rb_left && node->rb_right) {
		heir = detach_successor(node, &parent, &black);
		child = heir == parent ? heir->rb_right : parent->rb_left;
		heir->rb_left = node->rb_left;
		set_parent(heir->rb_left, heir);
		heir->__rb_parent_color = node->__rb_parent_color;
		replace_child(above, node, heir, root);
		if (propagate) {
			*rb_subtree_max(heir) = *rb_subtree_max(node);
			propagate(parent, heir);
			propagate(heir, NULL);
		}
	} else {
		replace_child(above, node, heir, root);
		if (heir)
			set_parent(heir, above);
		if (propagate)
			propagate(above, NULL);
	}
	if (black)
		fix_black_short(child, parent, root, propagate);
}

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	rb_insert_augmented(node, root, NULL);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	rb_erase_augmented(node, root, NULL);
}

static struct rb_node *outermost(struct rb_node *node, bool right)
{
	struct rb_node *next;

	if (!node)
		return NULL;
	while ((next = *side(node, right)))
		node = next;
	return node;
}

/*
 * The neighbour in order: the nearest node of the subtree on that side, or the first ancestor on
 * that side.
 */
static struct rb_node *neighbour(struct rb_node *node, bool right)
{
	struct rb_node *parent;

	if (*side(node, right))
		return outermost(*side(node, right), !right);
	while ((parent = rb_parent(node)) && *side(parent, right) == node)
		node = parent;
	return parent;
}

struct rb_node *rb_first(const struct rb_root *root) { return outermost(root->rb_node, false); }
struct rb_node *rb_last(const struct rb_root *root) { return outermost(root->rb_node, true); }
struct rb_node *rb_next(const struct rb_node *node) { return neighbour((struct rb_node *)node, true); }
struct rb_node *rb_prev(const struct rb_node *node) { return neighbour((struct rb_node *)node, false); }
