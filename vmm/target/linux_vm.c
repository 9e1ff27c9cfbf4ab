/* SPDX-License-Identifier: MIT */
/* Every operation is a question to the machine's process 1; see linux_vm.h. */
#include "target/linux_vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "target/vm_wire.h"

/* Beyond the limit that the machine keeps itself: it is slow, and says itself what does not come to rest. */
#define GRACE 30.0

struct linux_vm {
	struct target target; /* first */
	struct linux_config config;
	int line;	    /* -1: not started, or lost */
	struct error error; /* how it was lost; or of what has no other way to tell */
};

static struct linux_vm *vm_of(struct target *t)
{
	return (struct linux_vm *)t;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int lost(struct linux_vm *v, bool timed_out, struct error *e)
{
	v->line = -1;
	linux_vm_lost(timed_out, e);
	if (e != &v->error)
		v->error = *e;
	return -1;
}

/*
 * Ask and wait. *m is the question, then the answer; its bytes come to *answer if that is wanted (the caller's). 0, or -1
 * with *e: the machine is gone, or the operation failed there.
 */
static int ask(struct linux_vm *v, struct vm_message *m, const void *bytes, void **answer, struct error *e)
{
	double until = v->config.time_limit ? now() + v->config.time_limit + GRACE : 0;
	uint32_t op = m->op;
	bool timed_out = false;
	void *came = NULL;

	if (v->line < 0) {
		if (e != &v->error)
			*e = v->error;
		return -1;
	}
	if (!wire_send(v->line, m, bytes) || !wire_receive(v->line, until, m, &came, &timed_out) || m->op != op) {
		free(came);
		return lost(v, timed_out, e);
	}
	if (m->status) {
		error_set(e, m->status, "%.3000s", (const char *)came);
		free(came);
		return -1;
	}
	if (answer)
		*answer = came;
	else
		free(came);
	return 0;
}

static int vm_start(struct target *t, struct error *e)
{
	struct linux_vm *v = vm_of(t);
	struct vm_message m = {.op = ASK_OPEN,
			       .value = {(int64_t)(v->config.time_limit * 1000)},
			       .size = v->config.agent_size};
	const char *release;

	if (linux_vm_boot(&v->line, &release, e))
		return -1;
	snprintf(t->release, sizeof(t->release), "%s", release);
	snprintf(t->description, sizeof(t->description), "Linux %.60s", release);
	return ask(v, &m, v->config.agent, NULL, e);
}

static int vm_spawn(struct target *t, const char *name, int *pid, struct error *e)
{
	struct vm_message m = {.op = ASK_SPAWN, .size = strlen(name) + 1};

	*pid = 0;
	if (ask(vm_of(t), &m, name, NULL, e))
		return -1;
	*pid = m.value[1];
	return m.value[0];
}

static int vm_free_channel(struct target *t)
{
	struct vm_message m = {.op = ASK_FREE_CHANNEL};

	return ask(vm_of(t), &m, NULL, NULL, &vm_of(t)->error) ? -1 : m.value[0];
}

static int vm_post(struct target *t, int channel, const struct agent_cmd *cmd, struct error *e)
{
	struct linux_vm *v = vm_of(t);
	struct vm_message m = {.op = ASK_POST, .value = {channel}, .size = AGENT_CMD_HEADER + cmd->len};

	if (cmd->len > AGENT_DATA)
		return error_set(e, EXIT_USAGE, "a command carries at most %d bytes", AGENT_DATA);
	return v->line >= 0 && wire_send(v->line, &m, cmd) ? 0 : lost(v, false, e);
}

static int vm_run(struct target *t, struct error *e)
{
	struct vm_message m = {.op = ASK_RUN};

	return ask(vm_of(t), &m, NULL, NULL, e);
}

static int vm_tick(struct target *t, uint64_t ns, struct error *e)
{
	struct vm_message m = {.op = ASK_TICK, .value = {ns}};

	return ask(vm_of(t), &m, NULL, NULL, e);
}

/* What cannot be asked any more is dead; that the machine is lost is told by the next operation. */
static enum task_status vm_poll(struct target *t, int channel, struct agent_report *report, bool *fresh,
				int *exit_code, int *pid)
{
	struct vm_message m = {.op = ASK_POLL, .value = {channel}};
	struct vm_poll answer = {.status = TASK_GONE};
	void *bytes = NULL;

	if (!ask(vm_of(t), &m, NULL, &bytes, &vm_of(t)->error) && m.size == sizeof(answer))
		memcpy(&answer, bytes, sizeof(answer));
	free(bytes);
	*fresh = answer.fresh;
	if (answer.fresh)
		*report = answer.report;
	if (answer.fresh && report->len > AGENT_DATA)
		report->len = AGENT_DATA;
	*exit_code = answer.exit_code;
	*pid = answer.pid;
	return answer.status == TASK_AWAITS || answer.status == TASK_PENDING ? (enum task_status)answer.status : TASK_GONE;
}

static struct target_events vm_events(struct target *t)
{
	(void)t;
	return (struct target_events){0};
}

static struct view *vm_view(struct target *t, int pid, struct error *e)
{
	struct vm_message m = {.op = ASK_VIEW, .value = {pid}};
	struct view *view;
	void *bytes;

	if (ask(vm_of(t), &m, NULL, &bytes, e))
		return NULL;
	view = wire_unpack_view(pid, bytes, m.size);
	free(bytes);
	if (!view)
		lost(vm_of(t), false, e);
	return view;
}

static bool vm_write(struct target *t, int pid, uint64_t va, const void *bytes, size_t n)
{
	struct vm_message m = {.op = ASK_WRITE, .value = {pid, va}, .size = n};

	return !ask(vm_of(t), &m, bytes, NULL, &vm_of(t)->error) && m.value[0];
}

static const struct verify_aids *vm_aids(struct target *t)
{
	(void)t;
	return NULL;
}

static const uint8_t *vm_page(struct target *t, uint64_t pfn)
{
	(void)t;
	(void)pfn;
	return NULL;
}

/* The machine stays: a campaign has many runs. */
static void vm_destroy(struct target *t)
{
	struct vm_message m = {.op = ASK_CLOSE};

	if (vm_of(t)->line >= 0)
		ask(vm_of(t), &m, NULL, NULL, &vm_of(t)->error);
	free(t);
}

static const struct target_ops linux_vm_ops = {
	.name = "linux-vm",
	.start = vm_start,
	.spawn = vm_spawn,
	.free_channel = vm_free_channel,
	.post = vm_post,
	.run = vm_run,
	.poll = vm_poll,
	.tick = vm_tick,
	.events = vm_events,
	.view = vm_view,
	.write = vm_write,
	.aids = vm_aids,
	.page = vm_page,
	.destroy = vm_destroy,
};

struct target *target_linux_vm_create(const struct linux_config *config)
{
	struct linux_vm *v = xcalloc(1, sizeof(*v));

	v->target.ops = &linux_vm_ops;
	v->config = *config;
	v->line = -1;
	snprintf(v->target.description, sizeof(v->target.description), "Linux in a machine");
	return &v->target;
}
