/* SPDX-License-Identifier: MIT */
/* Guest and Linux in lockstep; see both.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/amend.h"
#include "target/both.h"
#include "target/compare.h"
#include "uapi.h"

struct both {
	struct target target; /* first */
	struct target *guest, *linux_side;
	struct comparison comparison;
	char *text; /* differences of the step so far, through comparison.to */
	size_t text_size;
	struct agent_cmd cmds[AGENT_CHANNELS]; /* last posted */
	struct agent_cmd later[AGENT_CHANNELS]; /* what Linux is asked once the guest has answered */
	bool waits[AGENT_CHANNELS];		/* is there one? */
	struct told {
		enum task_status status;
		struct agent_report report;
		bool fresh, taken; /* taken: the guest was polled early, and this is what it told */
		int exit_code, pid;
	} told[AGENT_CHANNELS];
	int names_told[AGENT_CHANNELS];	       /* pids whose uname() succeeded in this step, at the address of its cmd; 0 */
	uint64_t steps;
};

static struct both *both_of(struct target *t)
{
	return (struct both *)t;
}

/* Each side in turn; the guest's failure is told first. */
static int both_start(struct target *t, struct error *e)
{
	struct both *b = both_of(t);

	if (b->linux_side->ops->start(b->linux_side, e))
		return -1;
	rules_init(&b->comparison.rules, b->linux_side->release);
	return b->guest->ops->start(b->guest, e);
}

static int both_free_channel(struct target *t)
{
	struct both *b = both_of(t);
	int channel = b->guest->ops->free_channel(b->guest);

	compare_number(&b->comparison, "run", "free channel", channel,
		       b->linux_side->ops->free_channel(b->linux_side));
	return channel;
}

static int both_spawn(struct target *t, const char *name, int *pid, struct error *e)
{
	struct both *b = both_of(t);
	int other_pid, other, channel = b->guest->ops->spawn(b->guest, name, pid, e);

	if (channel < 0 && *pid >= 0)
		return -1;
	other = b->linux_side->ops->spawn(b->linux_side, name, &other_pid, e);
	if (other < 0 && other_pid >= 0) {
		*pid = 0;
		return -1;
	}
	compare_number(&b->comparison, name, "pid of the new process", *pid, other_pid);
	return channel;
}

/* Areas as large as a huge page are placed otherwise since 6.7, unless a hint was given: one that is never free. */
static void keep_placement(struct both *b, struct agent_cmd *cmd)
{
	uint64_t flags = cmd->args[3];

	if (cmd->op != AGENT_SYSCALL || cmd->nr != NR_mmap || cmd->args[0] >= PAGE_SIZE || cmd->args[1] < PMD_SIZE ||
	    !(flags & LX_MAP_ANONYMOUS) || (flags & (LX_MAP_FIXED | LX_MAP_FIXED_NOREPLACE)))
		return;
	if (rule_excuses(&b->comparison.rules, PROFILE_THP_PLACE))
		cmd->args[0] = AGENT_TEXT;
}

static int both_post(struct target *t, int channel, const struct agent_cmd *cmd, struct error *e)
{
	struct both *b = both_of(t);

	struct agent_cmd theirs = *cmd;

	b->cmds[channel] = *cmd;
	keep_placement(b, &theirs);
	if (b->guest->ops->post(b->guest, channel, cmd, e))
		return -1;
	b->waits[channel] = amend_wanted(&b->comparison.rules, cmd);
	if (b->waits[channel]) {
		b->later[channel] = theirs;
		return 0;
	}
	return b->linux_side->ops->post(b->linux_side, channel, &theirs, e);
}

/* What the guest's task has to tell, which may have been asked before. */
static struct told guest_tells(struct both *b, int channel)
{
	struct told told = b->told[channel];

	if (!told.taken)
		told.status = b->guest->ops->poll(b->guest, channel, &told.report, &told.fresh, &told.exit_code, &told.pid);
	b->told[channel].taken = false;
	return told;
}

