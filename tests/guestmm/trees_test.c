// SPDX-License-Identifier: MIT
/* Red-black trees, augmented with the largest weight below each node, and the interval trees that stand on them. */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

/* --- red-black trees -------------------------------------------------------------------------- */

struct item {
	struct rb_node rb;
	uint64_t heaviest;		/* of the subtree; right behind its node */
	uint64_t key, weight;
	bool in;
};

static struct item *item_of(const struct rb_node *node) { return rb_entry(node, struct item, rb); }

static uint64_t own_weight(const struct rb_node *node) { return item_of(node)->weight; }

static void propagate(struct rb_node *node, struct rb_node *stop) { rb_propagate_max(node, stop, own_weight); }

static void insert_item(struct rb_root *root, struct item *item)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = item->key < item_of(parent)->key ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&item->rb, parent, link);
	item->heaviest = 0;
	propagate(&item->rb, NULL);
	rb_insert_augmented(&item->rb, root, propagate);
}

/* Black height; every rule checked on the way. *heaviest: of the subtree, counted again. */
static int check_items(struct rb_node *node, struct rb_node *parent, uint64_t *heaviest)
{
	uint64_t left_heaviest, right_heaviest;
	int left, right;

	*heaviest = 0;
	if (!node)
		return 1;
	expect_true(rb_parent(node) == parent);
	expect_true(rb_is_black(node) || (parent && rb_is_black(parent)));
	expect_true(!node->rb_left || item_of(node->rb_left)->key <= item_of(node)->key);
	expect_true(!node->rb_right || item_of(node->rb_right)->key >= item_of(node)->key);
	left = check_items(node->rb_left, node, &left_heaviest);
	right = check_items(node->rb_right, node, &right_heaviest);
	expect_long(left, right);
	*heaviest = max(item_of(node)->weight, max(left_heaviest, right_heaviest));
	expect_long(item_of(node)->heaviest, *heaviest);
	return left + rb_is_black(node);
}

static void check_order(struct rb_root *root, int n)
{
	struct rb_node *node, *prev = NULL;
	int count = 0;

	for (node = rb_first(root); node; prev = node, node = rb_next(node), count++) {
		expect_true(!prev || item_of(prev)->key <= item_of(node)->key);
		expect_true(rb_prev(node) == prev);
	}
	expect_true(rb_last(root) == prev);
	expect_long(count, n);
}

Test(rbtree, rules_and_maxima_after_random_insertions_and_removals)
{
	static struct item items[300];
	struct rb_root root = { NULL };
	uint64_t heaviest;
	int n = 0;

	for (int round = 0; round < 20000; round++) {
		struct item *item = &items[rnd(ARRAY_SIZE(items))];

		if (item->in) {
			rb_erase_augmented(&item->rb, &root, propagate);
			n--;
		} else {
			item->key = rnd(1000);
			item->weight = rnd(1000);
			insert_item(&root, item);
			n++;
		}
		item->in = !item->in;
		check_items(root.rb_node, NULL, &heaviest);
		if (round % 16 == 0)
			check_order(&root, n);
	}
}

Test(rbtree, grows_no_deeper_than_it_must)
{
	static struct item items[4096];
	struct rb_root root = { NULL };
	uint64_t heaviest;

	/* Ascending keys, the worst for a tree without balance: black height stays logarithmic. */
	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++) {
		items[i].key = i;
		insert_item(&root, &items[i]);
	}
	expect_true(check_items(root.rb_node, NULL, &heaviest) <= 13);
	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++)
		rb_erase_augmented(&items[i].rb, &root, propagate);
	expect_true(root.rb_node == NULL);
}

Test(rbtree, plain_trees_need_no_values)
{
	static struct item items[64];
	struct rb_root root = { NULL };
	struct rb_node *last = NULL;

	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++) {
		rb_link_node(&items[i].rb, last, last ? &last->rb_right : &root.rb_node);
		rb_insert_color(&items[i].rb, &root);
		last = rb_last(&root);
	}
	while (root.rb_node)
		rb_erase(root.rb_node, &root);
}

/* --- interval trees --------------------------------------------------------------------------- */

struct span {
	struct rb_node rb;
	uint64_t subtree_last;
	uint64_t start, last;
	bool in, found;
};

static struct span *span_of(const struct rb_node *node) { return rb_entry(node, struct span, rb); }
static uint64_t span_start(const struct rb_node *node) { return span_of(node)->start; }
static uint64_t span_last(const struct rb_node *node) { return span_of(node)->last; }
static void span_propagate(struct rb_node *node, struct rb_node *stop) { rb_propagate_max(node, stop, span_last); }
static const struct interval_ends span_ends = { span_start, span_last, span_propagate };

/* Every span that shares a number with [start, last] is found, once, by start; no other is. */
static void check_search(struct rb_root *root, struct span *spans, unsigned int n, uint64_t start, uint64_t last)
{
	uint64_t before = 0;

	for (unsigned int i = 0; i < n; i++)
		spans[i].found = false;
	for (struct rb_node *node = interval_tree_iter_first(root, start, last, &span_ends); node;
	     node = interval_tree_iter_next(node, start, last, &span_ends)) {
		expect_true(!span_of(node)->found && span_of(node)->start >= before);
		before = span_of(node)->start;
		span_of(node)->found = true;
	}
	for (unsigned int i = 0; i < n; i++)
		expect_long(spans[i].found, spans[i].in && spans[i].start <= last && spans[i].last >= start);
}

Test(intervals, a_search_finds_what_shares_a_number_with_it)
{
	static struct span spans[120];
	struct rb_root root = { NULL };

	for (int round = 0; round < 20000; round++) {
		struct span *span = &spans[rnd(ARRAY_SIZE(spans))];
		uint64_t start = rnd(400);

		if (span->in) {
			interval_tree_remove(&span->rb, &root, &span_ends);
		} else {
			/* Some alike, some a single number, a few that cover most. */
			span->start = rnd(300);
			span->last = span->start + (rnd(8) ? rnd(12) : rnd(300));
			interval_tree_insert(&span->rb, &root, &span_ends);
		}
		span->in = !span->in;
		check_search(&root, spans, ARRAY_SIZE(spans), start, start + rnd(20));
	}
}

Test(intervals, the_ends_of_the_numbers)
{
	struct span all = { .start = 0, .last = UINT64_MAX, .in = true };
	struct span first = { .in = true };
	struct span top = { .start = UINT64_MAX, .last = UINT64_MAX, .in = true };
	struct span spans[] = { all, first, top };
	struct rb_root root = { NULL };

	expect_true(!interval_tree_iter_first(&root, 0, UINT64_MAX, &span_ends));
	for (unsigned int i = 0; i < ARRAY_SIZE(spans); i++)
		interval_tree_insert(&spans[i].rb, &root, &span_ends);
	check_search(&root, spans, ARRAY_SIZE(spans), 0, 0);
	check_search(&root, spans, ARRAY_SIZE(spans), UINT64_MAX, UINT64_MAX);
	check_search(&root, spans, ARRAY_SIZE(spans), 1, 2);
	check_search(&root, spans, ARRAY_SIZE(spans), 0, UINT64_MAX);
}
