/* SPDX-License-Identifier: MIT */
/* The next step of a random program: drawn by weight and for a task that can do it, where it leads to most that is new. */
#include "explore/fuzz/fuzz.h"

#define CANDIDATES 4 /* of them the step is taken that reaches most */
#define MAX_LIVING 64

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

	for (unsigned int i = 0; fuzz_op(i); i++)
		total += fuzz_op(i)->weight;
	at = next(random) % total;
	for (unsigned int i = 0;; i++) {
		if (at < fuzz_op(i)->weight)
			return i;
		at -= fuzz_op(i)->weight;
	}
}

/* Tasks by their place in T, which is theirs in the session, too. */
struct tasks {
	uint8_t at[MAX_LIVING];
	uint32_t n;
};

/* Those that live, or of them those that await a step. */
static struct tasks living(const struct session *s, bool able)
{
	struct tasks tasks = {.n = 0};

	for (uint32_t i = 0; i < s->nr_tasks && i < UINT8_MAX && tasks.n < MAX_LIVING; i++)
		if (!s->tasks[i]->gone && !(able && s->tasks[i]->pending))
			tasks.at[tasks.n++] = i + 1;
	return tasks;
}

/* Who may end or sleep by it: without that one, or its process, somebody must still be able to do something. */
static bool others_go_on(const struct session *s, const struct fuzz_step *step, const struct tasks *live)
{
	const struct fuzz_op *op = fuzz_op(step->op);
	uint8_t who = op->victim ? live->at[op->victim(step) % live->n] : step->task;
	const struct task *victim = s->tasks[who - 1];
	struct tasks able = living(s, true);

	for (uint32_t i = 0; i < able.n; i++) {
		const struct task *other = s->tasks[able.at[i] - 1];

		if (other != victim && (op->may == FUZZ_BLOCKS || other->process != victim->process))
			return true;
	}
	return false;
}

static bool in_place(const struct session *s, const struct fuzz_step *step, const struct tasks *live, uint32_t max_tasks)
{
	switch (fuzz_op(step->op)->may) {
	case FUZZ_ADDS:
	case FUZZ_BEGINS:
		return live->n < max_tasks;
	case FUZZ_ENDS:
	case FUZZ_BLOCKS:
		return others_go_on(s, step, live);
	default:
		return true;
	}
}

static struct fuzz_step draw(const struct session *s, uint64_t *random, const struct tasks *able, uint32_t max_tasks)
{
	struct tasks live = living(s, false);
	struct fuzz_step step;

	do {
		step = (struct fuzz_step){.op = draw_op(random), .task = able->at[next(random) % able->n]};
		for (unsigned int i = 0; i < fuzz_op(step.op)->choices; i++)
			step.choice[i] = next(random);
	} while (!in_place(s, &step, &live, max_tasks));
	return step;
}

/* Nobody is left who could do anything: a new process. */
static struct fuzz_step begin_anew(void)
{
	struct fuzz_step step = {.task = 1};

	while (fuzz_op(step.op)->may != FUZZ_BEGINS)
		step.op++;
	return step;
}

static unsigned int reaches(struct fuzz_cover *cover, const struct session *s, const struct fuzz_step *step, bool add)
{
	return cover ? cover_step(cover, s->model, s->tasks[step->task - 1]->pid, step, add) : 0;
}

struct fuzz_step fuzz_draw(const struct session *s, uint64_t *random, uint32_t max_tasks, struct fuzz_cover *cover)
{
	struct tasks able = living(s, true);
	struct fuzz_step best;
	unsigned int most;

	if (!able.n)
		return begin_anew();
	best = draw(s, random, &able, max_tasks);
	most = reaches(cover, s, &best, false);
	for (int i = 1; cover && i < CANDIDATES; i++) {
		struct fuzz_step other = draw(s, random, &able, max_tasks);
		unsigned int n = reaches(cover, s, &other, false);

		if (n > most) {
			best = other;
			most = n;
		}
	}
	reaches(cover, s, &best, true);
	return best;
}
