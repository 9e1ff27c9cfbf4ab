/* SPDX-License-Identifier: MIT */
/* The past of entries, and the present of one address; see history.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/changes.h"
#include "report/explain.h"
#include "report/history.h"
#include "report/render.h"
#include "report/words.h"

#define CAUSE_COLUMN 40 /* of what the step was, behind what changed */

struct adding {
	struct history *h;
	const struct history_step *step;
	const struct pic_mm *mm;
	const struct picture *now;
};

/* Room for one more of an array that doubles; false: there are MAX_HISTORY. */
static bool make_room(struct history *h, void *array, uint32_t n, uint32_t *capacity, size_t size)
{
	void **items = array;

	if (n == MAX_HISTORY) {
		h->full = true;
		return false;
	}
	if (n == *capacity) {
		*capacity = *capacity ? 2 * *capacity : 64;
		*items = xrealloc(*items, *capacity * size);
	}
	return true;
}

/* How the last fault of the mm's tasks in that page was handled, in this step. */
static uint16_t handled_how(const struct adding *a, uint64_t va)
{
	for (uint32_t i = a->step->nr_events; i-- > 0;) {
		const struct lab_event *e = &a->step->events[i];

		if (e->type == LAB_EV_FAULT && (e->args[0] & ~(PAGE_SIZE - 1)) == va && fault_maps(e->args[2]) &&
		    picture_mm_of(a->now, e->pid) == a->mm)
			return e->args[2];
	}
	return LAB_FAULT_NONE;
}

static void add_event(void *ctx, const struct pic_page *before, const struct pic_page *now)
{
	struct adding *a = ctx;
	struct history *h = a->h;
	struct page_event event = {.step = a->step->number, .mm = a->mm->id};

	if (!make_room(h, &h->events, h->nr_events, &h->capacity, sizeof(*h->events)))
		return;
	if (before)
		event.before = *before;
	if (now)
		event.now = *now;
	event.how = handled_how(a, now ? now->va : before->va);
	h->events[h->nr_events++] = event;
}

static void add_frame_event(void *ctx, uint64_t pfn, const char *text)
{
	struct adding *a = ctx;
	struct history *h = a->h;
	struct frame_event *event;

	if (!make_room(h, &h->frames, h->nr_frames, &h->cap_frames, sizeof(*h->frames)))
		return;
	event = &h->frames[h->nr_frames++];
	*event = (struct frame_event){.step = a->step->number, .pfn = pfn};
	snprintf(event->text, sizeof(event->text), "%s", text);
}

static void add_step(struct history *h, const struct history_step *step)
{
	if (step->number >= MAX_HISTORY)
		return;
	while (h->nr_steps <= step->number) {
		make_room(h, &h->steps, h->nr_steps, &h->cap_steps, sizeof(*h->steps));
		h->steps[h->nr_steps++] = NULL;
	}
	free(h->steps[step->number]);
	h->steps[step->number] = xrealloc(NULL, strlen(step->words) + 1);
	strcpy(h->steps[step->number], step->words);
}

void history_add(struct history *h, const struct history_step *step, const struct picture *before,
		 const struct picture *now)
{
	struct adding a = {.h = h, .step = step, .now = now};

	add_step(h, step);
	for (uint32_t i = 0; i < now->nr_mms; i++) {
		a.mm = &now->mms[i];
		if (!a.mm->raw_kernel)
			each_page_change(before ? picture_mm(before, a.mm->id) : NULL, a.mm, PB_SHOWN, add_event, &a);
	}
	each_frame_change(before, now, add_frame_event, &a);
}

static bool covers(const struct pic_page *page, uint64_t va)
{
	return page->level && va >= page->va && va - page->va < pic_page_size(page);
}

/* "  step 4     ", what changed, and in a column behind it what the step was. */
static void put_event(const struct history *h, struct buf *b, uint32_t step, const char *change)
{
	size_t start;

	buf_printf(b, "  step %-4" PRIu32 "  ", step);
	start = b->len;
	buf_puts(b, change);
	if (step < h->nr_steps && h->steps[step]) {
		buf_puts(b, "   ");
		buf_pad(b, start, CAUSE_COLUMN);
		buf_puts(b, h->steps[step]);
	}
	buf_puts(b, "\n");
}

static void put_full_note(const struct history *h, struct buf *b)
{
	if (h->full)
		buf_printf(b, "  (the first %u changes of the run are remembered, no more)\n", MAX_HISTORY);
}

static void put_page_event(const struct history *h, struct buf *b, bool raw, const struct page_event *e)
{
	const struct fault_branch *branch = fault_branch(e->how);
	struct buf change = {0};

	put_page(&change, raw, e->before.level ? &e->before : NULL, 1);
	buf_puts(&change, "  ->  ");
	put_page(&change, raw, e->now.level ? &e->now : NULL, 1);
	put_event(h, b, e->step, buf_text(&change));
	if (branch)
		buf_printf(b, "             by a fault, %s: %s\n", branch->functions, branch->deed);
	buf_free(&change);
}

/* Where the last n that match begin; n 0: all. */
static uint32_t first_of(const struct history *h, uint32_t last, bool (*matches)(const struct history *, uint32_t, const void *),
			 const void *key, uint32_t n)
{
	uint32_t i = last;

	if (!n)
		return 0;
	while (i > 0 && n)
		n -= matches(h, --i, key);
	return i;
}

struct page_key {
	uint32_t mm;
	uint64_t va;
};