/* What Linux's task is to do before the call itself. Its answers are nobody's business, but for the failure that ends it. */
static int ask_first(struct both *b, int channel, struct agent_cmd *cmd, const struct agent_cmd *as_it_was,
		     const struct amends *first, struct error *e)
{
	const struct target_ops *ops = b->linux_side->ops;

	for (int i = 0; i < first->nr; i++) {
		struct agent_cmd before = {.op = AGENT_SYSCALL, .nr = first->calls[i].nr};
		struct agent_report report = {0};
		int exit_code, pid;
		bool fresh;

		memcpy(before.args, first->calls[i].args, sizeof(first->calls[i].args));
		if (ops->post(b->linux_side, channel, &before, e) || ops->run(b->linux_side, e))
			return -1;
		ops->poll(b->linux_side, channel, &report, &fresh, &exit_code, &pid);
		if (first->until_error && report.value < 0) {
			*cmd = before;
			return 0;
		}
		if (i == 0 && first->if_error && report.value != first->if_error) {
			*cmd = *as_it_was;
			return 0;
		}
	}
	return 0;
}

/* The guest has answered: now Linux is asked, as the profile wants it. */
static int post_later(struct both *b, int channel, struct error *e)
{
	struct agent_cmd *cmd = &b->later[channel], as_it_was = *cmd;
	struct told told = guest_tells(b, channel);
	struct amends first = {.nr = 0};
	struct view *view = NULL;

	told.taken = true;
	b->told[channel] = told;
	b->waits[channel] = false;
	if (told.fresh && amend_needs_view(cmd)) {
		view = b->linux_side->ops->view(b->linux_side, told.pid, e);
		if (!view)
			return -1;
	}
	if (told.fresh)
		amend(&b->comparison.rules, cmd, &told.report, view, &first);
	if (view)
		view_free(view);
	if (ask_first(b, channel, cmd, &as_it_was, &first, e))
		return -1;
	return b->linux_side->ops->post(b->linux_side, channel, cmd, e);
}

static int both_run(struct target *t, struct error *e)
{
	struct both *b = both_of(t);

	if (b->guest->ops->run(b->guest, e))
		return -1;
	for (int c = 0; c < AGENT_CHANNELS; c++)
		if (b->waits[c] && post_later(b, c, e))
			return -1;
	return b->linux_side->ops->run(b->linux_side, e);
}

static int both_tick(struct target *t, uint64_t ns, struct error *e)
{
	struct both *b = both_of(t);

	if (b->guest->ops->tick(b->guest, ns, e))
		return -1;
	return b->linux_side->ops->tick(b->linux_side, ns, e);
}

static void note_uname(struct both *b, int channel, int pid, const struct agent_report *guest,
		       const struct agent_report *linux_side)
{
	const struct agent_cmd *cmd = &b->cmds[channel];

	if (cmd->op == AGENT_SYSCALL && cmd->nr == NR_uname && guest->value == 0 && linux_side->value == 0)
		b->names_told[channel] = pid;
}

/* Who and what a machine is differs by nature: Linux's answer is replaced by the guest's. */
static void give_names(struct both *b, const struct model *now)
{
	char name[6 * 65];

	for (int c = 0; c < AGENT_CHANNELS; c++) {
		uint64_t at = b->cmds[c].args[0];

		if (b->names_told[c] && rule_excuses(&b->comparison.rules, RULE_IDENTITY) &&
		    model_read_user(now, b->names_told[c], at, name, sizeof(name)))
			b->linux_side->ops->write(b->linux_side, b->names_told[c], at, name, sizeof(name));
		b->names_told[c] = 0;
	}
}

/* Where a task stands, its answer and its end must be the same on both sides. */
static enum task_status both_poll(struct target *t, int channel, struct agent_report *report, bool *fresh,
				  int *exit_code, int *pid)
{
	struct both *b = both_of(t);
	struct comparison *c = &b->comparison;
	struct agent_report theirs;
	int their_exit_code, their_pid;
	bool their_fresh;
	struct told told = guest_tells(b, channel);
	enum task_status status = told.status;
	enum task_status their_status = b->linux_side->ops->poll(b->linux_side, channel, &theirs, &their_fresh,
								 &their_exit_code, &their_pid);
	char who[32];

	*report = told.report;
	*fresh = told.fresh;
	*exit_code = told.exit_code;
	*pid = told.pid;
	snprintf(who, sizeof(who), "pid %d", *pid);
	compare_number(c, who, "pid", *pid, their_pid);
	compare_number(c, who, "stands (0: awaits a command, 1: is blocked, 2: is dead)", status, their_status);
	compare_number(c, who, "answers", *fresh, their_fresh);
	if (*fresh && their_fresh) {
		compare_reports(c, who, &b->cmds[channel], report, &theirs);
		note_uname(b, channel, *pid, report, &theirs);
	}
	if (status == TASK_GONE && their_status == TASK_GONE && their_exit_code >= 0)
		compare_number(c, who, "wait status", *exit_code, their_exit_code);
	return status;
}

