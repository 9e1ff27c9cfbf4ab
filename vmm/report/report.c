/* SPDX-License-Identifier: MIT */
/* The document of a run; see report.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/changes.h"
#include "report/explain.h"
#include "report/full.h"
#include "report/history.h"
#include "report/json.h"
#include "report/cores.h"
#include "report/outdir.h"
#include "report/render.h"
#include "report/report.h"
#include "report/steptext.h"
#include "report/words.h"

struct report {
	struct report_config config;
	struct names names;
	struct history history;
	struct buf last_words;	      /* of the last step: who did what */
	struct lab_event *last_events;
	uint32_t nr_last_events;
	struct picture *before, *now; /* of the last step that was looked at, and of the one before it */
	bool looked;		      /* the last step has a picture of its own: `now` is its */
	bool ahead;		      /* `now` is of the step that is not told yet: a restore */
	struct touch *touches;	      /* since `now` was made */
	uint32_t nr_touches, cap_touches;
	struct buf label; /* headings since the last step, for its file */
	struct outdir *out;
};

/* --- writing -------------------------------------------------------------------------------------- */

static int emit(struct report *r, const struct buf *b, struct error *e)
{
	if (b->len == 0)
		return 0;
	if (fwrite(b->text, 1, b->len, r->config.to) == b->len && fflush(r->config.to) == 0)
		return 0;
	return error_set(e, EXIT_HOST, "cannot write the report: %s", strerror(errno));
}

struct report *report_open(const struct report_config *config, const struct report_header *header,
			   struct error *e)
{
	struct report *r = xcalloc(1, sizeof(*r));
	struct buf text = {0}, json = {0};
	int failed = 0;

	r->config = *config;
	r->names.raw = config->raw;
	json_header(&json, config, header);
	text_header(&text, config, header);
	if (config->out) {
		r->out = outdir_open(config->out, e);
		failed = !r->out || outdir_index(r->out, &json, e);
	}
	if (!failed)
		failed = emit(r, config->json ? &json : &text, e);
	buf_free(&text);
	buf_free(&json);
	if (!failed)
		return r;
	report_close(r);
	return NULL;
}

void report_name_task(struct report *r, int pid, const char *name)
{
	names_task(&r->names, pid, name);
}

const char *report_task_name(const struct report *r, int pid)
{
	return names_of_task(&r->names, NULL, pid);
}

/* --- looking -------------------------------------------------------------------------------------- */

static void add_touch(struct report *r, int pid, uint64_t start, uint64_t end)
{
	if (end <= start)
		return;
	if (r->nr_touches == r->cap_touches) {
		r->cap_touches = r->cap_touches ? 2 * r->cap_touches : 16;
		r->touches = xrealloc(r->touches, r->cap_touches * sizeof(*r->touches));
	}
	r->touches[r->nr_touches++] = (struct touch){.pid = pid, .start = start, .end = end};
}

static void add_touches(struct report *r, const struct report_step *step)
{
	add_touch(r, step->access.pid, step->access.start, step->access.end);
	for (uint32_t i = 0; i < step->nr_events; i++) {
		const struct lab_event *e = &step->events[i];

		if (e->type == LAB_EV_FAULT && fault_maps(e->args[2]))
			add_touch(r, e->pid, e->args[0] & ~(PAGE_SIZE - 1),
				  (e->args[0] & ~(PAGE_SIZE - 1)) + PAGE_SIZE);
	}
}

void report_look(struct report *r, const struct model *model)
{
	struct picture *p = picture_build(&r->names, model, r->now, r->touches, r->nr_touches);

	picture_free(r->before);
	r->before = r->now;
	r->now = p;
	r->nr_touches = 0;
}

struct report_state {
	struct names names;
	struct picture *picture; /* for what it knows of accesses; NULL: nothing was looked at */
};

struct report_state *report_save(const struct report *r, const struct model *model)
{
	struct report_state *state = xcalloc(1, sizeof(*state));
	struct names names = names_copy(&r->names);

	/* What the picture names anew is none of the state's: it is named again when it is shown. */
	state->picture = picture_build(&names, model, r->now, r->touches, r->nr_touches);
	names_free(&names);
	state->names = names_copy(&r->names);
	return state;
}

void report_restore(struct report *r, const struct report_state *state, const struct model *model)
{
	names_take_back(&r->names, &state->names);
	picture_free(r->before);
	r->before = r->now;
	r->now = picture_build(&r->names, model, state->picture, NULL, 0);
	r->nr_touches = 0;
	r->ahead = true;
}

void report_free_state(struct report_state *state)
{
	names_free(&state->names);
	picture_free(state->picture);
	free(state);
}

