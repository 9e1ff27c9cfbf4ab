// SPDX-License-Identifier: MIT
/*
 * The index of a page cache (Linux lib/xarray.c, as far as the cache needs it): shared/fs_types.h tells its form. xa_lock
 * is held by the caller.
 */
#include "internal.h"

static DEFINE_KMEM_CACHE(xa_node_cachep, "radix_tree_node", sizeof(struct xa_node));

static inline struct xa_node *entry_node(void *entry)
{
	return (uint64_t)entry & XA_INTERNAL ? (struct xa_node *)((uint64_t)entry - XA_INTERNAL) : NULL;
}

static inline void *node_entry(struct xa_node *node) { return (void *)((uint64_t)node + XA_INTERNAL); }

/* Largest index that a tree with this head can hold. */
static uint64_t max_index(void *head)
{
	struct xa_node *node = entry_node(head);

	if (!node)
		return 0;
	return node->shift + XA_CHUNK_SHIFT >= 64 ? UINT64_MAX : (1UL << (node->shift + XA_CHUNK_SHIFT)) - 1;
}

static inline uint64_t slot_of(const struct xa_node *node, uint64_t index)
{
	return index >> node->shift & (XA_CHUNK_SIZE - 1);
}

struct page *xa_load(const struct xarray *xa, uint64_t index)
{
	void *entry = xa->xa_head;
	struct xa_node *node;

	if (index > max_index(entry))
		return NULL;
	while ((node = entry_node(entry)))
		entry = node->slots[slot_of(node, index)];
	return entry;
}

static struct xa_node *new_node(struct xa_node *parent, uint8_t offset, uint8_t shift)
{
	struct xa_node *node = kmem_cache_zalloc(&xa_node_cachep);

	if (node) {
		node->parent = parent;
		node->offset = offset;
		node->shift = shift;
	}
	return node;
}

/* The tree becomes taller until index fits. 0 or -LX_ENOMEM: it may be taller than needed then, which is harmless. */
static int xas_expand(struct xarray *xa, uint64_t index)
{
	while (!entry_node(xa->xa_head) || index > max_index(xa->xa_head)) {
		struct xa_node *old = entry_node(xa->xa_head);
		struct xa_node *node = new_node(NULL, 0, old ? old->shift + XA_CHUNK_SHIFT : 0);

		if (!node)
			return -LX_ENOMEM;
		if (xa->xa_head) {
			node->slots[0] = xa->xa_head;
			node->count = 1;
			if (old)
				old->parent = node;
		}
		xa->xa_head = node_entry(node);
	}
	return 0;
}

/* node lost its last slot: it goes, and so does each above that is empty then. */
static void shrink_from(struct xarray *xa, struct xa_node *node)
{
	while (node && !node->count) {
		struct xa_node *parent = node->parent;

		if (parent) {
			parent->slots[node->offset] = NULL;
			parent->count--;
		} else {
			xa->xa_head = NULL;
		}
		kmem_cache_free(&xa_node_cachep, node);
		node = parent;
	}
}

int xa_store(struct xarray *xa, uint64_t index, struct page *page)
{
	struct xa_node *node, *child;
	uint64_t slot;

	if (!index && !xa->xa_head) {
		xa->xa_head = page;
		return 0;
	}
	if (xas_expand(xa, index)) {
		/* A root made a moment ago may be empty. */
		node = entry_node(xa->xa_head);
		if (node)
			shrink_from(xa, node);
		return -LX_ENOMEM;
	}
	for (node = entry_node(xa->xa_head); node->shift; node = child) {
		slot = slot_of(node, index);
		child = entry_node(node->slots[slot]);
		if (child)
			continue;
		child = new_node(node, slot, node->shift - XA_CHUNK_SHIFT);
		if (!child) {
			shrink_from(xa, node);
			return -LX_ENOMEM;
		}
		node->slots[slot] = node_entry(child);
		node->count++;
	}
	slot = slot_of(node, index);
	BUG_ON(node->slots[slot]);
	node->slots[slot] = page;
	node->count++;
	return 0;
}

struct page *xa_erase(struct xarray *xa, uint64_t index)
{
	void *entry = xa->xa_head;
	struct xa_node *node = NULL, *next;

	if (index > max_index(entry))
		return NULL;
	while ((next = entry_node(entry))) {
		node = next;
		entry = node->slots[slot_of(node, index)];
	}
	if (!entry)
		return NULL;
	if (node) {
		node->slots[slot_of(node, index)] = NULL;
		node->count--;
		shrink_from(xa, node);
	} else {
		xa->xa_head = NULL;
	}
	return entry;
}

struct page *xa_find(const struct xarray *xa, uint64_t *index)
{
	struct xa_node *node = entry_node(xa->xa_head), *child;
	uint64_t at = *index;

	if (!node)
		return at == 0 ? xa->xa_head : NULL;
	if (at > max_index(xa->xa_head))
		return NULL;
	for (;;) {
		uint64_t slot = slot_of(node, at);

		for (; slot < XA_CHUNK_SIZE && !node->slots[slot]; slot++)
			at = ((at >> node->shift) + 1) << node->shift;
		if (slot == XA_CHUNK_SIZE) {
			/* at is the first index behind this node: go on from the root, if there is more. */
			if (!at || at > max_index(xa->xa_head))
				return NULL;
			node = entry_node(xa->xa_head);
			continue;
		}
		child = entry_node(node->slots[slot]);
		if (!child) {
			*index = at;
			return node->slots[slot];
		}
		node = child;
	}
}
