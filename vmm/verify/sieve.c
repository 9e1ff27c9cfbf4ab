/* SPDX-License-Identifier: MIT */
/* Sound entries and frames are let through, the others kept; see sieve.h. */
#include "verify/sieve.h"

#include <stdlib.h>
#include "base/error.h"
#include "verify/frame.h"
#include "verify/leaf.h"

/* --- what rmap links ------------------------------------------------------------------------------- */

static uint64_t link_key(gva_t vma, gva_t anon)
{
	return vma.va * 0x9e3779b97f4a7c15UL ^ anon.va;
}

static void collect_links(struct sieve *s)
{
	const struct model *model = s->model;

	for (uint32_t i = 0; i < model->nr_avcs; i++)
		addr_map_put(&s->links, link_key(model->avcs[i].raw.vma, model->avcs[i].raw.anon_vma), i);
}

bool sieve_linked(const struct sieve *s, gva_t vma, gva_t anon)
{
	const struct model_avc *avcs = s->model->avcs;
	uint32_t i = addr_map_get(&s->links, link_key(vma, anon));

	return i != ADDR_MAP_NONE && avcs[i].raw.vma.va == vma.va && avcs[i].raw.anon_vma.va == anon.va;
}

/* --- entries ---------------------------------------------------------------------------------------- */

/** Entries of pages gone bad are judged by a rule of their own, and kept apart. */
static void keep_poison(struct sieve *s, const struct leaf_view *v)
{
	if (leaf_poison_ok(v))
		return;
	s->poison = xrealloc(s->poison, (s->nr_poison + 1) * sizeof(*s->poison));
	s->poison[s->nr_poison++] = *v;
}

static void keep_leaf(struct sieve *s, const struct leaf_view *v)
{
	if (s->nr_leaves == s->cap_leaves) {
		s->cap_leaves = s->cap_leaves ? 2 * s->cap_leaves : 64;
		s->leaves = xrealloc(s->leaves, s->cap_leaves * sizeof(*s->leaves));
	}
	s->leaves[s->nr_leaves++] = *v;
}

static void view_area(const struct sieve *s, struct leaf_view *v, const struct model_vma *area)
{
	v->area = area;
	v->flags = area ? area->raw.vm_flags : 0;
	v->mapping = area && area->inode >= 0
			     ? s->model->inodes[area->inode].addr.va + offsetof(struct inode, i_data)
			     : 0;
	v->anon.va = 0;
}

/** An anonymous page's anon_vma leads to the area. Neighbours have the same: only a new one is looked up. */
static void view_link(const struct sieve *s, struct leaf_view *v)
{
	gva_t anon = {0};

	v->linked = true;
	if (!v->area || !v->frame || v->role != FRAME_ANON)
		return;
	anon.va = v->frame->raw.mapping.va & ~PAGE_MAPPING_ANON;
	if (anon.va && anon.va == v->anon.va)
		return;
	v->linked = sieve_linked(s, v->area->addr, anon);
	v->anon.va = v->linked ? anon.va : 0;
}

static void view_leaf(const struct sieve *s, struct leaf_view *v, const struct leaf *leaf)
{
	const struct model *model = s->model;
	uint64_t pfn = PFN(leaf->pa);

	v->leaf = leaf;
	v->zero = is_zero_leaf(model, leaf);
	v->frame = pfn < model->nr_touched ? &model->frames[pfn] : NULL;
	v->role = v->frame ? v->frame->role : model_frame_role(model, pfn);
	if (v->frame && !v->frame->touched)
		v->frame = NULL;
	view_link(s, v);
}