const struct picture *report_picture(const struct report *r)
{
	return r->now;
}
const struct names *report_names(const struct report *r)
{
	return &r->names;
}

void report_last_changes(const struct report *r, struct buf *b)
{
	if (r->now && r->looked)
		put_changes(b, r->before, r->now);
}

void report_why(const struct report *r, const struct model *model, int pid, uint64_t va, struct buf *b)
{
	const struct pic_mm *mm = r->now ? picture_mm_of(r->now, pid) : NULL;

	if (!mm) {
		buf_printf(b, "%s has no address space\n", names_of_task(&r->names, model, pid));
		return;
	}
	put_whereabouts(b, &r->names, r->now, model, mm, va);
	history_put(&r->history, b, r->names.raw, mm->id, va, 0);
}

void report_why_frame(const struct report *r, uint64_t pfn, struct buf *b)
{
	uint32_t name = names_number(&r->names, pfn);

	put_frame(b, r->names.raw, pfn, name);
	for (uint32_t i = 0; r->now && i < r->now->nr_frames; i++)
		if (r->now->frames[i].pfn == pfn) {
			buf_puts(b, ": ");
			put_frame_role(b, r->now, &r->now->frames[i]);
		}
	buf_puts(b, "\n");
	history_put_frame(&r->history, b, pfn, 0);
}

void report_explain(const struct report *r, const struct model *before, const struct model *model, struct buf *b)
{
	struct fault_scene scene = {.names = &r->names, .before = before, .model = model, .picture = r->now};
	size_t start;

	buf_printf(b, "%s\n", buf_text(&r->last_words));
	start = b->len;
	for (uint32_t i = 0; r->now && i < r->nr_last_events; i++)
		if (r->last_events[i].type == LAB_EV_FAULT && report_event_shown(r->names.raw, &r->last_events[i]))
			put_fault_story(b, &scene, &r->last_events[i]);
	if (b->len == start)
		buf_puts(b, "no fault\n");
}

/* --- findings ------------------------------------------------------------------------------------- */

#define STORY_LINES 3u /* of the past of an entry, and as many of a frame */

/* What led to it: the last changes of the entry and of the frame that it is about. */
static void put_story(const struct report *r, const struct model *model, const struct finding *finding, struct buf *b)
{
	if (finding->va && finding->mm > 0 && model && (uint32_t)finding->mm < model->nr_mms)
		history_put(&r->history, b, r->names.raw, model->mms[finding->mm].id, finding->va, STORY_LINES);
	if (finding->pfn != ~0UL)
		history_put_frame(&r->history, b, finding->pfn, STORY_LINES);
}

static void put_findings(const struct report *r, const struct model *model, const struct finding *findings, uint32_t n,
			 struct buf *b)
{
	struct buf story = {0}, told = {0};

	for (uint32_t i = 0; i < n; i++) {
		text_finding(b, &findings[i]);
		buf_clear(&story);
		put_story(r, model, &findings[i], &story);
		/* Several findings about one page have one past. */
		if (strcmp(buf_text(&story), buf_text(&told)))
			text_indented(b, buf_text(&story));
		buf_clear(&told);
		buf_puts(&told, buf_text(&story));
	}
	buf_free(&story);
	buf_free(&told);
}

/* --- steps ---------------------------------------------------------------------------------------- */

static void render_text(struct report *r, const struct report_step *step, enum report_detail detail,
			struct buf *b)
{
	text_step_line(b, &r->names, step);
	if (detail != DETAIL_NONE) {
		text_events(b, &r->names, step, step->now ? r->now : NULL);
		if (step->now)
			put_changes(b, r->before, r->now);
	}
	if (detail == DETAIL_FULL && step->now)
		put_full(b, r->now);
	put_findings(r, step->now, step->findings, step->nr_findings, b);
	text_standing(b, step->nr_old_findings);
	text_expected(b, step->expected);
}

/* The line of index.jsonl: enough to choose a step by. */
static void render_index(const struct report_step *step, struct buf *b)
{
	buf_printf(b, "{\"type\":\"step\",\"step\":%" PRIu32 ",\"op\":", step->number);
	buf_json_string(b, step->op);
	buf_puts(b, ",\"args\":");
	buf_json_string(b, step->args ? step->args : "");
	buf_puts(b, ",\"result\":");
	buf_json_string(b, step->result);
	buf_printf(b,
		   ",\"status\":\"%s\",\"findings\":%" PRIu32 ",\"text\":\"step-%04" PRIu32
		   ".txt\",\"json\":\"step-%04" PRIu32 ".json\"}\n",
		   step->status, step->nr_findings + step->nr_old_findings, step->number, step->number);
}