static struct target_events both_events(struct target *t)
{
	struct both *b = both_of(t);

	return b->guest->ops->events(b->guest);
}

static struct model *both_observe(struct target *t, struct error *e)
{
	struct both *b = both_of(t);

	return b->guest->ops->observe(b->guest, e);
}

static const struct verify_aids *both_aids(struct target *t)
{
	struct both *b = both_of(t);

	return b->guest->ops->aids(b->guest);
}

static const uint8_t *both_page(struct target *t, uint64_t pfn)
{
	struct both *b = both_of(t);

	return b->guest->ops->page(b->guest, pfn);
}

static int compare_process(struct both *b, const struct model *now, int pid, struct error *e)
{
	struct view *linux_side = b->linux_side->ops->view(b->linux_side, pid, e);
	struct view *guest = linux_side ? view_of_model(now, pid) : NULL;

	if (!linux_side)
		return -1;
	compare_views(&b->comparison, guest, linux_side);
	view_free(guest);
	view_free(linux_side);
	return 0;
}

static int both_compare(struct target *t, const struct model *now, const int *pids, uint32_t n, struct error *e)
{
	struct both *b = both_of(t);
	struct comparison *c = &b->comparison;

	b->steps++;
	give_names(b, now);
	for (uint32_t i = 0; i < n; i++)
		if (compare_process(b, now, pids[i], e))
			return -1;
	compare_frames(c);
	if (!c->differences)
		return 0;
	fflush(c->to);
	error_set(e, EXIT_FINDING, "the guest and %s differ in %u point%s:\n%.3000s%s",
		  b->linux_side->description, c->differences, c->differences == 1 ? "" : "s", b->text,
		  c->differences > MAX_TOLD ? "  …" : "");
	return -1;
}

static void both_summary(struct target *t, char *text, size_t size)
{
	struct both *b = both_of(t);
	char rules[512];

	rules_summary(&b->comparison.rules, rules, sizeof(rules));
	snprintf(text, size, "compared with %s: %" PRIu64 " steps, %" PRIu64 " values, %u differences%s",
		 b->linux_side->description, b->steps, b->comparison.compared, b->comparison.differences, rules);
}

static void both_destroy(struct target *t)
{
	struct both *b = both_of(t);

	b->linux_side->ops->destroy(b->linux_side);
	b->guest->ops->destroy(b->guest);
	fclose(b->comparison.to);
	free(b->comparison.pairs);
	free(b->text);
	free(b);
}

static const struct target_ops both_ops = {
	.name = "both",
	.start = both_start,
	.spawn = both_spawn,
	.free_channel = both_free_channel,
	.post = both_post,
	.run = both_run,
	.poll = both_poll,
	.tick = both_tick,
	.events = both_events,
	.observe = both_observe,
	.compare = both_compare,
	.summary = both_summary,
	.aids = both_aids,
	.page = both_page,
	.destroy = both_destroy,
};

struct target *target_both_create(struct target *guest, struct target *linux_side)
{
	struct both *b = xcalloc(1, sizeof(*b));

	b->target.ops = &both_ops;
	b->guest = guest;
	b->linux_side = linux_side;
	b->comparison.to = open_memstream(&b->text, &b->text_size);
	if (!b->comparison.to)
		xmalloc(SIZE_MAX); /* says what is missing, and ends */
	snprintf(b->target.description, sizeof(b->target.description), "%.60s and %.30s", guest->description,
		 linux_side->description);
	return &b->target;
}
