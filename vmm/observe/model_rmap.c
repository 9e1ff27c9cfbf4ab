/* SPDX-License-Identifier: MIT */
/*
 * Reverse-mapping structures: anon_vmas and the chains between them and the areas, met from both
 * sides: on the area's list and in the anon_vma's tree. Every anon_vma that an area, a chain, a page or another anon_vma names is decoded once.
 */
#include "observe/build.h"

static struct model_anon_vma *anon_at(struct build *b, uint64_t index)
{
	return (struct model_anon_vma *)b->anon_vmas.items + index;
}

static struct model_avc *avc_at(struct build *b, uint64_t index)
{
	return (struct model_avc *)b->avcs.items + index;
}

/** Index of the anon_vma at addr; -1: none there, or addr is 0. */
static int64_t find_anon(struct build *b, gva_t addr)
{
	uint32_t known = addr_map_get(&b->model->anon_vma_map, addr.va);
	struct model_anon_vma *anon;
	struct anon_vma raw;

	if (addr.va == 0)
		return -1;
	if (known != ADDR_MAP_NONE)
		return known;
	if (b->anon_vmas.n >= b->max_structs || !read_struct(b, addr, &raw, sizeof(raw)))
		return -1;
	addr_map_put(&b->model->anon_vma_map, addr.va, b->anon_vmas.n);
	anon = grow_add(&b->anon_vmas, sizeof(*anon));
	anon->addr = addr;
	anon->raw = raw;
	return b->anon_vmas.n - 1;
}

static int64_t find_avc(struct build *b, gva_t addr)
{
	uint32_t known = addr_map_get(&b->model->avc_map, addr.va);
	struct model_avc *avc;
	struct anon_vma_chain raw;

	if (known != ADDR_MAP_NONE)
		return known;
	if (b->avcs.n >= b->max_structs || !read_struct(b, addr, &raw, sizeof(raw)))
		return -1;
	addr_map_put(&b->model->avc_map, addr.va, b->avcs.n);
	avc = grow_add(&b->avcs, sizeof(*avc));
	avc->addr = addr;
	avc->raw = raw;
	return b->avcs.n - 1;
}

static bool visit_same_vma(struct build *b, const struct list_walk *list, gva_t node)
{
	int64_t index = find_avc(b, (gva_t){node.va - offsetof(struct anon_vma_chain, same_vma)});

	if (index < 0)
		return false;
	avc_at(b, index)->nr_on_vma++;
	avc_at(b, index)->listed_vma = *(const gva_t *)list->ctx;
	find_anon(b, avc_at(b, index)->raw.anon_vma);
	return true;
}

/** The area that a chain names; one that no mm has covers nothing, and is told elsewhere. */
static int64_t find_linked(struct interval_walk *walk, gva_t node, struct interval_node *at)
{
	struct build *b = walk->b;
	int64_t index = find_avc(b, (gva_t){node.va - offsetof(struct anon_vma_chain, rb)});
	uint32_t vma;

	if (index < 0)
		return -1;
	*at = (struct interval_node){.rb = avc_at(b, index)->raw.rb};
	vma = addr_map_get(&b->model->vma_map, avc_at(b, index)->raw.vma.va);
	if (vma != ADDR_MAP_NONE)
		vma_interval(&((const struct model_vma *)b->vmas.items)[vma].raw, at);
	return index;
}

static struct model_interval *linked_place(struct build *b, uint64_t index)
{
	return &avc_at(b, index)->tree;
}

/** The chains of one area; most areas have none, and then the head points to itself. */
static void decode_vma_chain(struct build *b, const struct model_vma *vma)
{
	gva_t addr = vma->addr;
	gva_t head = {addr.va + offsetof(struct vm_area_struct, anon_vma_chain)};
	int64_t anon;

	if (vma->raw.anon_vma_chain.next.va != head.va || vma->raw.anon_vma_chain.prev.va != head.va)
		follow_list(b, &(struct list_walk){.name = "vma.anon_vma_chain",
						   .what = "anon_vma_chain",
						   .head = head,
						   .mm = vma->mm,
						   .max = b->max_structs,
						   .ctx = &addr,
						   .visit = visit_same_vma});
	anon = find_anon(b, vma->raw.anon_vma);
	if (anon >= 0)
		anon_at(b, anon)->nr_vmas++;
	else if (vma->raw.anon_vma.va)
		add_damage(b, DAMAGE_BAD_POINTER, addr.va, vma->mm, "area %#lx: anon_vma %#lx cannot be read",
			   addr.va, vma->raw.anon_vma.va);
}

