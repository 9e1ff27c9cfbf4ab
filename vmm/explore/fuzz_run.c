/* SPDX-License-Identifier: MIT */
/* One random program against one fresh machine: making it while it runs, and running it again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "explore/fuzz.h"
#include "script/program.h"
#include "verify/verify.h"

#define CANDIDATES 4 /* of them the step is taken that reaches most */

const char *fuzz_end_name(enum fuzz_end end)
{
	static const char *const names[] = {
		[FUZZ_HELD] = "held", [FUZZ_FINDING] = "finding", [FUZZ_DIED] = "died",
		[FUZZ_HUNG] = "hung", [FUZZ_DIFFERS] = "differs", [FUZZ_ERROR] = "error",
	};

	return names[end];
}

/* --- one run ------------------------------------------------------------------------------------------ */

struct fuzz_machine {
	struct program *program;
	struct session *session;
	FILE *null;
	struct buf line;
};

static void machine_open_fuzz(struct fuzz_machine *m, const struct options *options)
{
	*m = (struct fuzz_machine){.null = fopen("/dev/null", "w")};
	m->program = m->null ? program_open(options, "fuzz", m->null) : NULL;
	if (m->program)
		m->session = program_session(m->program);
}

static void machine_close_fuzz(struct fuzz_machine *m)
{
	if (m->program)
		program_close(m->program);
	if (m->null)
		fclose(m->null);
	buf_free(&m->line);
}

/* What of an error's text is the same wherever it happens: without addresses, numbers and what follows a line's end. */
static void put_kind(char *to, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && *text != '\n' && n + 1 < size; text++)
		if (!strchr("0123456789", *text))
			to[n++] = *text;
	to[n] = 0;
}

static void failed(struct fuzz_result *r, enum fuzz_end end, const char *kind, const char *text)
{
	r->end = end;
	put_kind(r->what, sizeof(r->what), kind);
	snprintf(r->text, sizeof(r->text), "%s", text);
}

/* A target that compares ends the run at the first difference: its second line says what differs. */
static bool differs(const struct session *s, struct fuzz_result *r)
{
	const char *what = strchr(s->error.text, '\n');

	if (s->error.status != EXIT_FINDING || !s->target || !s->target->ops->compare || !what)
		return false;
	failed(r, FUZZ_DIFFERS, what + 1, s->error.text);
	return true;
}

/* Does the session stand as it should? */
static bool judge(const struct fuzz_machine *m, struct fuzz_result *r, const char *why)
{
	const struct session *s = m->session;

	if (s->over) {
		if (differs(s, r))
			return false;
		failed(r, s->error.status == EXIT_GUEST_DIED ? FUZZ_DIED : s->error.status == EXIT_TIME ? FUZZ_HUNG : FUZZ_ERROR,
		       s->error.text, s->error.text);
		return false;
	}
	if (s->nr_findings && s->findings.n) {
		const struct finding *f = &s->findings.items[0];

		r->end = FUZZ_FINDING;
		snprintf(r->what, sizeof(r->what), "%s", f->invariant->id);
		snprintf(r->text, sizeof(r->text), "%s: %s", f->invariant->id, f->text);
		return false;
	}
	if (s->failures) {
		failed(r, FUZZ_DIFFERS, s->last_step, s->last_step);
		return false;
	}
	/* A line that is no sense (a task that is gone, a word unknown) is the generator's mistake. */
	if (why && !strstr(why, "as many as a scenario can have")) {
		failed(r, FUZZ_ERROR, why, why);
		return false;
	}
	return true;
}

static bool run_line(struct fuzz_machine *m, const char *text, struct fuzz_result *r)
{
	const char *why = NULL;

	program_line(m->program, text, &why);
	return judge(m, r, why);
}

static bool run_step(struct fuzz_machine *m, const struct fuzz_step *step, struct fuzz_result *r)
{
	buf_clear(&m->line);
	fuzz_render(step, &m->line);
	return run_line(m, buf_text(&m->line), r);
}

static bool begin(struct fuzz_machine *m, const struct options *options, struct fuzz_result *r)
{
	*r = (struct fuzz_result){.end = FUZZ_HELD};
	machine_open_fuzz(m, options);
	if (m->program)
		return run_line(m, fuzz_prelude, r);
	failed(r, FUZZ_ERROR, "no memory", "the host has no memory for a Lua state");
	return false;
}

