// SPDX-License-Identifier: MIT
/*
 * The areas of an mm, in a list sorted by address and in a red-black tree of the same order (Linux
 * mm/mmap.c until 6.0).
 *
 * The gap of an area is the space right below it, down to its predecessor. Each area keeps in
 * rb_subtree_gap the largest gap of its subtree, so that the search for free space
 * (unmapped_area.c) knows which subtrees to enter. The rule that keeps this right: whenever the gap
 * of an area changes, vma_gap_update() follows before the tree changes shape.
 */
#include "internal.h"

/* --- the augmented value ---------------------------------------------------------------------- */

_Static_assert(offsetof(struct vm_area_struct, rb_subtree_gap) ==
	       offsetof(struct vm_area_struct, vm_rb) + offsetof(struct rb_max_node, subtree_max),
	       "the gap stands behind its node");

static uint64_t gap_below(const struct rb_node *node)
{
	const struct vm_area_struct *vma = rb_entry(node, struct vm_area_struct, vm_rb);
	uint64_t prev_end = vma->vm_prev ? vma->vm_prev->vm_end : 0;

	/* While areas change, one may reach over the next for a moment. */
	return vma->vm_start > prev_end ? vma->vm_start - prev_end : 0;
}

static void gap_propagate(struct rb_node *node, struct rb_node *stop)
{
	rb_propagate_max(node, stop, gap_below);
}

void vma_gap_update(struct vm_area_struct *vma)
{
	gap_propagate(&vma->vm_rb, NULL);
}

void vma_end_changed(struct mm_struct *mm, struct vm_area_struct *vma)
{
	if (vma->vm_next)
		vma_gap_update(vma->vm_next);
	else
		mm->highest_vm_end = vma->vm_end;
}

/* --- link and unlink -------------------------------------------------------------------------- */

static void list_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev)
{
	struct vm_area_struct *next = prev ? prev->vm_next : mm->mmap;

	vma->vm_prev = prev;
	vma->vm_next = next;
	if (prev)
		prev->vm_next = vma;
	else
		mm->mmap = vma;
	if (next)
		next->vm_prev = vma;
}

static void list_unlink(struct mm_struct *mm, struct vm_area_struct *vma)
{
	if (vma->vm_prev)
		vma->vm_prev->vm_next = vma->vm_next;
	else
		mm->mmap = vma->vm_next;
	if (vma->vm_next)
		vma->vm_next->vm_prev = vma->vm_prev;
}

/*
 * Of two neighbours in order, either the first has no right child or the second has no left child:
 * no search.
 */
static void tree_link(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct rb_node *prev = vma->vm_prev ? &vma->vm_prev->vm_rb : NULL;
	struct rb_node *next = vma->vm_next ? &vma->vm_next->vm_rb : NULL;

	if (prev && !prev->rb_right)
		rb_link_node(&vma->vm_rb, prev, &prev->rb_right);
	else if (next)
		rb_link_node(&vma->vm_rb, next, &next->rb_left);
	else
		rb_link_node(&vma->vm_rb, NULL, &mm->mm_rb.rb_node);
	vma->rb_subtree_gap = 0;
	vma_gap_update(vma);
	rb_insert_augmented(&vma->vm_rb, &mm->mm_rb, gap_propagate);
}

void __vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev)
{
	mmap_assert_write_locked(mm);
	list_link(mm, vma, prev);
	vma_end_changed(mm, vma);
	tree_link(mm, vma);
	mm->map_count++;
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev)
{
	__vma_link(mm, vma, prev);
	vma_link_file(vma);
}

void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma)
{
	mmap_assert_write_locked(mm);
	list_unlink(mm, vma);
	if (vma->vm_next)
		vma_gap_update(vma->vm_next);
	else
		mm->highest_vm_end = vma->vm_prev ? vma->vm_prev->vm_end : 0;
	rb_erase_augmented(&vma->vm_rb, &mm->mm_rb, gap_propagate);
	mm->map_count--;
	vmacache_invalidate(mm);
}

/* --- lookup: mmap_lock held, at least for reading --------------------------------------------- */

/** First area that ends above addr: the one that holds it, or the next one up, or NULL. */
struct vm_area_struct *find_vma(struct mm_struct *mm, uint64_t addr)
{
	struct vm_area_struct *vma, *found = NULL;
	struct rb_node *node;

	mmap_assert_locked(mm);
	vma = vmacache_find(mm, addr);
	if (vma)
		return vma;
	for (node = mm->mm_rb.rb_node; node;) {
		vma = rb_vma(node);
		if (vma->vm_end <= addr) {
			node = node->rb_right;
			continue;
		}
		found = vma;
		if (vma->vm_start <= addr)
			break;
		node = node->rb_left;
	}
	if (found)
		vmacache_update(addr, found);
	return found;
}

/** find_vma(), and in *pprev the area below that one (NULL: none). */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, uint64_t addr, struct vm_area_struct **pprev)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	struct rb_node *last;

	if (vma) {
		*pprev = vma->vm_prev;
	} else {
		last = rb_last(&mm->mm_rb);
		*pprev = last ? rb_vma(last) : NULL;
	}
	return vma;
}

/** First area that shares a byte with [start, end), or NULL. */
struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && end > vma->vm_start ? vma : NULL;
}

/** Add a ready-made area where nothing is mapped yet. 0 or -LX_ENOMEM; vma stays the caller's then. */
int insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *prev;
	struct vm_area_struct *next = find_vma_prev(mm, vma->vm_start, &prev);

	if (next && next->vm_start < vma->vm_end)
		return -LX_ENOMEM;
	if ((vma->vm_flags & VM_ACCOUNT) && vm_enough_memory(vma_pages(vma)))
		return -LX_ENOMEM;
	/*
	 * An anonymous area's pages are numbered by their first address, so that neighbours can merge. (As
	 * long as it has no anon_vma it has no page, and may be renumbered.)
	 */
	if (vma_is_anonymous(vma)) {
		BUG_ON(vma->anon_vma);
		vma->vm_pgoff = vma->vm_start >> PAGE_SHIFT;
	}
	vma_link(mm, vma, prev);
	return 0;
}