static void sift_entries(struct sieve *s, uint32_t mm, const struct leaf *leaves, uint32_t nr, bool held)
{
	const struct model_mm *m = &s->model->mms[mm];
	struct leaf_view v = {.mm = mm, .held = held};
	uint32_t at = 0;

	for (uint32_t i = 0; i < nr; i++) {
		const struct model_vma *area = NULL;

		/* Both ascend. An area that ends before this leaf holds none of the later ones. */
		while (at < m->nr_vmas && m->vmas[at].raw.vm_end <= leaves[i].va)
			at++;
		if (at < m->nr_vmas && m->vmas[at].raw.vm_start <= leaves[i].va)
			area = &m->vmas[at];
		if (area != v.area)
			view_area(s, &v, area);
		view_leaf(s, &v, &leaves[i]);
		if (held && is_hwpoison_entry(leaves[i].entry))
			keep_poison(s, &v);
		else if (!leaf_sound(&v) || s->keep_all)
			keep_leaf(s, &v);
	}
}

static uint64_t sift_leaves(struct sieve *s)
{
	const struct model *model = s->model;
	uint64_t present = 0, held = 0;

	for (uint32_t i = 0; i < model->nr_mms; i++) {
		sift_entries(s, i, model->mms[i].leaves, model->mms[i].nr_leaves, false);
		present += model->mms[i].nr_leaves;
	}
	s->nr_present = s->nr_leaves;
	for (uint32_t i = 0; i < model->nr_mms; i++) {
		sift_entries(s, i, model->mms[i].held, model->mms[i].nr_held, true);
		held += model->mms[i].nr_held;
	}
	return present * LEAF_RULES + held * HELD_RULES;
}

/* --- frames ------------------------------------------------------------------------------------------ */

static void keep_frame(struct sieve *s, uint64_t pfn)
{
	if (s->nr_frames == s->cap_frames) {
		s->cap_frames = s->cap_frames ? 2 * s->cap_frames : 64;
		s->frames = xrealloc(s->frames, s->cap_frames * sizeof(*s->frames));
	}
	s->frames[s->nr_frames++] = pfn;
}

/** Does an anonymous frame name an anon_vma? *known is the last one that was looked up. */
static bool anon_known(const struct model *model, const struct model_frame *f, uint64_t *known)
{
	uint64_t anon = f->raw.mapping.va & ~PAGE_MAPPING_ANON;

	if (f->role != FRAME_ANON || anon == *known)
		return true;
	if (addr_map_get(&model->anon_vma_map, anon) == ADDR_MAP_NONE)
		return false;
	*known = anon;
	return true;
}

/** Slabs are few and kept, all of them: their rule needs their cache. */
static uint64_t sift_frames(struct sieve *s)
{
	const struct model *model = s->model;
	uint64_t known = 0;

	for (uint64_t pfn = 0; pfn < model->nr_touched; pfn++) {
		const struct model_frame *f = &model->frames[pfn];

		if (!frame_sound(model, pfn, f) || f->role == FRAME_SLAB || !anon_known(model, f, &known) || s->keep_all)
			keep_frame(s, pfn);
	}
	return model->nr_touched * FRAME_RULES;
}

/* --- contents ---------------------------------------------------------------------------------------- */

static void mark_changed(struct sieve *s, const struct model *before)
{
	const struct model *now = s->model;

	if (!before || !before->hashes || !now->hashes)
		return;
	s->nr_changed = now->nr_touched < before->nr_touched ? now->nr_touched : before->nr_touched;
	s->changed = xcalloc(s->nr_changed / 64 + 1, sizeof(*s->changed));
	for (uint64_t pfn = 0; pfn < s->nr_changed; pfn++) {
		uint64_t is = now->hashes[pfn], was = before->hashes[pfn];

		if (is && was && (is != was || s->keep_all))
			s->changed[pfn / 64] |= 1UL << pfn % 64;
	}
}

uint64_t sieve_begin(struct sieve *s, const struct model *model, const struct model *before, bool keep_all)
{
	*s = (struct sieve){.model = model, .keep_all = keep_all};
	collect_links(s);
	mark_changed(s, before);
	return sift_leaves(s) + sift_frames(s);
}

void sieve_end(struct sieve *s)
{
	free(s->leaves);
	free(s->poison);
	free(s->frames);
	free(s->changed);
	addr_map_free(&s->links);
}
