/* SPDX-License-Identifier: MIT */
/* The difference of two pictures; see changes.h. */
#include <inttypes.h>
#include <string.h>

#include "lab.h"
#include "report/changes.h"
#include "report/render.h"
#include "report/segments.h"
#include "report/words.h"

#define INDENT "     "
#define COLUMN 25 /* where what follows a label begins, after "~ " */

/* Threaded through: where to write and the two sides. */
struct changes {
	struct buf *b;
	const struct picture *before, *now;
	bool labels; /* more than one mm: say whose */
};

/* --- tasks ---------------------------------------------------------------------------------------- */

static void task_line(struct changes *c, const struct pic_task *before, const struct pic_task *now)
{
	if (!before) {
		buf_printf(c->b, INDENT "+ task %s  pid %d", now->name, now->pid);
		if (now->tgid != now->pid)
			buf_printf(c->b, ", thread of %d", now->tgid);
		else if (now->parent > 0)
			buf_printf(c->b, ", child of %d", now->parent);
		buf_puts(c->b, "\n");
		return;
	}
	if (!now) {
		buf_printf(c->b, INDENT "- task %s  pid %d", before->name, before->pid);
		buf_puts(c->b, before->state == TASK_ZOMBIE ? ", reaped\n" : "\n");
		return;
	}
	if (before->state == now->state || now->state != TASK_ZOMBIE)
		return;
	buf_printf(c->b, INDENT "~ task %s  ", now->name);
	put_wait_status(c->b, now->exit_code);
	buf_puts(c->b, ", zombie\n");
}

static void task_changes(struct changes *c)
{
	for (uint32_t i = 0; c->before && i < c->before->nr_tasks; i++)
		if (!picture_task(c->now, c->before->tasks[i].pid))
			task_line(c, &c->before->tasks[i], NULL);
	for (uint32_t i = 0; i < c->now->nr_tasks; i++) {
		const struct pic_task *now = &c->now->tasks[i];
		const struct pic_task *was = c->before ? picture_task(c->before, now->pid) : NULL;

		/* At the first picture the kernel's own threads are no news. */
		if (c->before || !(now->flags & PF_KTHREAD))
			task_line(c, was, now);
	}
}

/* --- areas ---------------------------------------------------------------------------------------- */

static void put_label(struct changes *c, const struct pic_mm *mm)
{
	if (c->labels)
		buf_printf(c->b, "%s ", mm->label);
}

static void area_line(struct changes *c, const struct pic_mm *mm, char sign, const struct pic_area *area)
{
	buf_printf(c->b, INDENT "%c ", sign);
	put_label(c, mm);
	put_area(c->b, area);
	buf_puts(c->b, "\n");
}

static void area_changed(struct changes *c, const struct pic_mm *mm, const struct pic_area *was,
			 const struct pic_area *is)
{
	buf_puts(c->b, INDENT "~ ");
	put_label(c, mm);
	buf_printf(c->b, "%" PRIx64 "-%" PRIx64, was->start, was->end);
	if (was->flags != is->flags) {
		buf_puts(c->b, " ");
		put_prot(c->b, was->flags);
	}
	buf_puts(c->b, "  ->  ");
	put_area(c->b, is);
	buf_puts(c->b, "\n");
}

/* An area shows no VM_SOFTDIRTY: smaps and pagemap do. */
static bool same_area(const struct pic_area *a, const struct pic_area *b)
{
	return a->start == b->start && a->end == b->end && !((a->flags ^ b->flags) & ~VM_SOFTDIRTY) &&
	       strcmp(a->name, b->name) == 0;
}

/* What is gone or new may be another's later or former self: one of the same start, or of the same end. */
static const struct pic_area *counterpart(const struct pic_mm *in, const struct pic_area *area)
{
	const struct pic_area *at = pic_find_area(in, area->start);

	if (at && at->start == area->start)
		return at;
	at = pic_find_area(in, area->end - 1);
	return at && at->end == area->end ? at : NULL;
}

static void area_changes(struct changes *c, const struct pic_mm *before, const struct pic_mm *now)
{
	for (uint32_t i = 0; before && i < before->nr_areas; i++) {
		const struct pic_area *was = &before->areas[i];
		const struct pic_area *is = counterpart(now, was);

		if (!is || counterpart(before, is) != was)
			area_line(c, now, '-', was);
	}
	for (uint32_t i = 0; i < now->nr_areas; i++) {
		const struct pic_area *is = &now->areas[i];
		const struct pic_area *was = before ? counterpart(before, is) : NULL;

		if (!was || counterpart(now, was) != is)
			area_line(c, now, '+', is);
		else if (!same_area(was, is))
			area_changed(c, now, was, is);
	}
}

/* --- pages ---------------------------------------------------------------------------------------- */

