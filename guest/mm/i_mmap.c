// SPDX-License-Identifier: MIT
/*
 * Which areas map a file: an interval tree over their page offsets (Linux mm/interval_tree.c). A node's key is its first
 * page; rb_subtree_last, the largest last page below it, tells a search which subtrees it can leave out.
 */
#include "internal.h"

static inline struct vm_area_struct *shared_vma(struct rb_node *node)
{
	return rb_entry(node, struct vm_area_struct, shared.rb);
}

static inline uint64_t vma_last_pgoff(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff + vma_pages(vma) - 1;
}

static uint64_t subtree_last(struct vm_area_struct *vma)
{
	uint64_t last = vma_last_pgoff(vma);

	if (vma->shared.rb.rb_left)
		last = max(last, shared_vma(vma->shared.rb.rb_left)->shared.rb_subtree_last);
	if (vma->shared.rb.rb_right)
		last = max(last, shared_vma(vma->shared.rb.rb_right)->shared.rb_subtree_last);
	return last;
}

static void last_propagate(struct rb_node *node, struct rb_node *stop)
{
	for (; node != stop; node = rb_parent(node)) {
		struct vm_area_struct *vma = shared_vma(node);
		uint64_t last = subtree_last(vma);

		if (vma->shared.rb_subtree_last == last)
			return;
		vma->shared.rb_subtree_last = last;
	}
}

static void last_copy(struct rb_node *from, struct rb_node *to)
{
	shared_vma(to)->shared.rb_subtree_last = shared_vma(from)->shared.rb_subtree_last;
}

static void last_rotate(struct rb_node *from, struct rb_node *to)
{
	last_copy(from, to);
	shared_vma(from)->shared.rb_subtree_last = subtree_last(shared_vma(from));
}

static const struct rb_augment_callbacks last_callbacks = {
	.propagate = last_propagate,
	.copy = last_copy,
	.rotate = last_rotate,
};

void vma_interval_tree_insert(struct vm_area_struct *vma, struct rb_root *root)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;
	uint64_t last = vma_last_pgoff(vma);

	while (*link) {
		struct vm_area_struct *at = shared_vma(*link);

		parent = *link;
		at->shared.rb_subtree_last = max(at->shared.rb_subtree_last, last);
		link = vma->vm_pgoff < at->vm_pgoff ? &parent->rb_left : &parent->rb_right;
	}
	vma->shared.rb_subtree_last = last;
	rb_link_node(&vma->shared.rb, parent, link);
	rb_insert_augmented(&vma->shared.rb, root, &last_callbacks);
}

void vma_interval_tree_remove(struct vm_area_struct *vma, struct rb_root *root)
{
	rb_erase_augmented(&vma->shared.rb, root, &last_callbacks);
}

/* Leftmost area of the subtree that shares a page with [start, last]; the subtree is known to reach start. */
static struct vm_area_struct *subtree_search(struct vm_area_struct *vma, uint64_t start, uint64_t last)
{
	for (;;) {
		struct rb_node *left = vma->shared.rb.rb_left, *right = vma->shared.rb.rb_right;

		if (left && shared_vma(left)->shared.rb_subtree_last >= start) {
			vma = shared_vma(left);
			continue;
		}
		if (vma->vm_pgoff > last)
			return NULL;
		if (vma_last_pgoff(vma) >= start)
			return vma;
		if (!right || shared_vma(right)->shared.rb_subtree_last < start)
			return NULL;
		vma = shared_vma(right);
	}
}

struct vm_area_struct *vma_interval_tree_iter_first(struct rb_root *root, uint64_t start, uint64_t last)
{
	if (!root->rb_node || shared_vma(root->rb_node)->shared.rb_subtree_last < start)
		return NULL;
	return subtree_search(shared_vma(root->rb_node), start, last);
}

struct vm_area_struct *vma_interval_tree_iter_next(struct vm_area_struct *vma, uint64_t start, uint64_t last)
{
	struct rb_node *node = &vma->shared.rb, *prev;
	struct rb_node *right = node->rb_right;

	for (;;) {
		if (right && shared_vma(right)->shared.rb_subtree_last >= start)
			return subtree_search(shared_vma(right), start, last);
		/* Up, until it was a left child. */
		do {
			prev = node;
			node = rb_parent(node);
			if (!node)
				return NULL;
			right = node->rb_right;
		} while (prev == right);
		vma = shared_vma(node);
		if (vma->vm_pgoff > last)
			return NULL;
		if (vma_last_pgoff(vma) >= start)
			return vma;
	}
}

/** The area joins its file's tree. */
void vma_link_file(struct vm_area_struct *vma)
{
	struct address_space *mapping;

	if (!vma->vm_file)
		return;
	mapping = vma->vm_file->f_mapping;
	down_write(&mapping->i_mmap_rwsem);
	vma_interval_tree_insert(vma, &mapping->i_mmap);
	up_write(&mapping->i_mmap_rwsem);
}

void unlink_file_vma(struct vm_area_struct *vma)
{
	struct address_space *mapping;

	if (!vma->vm_file)
		return;
	mapping = vma->vm_file->f_mapping;
	down_write(&mapping->i_mmap_rwsem);
	vma_interval_tree_remove(vma, &mapping->i_mmap);
	up_write(&mapping->i_mmap_rwsem);
}
