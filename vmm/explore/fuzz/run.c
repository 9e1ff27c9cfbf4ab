/* SPDX-License-Identifier: MIT */
/* One random program against one fresh machine: making it while it runs, and running it again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "explore/fuzz/fuzz.h"
#include "script/program.h"
#include "verify/verify.h"

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

void fuzz_generate(const struct options *options, uint32_t steps, uint32_t tasks, struct fuzz_cover *cover,
		   struct fuzz_program *program, struct fuzz_result *result)
{
	uint64_t random = options->seed;
	struct fuzz_machine m;
	bool good = begin(&m, options, result);

	*program = (struct fuzz_program){.steps = xcalloc(steps + 1, sizeof(*program->steps))};
	while (good && program->n < steps) {
		struct fuzz_step step = fuzz_draw(m.session, &random, tasks, cover);

		program->steps[program->n++] = step;
		result->step = program->n;
		good = run_step(&m, &step, result);
	}
	machine_close_fuzz(&m);
}