static int record_step(struct report *r, const struct report_step *step, struct error *e)
{
	struct buf text = {0}, json = {0}, line = {0};
	char name[32];
	int failed;

	buf_puts(&text, buf_text(&r->label));
	render_text(r, step, DETAIL_FULL, &text);
	json_step(&json, &r->names, step, step->now ? r->now : NULL);
	render_index(step, &line);
	snprintf(name, sizeof(name), "step-%04" PRIu32 ".txt", step->number);
	failed = outdir_file(r->out, name, &text, e);
	snprintf(name, sizeof(name), "step-%04" PRIu32 ".json", step->number);
	failed = failed || outdir_file(r->out, name, &json, e);
	failed = failed || record_cores(r->out, step, e);
	failed = failed || outdir_index(r->out, &line, e);
	buf_free(&text);
	buf_free(&json);
	buf_free(&line);
	return failed ? -1 : 0;
}

/* What why() and explain() will want to know of it. */
static void remember(struct report *r, const struct report_step *step)
{
	struct history_step what = {.number = step->number, .events = step->events, .nr_events = step->nr_events};

	buf_clear(&r->last_words);
	if (step->pid)
		buf_printf(&r->last_words, "%s ", names_of_task(&r->names, step->now, step->pid));
	buf_printf(&r->last_words, "%s%s%s", step->op, step->args && step->args[0] ? " " : "", step->args ? step->args : "");
	what.words = buf_text(&r->last_words);
	if (step->now)
		history_add(&r->history, &what, r->before, r->now);
	r->last_events = xrealloc(r->last_events, (step->nr_events + 1) * sizeof(*r->last_events));
	if (step->nr_events)
		memcpy(r->last_events, step->events, step->nr_events * sizeof(*r->last_events));
	r->nr_last_events = step->nr_events;
}

int report_step(struct report *r, const struct report_step *step, struct error *e)
{
	struct buf b = {0};
	int failed;

	add_touches(r, step);
	r->looked = step->now;
	if (step->now && !r->ahead)
		report_look(r, step->now);
	remember(r, step);
	r->ahead = false;
	if (r->config.json)
		json_step(&b, &r->names, step, r->config.detail != DETAIL_NONE && step->now ? r->now : NULL);
	else
		render_text(r, step, r->config.detail, &b);
	failed = emit(r, &b, e);
	if (!failed && r->out)
		failed = record_step(r, step, e);
	buf_free(&b);
	buf_clear(&r->label);
	return failed ? -1 : 0;
}

int report_label(struct report *r, const char *text, struct error *e)
{
	struct buf b = {0};
	int failed;

	buf_printf(&r->label, "-- %s\n", text);
	if (r->config.json)
		json_note(&b, "label", text);
	else
		buf_printf(&b, "\n-- %s\n", text);
	failed = emit(r, &b, e);
	buf_free(&b);
	return failed;
}

int report_print(struct report *r, const char *text, struct error *e)
{
	struct buf b = {0};
	int failed;

	if (r->config.json)
		json_note(&b, "print", text);
	else
		buf_printf(&b, "%s\n", text);
	failed = emit(r, &b, e);
	buf_free(&b);
	return failed;
}

int report_findings(struct report *r, const struct model *model, const struct finding *findings, uint32_t n, struct error *e)
{
	struct buf b = {0};
	int failed;

	if (r->config.json)
		for (uint32_t i = 0; i < n; i++)
			json_note(&b, "finding", findings[i].text);
	else
		put_findings(r, model, findings, n, &b);
	failed = emit(r, &b, e);
	buf_free(&b);
	return failed;
}

int report_dump(struct report *r, struct error *e)
{
	struct buf b = {0};
	int failed;

	if (!r->now)
		return 0;
	put_full(&b, r->now);
	if (r->config.json) {
		struct buf note = {0};

		json_note(&note, "dump", buf_text(&b));
		failed = emit(r, &note, e);
		buf_free(&note);
	} else {
		failed = emit(r, &b, e);
	}
	buf_free(&b);
	return failed;
}

int report_end(struct report *r, const struct report_totals *totals, struct error *e)
{
	struct buf text = {0}, json = {0};
	int failed;

	text_end(&text, &r->config, totals);
	json_end(&json, &r->config, totals);
	failed = emit(r, r->config.json ? &json : &text, e);
	if (!failed && r->out)
		failed = outdir_index(r->out, &json, e);
	buf_free(&text);
	buf_free(&json);
	return failed;
}

void report_close(struct report *r)
{
	if (!r)
		return;
	picture_free(r->before);
	picture_free(r->now);
	history_free(&r->history);
	buf_free(&r->last_words);
	free(r->last_events);
	names_free(&r->names);
	outdir_close(r->out);
	free(r->touches);
	buf_free(&r->label);
	free(r);
}
