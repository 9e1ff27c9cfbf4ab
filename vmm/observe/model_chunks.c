/* SPDX-License-Identifier: MIT */
/*
 * struct page of every frame that was ever touched, in chunks that are shared with the model before as long as nothing in them
 * changes, and the counts of a look that go into them.
 */
#include <stdlib.h>
#include <string.h>

#include "observe/build.h"

_Static_assert(CHUNK_FRAMES == 64, "a word of a bitmap of frames is a chunk");

static uint64_t nr_chunks(uint64_t nr_touched)
{
	return (nr_touched + CHUNK_FRAMES - 1) / CHUNK_FRAMES;
}

/** How many of a chunk's frames were touched. */
static uint64_t chunk_fill(uint64_t nr_touched, uint64_t chunk)
{
	return nr_touched - chunk * CHUNK_FRAMES < CHUNK_FRAMES ? nr_touched - chunk * CHUNK_FRAMES : CHUNK_FRAMES;
}

/** Frames below the frontier, whatever zone.frontier_pfn says. */
static uint64_t count_touched(struct build *b)
{
	const struct zone *zone = &b->model->zone;
	uint64_t nr = b->model->nr_frames, frontier = zone->frontier_pfn;

	if (frontier > nr || frontier < b->model->lab.mem_map_end_pfn) {
		add_damage(b, DAMAGE_LAB, b->model->lab.zone.va, -1,
			   "zone.frontier_pfn is %#lx, expected %#lx to %#lx", frontier,
			   b->model->lab.mem_map_end_pfn, nr);
		return nr;
	}
	return frontier;
}

/** What decides of a frame apart from its struct page and its uses is the same, so that a chunk means the same. */
static bool can_share(const struct model *before, const struct model *now)
{
	const struct lab_page *a = &before->lab, *b = &now->lab;

	return before->plain && before->nr_frames == now->nr_frames &&
	       before->nr_touched <= now->nr_touched && a->zero_pfn == b->zero_pfn && a->mem_map.va == b->mem_map.va &&
	       a->mem_map_start_pfn == b->mem_map_start_pfn && a->mem_map_end_pfn == b->mem_map_end_pfn &&
	       a->device.va == b->device.va && a->initrd_pa == b->initrd_pa && a->initrd_size == b->initrd_size &&
	       !memcmp(&before->mode, &now->mode, sizeof(now->mode));
}

/* --- chunks --------------------------------------------------------------------------------------------- */

/** A frame of mem_map itself: its struct page means nothing. */
static bool in_mem_map(const struct model *model, uint64_t pfn)
{
	return pfn >= model->lab.mem_map_start_pfn && pfn < model->lab.mem_map_end_pfn;
}

static bool same_pages(const struct build *b, const struct frame_chunk *old, uint64_t chunk, const struct page *pages, uint64_t n)
{
	const uint64_t home = b->model->lab.mem_map_start_pfn + chunk; /* the frame that these struct pages stand in */

	if (b->written && !(b->written[home / 64] >> home % 64 & 1))
		return true;
	for (uint64_t i = 0; i < n; i++)
		if (!in_mem_map(b->model, chunk * CHUNK_FRAMES + i) && memcmp(&old->frame[i].raw, &pages[i], sizeof(pages[i])))
			return false;
	return true;
}

/** A chunk of its own, all from `old` (NULL: nothing) but the struct pages. */
static struct frame_chunk *new_chunk(const struct build *b, const struct frame_chunk *old, uint64_t chunk, const struct page *pages,
				     uint64_t n)
{
	struct frame_chunk *c = xmalloc(sizeof(*c));

	if (old)
		memcpy(c, old, sizeof(*c));
	else
		memset(c, 0, sizeof(*c));
	c->refs = 1;
	for (uint64_t i = 0; i < n; i++)
		if (!in_mem_map(b->model, chunk * CHUNK_FRAMES + i)) {
			c->frame[i].touched = 1;
			c->frame[i].raw = pages[i];
		}
	return c;
}