/* A run of equal changes that waits to be written. */
struct pending_run {
	struct changes *c;
	const struct pic_mm *mm;
	const struct pic_page *before, *now;
	uint32_t n;
};

static void put_page_run(struct pending_run *run)
{
	const struct pic_page *page = run->now ? run->now : run->before;
	struct buf *b = run->c->b;
	size_t start;

	if (run->n == 0)
		return;
	buf_puts(b, INDENT "~ ");
	start = b->len;
	put_label(run->c, run->mm);
	buf_printf(b, "%" PRIx64, page->va);
	if (run->n > 1)
		buf_printf(b, "-%" PRIx64, page->va + run->n * pic_page_size(page));
	buf_pad(b, start, COLUMN - 1);
	buf_puts(b, " ");
	put_page(b, run->c->now->raw, run->before, run->n);
	buf_puts(b, "  ->  ");
	put_page(b, run->c->now->raw, run->now, run->n);
	if (!run->before) {
		buf_puts(b, "  ");
		buf_pad(b, start, COLUMN + 34);
		put_path(b, run->c->now->la57, run->now, run->n);
	}
	buf_puts(b, "\n");
	run->n = 0;
}

static void page_changed(void *ctx, const struct pic_page *before, const struct pic_page *now)
{
	struct pending_run *run = ctx;
	bool raw = run->c->now->raw;

	if (run->n && page_follows(raw, run->before, run->n, before) &&
	    page_follows(raw, run->now, run->n, now)) {
		run->n++;
		return;
	}
	put_page_run(run);
	run->before = before;
	run->now = now;
	run->n = 1;
}

static bool same_page(const struct pic_page *a, const struct pic_page *b, uint16_t bits)
{
	return a->pfn == b->pfn && a->name == b->name && a->level == b->level &&
	       (a->bits & bits) == (b->bits & bits);
}

void each_page_change(const struct pic_mm *before, const struct pic_mm *now, uint16_t bits, page_change_fn fn,
		      void *ctx)
{
	uint32_t nr_before = before ? before->nr_pages : 0, nr_now = now ? now->nr_pages : 0;

	for (uint32_t i = 0, j = 0; i < nr_before || j < nr_now;) {
		const struct pic_page *was = i < nr_before ? &before->pages[i] : NULL;
		const struct pic_page *is = j < nr_now ? &now->pages[j] : NULL;

		if (was && is && was->va == is->va && was->level == is->level) {
			if (!same_page(was, is, bits))
				fn(ctx, was, is);
			i++, j++;
		} else if (!is ||
			   (was && (was->va < is->va || (was->va == is->va && was->level < is->level)))) {
			fn(ctx, was, NULL);
			i++;
		} else {
			fn(ctx, NULL, is);
			j++;
		}
	}
}

/* --- whole mms ------------------------------------------------------------------------------------ */

const struct pic_mm *mm_origin(const struct picture *now, const struct pic_mm *mm)
{
	for (uint32_t i = 0; i < now->nr_tasks; i++) {
		const struct pic_mm *parent;

		if (now->tasks[i].mm != mm->id)
			continue;
		parent = picture_mm_of(now, now->tasks[i].parent);
		return parent != mm ? parent : NULL;
	}
	return NULL;
}

struct copy_count {
	uint32_t changed;
};

static void count_change(void *ctx, const struct pic_page *before, const struct pic_page *now)
{
	(void)now;
	if (before) /* a page of the origin that the copy lacks or has otherwise */
		((struct copy_count *)ctx)->changed++;
}

/* After a fork the child's areas and pages are the parent's: telling them all again tells nothing. */
static void put_copied(struct changes *c, const struct pic_mm *origin, const struct pic_mm *mm)
{
	struct copy_count count = {0};
	uint32_t areas = 0;

	each_page_change(origin, mm, PB_COPIED, count_change, &count);
	for (uint32_t i = 0; i < mm->nr_areas; i++) {
		const struct pic_area *other = pic_find_area(origin, mm->areas[i].start);

		areas += other && same_area(other, &mm->areas[i]);
	}
	buf_puts(c->b, ", ");
	put_count(c->b, areas, "area");
	buf_puts(c->b, " and ");
	put_count(c->b, origin->nr_pages - count.changed, "page");
	buf_printf(c->b, " as in %s", origin->label);
}

static void mm_came(struct changes *c, const struct pic_mm *mm)
{
	const struct pic_mm *origin = c->before ? mm_origin(c->now, mm) : NULL;

	buf_printf(c->b, INDENT "+ mm of %s  cr3 ", mm->label);
	put_frame(c->b, c->now->raw, mm->pgd_pfn, mm->nr_tables ? mm->tables[0].name : 0);
	if (origin)
		put_copied(c, origin, mm);
	buf_puts(c->b, "\n");
}

