// SPDX-License-Identifier: MIT
/*
 * Reverse mapping of anonymous pages (Linux mm/rmap.c). A page says to which anon_vma it belongs; the
 * anon_vma knows, through chains, every area that may map its pages:
 *
 *	parent's area -- avc -- anon_vma A (root) -- avc --.        pages from before the fork
 *	                                                    child's area
 *	                        anon_vma B (parent A) - avc -'      the child's own pages
 *
 * An area's chain is ordered from newest to oldest. All anon_vmas that came from one by forks share
 * the root's lock. Areas hang on the anon_vma in a tree, so that a search from a page meets only those that hold its
 * offset (rmap_walk.c).
 */
#include "internal.h"

static DEFINE_KMEM_CACHE(anon_vma_cachep, "anon_vma", sizeof(struct anon_vma));
static DEFINE_KMEM_CACHE(anon_vma_chain_cachep, "anon_vma_chain", sizeof(struct anon_vma_chain));

/* --- the areas of an anon_vma: an interval tree over their page offsets ------------------------ */

_Static_assert(offsetof(struct anon_vma_chain, rb_subtree_last) ==
	       offsetof(struct anon_vma_chain, rb) + offsetof(struct rb_max_node, subtree_max),
	       "rb_subtree_last stands behind its node");

static struct anon_vma_chain *rb_avc(const struct rb_node *node)
{
	return rb_entry(node, struct anon_vma_chain, rb);
}

static uint64_t avc_start(const struct rb_node *node) { return rb_avc(node)->vma->vm_pgoff; }
static uint64_t avc_last(const struct rb_node *node) { return vma_last_pgoff(rb_avc(node)->vma); }

static void avc_propagate(struct rb_node *node, struct rb_node *stop)
{
	rb_propagate_max(node, stop, avc_last);
}

static const struct interval_ends avc_ends = { avc_start, avc_last, avc_propagate };

struct anon_vma_chain *anon_vma_interval_tree_iter_first(struct anon_vma *anon_vma, uint64_t start, uint64_t last)
{
	struct rb_node *node = interval_tree_iter_first(&anon_vma->rb_root, start, last, &avc_ends);

	return node ? rb_avc(node) : NULL;
}

struct anon_vma_chain *anon_vma_interval_tree_iter_next(struct anon_vma_chain *avc, uint64_t start, uint64_t last)
{
	struct rb_node *node = interval_tree_iter_next(&avc->rb, start, last, &avc_ends);

	return node ? rb_avc(node) : NULL;
}

void anon_vma_interval_tree_last_changed(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc;

	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma)
		interval_tree_last_changed(&avc->rb, &avc_ends);
}

void anon_vma_interval_tree_pre_update_vma(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc;

	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma)
		interval_tree_remove(&avc->rb, &avc->anon_vma->rb_root, &avc_ends);
}

void anon_vma_interval_tree_post_update_vma(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc;

	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma)
		interval_tree_insert(&avc->rb, &avc->anon_vma->rb_root, &avc_ends);
}

/* --- birth and death -------------------------------------------------------------------------- */

static struct anon_vma *anon_vma_alloc(void)
{
	struct anon_vma *anon_vma = kmem_cache_zalloc(&anon_vma_cachep);

	if (anon_vma) {
		anon_vma->refcount = 1;
		anon_vma->root = anon_vma;
		anon_vma->parent = anon_vma;
	}
	return anon_vma;
}

/* A child holds its root, whose lock it uses. */
static void put_anon_vma(struct anon_vma *anon_vma)
{
	struct anon_vma *root = anon_vma->root;

	if (--anon_vma->refcount)
		return;
	kmem_cache_free(&anon_vma_cachep, anon_vma);
	if (root != anon_vma)
		put_anon_vma(root);
}

static struct anon_vma_chain *anon_vma_chain_alloc(void)
{
	return kmem_cache_alloc(&anon_vma_chain_cachep);
}

