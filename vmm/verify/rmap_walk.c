/* SPDX-License-Identifier: MIT */
/*
 * The reverse map, walked as the guest walks it: from a page to its file or anon_vma, down that one's interval tree
 * by the maxima it is augmented with, and from each area found to the entry that must map the page.
 */
#include "verify/check.h"

#define MAX_DEPTH 64 /* of a tree */
#define STEPS_PER_FRAME 1024UL /* on average; a sound tree is left long before */

const char *interval_trouble(const struct model_interval *at, uint64_t subtree_last)
{
	if (!at->nr_met)
		return NULL;
	if (!at->ordered)
		return "it begins before the one on its left";
	if (!at->parent_ok)
		return "it names another node as its parent";
	if (!at->balanced)
		return "the colours below it are no red-black tree's";
	return subtree_last == at->last ? NULL : "its subtree ends elsewhere";
}

/** A page, and how far the search for its entries has come. */
struct search {
	const struct model *model;
	uint64_t pfn;
	const struct page *page;
	/** The area of a node, with the node as the guest has it; NULL: none. */
	const struct model_vma *(*area)(const struct search *s, gva_t node, struct rb_node *rb, uint64_t *subtree_last);
	uint64_t found;
	uint64_t *steps_left;	/* a broken tree may have cycles */
};

static const struct model_vma *area_of_avc(const struct search *s, gva_t node, struct rb_node *rb,
					   uint64_t *subtree_last)
{
	uint32_t index = addr_map_get(&s->model->avc_map, node.va - offsetof(struct anon_vma_chain, rb));

	if (index == ADDR_MAP_NONE)
		return NULL;
	*rb = s->model->avcs[index].raw.rb;
	*subtree_last = s->model->avcs[index].raw.rb_subtree_last;
	return vma_at(s->model, s->model->avcs[index].raw.vma);
}

static const struct model_vma *area_of_shared(const struct search *s, gva_t node, struct rb_node *rb,
					      uint64_t *subtree_last)
{
	const struct model_vma *vma = vma_at(s->model, (gva_t){node.va - offsetof(struct vm_area_struct, shared)});

	if (vma) {
		*rb = vma->raw.shared.rb;
		*subtree_last = vma->raw.shared.rb_subtree_last;
	}
	return vma;
}

/** Does the area's entry for the page map it? */
static bool maps_page(const struct search *s, const struct model_vma *vma)
{
	const struct model_mm *mm = &s->model->mms[vma->mm];
	uint64_t va = vma->raw.vm_start + ((s->page->index - vma->raw.vm_pgoff) << PAGE_SHIFT);
	struct leaf leaf;

	if (s->page->index < vma->raw.vm_pgoff || va >= vma->raw.vm_end)
		return false;
	return model_find_entry(mm, va, &leaf) && PFN(leaf.pa) == s->pfn;
}

/** Every area of the subtree that covers the page, left out what cannot by what the tree says of itself. */
static void search_subtree(struct search *s, gva_t node, unsigned int depth)
{
	const struct model_vma *vma;
	uint64_t subtree_last;
	struct rb_node rb;

	if (!node.va || depth > MAX_DEPTH || !*s->steps_left)
		return;
	--*s->steps_left;
	vma = s->area(s, node, &rb, &subtree_last);
	if (!vma || subtree_last < s->page->index)
		return;
	search_subtree(s, rb.rb_left, depth + 1);
	s->found += maps_page(s, vma);
	if (vma->raw.vm_pgoff <= s->page->index)
		search_subtree(s, rb.rb_right, depth + 1);
}

/** Entries that the reverse map leads to from a page; 0: it is of no file and no anon_vma. */
static uint64_t walk_page(const struct model *model, uint64_t pfn, uint64_t *steps_left)
{
	struct search s = {.model = model, .pfn = pfn, .page = &frame_at(model, pfn)->raw, .steps_left = steps_left};
	gva_t mapping = {s.page->mapping.va & ~PAGE_MAPPING_ANON};
	uint32_t index;

	if (s.page->mapping.va & PAGE_MAPPING_ANON) {
		s.area = area_of_avc;
		index = addr_map_get(&model->anon_vma_map, mapping.va);
		if (index != ADDR_MAP_NONE)
			search_subtree(&s, model->anon_vmas[index].raw.rb_root.rb_node, 0);
		return s.found;
	}
	s.area = area_of_shared;
	index = addr_map_get(&model->inode_map, mapping.va - offsetof(struct inode, i_data));
	if (index != ADDR_MAP_NONE)
		search_subtree(&s, model->inodes[index].raw.i_data.i_mmap.rb_node, 0);
	return s.found;
}

/* --- when it need not be walked --------------------------------------------------------------------- */

/** The areas of each mm follow each other, and the page numbers that each gives its pages do not wrap. */
static bool areas_sound(const struct model *model)
{
	for (uint32_t i = 0; i < model->nr_all_vmas; i++) {
		const struct model_vma *vma = &model->all_vmas[i], *prev = i ? vma - 1 : NULL;
		uint64_t pages = (vma->raw.vm_end - vma->raw.vm_start) >> PAGE_SHIFT;

		if (vma->raw.vm_start >= vma->raw.vm_end || vma->raw.vm_pgoff + pages < pages)
			return false;
		if (prev && prev->mm == vma->mm && prev->raw.vm_end > vma->raw.vm_start)
			return false;
		if (vma->raw.vm_file.va && (!vma->i_mmap.nr_met || vma->inode < 0 ||
					    vma->i_mmap.owner.va != model->inodes[vma->inode].addr.va))
			return false;
		if (interval_trouble(&vma->i_mmap, vma->raw.shared.rb_subtree_last))
			return false;
	}
	return true;
}

/** Each chain hangs on its area and in the tree of its anon_vma, once; no two link the same; the trees are in order. */
static bool chains_sound(const struct model *model, const struct sieve *sieve)
{
	for (uint32_t i = 0; i < model->nr_avcs; i++) {
		const struct model_avc *avc = &model->avcs[i];

		if (avc->nr_on_vma != 1 || avc->tree.nr_met != 1 || avc->raw.vma.va != avc->listed_vma.va ||
		    avc->raw.anon_vma.va != avc->tree.owner.va || interval_trouble(&avc->tree, avc->raw.rb_subtree_last))
			return false;
	}
	return sieve->links.nr == model->nr_avcs;
}

/**
 * Where each entry lies in an area, has the page number that the area gives it, and a page whose anon_vma or file
 * leads to that area, and where trees and chains are in order, there a walk from the page comes to each of its entries,
 * once. Nearly always all that is known, and no page need be walked from.
 */
static bool walks_are_foregone(const struct verify_context *c)
{
	return !c->sieve->nr_leaves && !c->now->nr_damage && areas_sound(c->now) && chains_sound(c->now, c->sieve);
}

void check_rmap_complete(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;
	uint64_t steps_left = STEPS_PER_FRAME * now->nr_touched;

	c->checks += now->role_count[FRAME_ANON] + now->role_count[FRAME_FILE];
	if (walks_are_foregone(c))
		return;
	for (uint64_t pfn = 0; pfn < now->nr_touched; pfn++) {
		const struct model_frame *frame = frame_at(now, pfn);
		uint64_t found;

		if (!frame->nr_maps || (frame->role != FRAME_ANON && frame->role != FRAME_FILE))
			continue;
		found = walk_page(now, pfn, &steps_left);
		if (found != frame->nr_maps)
			report(c, self, AT_FRAME(pfn), "%s: the reverse map finds %lu entries, %u map it",
			       frame_label(now, pfn).text, found, frame->nr_maps);
	}
}