static void mm_went(struct changes *c, const struct pic_mm *was, const struct pic_mm *is)
{
	buf_printf(c->b, INDENT "- mm of %s  ", was->label);
	put_count(c->b, was->nr_areas, "area");
	buf_puts(c->b, ", ");
	put_count(c->b, was->nr_pages, "page");
	buf_puts(c->b, is ? ", kept by a lazy user\n" : "\n");
}

/* Its last user has gone: what is left of it, if anything, belongs to kernel threads that borrow it. */
static bool mm_is_spent(const struct pic_mm *mm)
{
	return !mm || (mm->users <= 0 && mm->nr_areas == 0);
}

static void counter_changes(struct changes *c, const struct pic_mm *before, const struct pic_mm *now)
{
	const char *separator = "  ";

	for (unsigned int row = 0; row < nr_counter_rows; row++) {
		int64_t was = counter_value(&before->counters, row), is = counter_value(&now->counters, row);

		if (was == is)
			continue;
		if (separator[0] == ' ')
			buf_printf(c->b, INDENT "~ counters of %s", now->label);
		buf_printf(c->b, "%s%s %" PRId64 " -> %" PRId64, separator, counter_rows[row].name, was, is);
		separator = ", ";
	}
	if (before->users != now->users) {
		if (separator[0] == ' ')
			buf_printf(c->b, INDENT "~ counters of %s", now->label);
		buf_printf(c->b, "%smm_users %d -> %d", separator, before->users, now->users);
		separator = ", ";
	}
	if (before->brk != now->brk) {
		if (separator[0] == ' ')
			buf_printf(c->b, INDENT "~ counters of %s", now->label);
		buf_printf(c->b, "%sbrk %" PRIx64 " -> %" PRIx64, separator, before->brk, now->brk);
		separator = ", ";
	}
	if (separator[0] != ' ')
		buf_puts(c->b, "\n");
}

static void mm_changes(struct changes *c, const struct pic_mm *before, const struct pic_mm *now)
{
	struct pending_run run = {.c = c, .mm = now};
	const struct pic_mm *base = before;

	if (!before) {
		mm_came(c, now);
		base = c->before ? mm_origin(c->now, now) : NULL;
	}
	area_changes(c, base, now);
	each_page_change(base, now, before ? PB_SHOWN : PB_COPIED, page_changed, &run);
	put_page_run(&run);
	if (before)
		counter_changes(c, before, now);
}

static void all_mm_changes(struct changes *c)
{
	for (uint32_t i = 0; c->before && i < c->before->nr_mms; i++) {
		const struct pic_mm *was = &c->before->mms[i];
		const struct pic_mm *is = picture_mm(c->now, was->id);

		if (!mm_is_spent(was) && mm_is_spent(is))
			mm_went(c, was, is);
	}
	for (uint32_t i = 0; i < c->now->nr_mms; i++) {
		const struct pic_mm *is = &c->now->mms[i];

		if (!mm_is_spent(is))
			mm_changes(c, c->before ? picture_mm(c->before, is->id) : NULL, is);
	}
}

/* --- frames --------------------------------------------------------------------------------------- */

/** The frame of that name, or NULL. Names ascend in a picture, and so do those that are asked for: *at goes along. */
static const struct pic_frame *frame_named(const struct picture *p, uint32_t *at, uint32_t name)
{
	while (p && *at < p->nr_frames && p->frames[*at].name < name)
		++*at;
	return p && *at < p->nr_frames && p->frames[*at].name == name ? &p->frames[*at] : NULL;
}

static bool same_owners(const struct pic_frame *a, const struct pic_frame *b)
{
	return a->nr_owners == b->nr_owners && a->more_owners == b->more_owners &&
	       memcmp(a->owners, b->owners, a->nr_owners * sizeof(a->owners[0])) == 0;
}

/* The state of a frame in words; of one without counts nothing but what it is. */
static void put_frame_state(struct buf *b, const struct picture *p, const struct pic_frame *frame)
{
	put_frame_role(b, p, frame);
	if (frame_has_counts(frame))
		buf_printf(b, ", ref %d, map %d", frame->ref, frame->map);
}

static void put_frame_change(struct changes *c, struct buf *b, const struct pic_frame *was,
			     const struct pic_frame *is)
{
	const char *separator = "";

	if (!was || was->role != is->role) {
		if (was) {
			put_frame_state(b, c->before, was);
			buf_puts(b, "  ->  ");
		}
		put_frame_state(b, c->now, is);
		return;
	}
	if (was->ref != is->ref) {
		buf_printf(b, "ref %d -> %d", was->ref, is->ref);
		separator = ", ";
	}
	if (was->map != is->map && frame_has_counts(is)) {
		buf_printf(b, "%smap %d -> %d", separator, was->map, is->map);
		separator = ", ";
	}
	if (!same_owners(was, is)) {
		buf_printf(b, "%s%s", separator, is->nr_owners ? "of " : "of nobody");
		put_owners(b, c->now, is);
	}
}

