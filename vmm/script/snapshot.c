/* SPDX-License-Identifier: MIT */
/* See snapshot.h. */
#include <stdlib.h>

#include "script/snapshot.h"

/* One task as it was. The script may hold it and its handle, so the objects stay and get their contents back. */
struct task_then {
	struct task task;
	struct pending pending; /* task.pending, of which this is a reference, too */
};

struct snapshot {
	const struct target_ops *ops;
	struct target_state *target;
	struct report_state *report;
	struct task_then *tasks; /* the first nr_tasks of the session's */
	uint32_t nr_tasks, step;
};

static int not_here(struct session *s)
{
	error_set(&s->error, EXIT_SKIPPED, "snapshot and restore need a machine: not on target %s",
		  s->target->ops->name);
	return session_over(s);
}

static void keep_tasks(struct session *s, struct snapshot *snapshot)
{
	snapshot->nr_tasks = s->nr_tasks;
	snapshot->tasks = xcalloc(s->nr_tasks + 1, sizeof(*snapshot->tasks));
	for (uint32_t i = 0; i < s->nr_tasks; i++) {
		struct task_then *then = &snapshot->tasks[i];

		then->task = *s->tasks[i];
		if (!then->task.pending)
			continue;
		then->pending = *then->task.pending;
		then->task.pending->refs++;
	}
}

struct snapshot *session_snapshot(struct session *s)
{
	struct snapshot *snapshot;
	struct target_state *state;

	if (session_look(s))
		return NULL;
	if (!s->target->ops->save) {
		not_here(s);
		return NULL;
	}
	state = s->target->ops->save(s->target, &s->error);
	if (!state) {
		session_over(s);
		return NULL;
	}
	snapshot = xcalloc(1, sizeof(*snapshot));
	*snapshot = (struct snapshot){.ops = s->target->ops, .target = state, .step = s->steps};
	snapshot->report = report_save(s->report, s->model);
	keep_tasks(s, snapshot);
	return snapshot;
}

/* What a task has under way now is given up; what it had then is under way again. */
static void set_task_back(struct task *task, const struct task_then *then)
{
	if (task->pending) {
		task->pending->vanished = true;
		pending_put(task->pending);
	}
	*task = then->task;
	if (task->pending) {
		const unsigned int refs = task->pending->refs;

		*task->pending = then->pending;
		task->pending->refs = refs + 1;
	}
}

static void vanish(struct task *task)
{
	if (task->pending)
		task->pending->vanished = true;
	pending_put(task->pending);
	task->pending = NULL;
	task->gone = task->vanished = true;
}

int session_set_back(struct session *s, const struct snapshot *snapshot)
{
	if (s->target->ops->restore(s->target, snapshot->target, &s->error))
		return session_over(s);
	for (uint32_t i = 0; i < s->nr_tasks; i++) {
		if (i < snapshot->nr_tasks)
			set_task_back(s->tasks[i], &snapshot->tasks[i]);
		else
			vanish(s->tasks[i]);
	}
	s->stale = true;
	if (session_observe(s))
		return -1;
	/* No step leads from what was to what is now: nothing that compares the two holds. */
	model_free(s->before);
	s->before = NULL;
	return 0;
}

int session_restore(struct session *s, const struct snapshot *snapshot)
{
	if (session_set_back(s, snapshot))
		return -1;
	report_restore(s->report, snapshot->report, s->model);
	return 0;
}

uint32_t snapshot_step(const struct snapshot *snapshot)
{
	return snapshot->step;
}

void snapshot_free(struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->nr_tasks; i++)
		pending_put(snapshot->tasks[i].task.pending);
	snapshot->ops->free_state(snapshot->target);
	report_free_state(snapshot->report);
	free(snapshot->tasks);
	free(snapshot);
}