void fuzz_run(const struct options *options, const struct fuzz_program *program, struct fuzz_result *result)
{
	struct fuzz_machine m;
	bool good = begin(&m, options, result);

	for (uint32_t i = 0; good && i < program->n; i++) {
		result->step = i + 1;
		good = run_step(&m, &program->steps[i], result);
	}
	machine_close_fuzz(&m);
}

/* --- making one ---------------------------------------------------------------------------------------- */

/* splitmix64: any seed is a good one. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15UL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9UL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebUL;
	return z ^ z >> 31;
}

static uint8_t draw_op(uint64_t *random)
{
	unsigned int total = 0, at;

	for (unsigned int i = 0; i < nr_fuzz_ops; i++)
		total += fuzz_ops[i].weight;
	at = next(random) % total;
	for (unsigned int i = 0;; i++) {
		if (at < fuzz_ops[i].weight)
			return i;
		at -= fuzz_ops[i].weight;
	}
}

/* The living tasks of the session, by their place in T. */
static uint32_t living(const struct session *s, uint8_t *tasks, uint32_t max)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->nr_tasks && i < UINT8_MAX && n < max; i++)
		if (!s->tasks[i]->gone)
			tasks[n++] = i + 1;
	return n;
}

/* Is there a living process beside that of T[task]? */
static bool others_live(const struct session *s, uint8_t task)
{
	for (uint32_t i = 0; i < s->nr_tasks; i++)
		if (!s->tasks[i]->gone && s->tasks[i]->process != s->tasks[task - 1]->process)
			return true;
	return false;
}

/* A new task too many, or the end of the last process. */
static bool out_of_place(const struct session *s, const struct fuzz_step *step, uint32_t nr_living, uint32_t max_tasks)
{
	const char *name = fuzz_ops[step->op].name;

	return strcmp(name, "fork") == 0 ? nr_living >= max_tasks : strcmp(name, "exit") == 0 && !others_live(s, step->task);
}

static struct fuzz_step draw(const struct session *s, uint64_t *random, const uint8_t *tasks, uint32_t nr_living,
			     uint32_t max_tasks)
{
	struct fuzz_step step;

	do {
		step = (struct fuzz_step){.op = draw_op(random), .task = tasks[next(random) % nr_living]};
	} while (out_of_place(s, &step, nr_living, max_tasks));
	for (unsigned int i = 0; i < fuzz_ops[step.op].choices; i++)
		step.choice[i] = next(random);
	return step;
}

/* Of a few the one that brings the guest where it has been least. */
static struct fuzz_step choose(struct fuzz_machine *m, uint64_t *random, uint32_t max_tasks, struct fuzz_cover *cover)
{
	struct session *s = m->session;
	uint8_t tasks[UINT8_MAX];
	uint32_t nr = living(s, tasks, UINT8_MAX);
	struct fuzz_step best = draw(s, random, tasks, nr, max_tasks);
	unsigned int most = cover ? cover_step(cover, s->model, s->tasks[best.task - 1]->pid, &best, false) : 0;

	for (int i = 1; cover && i < CANDIDATES; i++) {
		struct fuzz_step other = draw(s, random, tasks, nr, max_tasks);
		unsigned int reaches = cover_step(cover, s->model, s->tasks[other.task - 1]->pid, &other, false);

		if (reaches > most) {
			best = other;
			most = reaches;
		}
	}
	if (cover)
		cover_step(cover, s->model, s->tasks[best.task - 1]->pid, &best, true);
	return best;
}

void fuzz_generate(const struct options *options, uint32_t steps, uint32_t tasks, struct fuzz_cover *cover,
		   struct fuzz_program *program, struct fuzz_result *result)
{
	uint64_t random = options->seed;
	struct fuzz_machine m;
	bool good = begin(&m, options, result);
	uint8_t any[1];

	*program = (struct fuzz_program){.steps = xcalloc(steps + 1, sizeof(*program->steps))};
	while (good && program->n < steps && living(m.session, any, 1)) {
		struct fuzz_step step = choose(&m, &random, tasks, cover);

		program->steps[program->n++] = step;
		result->step = program->n;
		good = run_step(&m, &step, result);
	}
	machine_close_fuzz(&m);
}
