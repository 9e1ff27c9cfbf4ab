/* SPDX-License-Identifier: MIT */
/* What exec notes in an mm stays until the next one, and fork copies it: where the program lies, and where mmap looks for room. */
#include <string.h>
#include "verify/check.h"

#define FIELD(f) {#f, offsetof(struct mm_struct, f), sizeof(((struct mm_struct *)0)->f)}

static const struct {
	const char *name;
	size_t offset, size;
} noted[] = {
	FIELD(get_unmapped_area), FIELD(mmap_base), FIELD(mmap_legacy_base), FIELD(task_size), FIELD(start_code), FIELD(end_code),
	FIELD(start_data),	  FIELD(end_data),  FIELD(start_brk),	     FIELD(start_stack), FIELD(arg_start), FIELD(arg_end),
	FIELD(env_start),	  FIELD(env_end),   FIELD(saved_auxv),	     FIELD(exe_file),
};

/** The first field in which they differ, or NULL. */
static const char *difference(const struct mm_struct *a, const struct mm_struct *b)
{
	for (unsigned int i = 0; i < sizeof(noted) / sizeof(noted[0]); i++)
		if (memcmp((const char *)a + noted[i].offset, (const char *)b + noted[i].offset, noted[i].size))
			return noted[i].name;
	return NULL;
}

/** Events of this step in [*from, *to); false: not all of them are left in the ring. */
static bool events_of_step(const struct verify_context *c, uint64_t *from, uint64_t *to)
{
	*from = c->before->lab.event_head;
	*to = c->now->lab.event_head;
	return *to >= *from && *to - *from <= LAB_NR_EVENTS;
}

static const struct lab_event *event_at(const struct verify_context *c, uint64_t at)
{
	return &c->now->lab.events[at % LAB_NR_EVENTS];
}

/** Did it, or whoever forked it, run another program in this step? */
static bool has_exec(const struct verify_context *c, int pid)
{
	uint64_t from, to;

	for (events_of_step(c, &from, &to); from < to; from++)
		if (event_at(c, from)->type == LAB_EV_EXEC && event_at(c, from)->pid == pid)
			return true;
	return false;
}

static const struct model_mm *mm_of(const struct model *model, int pid)
{
	const struct model_task *task = model_find_task(model, pid);

	return task && task->mm >= 0 ? &model->mms[task->mm] : NULL;
}

static void compare(struct verify_context *c, const struct invariant *self, const struct model_mm *was,
		    const struct model_mm *now, const char *what)
{
	const char *field = difference(&was->raw, &now->raw);

	if (!holds(c, !field))
		report(c, self, AT_MM(now - c->now->mms), "%s: %s differs from that %s, and nobody has called exec",
		       mm_label(c->now, now - c->now->mms).text, field, what);
}

/** A child that this step forked, against the parent's mm before it: what the two have done since changes none of it. */
static void check_child(struct verify_context *c, const struct invariant *self, const struct lab_event *event)
{
	const int child = event->args[0];
	const struct model_mm *was = mm_of(c->before, event->pid), *now = mm_of(c->now, child);

	if (was && now && !mm_of(c->before, child) && !has_exec(c, event->pid) && !has_exec(c, child))
		compare(c, self, was, now, "of the mm that was forked");
}

void check_exec_noted(struct verify_context *c, const struct invariant *self)
{
	uint64_t from, to;

	if (!c->before || !events_of_step(c, &from, &to))
		return;
	for (uint32_t i = 0; i < c->now->nr_tasks; i++) {
		const struct task_struct *raw = &c->now->tasks[i].raw;
		const struct model_mm *was = mm_of(c->before, raw->pid), *now = mm_of(c->now, raw->pid);

		if (was && now && was->addr.va == now->addr.va && !has_exec(c, raw->pid))
			compare(c, self, was, now, "at the step before");
	}
	for (; from < to; from++)
		if (event_at(c, from)->type == LAB_EV_FORK)
			check_child(c, self, event_at(c, from));
}
