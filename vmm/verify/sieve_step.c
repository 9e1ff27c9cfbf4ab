/* SPDX-License-Identifier: MIT */
/*
 * What a step may have changed, of two models that have tables and frames in common. The model before was found sound, so an
 * entry that is the same, in an area that is the same, and leads to a frame of which the same is known, is sound still.
 * Left to be judged are entries that differ, entries of areas that differ, and entries that lead to frames that do; and those
 * frames.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "observe/leaves.h"
#include "verify/leaf.h"

/** Frames of which something else is known than before. */
struct dirty_frames {
	uint64_t *bits;
	uint64_t nr;			/* of frames */
	struct chunk_filter filter;
};

struct step {
	struct sieve *s;
	struct dirty_frames dirty;
	struct leaf_view v;		/* carries along what neighbours have in common */
};

static bool is_dirty(const struct dirty_frames *d, uint64_t pfn)
{
	return pfn < d->nr && (d->bits[pfn / 64] >> pfn % 64 & 1);
}

/* --- frames ------------------------------------------------------------------------------------------ */

/** The frames of one chunk that differ, as bits. Those that were not touched before do. */
static uint64_t differing_frames(const struct model *now, const struct model *before, uint64_t chunk)
{
	uint64_t bits = 0;

	for (uint64_t i = 0, pfn = chunk * CHUNK_FRAMES; i < CHUNK_FRAMES && pfn < now->nr_touched; i++, pfn++)
		if (pfn >= before->nr_touched || memcmp(frame_at(now, pfn), frame_at(before, pfn), sizeof(struct model_frame)))
			bits |= 1UL << i;
	return bits;
}

static void find_dirty_frames(struct step *step)
{
	const struct model *now = step->s->model, *before = step->s->before;
	struct dirty_frames *d = &step->dirty;

	d->nr = now->nr_touched;
	d->bits = xcalloc(d->nr / 64 + 1, sizeof(*d->bits));
	for (uint64_t chunk = 0; chunk * CHUNK_FRAMES < now->nr_touched; chunk++) {
		if (frames_shared(now, before, chunk))
			continue;
		d->bits[chunk] = differing_frames(now, before, chunk);
		if (d->bits[chunk])
			chunk_filter_add(&d->filter, chunk);
	}
}

/** A free block may be one that its buddy below should have been merged with, which is told of that one. */
static void sift_lower_buddy(struct sieve *s, uint64_t pfn)
{
	const struct model_frame *f = frame_at(s->model, pfn);
	uint64_t buddy = pfn ^ 1UL << f->free_order;

	if (f->block_head && buddy < pfn)
		sift_frame(s, buddy);
}

static void sift_dirty_frames(struct step *step)
{
	const struct verdict *then = step->s->before->verdict;

	for (uint64_t word = 0; word * 64 < step->dirty.nr; word++)
		for (uint64_t bits = step->dirty.bits[word]; bits; bits &= bits - 1) {
			uint64_t pfn = word * 64 + __builtin_ctzl(bits);

			sift_frame(step->s, pfn);
			sift_lower_buddy(step->s, pfn);
		}
	for (uint64_t i = 0; i < then->nr_slabs; i++)
		if (!is_dirty(&step->dirty, then->slabs[i]))
			sift_frame(step->s, then->slabs[i]);
}

/* --- entries ------------------------------------------------------------------------------------------ */

static uint64_t entries_in(const struct leaf_table *t, unsigned int word)
{
	return t->present[word] | t->held[word];
}

static bool same_rights(const struct leaf_table *a, const struct leaf_table *b)
{
	return a->pa == b->pa && a->level == b->level && a->writable == b->writable && a->user == b->user && a->nx == b->nx &&
	       a->nx_bit == b->nx_bit && a->reserved == b->reserved;
}

static void sift_entry(struct step *step, const struct leaf_table *t, unsigned int i)
{
	if (!(entries_in(t, i / 64) >> i % 64 & 1))
		return;
	step->v.leaf = leaf_table_at(t, i);
	sift_leaf(step->s, &step->v);
}

/** The entries of a table that lead to a dirty frame; or all of them. */
static void sift_led_to_dirty(struct step *step, const struct leaf_table *t, bool all)
{
	for (unsigned int word = 0; word < TABLE_WORDS; word++)
		for (uint64_t bits = entries_in(t, word); bits; bits &= bits - 1) {
			unsigned int i = word * 64 + __builtin_ctzl(bits);

			if (all || is_dirty(&step->dirty, PFN(t->entry[i] & PTE_PFN_MASK)))
				sift_entry(step, t, i);
		}
}

/** The entries of a table that differ from those of `old` (NULL: all do) or lead to a dirty frame. */
static void sift_table(struct step *step, const struct leaf_table *t, const struct leaf_table *old)
{
	const bool all = !old || !same_rights(t, old);

	if (all || chunk_filters_meet(&t->frames, &step->dirty.filter))
		sift_led_to_dirty(step, t, all);
	if (all || t == old)
		return;
	for (unsigned int i = entries_differ(t->entry, old->entry, 0); i < PTRS_PER_TABLE;
	     i = entries_differ(t->entry, old->entry, i + 1))
		sift_entry(step, t, i);
}