static bool page_matches(const struct history *h, uint32_t i, const void *key)
{
	const struct page_event *e = &h->events[i];
	const struct page_key *k = key;

	return e->mm == k->mm && (covers(&e->before, k->va) || covers(&e->now, k->va));
}

void history_put(const struct history *h, struct buf *b, bool raw, uint32_t id, uint64_t va, uint32_t last)
{
	struct page_key key = {.mm = id, .va = va};

	for (uint32_t i = first_of(h, h->nr_events, page_matches, &key, last); i < h->nr_events; i++)
		if (page_matches(h, i, &key))
			put_page_event(h, b, raw, &h->events[i]);
	put_full_note(h, b);
}

static bool frame_matches(const struct history *h, uint32_t i, const void *key)
{
	return h->frames[i].pfn == *(const uint64_t *)key;
}

void history_put_frame(const struct history *h, struct buf *b, uint64_t pfn, uint32_t last)
{
	for (uint32_t i = first_of(h, h->nr_frames, frame_matches, &pfn, last); i < h->nr_frames; i++)
		if (frame_matches(h, i, &pfn))
			put_event(h, b, h->frames[i].step, h->frames[i].text);
	put_full_note(h, b);
}

void history_free(struct history *h)
{
	for (uint32_t i = 0; i < h->nr_steps; i++)
		free(h->steps[i]);
	free(h->steps);
	free(h->events);
	free(h->frames);
	*h = (struct history){0};
}

static void put_area_of(struct buf *b, const struct pic_mm *mm, uint64_t va)
{
	const struct pic_area *area = pic_find_area(mm, va), *below = NULL, *above = NULL;

	buf_puts(b, "  area       ");
	if (area) {
		put_area(b, area);
		buf_puts(b, "\n");
		return;
	}
	if (in_agent_footprint(va & ~(PAGE_SIZE - 1), (va & ~(PAGE_SIZE - 1)) + PAGE_SIZE)) {
		buf_puts(b, "the agent's own\n");
		return;
	}
	for (uint32_t i = 0; i < mm->nr_areas; i++) {
		if (mm->areas[i].end <= va)
			below = &mm->areas[i];
		else if (!above)
			above = &mm->areas[i];
	}
	buf_puts(b, "none");
	if (below)
		buf_printf(b, "; below it one ends at %" PRIx64, below->end);
	if (above)
		buf_printf(b, "; above it one begins at %" PRIx64, above->start);
	buf_puts(b, "\n");
}

static void put_walk_step(struct buf *b, const struct names *names, const struct picture *p,
			  const struct walk_step *step)
{
	uint64_t pfn = (step->entry & PTE_PFN_MASK) >> PAGE_SHIFT;
	uint32_t number = names_number(names, pfn);
	size_t start = b->len;

	buf_printf(b, "  %s[%u]", level_name(p->la57, step->level), step->index);
	buf_pad(b, start, 13);
	if (step->entry == 0) {
		buf_puts(b, "empty\n");
		return;
	}
	if (!(step->entry & PTE_P) && !(step->entry & PTE_PROTNONE)) {
		buf_printf(b, "not present, %#" PRIx64 "\n", step->entry);
		return;
	}
	if (!names->raw && !number)
		buf_puts(b, "a frame of the agent or the kernel");
	else
		put_frame(b, names->raw, pfn, number);
	buf_printf(b, " %s%s%s%s", step->entry & PTE_P ? "present" : "held by PROT_NONE",
		   step->entry & PTE_RW ? " writable" : "", step->entry & PTE_US ? " user" : "",
		   step->entry & PTE_NX ? " nx" : "");
	if (names->raw)
		buf_printf(b, "  entry %" PRIx64 " at %" PRIx64, step->entry, step->entry_pa);
	buf_puts(b, "\n");
}

static const struct pic_frame *frame_of(const struct picture *p, uint64_t pfn)
{
	for (uint32_t i = 0; i < p->nr_frames; i++)
		if (p->frames[i].pfn == pfn)
			return &p->frames[i];
	return NULL;
}

void put_whereabouts(struct buf *b, const struct names *names, const struct picture *p,
		     const struct model *model, const struct pic_mm *mm, uint64_t va)
{
	struct walk walk = walk_address(model->image, mm->pgd_pfn << PAGE_SHIFT, model->mode, va);
	const struct pic_page *page = pic_find_page(mm, va);
	const struct pic_frame *frame = page ? frame_of(p, page->pfn) : NULL;

	buf_printf(b, "%" PRIx64 " in %s\n", va, mm->label);
	put_area_of(b, mm, va);
	for (unsigned int i = 0; i < walk.nr_steps; i++)
		put_walk_step(b, names, p, &walk.steps[i]);
	if (walk.end == WALK_NON_CANONICAL)
		buf_puts(b, "  walk       not a canonical address\n");
	if (walk.end == WALK_RESERVED)
		buf_puts(b, "  walk       a reserved bit is set\n");
	if (walk.end == WALK_OUTSIDE)
		buf_puts(b, "  walk       leads outside RAM\n");
	if (page) {
		buf_puts(b, "  page       ");
		put_page(b, p->raw, page, 1);
		buf_puts(b, "\n");
	}
	if (!frame || (page->bits & PB_ZERO))
		return;
	buf_puts(b, "  frame      ");
	put_frame(b, p->raw, frame->pfn, frame->name);
	buf_puts(b, ": ");
	put_frame_role(b, p, frame);
	if (frame_has_counts(frame))
		buf_printf(b, ", ref %d, map %d", frame->ref, frame->map);
	buf_puts(b, "\n");
}