static void anon_vma_chain_free(struct anon_vma_chain *avc)
{
	kmem_cache_free(&anon_vma_chain_cachep, avc);
}

/* anon_vma locked. */
static void anon_vma_chain_link(struct vm_area_struct *vma, struct anon_vma_chain *avc,
				struct anon_vma *anon_vma)
{
	avc->vma = vma;
	avc->anon_vma = anon_vma;
	list_add(&avc->same_vma, &vma->anon_vma_chain);
	interval_tree_insert(&avc->rb, &anon_vma->rb_root, &avc_ends);
}

/* --- the first page of an area ---------------------------------------------------------------- */

/* a lies right below b: could they be one area if their rights were the same? */
static bool anon_vma_compatible(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return a->vm_end == b->vm_start && a->vm_file == b->vm_file &&
	       !((a->vm_flags ^ b->vm_flags) & ~(VM_ACCESS_FLAGS | VM_SOFTDIRTY)) &&
	       b->vm_pgoff == a->vm_pgoff + vma_pages(a);
}

/* The anon_vma of old, if it was not inherited. */
static struct anon_vma *reusable_anon_vma(const struct vm_area_struct *old, const struct vm_area_struct *a,
					  const struct vm_area_struct *b)
{
	const struct list_head *chain = &old->anon_vma_chain;

	if (!anon_vma_compatible(a, b) || !old->anon_vma || chain->next != chain->prev)
		return NULL;
	return old->anon_vma;
}

/* A neighbour's anon_vma, so that the two can merge later (after an mprotect that makes them alike). */
static struct anon_vma *find_mergeable_anon_vma(const struct vm_area_struct *vma)
{
	struct anon_vma *anon_vma = NULL;

	if (vma->vm_next)
		anon_vma = reusable_anon_vma(vma->vm_next, vma, vma->vm_next);
	if (!anon_vma && vma->vm_prev)
		anon_vma = reusable_anon_vma(vma->vm_prev, vma->vm_prev, vma);
	return anon_vma;
}

static int __anon_vma_prepare(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;
	struct anon_vma_chain *avc = anon_vma_chain_alloc();
	struct anon_vma *anon_vma;

	if (!avc)
		return -LX_ENOMEM;
	anon_vma = find_mergeable_anon_vma(vma);
	if (!anon_vma) {
		anon_vma = anon_vma_alloc();
		if (!anon_vma) {
			anon_vma_chain_free(avc);
			return -LX_ENOMEM;
		}
		anon_vma->num_children++;	/* a root is its own parent, so it never looks childless */
	}
	anon_vma_lock_write(anon_vma);
	spin_lock(&mm->page_table_lock);
	vma->anon_vma = anon_vma;
	anon_vma_chain_link(vma, avc, anon_vma);
	anon_vma->num_active_vmas++;
	spin_unlock(&mm->page_table_lock);
	anon_vma_unlock_write(anon_vma);
	return 0;
}

int anon_vma_prepare(struct vm_area_struct *vma)
{
	return likely(vma->anon_vma) ? 0 : __anon_vma_prepare(vma);
}

/* --- fork, split and merge -------------------------------------------------------------------- */

/*
 * Two uses: a split or merge inside one mm, where dst->anon_vma is src's already; and a fork, where
 * it is NULL and dst may take over one that no area calls its own any more: the process in whose
 * fork it was made is gone. It must have at most one child, else grandchildren could pile up on it;
 * a root never qualifies.
 */
int anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	struct list_head *pos;

	/* From the oldest on, each put in front: dst's order is src's. */
	for (pos = src->anon_vma_chain.prev; pos != &src->anon_vma_chain; pos = pos->prev) {
		struct anon_vma *anon_vma = list_entry(pos, struct anon_vma_chain, same_vma)->anon_vma;
		struct anon_vma_chain *avc = anon_vma_chain_alloc();

		if (!avc) {
			/* Not dst's yet: unlink_anon_vmas() must not count it out. */
			dst->anon_vma = NULL;
			unlink_anon_vmas(dst);
			return -LX_ENOMEM;
		}
		anon_vma_lock_write(anon_vma);
		anon_vma_chain_link(dst, avc, anon_vma);
		anon_vma_unlock_write(anon_vma);
		if (!dst->anon_vma && src->anon_vma && anon_vma->num_children < 2 &&
		    anon_vma->num_active_vmas == 0)
			dst->anon_vma = anon_vma;
	}
	if (dst->anon_vma)
		dst->anon_vma->num_active_vmas++;
	return 0;
}

int anon_vma_fork(struct vm_area_struct *vma, struct vm_area_struct *pvma)
{
	struct anon_vma_chain *avc;
	struct anon_vma *anon_vma;

	if (!pvma->anon_vma)
		return 0;
	vma->anon_vma = NULL;
	if (anon_vma_clone(vma, pvma))
		return -LX_ENOMEM;
	if (vma->anon_vma)
		return 0;
	anon_vma = anon_vma_alloc();
	if (!anon_vma)
		goto fail;
	avc = anon_vma_chain_alloc();
	if (!avc)
		goto fail_free;
	anon_vma->num_active_vmas++;
	anon_vma->root = pvma->anon_vma->root;
	anon_vma->parent = pvma->anon_vma;
	anon_vma->root->refcount++;
	vma->anon_vma = anon_vma;
	anon_vma_lock_write(anon_vma);
	anon_vma_chain_link(vma, avc, anon_vma);
	anon_vma->parent->num_children++;
	anon_vma_unlock_write(anon_vma);
	return 0;

fail_free:
	put_anon_vma(anon_vma);
fail:
	unlink_anon_vmas(vma);
	return -LX_ENOMEM;
}

void unlink_anon_vmas(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc, *next;

	/* Newest first, so that a root goes after those that use its lock. */
	list_for_each_entry_safe(avc, next, &vma->anon_vma_chain, same_vma) {
		struct anon_vma *anon_vma = avc->anon_vma;

		anon_vma_lock_write(anon_vma);
		interval_tree_remove(&avc->rb, &anon_vma->rb_root, &avc_ends);
		anon_vma_unlock_write(anon_vma);
		if (!anon_vma->rb_root.rb_node) {
			/* Its end; below, when no lock of the tree is held. */
			anon_vma->parent->num_children--;
			continue;
		}
		list_del(&avc->same_vma);
		anon_vma_chain_free(avc);
	}
	if (vma->anon_vma) {
		vma->anon_vma->num_active_vmas--;
		vma->anon_vma = NULL;
	}
	list_for_each_entry_safe(avc, next, &vma->anon_vma_chain, same_vma) {
		BUG_ON(avc->anon_vma->num_children);
		BUG_ON(avc->anon_vma->num_active_vmas);
		put_anon_vma(avc->anon_vma);
		list_del(&avc->same_vma);
		anon_vma_chain_free(avc);
	}
}

/* --- pages ------------------------------------------------------------------------------------ */

/* A fresh page, mapped once: exclusive to this mm. */
void page_add_new_anon_rmap(struct page *page, struct vm_area_struct *vma, uint64_t address)
{
	page->_mapcount = 0;
	page->mapping = (void *)((uint64_t)vma->anon_vma | PAGE_MAPPING_ANON);
	page->index = linear_page_index(vma, address);
	page->flags |= PG_anon_exclusive | PG_swapbacked;
}

/* All others let go of it: it belongs to this area's own anon_vma from now on. */
void page_move_anon_rmap(struct page *page, struct vm_area_struct *vma)
{
	page->mapping = (void *)((uint64_t)vma->anon_vma | PAGE_MAPPING_ANON);
	page->flags |= PG_anon_exclusive;
}
