/* SPDX-License-Identifier: MIT */
/* A failing program made small: fewer steps (delta debugging), then smaller choices, as long as it fails in the same way. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "explore/fuzz/fuzz.h"

struct shrinking {
	const struct options *options;
	struct fuzz_program *program;	/* the smallest so far */
	struct fuzz_result *result;	/* how it fails */
	uint32_t runs, max_runs;
};

/* Does `candidate` fail as the program does? Then it is the program from now on, cut behind the step that failed. */
static bool still_fails(struct shrinking *s, const struct fuzz_program *candidate)
{
	struct fuzz_result r;

	if (s->runs >= s->max_runs)
		return false;
	s->runs++;
	fuzz_run(s->options, candidate, &r);
	if (r.end != s->result->end || strcmp(r.what, s->result->what))
		return false;
	memmove(s->program->steps, candidate->steps, r.step * sizeof(*candidate->steps));
	s->program->n = r.step;
	*s->result = r;
	return true;
}

static bool without(struct shrinking *s, uint32_t from, uint32_t count, struct fuzz_program *scratch)
{
	const struct fuzz_program *p = s->program;

	scratch->n = p->n - count;
	memcpy(scratch->steps, p->steps, from * sizeof(*p->steps));
	memcpy(scratch->steps + from, p->steps + from + count, (p->n - from - count) * sizeof(*p->steps));
	return still_fails(s, scratch);
}

/* Leave out ever smaller pieces, from the end: what failed stands there. */
static bool fewer_steps(struct shrinking *s, struct fuzz_program *scratch)
{
	bool any = false;

	for (uint32_t size = s->program->n / 2; size; size /= 2)
		for (uint32_t end = s->program->n; end >= size;) {
			if (without(s, end - size, size, scratch)) {
				any = true;
				end = s->program->n < end ? s->program->n : end;
			} else {
				end -= size;
			}
		}
	return any;
}

static bool try_choice(struct shrinking *s, uint32_t step, unsigned int i, uint16_t value, struct fuzz_program *scratch)
{
	scratch->n = s->program->n;
	memcpy(scratch->steps, s->program->steps, scratch->n * sizeof(*scratch->steps));
	scratch->steps[step].choice[i] = value;
	return still_fails(s, scratch);
}

/* The smallest number that does: 0, or what halving comes to. */
static bool smaller_choice(struct shrinking *s, uint32_t step, unsigned int i, struct fuzz_program *scratch)
{
	uint16_t low = 0, value = s->program->steps[step].choice[i];
	bool any = false;

	if (!value)
		return false;
	if (try_choice(s, step, i, 0, scratch))
		return true;
	while (step < s->program->n && value - low > 1) {
		uint16_t middle = low + (value - low) / 2;

		if (try_choice(s, step, i, middle, scratch)) {
			any = true;
			value = middle;
		} else {
			low = middle;
		}
	}
	return any;
}

/* The first task did it. */
static bool first_task(struct shrinking *s, uint32_t step, struct fuzz_program *scratch)
{
	if (s->program->steps[step].task == 1)
		return false;
	scratch->n = s->program->n;
	memcpy(scratch->steps, s->program->steps, scratch->n * sizeof(*scratch->steps));
	scratch->steps[step].task = 1;
	return still_fails(s, scratch);
}

static bool smaller_choices(struct shrinking *s, struct fuzz_program *scratch)
{
	bool any = false;

	for (uint32_t step = 0; step < s->program->n; step++) {
		any |= first_task(s, step, scratch);
		for (unsigned int i = 0; step < s->program->n && i < fuzz_op(s->program->steps[step].op)->choices; i++)
			any |= smaller_choice(s, step, i, scratch);
	}
	return any;
}

/* The same death a thousand times over is nothing to tell: standard error leads nowhere meanwhile. Gives the old one. */
static int hush(void)
{
	int old = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere >= 0) {
		dup2(nowhere, STDERR_FILENO);
		close(nowhere);
	}
	return old;
}

uint32_t fuzz_shrink(const struct options *options, uint32_t max_runs, struct fuzz_program *program, struct fuzz_result *result)
{
	struct shrinking s = {.options = options, .program = program, .result = result, .max_runs = max_runs};
	struct fuzz_program scratch = {.steps = xcalloc(program->n + 1, sizeof(*scratch.steps))};
	int old = hush();

	/* Smaller choices may make more steps needless, and the other way round. */
	while (fewer_steps(&s, &scratch) | smaller_choices(&s, &scratch))
		;
	if (old >= 0) {
		dup2(old, STDERR_FILENO);
		close(old);
	}
	free(scratch.steps);
	return s.runs;
}
