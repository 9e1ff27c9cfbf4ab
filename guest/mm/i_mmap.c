// SPDX-License-Identifier: MIT
/* Which areas map a file: an interval tree over their page offsets (Linux mm/interval_tree.c, mm/mmap.c). */
#include "internal.h"

_Static_assert(offsetof(struct vm_area_struct, shared.rb_subtree_last) ==
	       offsetof(struct vm_area_struct, shared.rb) + offsetof(struct rb_max_node, subtree_max),
	       "rb_subtree_last stands behind its node");

static struct vm_area_struct *shared_vma(const struct rb_node *node)
{
	return rb_entry(node, struct vm_area_struct, shared.rb);
}

static uint64_t shared_start(const struct rb_node *node) { return shared_vma(node)->vm_pgoff; }
static uint64_t shared_last(const struct rb_node *node) { return vma_last_pgoff(shared_vma(node)); }

static void shared_propagate(struct rb_node *node, struct rb_node *stop)
{
	rb_propagate_max(node, stop, shared_last);
}

static const struct interval_ends shared_ends = { shared_start, shared_last, shared_propagate };

void vma_interval_tree_insert(struct vm_area_struct *vma, struct rb_root *root)
{
	interval_tree_insert(&vma->shared.rb, root, &shared_ends);
}

void vma_interval_tree_remove(struct vm_area_struct *vma, struct rb_root *root)
{
	interval_tree_remove(&vma->shared.rb, root, &shared_ends);
}

void vma_interval_tree_last_changed(struct vm_area_struct *vma)
{
	interval_tree_last_changed(&vma->shared.rb, &shared_ends);
}

struct vm_area_struct *vma_interval_tree_iter_first(struct rb_root *root, uint64_t start, uint64_t last)
{
	struct rb_node *node = interval_tree_iter_first(root, start, last, &shared_ends);

	return node ? shared_vma(node) : NULL;
}

struct vm_area_struct *vma_interval_tree_iter_next(struct vm_area_struct *vma, uint64_t start, uint64_t last)
{
	struct rb_node *node = interval_tree_iter_next(&vma->shared.rb, start, last, &shared_ends);

	return node ? shared_vma(node) : NULL;
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
