/* SPDX-License-Identifier: MIT */
/* The past of entries, and the present of one address; see history.h. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "report/changes.h"
#include "report/history.h"
#include "report/render.h"

struct adding {
	struct history *h;
	uint32_t step, mm;
};

static void add_event(void *ctx, const struct pic_page *before, const struct pic_page *now)
{
	struct adding *a = ctx;
	struct history *h = a->h;
	struct page_event event = {.step = a->step, .mm = a->mm};

	if (h->nr_events == MAX_PAGE_EVENTS) {
		h->full = true;
		return;
	}
	if (h->nr_events == h->capacity) {
		h->capacity = h->capacity ? 2 * h->capacity : 64;
		h->events = xrealloc(h->events, h->capacity * sizeof(*h->events));
	}
	if (before)
		event.before = *before;
	if (now)
		event.now = *now;
	h->events[h->nr_events++] = event;
}

void history_add(struct history *h, uint32_t step, const struct picture *before, const struct picture *now)
{
	for (uint32_t i = 0; i < now->nr_mms; i++) {
		struct adding a = {.h = h, .step = step, .mm = now->mms[i].id};

		if (now->mms[i].raw_kernel)
			continue;
		each_page_change(before ? picture_mm(before, a.mm) : NULL, &now->mms[i], PB_SHOWN, add_event,
				 &a);
	}
}

static bool covers(const struct pic_page *page, uint64_t va)
{
	return page->level && va >= page->va && va - page->va < pic_page_size(page);
}

void history_put(const struct history *h, struct buf *b, bool raw, uint32_t id, uint64_t va)
{
	for (uint32_t i = 0; i < h->nr_events; i++) {
		const struct page_event *e = &h->events[i];

		if (e->mm != id || !(covers(&e->before, va) || covers(&e->now, va)))
			continue;
		buf_printf(b, "  step %-4" PRIu32 "  ", e->step);
		put_page(b, raw, e->before.level ? &e->before : NULL, 1);
		buf_puts(b, "  ->  ");
		put_page(b, raw, e->now.level ? &e->now : NULL, 1);
		buf_puts(b, "\n");
	}
	if (h->full)
		buf_printf(b, "  (the first %u changes of the run are remembered, no more)\n",
			   MAX_PAGE_EVENTS);
}

void history_free(struct history *h)
{
	free(h->events);
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