static void sift_tables(struct step *step, const struct model_mm *now, const struct model_mm *before)
{
	for (uint32_t i = 0, j = 0; i < now->nr_leaf_tables; i++) {
		const struct leaf_table *t = now->leaf_tables[i];

		while (j < before->nr_leaf_tables && before->leaf_tables[j]->va < t->va)
			j++;
		sift_table(step, t,
			   j < before->nr_leaf_tables && before->leaf_tables[j]->va == t->va ? before->leaf_tables[j] : NULL);
	}
}

static void sift_range(struct step *step, const struct model_mm *mm, uint64_t start, uint64_t end)
{
	for (struct leaf_walk w = leaves_from(mm, LEAVES_ALL, start); leaf_next(&w) && w.leaf.va < end;) {
		step->v.leaf = w.leaf;
		sift_leaf(step->s, &step->v);
	}
}

/* --- areas --------------------------------------------------------------------------------------------- */

/** Each leaf lies in one at most, however it is looked up. */
static bool areas_disjoint(const struct model_mm *mm)
{
	for (uint32_t i = 0; i < mm->nr_vmas; i++)
		if (mm->vmas[i].raw.vm_start >= mm->vmas[i].raw.vm_end ||
		    (i && mm->vmas[i - 1].raw.vm_end > mm->vmas[i].raw.vm_start))
			return false;
	return true;
}

static uint64_t inode_of(const struct model *model, const struct model_vma *vma)
{
	return vma->inode < 0 ? 0 : model->inodes[vma->inode].addr.va;
}

/** All of an area that rules of entries ask for. */
static bool same_kind(const struct step *step, const struct model_vma *a, const struct model_vma *b)
{
	return a->addr.va == b->addr.va && a->raw.vm_start == b->raw.vm_start && a->raw.vm_end == b->raw.vm_end &&
	       a->raw.vm_flags == b->raw.vm_flags && a->raw.vm_pgoff == b->raw.vm_pgoff &&
	       a->raw.vm_file.va == b->raw.vm_file.va && a->raw.vm_ops.va == b->raw.vm_ops.va && a->links == b->links &&
	       inode_of(step->s->model, a) == inode_of(step->s->before, b);
}

/** What lies where an area was, or is, and the other model has none or another. */
static void sift_areas(struct step *step, const struct model_mm *now, const struct model_mm *before)
{
	uint32_t i = 0, j = 0;

	while (i < now->nr_vmas || j < before->nr_vmas) {
		const struct model_vma *is = i < now->nr_vmas ? &now->vmas[i] : NULL;
		const struct model_vma *was = j < before->nr_vmas ? &before->vmas[j] : NULL;

		if (is && was && same_kind(step, is, was)) {
			i++, j++;
		} else if (is && (!was || is->raw.vm_start <= was->raw.vm_start)) {
			sift_range(step, now, is->raw.vm_start, is->raw.vm_end);
			i++;
		} else {
			sift_range(step, now, was->raw.vm_start, was->raw.vm_end);
			j++;
		}
	}
}

/* --- all of it ------------------------------------------------------------------------------------------ */

static const struct model_mm *same_mm(const struct model *before, const struct model_mm *mm)
{
	uint32_t i = addr_map_get(&before->mm_map, mm->addr.va);

	return i != ADDR_MAP_NONE && before->mms[i].pgd_pa == mm->pgd_pa ? &before->mms[i] : NULL;
}

static void sift_mm(struct step *step, uint32_t index)
{
	const struct model_mm *now = &step->s->model->mms[index], *before = same_mm(step->s->before, now);

	step->v = (struct leaf_view){.mm = index};
	if (!before || !areas_disjoint(now) || !areas_disjoint(before)) {
		sift_range(step, now, 0, UINT64_MAX);
		return;
	}
	sift_tables(step, now, before);
	sift_areas(step, now, before);
}

/** What the rules ask for besides entries, areas and frames. */
static bool same_machine(const struct model *a, const struct model *b)
{
	return a->nr_frames == b->nr_frames && a->nr_touched >= b->nr_touched && a->lab.zero_pfn == b->lab.zero_pfn &&
	       a->lab.mem_map_start_pfn == b->lab.mem_map_start_pfn && a->lab.initrd_pa == b->lab.initrd_pa &&
	       a->lab.initrd_size == b->lab.initrd_size && a->zone.start_pfn == b->zone.start_pfn;
}

bool sift_step(struct sieve *s)
{
	struct step step = {.s = s};

	if (s->keep_all || !s->before || !s->before->verdict || !s->before->verdict->sound || !same_machine(s->model, s->before))
		return false;
	find_dirty_frames(&step);
	for (uint32_t i = 0; i < s->model->nr_mms; i++)
		sift_mm(&step, i);
	sift_dirty_frames(&step);
	free(step.dirty.bits);
	return true;
}