static void decode_anon_tree(struct build *b, uint64_t index)
{
	struct anon_vma raw = anon_at(b, index)->raw;

	decode_intervals(&(struct interval_walk){.b = b,
						 .name = "anon_vma",
						 .owner = anon_at(b, index)->addr,
						 .find = find_linked,
						 .place = linked_place},
			 raw.rb_root.rb_node);
}

static void count_chains(struct build *b)
{
	for (uint64_t i = 0; i < b->avcs.n; i++) {
		uint32_t anon = addr_map_get(&b->model->anon_vma_map, avc_at(b, i)->tree.owner.va);

		if (avc_at(b, i)->tree.nr_met && anon != ADDR_MAP_NONE)
			anon_at(b, anon)->nr_chain++;
	}
}

/** Family ties: count each anon_vma at its parent and at its root. */
static void link_family(struct build *b, uint64_t index)
{
	int64_t parent = find_anon(b, anon_at(b, index)->raw.parent);
	int64_t root = find_anon(b, anon_at(b, index)->raw.root);

	if (parent >= 0)
		anon_at(b, parent)->nr_children++;
	if (root >= 0)
		anon_at(b, root)->nr_descendants++;
	if (parent < 0 || root < 0)
		add_damage(b, DAMAGE_BAD_POINTER, anon_at(b, index)->addr.va, -1,
			   "anon_vma %#lx: parent %#lx or root %#lx cannot be read",
			   anon_at(b, index)->addr.va, anon_at(b, index)->raw.parent.va,
			   anon_at(b, index)->raw.root.va);
}

/** Does this frame name an anon_vma, going by its struct page alone? */
static bool names_anon(const struct model_frame *frame)
{
	return frame->touched && frame->raw.page_type == PGTY_none && (frame->raw.mapping.va & PAGE_MAPPING_ANON);
}

/** The page that is or was in a frame, at its anon_vma. Neighbours mostly have the same one: it is looked up once. */
static void count_anon_page(struct build *b, const struct model_frame *frame, int n, uint64_t *last, int64_t *index)
{
	if (!names_anon(frame))
		return;
	if (frame->raw.mapping.va != *last)
		*index = find_anon(b, (gva_t){frame->raw.mapping.va & ~PAGE_MAPPING_ANON});
	*last = frame->raw.mapping.va;
	if (*index >= 0)
		anon_at(b, *index)->nr_pages += n;
}

/** What the model before has counted stands, but for the chunks of frames that it does not share. */
static void count_anon_pages(struct build *b)
{
	const struct model *model = b->model, *before = b->before;
	uint64_t last = 0;
	int64_t index = -1;

	for (uint32_t i = 0; before && i < before->nr_anon_vmas; i++) {
		int64_t same = before->anon_vmas[i].nr_pages ? find_anon(b, before->anon_vmas[i].addr) : -1;

		if (same >= 0)
			anon_at(b, same)->nr_pages = before->anon_vmas[i].nr_pages;
	}
	for (uint64_t pfn = 0; pfn < model->nr_touched; pfn++) {
		if (before && pfn % CHUNK_FRAMES == 0 && frames_shared(before, model, pfn / CHUNK_FRAMES)) {
			pfn += CHUNK_FRAMES - 1;
			continue;
		}
		if (before && pfn < before->nr_touched)
			count_anon_page(b, frame_at(before, pfn), -1, &last, &index);
		count_anon_page(b, frame_at(model, pfn), 1, &last, &index);
	}
}

/** All anon_vmas that chains link an area to, as one number that says whether they are the same as at another time. */
static void sum_links(struct build *b)
{
	for (uint64_t i = 0; i < b->avcs.n; i++) {
		const struct model_avc *avc = avc_at(b, i);
		uint32_t vma = addr_map_get(&b->model->vma_map, avc->raw.vma.va);
		uint64_t link = (avc->raw.anon_vma.va ^ avc->raw.anon_vma.va >> 29) * 0xbf58476d1ce4e5b9UL;

		if (vma != ADDR_MAP_NONE)
			((struct model_vma *)b->vmas.items)[vma].links += link ^ link >> 32;
	}
}

void decode_rmap(struct build *b)
{
	for (uint64_t i = 0; i < b->vmas.n; i++)
		decode_vma_chain(b, (const struct model_vma *)b->vmas.items + i);
	count_anon_pages(b);
	/* Each may name further ones, which then stand behind it in the array. */
	for (uint64_t i = 0; i < b->anon_vmas.n; i++) {
		decode_anon_tree(b, i);
		link_family(b, i);
	}
	count_chains(b);
	sum_links(b);
}