static void decode_chunk(struct build *b, uint64_t chunk, const struct page *pages)
{
	struct model *model = b->model;
	const struct model *before = b->before;
	uint64_t n = chunk_fill(model->nr_touched, chunk);
	struct frame_chunk *old = before && chunk < nr_chunks(before->nr_touched) ? before->frames[chunk] : NULL;

	if (old && chunk_fill(before->nr_touched, chunk) == n && same_pages(b, old, chunk, pages, n)) {
		old->refs++;
		model->frames[chunk] = old;
	} else {
		model->frames[chunk] = new_chunk(b, old, chunk, pages, n);
	}
}

void decode_frames(struct build *b)
{
	struct model *model = b->model;
	const struct page *pages;

	model->nr_touched = count_touched(b);
	pages = image_ptr(b->image, (gpa_t){model->lab.mem_map_start_pfn * PAGE_SIZE}, model->nr_touched * sizeof(*pages));
	if (!pages) {
		add_damage(b, DAMAGE_LIMIT, model->lab.mem_map.va, -1, "mem_map of %lu frames is not all in RAM",
			   model->nr_touched);
		model->nr_frames = 0;
		model->nr_touched = 0;
		b->before = NULL;
		return;
	}
	if (b->before && !can_share(b->before, model))
		b->before = NULL;
	model->frames = xmalloc((nr_chunks(model->nr_touched) + 1) * sizeof(*model->frames));
	for (uint64_t chunk = 0; chunk < nr_chunks(model->nr_touched); chunk++)
		decode_chunk(b, chunk, pages + chunk * CHUNK_FRAMES);
}

struct model_frame *frame_own(struct build *b, uint64_t pfn)
{
	struct frame_chunk **c = &b->model->frames[pfn / CHUNK_FRAMES];

	if ((*c)->refs > 1) {
		struct frame_chunk *own = xmalloc(sizeof(*own));

		memcpy(own, *c, sizeof(*own));
		own->refs = 1;
		(*c)->refs--;
		*c = own;
	}
	return &(*c)->frame[pfn % CHUNK_FRAMES];
}

void put_frames(struct model *model)
{
	for (uint64_t i = 0; model->frames && i < nr_chunks(model->nr_touched); i++)
		if (--model->frames[i]->refs == 0)
			free(model->frames[i]);
	free(model->frames);
}

bool frames_shared(const struct model *a, const struct model *b, uint64_t chunk)
{
	return chunk < nr_chunks(a->nr_touched) && chunk < nr_chunks(b->nr_touched) && a->frames[chunk] == b->frames[chunk];
}

/* --- marks ---------------------------------------------------------------------------------------------- */

struct frame_marks *mark_frame(struct build *b, uint64_t pfn)
{
	uint32_t i = addr_map_put(&b->marked, pfn, b->marks.n);
	struct frame_marks *marks;

	if (i < b->marks.n)
		return (struct frame_marks *)b->marks.items + i;
	marks = grow_add(&b->marks, sizeof(*marks));
	marks->pfn = pfn;
	return marks;
}

static void set_marks(struct build *b, uint64_t pfn, const struct frame_marks *m)
{
	const struct model_frame *is = frame_at(b->model, pfn);
	struct model_frame *frame;

	if (is->nr_tables == m->nr_tables && is->nr_cache == m->nr_cache && is->nr_pipe == m->nr_pipe &&
	    is->nr_slab == m->nr_slab && is->slab_cache == m->slab_cache && is->nr_stacks == m->nr_stacks)
		return;
	frame = frame_own(b, pfn);
	frame->nr_tables = m->nr_tables;
	frame->nr_cache = m->nr_cache;
	frame->nr_pipe = m->nr_pipe;
	frame->nr_slab = m->nr_slab;
	frame->slab_cache = m->slab_cache;
	frame->nr_stacks = m->nr_stacks;
}

void set_all_marks(struct build *b)
{
	static const struct frame_marks none;
	const struct model *before = b->before;
	const struct frame_marks *marks = b->marks.items;

	for (uint32_t i = 0; before && i < before->nr_marks; i++)
		if (addr_map_get(&b->marked, before->marks[i].pfn) == ADDR_MAP_NONE)
			set_marks(b, before->marks[i].pfn, &none);
	for (uint64_t i = 0; i < b->marks.n; i++)
		set_marks(b, marks[i].pfn, &marks[i]);
}
