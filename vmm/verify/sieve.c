/* SPDX-License-Identifier: MIT */
/* Sound entries and frames are let through, the others kept; see sieve.h. */
#include "verify/sieve.h"

#include <stdlib.h>
#include "base/error.h"
#include "observe/leaves.h"
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
static void sift_poison(struct sieve *s, const struct leaf_view *v)
{
	if (leaf_poison_ok(v))
		return;
	s->unsound = true;
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

/** Is this still the area that model_find_vma() finds? */
static bool same_area(const struct model_mm *mm, const struct model_vma *area, uint64_t va)
{
	return area && va >= area->raw.vm_start && va < area->raw.vm_end &&
	       (area + 1 == mm->vmas + mm->nr_vmas || area[1].raw.vm_start > va);
}

static void view_area(const struct sieve *s, struct leaf_view *v)
{
	const struct model_mm *mm = &s->model->mms[v->mm];
	const struct model_vma *area;

	if (same_area(mm, v->area, v->leaf.va))
		return;
	area = model_find_vma(mm, v->leaf.va);
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

static void view_frame(const struct sieve *s, struct leaf_view *v)
{
	const struct model *model = s->model;
	uint64_t pfn = PFN(v->leaf.pa);

	v->zero = is_zero_leaf(model, &v->leaf);
	v->frame = pfn < model->nr_touched ? frame_at(model, pfn) : NULL;
	v->role = v->frame ? v->frame->role : model_frame_role(model, pfn);
	if (v->frame && !v->frame->touched)
		v->frame = NULL;
}

void sift_leaf(struct sieve *s, struct leaf_view *v)
{
	v->held = !(v->leaf.entry & PTE_P);
	view_area(s, v);
	view_frame(s, v);
	view_link(s, v);
	if (v->held && is_hwpoison_entry(v->leaf.entry)) {
		sift_poison(s, v);
	} else if (!leaf_sound(v)) {
		s->unsound = true;
		keep_leaf(s, v);
	} else if (s->keep_all) {
		keep_leaf(s, v);
	}
}

static void sift_whole_table(struct sieve *s, struct leaf_view *v, const struct leaf_table *t)
{
	for (int word = 0; word < TABLE_WORDS; word++)
		for (uint64_t bits = leaf_bits_of(t, word, LEAVES_ALL); bits; bits &= bits - 1) {
			v->leaf = leaf_table_at(t, word * 64 + __builtin_ctzl(bits));
			sift_leaf(s, v);
		}
}

static void sift_leaves(struct sieve *s)
{
	for (uint32_t i = 0; i < s->model->nr_mms; i++) {
		struct leaf_view v = {.mm = i};

		for (uint32_t j = 0; j < s->model->mms[i].nr_leaf_tables; j++)
			sift_whole_table(s, &v, s->model->mms[i].leaf_tables[j]);
	}
}

static int by_place(const void *a, const void *b)
{
	const struct leaf_view *x = a, *y = b;

	if (x->held != y->held)
		return x->held - y->held;
	if (x->mm != y->mm)
		return x->mm < y->mm ? -1 : 1;
	return (x->leaf.va > y->leaf.va) - (x->leaf.va < y->leaf.va);
}

/** In order, each once: what a step changed may have been met in more than one way. */
static void order_leaves(struct sieve *s)
{
	uint64_t n = 0;

	if (s->nr_leaves > 1)
		qsort(s->leaves, s->nr_leaves, sizeof(*s->leaves), by_place);
	for (uint64_t i = 0; i < s->nr_leaves; i++)
		if (!n || by_place(&s->leaves[n - 1], &s->leaves[i]))
			s->leaves[n++] = s->leaves[i];
	s->nr_leaves = n;
	while (s->nr_present < n && !s->leaves[s->nr_present].held)
		s->nr_present++;
	if (s->nr_poison > 1)
		qsort(s->poison, s->nr_poison, sizeof(*s->poison), by_place);
	n = 0;
	for (uint32_t i = 0; i < s->nr_poison; i++)
		if (!n || by_place(&s->poison[n - 1], &s->poison[i]))
			s->poison[n++] = s->poison[i];
	s->nr_poison = n;
}

static uint64_t count_leaf_rules(const struct model *model)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < model->nr_mms; i++)
		n += model->mms[i].nr_leaves * LEAF_RULES + model->mms[i].nr_held * HELD_RULES;
	return n;
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

/** Does an anonymous frame name an anon_vma? Neighbours mostly name the same: it is looked up once. */
static bool anon_known(struct sieve *s, const struct model_frame *f)
{
	uint64_t anon = f->raw.mapping.va & ~PAGE_MAPPING_ANON;

	if (f->role != FRAME_ANON || (anon && anon == s->known_anon))
		return true;
	if (addr_map_get(&s->model->anon_vma_map, anon) == ADDR_MAP_NONE)
		return false;
	s->known_anon = anon;
	return true;
}

/** Slabs are few and kept, all of them: their rule needs their cache. */
void sift_frame(struct sieve *s, uint64_t pfn)
{
	const struct model_frame *f = frame_at(s->model, pfn);

	if (!frame_sound(s->model, pfn, f) || !anon_known(s, f)) {
		s->unsound = true;
		keep_frame(s, pfn);
	} else if (f->role == FRAME_SLAB || s->keep_all) {
		keep_frame(s, pfn);
	}
}

static void sift_frames(struct sieve *s)
{
	for (uint64_t pfn = 0; pfn < s->model->nr_touched; pfn++)
		sift_frame(s, pfn);
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void order_frames(struct sieve *s)
{
	uint64_t n = 0;

	if (s->nr_frames > 1)
		qsort(s->frames, s->nr_frames, sizeof(*s->frames), by_number);
	for (uint64_t i = 0; i < s->nr_frames; i++)
		if (!n || s->frames[n - 1] != s->frames[i])
			s->frames[n++] = s->frames[i];
	s->nr_frames = n;
}

/* --- both -------------------------------------------------------------------------------------------- */

/** For the next step: what was found sound, and the slabs, which are all that is kept then. */
static void leave_verdict(const struct sieve *s)
{
	struct verdict *verdict = s->model->verdict;

	if (s->keep_all || !verdict)
		return;
	free(verdict->slabs);
	*verdict = (struct verdict){.sound = !s->unsound};
	if (!verdict->sound)
		return;
	verdict->nr_slabs = s->nr_frames;
	verdict->slabs = xmalloc((s->nr_frames + 1) * sizeof(*verdict->slabs));
	for (uint64_t i = 0; i < s->nr_frames; i++)
		verdict->slabs[i] = s->frames[i];
}

uint64_t sieve_begin(struct sieve *s, const struct model *model, const struct model *before, bool keep_all)
{
	*s = (struct sieve){.model = model, .before = before, .keep_all = keep_all};
	collect_links(s);
	find_changed(s);
	if (!sift_step(s)) {
		sift_leaves(s);
		sift_frames(s);
	}
	order_leaves(s);
	order_frames(s);
	leave_verdict(s);
	return count_leaf_rules(model) + model->nr_touched * FRAME_RULES;
}

void sieve_end(struct sieve *s)
{
	free(s->leaves);
	free(s->poison);
	free(s->frames);
	free(s->changed);
	free(s->changed_leaves);
	addr_map_free(&s->links);
}
