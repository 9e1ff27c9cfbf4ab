/* SPDX-License-Identifier: MIT */
/*
 * The lab's channels: a request of the kernel itself, a command for a task, its report. What the guest wrote is copied once,
 * checked, and used only as the copy.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "target/guest_priv.h"

int guest_request(struct guest *g, uint32_t op, uint64_t arg, const char *name, int64_t *result, struct error *e)
{
	struct lab_request *r = &g->lab->request;
	struct lab_request filled = {.op = op, .args = {arg, op == LAB_REQ_SPAWN && g->all_rights}};

	if (name)
		snprintf(filled.name, sizeof(filled.name), "%s", name);
	memcpy(r, &filled, sizeof(*r));
	if (guest_next_round(g, e))
		return -1;
	if (READ_ONCE(r->op) != LAB_REQ_NONE)
		return error_set(e, EXIT_GUEST_DIED, "the guest came to rest without doing request %u", op);
	*result = READ_ONCE(r->result);
	return 0;
}

int guest_free_channel(struct target *t)
{
	struct guest *g = guest_of(t);

	for (int c = 0; c < AGENT_CHANNELS; c++) {
		uint32_t state = READ_ONCE(g->lab->channels[c].state);

		if (!g->channels[c].used && (state == LAB_CHANNEL_FREE || state == LAB_CHANNEL_DEAD))
			return c;
	}
	return -1;
}

int guest_spawn(struct target *t, const char *name, int *pid, struct error *e)
{
	struct guest *g = guest_of(t);
	int channel = guest_free_channel(t);
	int64_t result = 0;

	*pid = 0;
	if (channel < 0) {
		error_set(e, EXIT_USAGE, "%d tasks live already, which is as many as a scenario can have",
			  AGENT_CHANNELS);
		return -1;
	}
	if (guest_request(g, LAB_REQ_SPAWN, channel, name, &result, e))
		return -1;
	if (result > 0 && result <= INT32_MAX) {
		g->channels[channel].used = true;
		*pid = result;
		return channel;
	}
	if (result < 0 && result >= -4095)
		*pid = result; /* the guest declined: its errno, and no host error */
	else
		error_set(e, EXIT_GUEST_DIED, "the guest answered a spawn with %" PRId64, result);
	return -1;
}

int guest_tick(struct target *t, uint64_t ns, struct error *e)
{
	int64_t result = 0;

	return guest_request(guest_of(t), LAB_REQ_TICK, ns, NULL, &result, e);
}

/** For the verifier: what the step consists of, several commands of one kind included. */
static void note_cmd(struct guest *g, int channel, const struct agent_cmd *cmd)
{
	struct step_facts *f = &g->facts;
	uint64_t n = cmd->op == AGENT_WRITE ? cmd->size : cmd->op == AGENT_WRITE_BYTES ? cmd->len
		     : cmd->op == AGENT_FILL ? cmd->args[2] : 0;

	if (g->facts_ended)
		*f = (struct step_facts){0};
	g->facts_ended = false;
	f->pid = READ_ONCE(g->lab->channels[channel].pid);
	f->nr_cmds++;
	memcpy(&f->cmd, cmd, AGENT_CMD_HEADER + cmd->len);
	f->answered = false;
	if (n && (f->start == f->end || cmd->args[0] < f->start))
		f->start = cmd->args[0];
	if (n && cmd->args[0] + n > f->end)
		f->end = cmd->args[0] + n;
}

static void note_report(struct guest *g, int channel, const struct agent_report *report)
{
	if (g->facts_ended || READ_ONCE(g->lab->channels[channel].pid) != g->facts.pid)
		return;
	g->facts.answered = true;
	g->facts.status = report->status;
	g->facts.value = report->value;
}

int guest_post(struct target *t, int channel, const struct agent_cmd *cmd, struct error *e)
{
	struct guest *g = guest_of(t);
	struct lab_channel *c = &g->lab->channels[channel];

	if (cmd->len > AGENT_DATA)
		return error_set(e, EXIT_USAGE, "a command carries at most %d bytes", AGENT_DATA);
	memcpy(&c->cmd, cmd, AGENT_CMD_HEADER + cmd->len);
	note_cmd(g, channel, cmd);
	WRITE_ONCE(c->cmd_seq, READ_ONCE(c->cmd_seq) + 1);
	g->kick |= 1ULL << channel;
	g->outstanding |= 1ULL << channel;
	return 0;
}

static bool take_report(struct guest *g, int channel, struct agent_report *report)
{
	struct lab_channel *c = &g->lab->channels[channel];
	uint32_t seq = READ_ONCE(c->report_seq);

	if (seq == g->channels[channel].report_seq)
		return false;
	g->channels[channel].report_seq = seq;
	g->outstanding &= ~(1ULL << channel);
	memcpy(report, &c->report, sizeof(*report));
	if (report->len > AGENT_DATA)
		report->len = AGENT_DATA;
	note_report(g, channel, report);
	return true;
}

enum task_status guest_poll(struct target *t, int channel, struct agent_report *report, bool *fresh,
				   int *exit_code, int *pid)
{
	struct guest *g = guest_of(t);
	struct lab_channel *c = &g->lab->channels[channel];
	uint32_t state = READ_ONCE(c->state);

	*fresh = take_report(g, channel, report);
	*pid = READ_ONCE(c->pid);
	*exit_code = READ_ONCE(c->exit_code);
	switch (state) {
	case LAB_CHANNEL_AWAITS:
	case LAB_CHANNEL_BUSY:
		g->channels[channel].used = true;
		/* A command that was not even read is as pending as one that is under way. */
		return state == LAB_CHANNEL_AWAITS && READ_ONCE(c->read_seq) == READ_ONCE(c->cmd_seq)
			       ? TASK_AWAITS
			       : TASK_PENDING;
	default:
		g->channels[channel].used = false;
		g->outstanding &= ~(1ULL << channel);
		return TASK_GONE;
	}
}