static bool frame_changed(const struct pic_frame *was, const struct pic_frame *is)
{
	return !was || was->role != is->role || was->ref != is->ref || !same_owners(was, is) ||
	       (was->map != is->map && frame_has_counts(is));
}

/* A run of frames with one text: F31..F33. */
struct frame_run {
	struct buf text;
	const struct pic_frame *first;
	uint32_t n;
	char sign;
};

static void put_frame_run(struct changes *c, struct frame_run *run)
{
	size_t start;

	if (run->n == 0)
		return;
	buf_printf(c->b, INDENT "%c ", run->sign);
	start = c->b->len;
	put_frame(c->b, c->now->raw, run->first->pfn, run->first->name);
	if (run->n > 1) {
		buf_puts(c->b, "..");
		put_frame(c->b, c->now->raw, run->first->pfn + run->n - 1, run->first->name + run->n - 1);
	}
	buf_pad(c->b, start, COLUMN - 1);
	buf_printf(c->b, " %s\n", buf_text(&run->text));
	run->n = 0;
}

static void add_to_frame_run(struct changes *c, struct frame_run *run, char sign, const struct buf *text,
			     const struct pic_frame *frame)
{
	bool next = run->n && run->sign == sign && strcmp(buf_text(&run->text), buf_text(text)) == 0 &&
		    frame->name == run->first->name + run->n &&
		    (!c->now->raw || frame->pfn == run->first->pfn + run->n);

	if (next) {
		run->n++;
		return;
	}
	put_frame_run(c, run);
	buf_clear(&run->text);
	buf_puts(&run->text, buf_text(text));
	run->first = frame;
	run->sign = sign;
	run->n = 1;
}

/* Called with each frame that changed, came (was NULL) or went (is NULL). */
typedef void (*frame_pair_fn)(struct changes *c, void *ctx, const struct pic_frame *was, const struct pic_frame *is);

static void each_frame_pair(struct changes *c, frame_pair_fn fn, void *ctx)
{
	for (uint32_t i = 0, at = 0; i < c->now->nr_frames; i++) {
		const struct pic_frame *is = &c->now->frames[i];
		const struct pic_frame *was = frame_named(c->before, &at, is->name);

		if (frame_changed(was, is))
			fn(c, ctx, was, is);
	}
	for (uint32_t i = 0, at = 0; c->before && i < c->before->nr_frames; i++)
		if (!frame_named(c->now, &at, c->before->frames[i].name))
			fn(c, ctx, &c->before->frames[i], NULL);
}

static void frame_text(struct changes *c, struct buf *text, const struct pic_frame *was, const struct pic_frame *is)
{
	buf_clear(text);
	if (is)
		put_frame_change(c, text, was, is);
	else
		buf_puts(text, "free");
}

struct frame_lines {
	struct frame_run run;
	struct buf text;
};

static void add_frame_line(struct changes *c, void *ctx, const struct pic_frame *was, const struct pic_frame *is)
{
	struct frame_lines *lines = ctx;

	frame_text(c, &lines->text, was, is);
	add_to_frame_run(c, &lines->run, !is ? '-' : was ? '~' : '+', &lines->text, is ? is : was);
}

static void frame_changes(struct changes *c)
{
	struct frame_lines lines = {.run.n = 0};

	each_frame_pair(c, add_frame_line, &lines);
	put_frame_run(c, &lines.run);
	buf_free(&lines.text);
	buf_free(&lines.run.text);
}

struct frame_call {
	frame_change_fn fn;
	void *ctx;
	struct buf text;
};

static void call_with_frame(struct changes *c, void *ctx, const struct pic_frame *was, const struct pic_frame *is)
{
	struct frame_call *call = ctx;

	frame_text(c, &call->text, was, is);
	call->fn(call->ctx, is ? is->pfn : was->pfn, buf_text(&call->text));
}

void each_frame_change(const struct picture *before, const struct picture *now, frame_change_fn fn, void *ctx)
{
	struct changes c = {.before = before, .now = now};
	struct frame_call call = {.fn = fn, .ctx = ctx};

	each_frame_pair(&c, call_with_frame, &call);
	buf_free(&call.text);
}

void put_changes(struct buf *b, const struct picture *before, const struct picture *now)
{
	struct changes c = {.b = b, .before = before, .now = now};

	c.labels = now->nr_mms > 1 || (before && before->nr_mms > 1);
	task_changes(&c);
	all_mm_changes(&c);
	frame_changes(&c);
	put_segment_changes(b, before, now);
	if (before && before->virtual_ns != now->virtual_ns)
		buf_printf(b, INDENT "~ virtual time  %" PRIu64 " ns -> %" PRIu64 " ns\n", before->virtual_ns,
			   now->virtual_ns);
}
