/* SPDX-License-Identifier: MIT */
/*
 * Tasks of this host's kernel. Commands and reports go over sockets, and a step's end is read from /proc: every task
 * sleeps and has nothing more to say, or is dead.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "target/linux.h"
#include "target/linux_box.h"
#include "target/linux_proc.h"
#include "target/linux_time.h"
#include "uapi.h"

struct linux_task {
	bool used;	    /* a task is or was on this channel, and its end is not yet told */
	bool posted;	    /* cmd is to be sent with the next round */
	bool busy;	    /* cmd was sent and not answered */
	bool fresh;	    /* report is not yet taken */
	bool dead;
	int pid;
	int tgid;	    /* of its process */
	int exit_code;
	struct agent_cmd cmd;
	struct agent_report report;
};

struct linux_target {
	struct target target; /* first */
	struct linux_config config;
	struct box box;
	bool open;
	struct virtual_time time;
	struct linux_task tasks[AGENT_CHANNELS];
};

static struct linux_target *linux_of(struct target *t)
{
	return (struct linux_target *)t;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* --- reports ---------------------------------------------------------------------------------------- */

static void begin_task(struct linux_target *l, int channel, int pid, int tgid)
{
	l->tasks[channel] = (struct linux_task){.used = true, .pid = pid, .tgid = tgid};
}

/* What a report says of other tasks: a child that now lives on its channel, a child's end that wait4 told. */
static void learn(struct linux_target *l, const struct linux_task *task)
{
	const struct agent_report *report = &task->report;
	int32_t status;

	if ((task->cmd.op == AGENT_FORK || task->cmd.op == AGENT_THREAD) && report->value > 0 &&
	    report->op == task->cmd.op && task->cmd.channel < AGENT_CHANNELS)
		begin_task(l, task->cmd.channel, report->value,
			   task->cmd.op == AGENT_THREAD ? task->tgid : (int)report->value);
	if (task->cmd.op != AGENT_SYSCALL || task->cmd.nr != NR_wait4 || report->value <= 0 ||
	    !(task->cmd.in_data & 2) || report->len < task->cmd.len)
		return;
	for (int c = 0; c < AGENT_CHANNELS; c++)
		if (l->tasks[c].used && l->tasks[c].pid == report->value) {
			memcpy(&status, report->data, sizeof(status));
			l->tasks[c].exit_code = status;
		}
}

/* Take what lies in the channels. Did anything? */
static bool take_reports(struct linux_target *l)
{
	bool any = false;

	for (int c = 0; c < AGENT_CHANNELS; c++) {
		struct linux_task *task = &l->tasks[c];
		struct agent_report report = {0};
		ssize_t n;

		/* A child may greet before its parent has told of it: that stays where it is until then. */
		if (!task->used)
			continue;
		n = recv(l->box.ours[c], &report, sizeof(report), MSG_DONTWAIT);
		if (n < AGENT_REPORT_HEADER)
			continue;
		if (report.len > n - AGENT_REPORT_HEADER)
			report.len = n - AGENT_REPORT_HEADER;
		task->report = report;
		task->fresh = any = true;
		task->busy = false;
		learn(l, task);
	}
	return any;
}

/* --- quiescence ------------------------------------------------------------------------------------- */

/* A thread that ends leaves no trace in /proc: it ended as it was told to; -1: by others. */
static int told_exit(const struct linux_task *task)
{
	uint64_t nr = task->cmd.op == AGENT_SYSCALL ? task->cmd.nr : 0;

	if (task->busy && (task->cmd.op == AGENT_EXIT || nr == NR_exit || nr == NR_exit_group))
		return (task->cmd.args[0] & 0xff) << 8;
	return -1;
}

static void task_ended(struct linux_target *l, struct linux_task *task, const struct proc_stat *stat)
{
	int status = stat->state == PROC_DEAD ? stat->exit_code : box_exit_code(&l->box, task->pid);

	task->dead = true;
	if (status < 0)
		status = told_exit(task);
	if (status >= 0 || !task->exit_code)
		task->exit_code = status;
}

static bool is_gone(const struct linux_target *l, int pid, bool or_zombie)
{
	struct proc_stat stat = proc_read_stat(l->box.proc, pid);

	return stat.state == PROC_NONE || (or_zombie && stat.state == PROC_DEAD);
}

/*
 * Did the thread's execve make it the process? Its new program awaits a command by the leader's id; or it has ended at once, and
 * nothing goes by the thread's own id any more. (An orphan is reaped at once, too.)
 */
static bool has_taken_over(const struct linux_target *l, const struct linux_task *task, int channel)
{
	return proc_awaits(l->box.proc, task->tgid, AGENT_FD_BASE + channel) ||
	       (is_gone(l, task->pid, false) && is_gone(l, task->tgid, true));
}

/* A thread that made execve is its process now, by its leader's id; the leader is dead, of what nobody can say. */
static void take_over(struct linux_target *l)
{
	for (int c = 0; c < AGENT_CHANNELS; c++) {
		struct linux_task *task = &l->tasks[c];

		if (!task->used || task->dead || !task->busy || task->cmd.op != AGENT_SYSCALL || task->cmd.nr != NR_execve ||
		    task->pid == task->tgid || !has_taken_over(l, task, c))
			continue;
		for (int o = 0; o < AGENT_CHANNELS; o++)
			if (l->tasks[o].used && l->tasks[o].pid == task->tgid) {
				l->tasks[o].dead = true;
				l->tasks[o].exit_code = -1;
			}
		task->pid = task->tgid;
	}
}

/* Who of ours is dead by now? */
static void bury(struct linux_target *l)
{
	for (int c = 0; c < AGENT_CHANNELS; c++) {
		struct linux_task *task = &l->tasks[c];
		struct proc_stat stat;

		if (!task->used || task->dead)
			continue;
		stat = proc_read_stat(l->box.proc, task->pid);
		if (stat.state == PROC_DEAD || stat.state == PROC_NONE)
			task_ended(l, task, &stat);
	}
}

/* How long a task may take to answer before anybody looks whether it is blocked: most answer within a tenth of it. */
#define FIRST_WORD_NS 300000

/* Until somebody of the box has something to say, at most so long. Who is blocked or dies says nothing. */
static void listen_for(const struct linux_target *l, long ns)
{
	struct pollfd fds[AGENT_CHANNELS];
	int n = 0;

	for (int c = 0; c < AGENT_CHANNELS; c++)
		if (l->tasks[c].used && !l->tasks[c].dead)
			fds[n++] = (struct pollfd){.fd = l->box.ours[c], .events = POLLIN};
	ppoll(fds, n, &(struct timespec){.tv_nsec = ns}, NULL);
}

/* A new program begins with the kernel's vdso, which the guest does not have: gone before anything is looked at. */
static int drop_vdso(struct linux_target *l, int channel, struct error *e);

/*
 * Wait until nothing runs. A task that was woken is runnable before its waker goes on, so two looks that find all at
 * rest, and no report between them, mean that nobody is left to wake anybody.
 */
static int settle(struct linux_target *l, struct error *e)
{
	double until = now() + l->config.time_limit;
	long pause = 5000;
	int still = 0;

	while (still < 2) {
		bool any = take_reports(l) | time_take(&l->time);

		still = !any && proc_all_rest(l->box.proc) && !take_reports(l) && !time_take(&l->time) ? still + 1 : 0;
		if (still == 2)
			break;
		if (l->config.time_limit && now() > until)
			return error_set(e, EXIT_TIME, "the Linux tasks do not come to rest in %g s",
					 l->config.time_limit);
		/* Who just spoke is looked at at once. */
		if (!still && !any) {
			listen_for(l, pause);
			pause = pause < 1000000 ? 2 * pause : pause;
		}
	}
	take_over(l);
	bury(l);
	return 0;
}

/* An exec that succeeded reports nothing: its new program awaits commands. */
static int meet_new_programs(struct linux_target *l, struct error *e)
{
	for (int c = 0; c < AGENT_CHANNELS; c++) {
		struct linux_task *task = &l->tasks[c];

		if (!task->used || !task->busy || task->dead ||
		    !proc_awaits(l->box.proc, task->pid, AGENT_FD_BASE + c))
			continue;
		task->busy = false;
		if (task->cmd.nr == NR_execve && drop_vdso(l, c, e))
			return -1;
	}
	return 0;
}

static int send_posted(struct linux_target *l, struct error *e)
{
	for (int c = 0; c < AGENT_CHANNELS; c++) {
		struct linux_task *task = &l->tasks[c];
		size_t size = AGENT_CMD_HEADER + task->cmd.len;

		if (!task->posted)
			continue;
		task->posted = false;
		task->busy = true;
		if (send(l->box.ours[c], &task->cmd, size, MSG_NOSIGNAL) != (ssize_t)size)
			return error_set(e, EXIT_HOST, "cannot tell the Linux task %d: %s", task->pid,
					 strerror(errno));
	}
	return 0;
}

static int linux_run(struct target *t, struct error *e)
{
	struct linux_target *l = linux_of(t);

	time_forget(&l->time);
	if (send_posted(l, e))
		return -1;
	listen_for(l, FIRST_WORD_NS);
	if (settle(l, e))
		return -1;
	return meet_new_programs(l, e);
}

static int drop_vdso(struct linux_target *l, int channel, struct error *e)
{
	struct linux_task *task = &l->tasks[channel];
	struct agent_cmd cmd = {.op = AGENT_SYSCALL, .nr = NR_munmap};
	uint64_t end;

	if (!proc_find_vdso(l->box.proc, task->pid, &cmd.args[0], &end))
		return 0;
	cmd.args[1] = end - cmd.args[0];
	task->cmd = cmd;
	task->posted = true;
	if (send_posted(l, e) || settle(l, e))
		return -1;
	if (!task->fresh || task->report.value != 0)
		return error_set(e, EXIT_SKIPPED,
				 "this host's kernel does not let a task unmap its vdso (error %d): the guest has "
				 "none to compare with",
				 (int)-task->report.value);
	task->fresh = false;
	return 0;
}

/* --- operations ------------------------------------------------------------------------------------- */

static int linux_start(struct target *t, struct error *e)
{
	struct linux_target *l = linux_of(t);

	l->open = true;
	if (box_open(&l->box, l->config.agent, l->config.agent_size, e))
		return -1;
	l->time.fd = l->box.sleeps;
	return 0;
}

static int linux_free_channel(struct target *t)
{
	struct linux_target *l = linux_of(t);

	for (int c = 0; c < AGENT_CHANNELS; c++)
		if (!l->tasks[c].used) {
			box_drain(&l->box, c);
			return c;
		}
	return -1;
}

static int linux_spawn(struct target *t, const char *name, int *pid, struct error *e)
{
	struct linux_target *l = linux_of(t);
	int channel = linux_free_channel(t);

	*pid = 0;
	if (channel < 0)
		return error_set(e, EXIT_USAGE, "%d tasks live already, which is as many as a scenario can have",
				 AGENT_CHANNELS);
	if (box_spawn(&l->box, name, channel, pid, e))
		return -1;
	if (*pid <= 0)
		return -1;
	begin_task(l, channel, *pid, *pid);
	if (settle(l, e) || drop_vdso(l, channel, e)) {
		*pid = 0;
		return -1;
	}
	return channel;
}

static int linux_post(struct target *t, int channel, const struct agent_cmd *cmd, struct error *e)
{
	struct linux_task *task = &linux_of(t)->tasks[channel];

	if (cmd->len > AGENT_DATA)
		return error_set(e, EXIT_USAGE, "a command carries at most %d bytes", AGENT_DATA);
	task->cmd = *cmd;
	task->posted = true;
	return 0;
}

static enum task_status linux_poll(struct target *t, int channel, struct agent_report *report, bool *fresh,
				   int *exit_code, int *pid)
{
	struct linux_task *task = &linux_of(t)->tasks[channel];

	*fresh = task->fresh;
	if (task->fresh)
		*report = task->report;
	task->fresh = false;
	*pid = task->pid;
	*exit_code = task->exit_code;
	if (task->used && !task->dead)
		return task->busy ? TASK_PENDING : TASK_AWAITS;
	task->used = false;
	return TASK_GONE;
}

static int linux_tick(struct target *t, uint64_t ns, struct error *e)
{
	time_tick(&linux_of(t)->time, ns);
	return settle(linux_of(t), e);
}

static struct target_events linux_events(struct target *t)
{
	(void)t;
	return (struct target_events){0};
}

static struct view *linux_view(struct target *t, int pid, struct error *e)
{
	(void)e;
	return proc_read_view(linux_of(t)->box.proc, pid);
}

static bool linux_write(struct target *t, int pid, uint64_t va, const void *bytes, size_t n)
{
	return proc_write(linux_of(t)->box.proc, pid, va, bytes, n);
}

static const struct verify_aids *linux_aids(struct target *t)
{
	(void)t;
	return NULL;
}

static const uint8_t *linux_page(struct target *t, uint64_t pfn)
{
	(void)t;
	(void)pfn;
	return NULL;
}

static void linux_destroy(struct target *t)
{
	struct linux_target *l = linux_of(t);

	if (l->open)
		box_close(&l->box);
	free(l);
}

static const struct target_ops linux_ops = {
	.name = "linux",
	.start = linux_start,
	.spawn = linux_spawn,
	.free_channel = linux_free_channel,
	.post = linux_post,
	.run = linux_run,
	.poll = linux_poll,
	.tick = linux_tick,
	.events = linux_events,
	.view = linux_view,
	.write = linux_write,
	.aids = linux_aids,
	.page = linux_page,
	.destroy = linux_destroy,
};

struct target *target_linux_create(const struct linux_config *config)
{
	struct linux_target *l = xcalloc(1, sizeof(*l));
	struct utsname name;

	l->target.ops = &linux_ops;
	l->config = *config;
	uname(&name);
	snprintf(l->target.release, sizeof(l->target.release), "%s", name.release);
	snprintf(l->target.description, sizeof(l->target.description), "Linux %.60s", name.release);
	return &l->target;
}
