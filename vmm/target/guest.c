/* SPDX-License-Identifier: MIT */
/*
 * The host's side of the lab channel. The guest is hostile: what it wrote is copied once, checked,
 * and used only as the copy; no number of its making bounds a loop or an index here.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/guest.h"
#include "target/guest_hash.h"
#include "target/guest_panic.h"
#include "target/guest_plan.h"
#include "target/guest_root.h"
#include "target/guest_trace.h"
#include "target/live.h"
#include "verify/verify.h"

/* A step that makes more events than this is a guest that faults for ever. */
#define MAX_EVENTS_PER_ROUND (1u << 22)

/* What the host remembers of a channel. */
struct channel {
	bool used;	     /* a task of ours is or was on it, and its end is not yet told */
	uint32_t report_seq; /* of the last report taken */
};

struct guest {
	struct target target; /* first */
	struct machine *machine;
	const struct guest_elf *elf;
	struct lab_page *lab; /* in guest RAM */
	struct guest_region region;
	struct guest_linear linear[2];
	struct guest_image image;
	struct verify_aids aids;
	struct guest_trace trace;
	struct guest_plan plan;
	struct guest_root *root; /* NULL: there is none */
	struct guest_hash hash;
	struct step_facts facts;
	bool all_rights;     /* what is spawned has every right */
	bool facts_ended;    /* they are of a step that was looked at */
	struct channel channels[AGENT_CHANNELS];
	uint64_t kick; /* channels with a command since the last round */
	uint64_t told;	      /* channels with a command in this round */
	uint64_t outstanding; /* channels whose last command has not been answered */
	struct live live;     /* live.wish NULL: nothing runs live */
	bool ticking;
	struct lab_event *events;
	uint32_t nr_events, cap_events;
};

#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

static struct guest *guest_of(struct target *t)
{
	return (struct guest *)t;
}

const struct machine *target_guest_machine(const struct target *t)
{
	return ((const struct guest *)t)->machine;
}

/* --- the round ------------------------------------------------------------------------------------ */

static void add_event(struct guest *g, const struct lab_event *event)
{
	if (g->nr_events == g->cap_events) {
		g->cap_events = g->cap_events ? 2 * g->cap_events : 64;
		g->events = xrealloc(g->events, g->cap_events * sizeof(*g->events));
	}
	g->events[g->nr_events++] = *event;
}

static bool runs_live(const struct guest *g)
{
	return g->live.wish && g->live.wish->running;
}

/* A program may make any number of them: who wants to know is told at once. */
static int pass_events_on(struct guest *g, uint64_t tail, uint64_t head)
{
	const struct target_live *wish = g->live.wish;
	struct lab_event event;

	for (; tail != head && wish->event; tail++) {
		memcpy(&event, &g->lab->events[tail % LAB_NR_EVENTS], sizeof(event));
		wish->event(wish->ctx, &event);
	}
	WRITE_ONCE(g->lab->event_tail, head);
	return 0;
}

static int drain_events(struct guest *g, struct error *e)
{
	uint64_t head = READ_ONCE(g->lab->event_head), tail = READ_ONCE(g->lab->event_tail);

	if (head - tail > LAB_NR_EVENTS)
		return error_set(e, EXIT_GUEST_DIED,
				 "the guest's event ring is nonsense: %" PRIu64 " written, %" PRIu64
				 " read, room for %d",
				 head, tail, LAB_NR_EVENTS);
	if (runs_live(g))
		return pass_events_on(g, tail, head);
	if (g->nr_events + (head - tail) > MAX_EVENTS_PER_ROUND)
		return error_set(e, EXIT_GUEST_DIED,
				 "the guest made more than %u events in one step and does "
				 "not come to rest",
				 MAX_EVENTS_PER_ROUND);
	for (; tail != head; tail++)
		add_event(g, &g->lab->events[tail % LAB_NR_EVENTS]);
	WRITE_ONCE(g->lab->event_tail, tail);
	return 0;
}

/* What a program wrote. Its length is the guest's word. */
static int take_output(struct guest *g, struct error *e)
{
	uint32_t len = READ_ONCE(g->lab->output.len);

	if (!g->target.output || len > sizeof(g->lab->output.bytes))
		return error_set(e, EXIT_GUEST_DIED, "the guest has %u bytes of output, which nobody wants or which do not fit", len);
	if (fwrite(g->lab->output.bytes, 1, len, g->target.output) == len)
		return 0;
	return error_set(e, EXIT_HOST, "cannot write what the program says: %s", strerror(errno));
}

static int answer_root(struct guest *g, struct error *e)
{
	if (!g->root)
		return error_set(e, EXIT_GUEST_DIED, "the guest asks for files of --root, and there is none");
	guest_hash_forget(&g->hash, READ_ONCE(g->lab->root.pfn)); /* the answer may be written there, by the host */
	return guest_root_answer(g->root, &g->lab->root, g->machine->ram, g->machine->ram_size, e);
}

static bool has_answered(const struct guest *g, unsigned int c)
{
	return READ_ONCE(g->lab->channels[c].report_seq) != g->channels[c].report_seq;
}

static bool has_died(const struct guest *g, unsigned int c)
{
	uint32_t state = READ_ONCE(g->lab->channels[c].state);

	return state == LAB_CHANNEL_DEAD || state == LAB_CHANNEL_FREE;
}

/*
 * Live, a round has ended when a task that was told something in it has answered, or when nobody is left that could: of all
 * that were ever told, each has answered or died.
 */
static bool round_ended(const struct guest *g)
{
	bool waits = false;

	for (unsigned int c = 0; c < AGENT_CHANNELS; c++) {
		if ((g->told >> c & 1) && has_answered(g, c))
			return true;
		waits = waits || ((g->outstanding >> c & 1) && !has_answered(g, c) && !has_died(g, c));
	}
	return !waits;
}

/* A tick is due. True: the round ends, though the guest does not rest. */
static bool on_tick(void *ctx)
{
	struct guest *g = ctx;
	struct error late;

	live_update(&g->live);
	return !runs_live(g) || round_ended(g) || live_is_late(&g->live, &late);
}

/* The guest rests, live: 1 if the round goes on, with the world's help; 0: it has ended; -1 with *e. */
static int rest_live(struct guest *g, struct error *e)
{
	if (!runs_live(g) || round_ended(g))
		return 0;
	if (live_wait(&g->live, e))
		return -1;
	g->nr_events = 0;
	__atomic_add_fetch(&g->lab->seq, 1, __ATOMIC_RELEASE);
	return 1;
}

/* An access found no memory: told as an event of the step, and to the guest as a machine check. */
static int memory_missing(struct guest *g, const struct memory_access *access, struct error *e)
{
	struct lab_event event = {
		.type = LAB_EV_MEMORY,
		.args = {access->pa, access->len,
			 (access->write ? LAB_MEMORY_WRITE : 0) | (access->ring_3 ? LAB_MEMORY_RING_3 : 0) |
				 (access->kind == SLOT_READONLY ? LAB_MEMORY_READONLY : 0),
			 access->rip},
	};

	if (drain_events(g, e))
		return -1;
	add_event(g, &event);
	return g->machine->ops->memory_error(g->machine, access->pa, true, e);
}

/* Who hashes pages by what the guest has written must be told what the host has. */
static int move_stream(struct guest *g, struct error *e)
{
	const struct lab_stream *s = &g->lab->live.stream;

	for (unsigned int i = 0; i < LAB_STREAM_PIECES && i < READ_ONCE(s->nr_pieces); i++)
		guest_hash_forget(&g->hash, READ_ONCE(s->pieces[i].pa) >> PAGE_SHIFT);
	return live_stream(&g->live, e);
}

/*
 * A task is about to go on in ring 3: what the trace told of the way there belongs to the step that ends here, and that it runs
 * to the one that begins.
 */
static int step_live(struct guest *g, struct error *e)
{
	const struct lab_trace_entry user = {.type = LAB_TRACE_USER};

	if (!runs_live(g) || !g->live.wish->step)
		return 0;
	if (g->live.wish->step(g->live.wish->ctx, e))
		return -1;
	g->trace.nr_entries = 0;
	tlb_watch_add(&g->trace.watch, &user);
	return 0;
}

/* Run until the guest rests. The events of the round are collected on the way. */
static int run_to_rest(struct guest *g, struct error *e)
{
	int more;

	for (;;) {
		struct stop stop = g->machine->ops->run(g->machine, e);

		if (stop.reason == STOP_BREAK) {
			if (guest_plan_stop(&g->plan, g->machine, &g->trace, e))
				return -1;
			continue;
		}
		if (stop.reason == STOP_TICK)
			return live_is_late(&g->live, e) ? -1 : drain_events(g, e);
		if (stop.reason == STOP_MEMORY) {
			if (memory_missing(g, &stop.memory, e))
				return -1;
			continue;
		}
		if (stop.reason != STOP_DOORBELL)
			return -1;
		if (guest_trace_drain(&g->trace, e))
			return -1;
		switch (stop.byte) {
		case LAB_TRACE_FULL:
			break;
		case LAB_OUTPUT:
			if (take_output(g, e))
				return -1;
			break;
		case LAB_ROOT:
			if (answer_root(g, e))
				return -1;
			break;
		case LAB_STREAM:
			if (move_stream(g, e))
				return -1;
			break;
		case LAB_RETURN:
			if (drain_events(g, e) || step_live(g, e))
				return -1;
			break;
		case LAB_CLOCK:
			live_clock(&g->live);
			break;
		case LAB_QUIESCENT:
			more = drain_events(g, e) ? -1 : rest_live(g, e);
			if (more <= 0)
				return more;
			break;
		case LAB_EVENTS_FULL:
			if (drain_events(g, e))
				return -1;
			break;
		case LAB_PANIC:
			/* What led to the panic is worth having; its ring may be broken, though. */
			drain_events(g, e);
			return panic_report(g->elf, &g->lab->panic, e);
		default:
			return error_set(e, EXIT_GUEST_DIED,
					 "the guest rang the doorbell with byte %#x, which "
					 "means nothing",
					 stop.byte);
		}
	}
}

static int next_round(struct guest *g, struct error *e)
{
	g->nr_events = 0;
	g->trace.nr_entries = 0;
	__atomic_or_fetch(&g->lab->channel_kick, g->kick, __ATOMIC_RELAXED);
	g->told = g->kick;
	g->kick = 0;
	/* The guest may look at seq at any time: all that belongs to the round must be seen before it. */
	__atomic_add_fetch(&g->lab->seq, 1, __ATOMIC_RELEASE);
	return run_to_rest(g, e);
}

/* From the first round that runs live: time counts, and ring 3 is preempted where the machine can. */
static int start_live(struct guest *g, struct error *e)
{
	const struct machine_ticks ticks = {.period_ns = LAB_TICK_NS, .due = on_tick, .ctx = g};

	live_start(&g->live);
	WRITE_ONCE(g->lab->live.stepping, g->live.wish->step != NULL);
	g->ticking = true;
	return g->machine->ops->set_ticks ? g->machine->ops->set_ticks(g->machine, &ticks, e) : 0;
}

static int guest_run(struct target *t, struct error *e)
{
	struct guest *g = guest_of(t);

	if (runs_live(g) && !g->ticking && start_live(g, e))
		return -1;
	return next_round(g, e);
}

static int request(struct guest *g, uint32_t op, uint64_t arg, const char *name, int64_t *result,
		   struct error *e)
{
	struct lab_request *r = &g->lab->request;
	struct lab_request filled = {.op = op, .args = {arg, op == LAB_REQ_SPAWN && g->all_rights}};

	if (name)
		snprintf(filled.name, sizeof(filled.name), "%s", name);
	memcpy(r, &filled, sizeof(*r));
	if (next_round(g, e))
		return -1;
	if (READ_ONCE(r->op) != LAB_REQ_NONE)
		return error_set(e, EXIT_GUEST_DIED, "the guest came to rest without doing request %u", op);
	*result = READ_ONCE(r->result);
	return 0;
}

/* --- start ---------------------------------------------------------------------------------------- */

static int check_lab(struct guest *g, struct error *e)
{
	const struct lab_page *lab = g->lab;
	uint64_t ram_end = READ_ONCE(lab->ram_end);

	if (READ_ONCE(lab->magic) != LAB_MAGIC)
		return error_set(e, EXIT_GUEST_DIED,
				 "no lab page at physical %#" PRIx64 ": magic %#" PRIx64 " instead of %#llx",
				 g->image.lab_pa, READ_ONCE(lab->magic), (unsigned long long)LAB_MAGIC);
	if (READ_ONCE(lab->abi_version) != LAB_ABI_VERSION)
		return error_set(e, EXIT_USAGE,
				 "%s speaks version %u of the lab channel, this vmm version %d: "
				 "build both from one tree",
				 g->elf->path ? g->elf->path : "the guest", READ_ONCE(lab->abi_version),
				 LAB_ABI_VERSION);
	if (READ_ONCE(lab->page_offset) != PAGE_OFFSET || READ_ONCE(lab->kernel_map) != KERNEL_MAP)
		return error_set(e, EXIT_GUEST_DIED,
				 "the guest says its direct map is at %#" PRIx64 " and its "
				 "image map at %#" PRIx64 "; they belong at %#lx and %#lx",
				 READ_ONCE(lab->page_offset), READ_ONCE(lab->kernel_map), PAGE_OFFSET,
				 KERNEL_MAP);
	if (ram_end > g->machine->ram_size || ram_end < IMAGE_REGION)
		return error_set(e, EXIT_GUEST_DIED,
				 "the guest says that RAM ends at %#" PRIx64 "; it ends at %#" PRIx64,
				 ram_end, g->machine->ram_size);
	return 0;
}

static int prepare_live(struct guest *g, struct error *e)
{
	int64_t result;

	g->live = (struct live){.wish = g->target.live, .lab = g->lab, .ram = g->machine->ram, .ram_size = g->machine->ram_size};
	if (request(g, LAB_REQ_LIVE, 0, NULL, &result, e))
		return -1;
	return result ? error_set(e, EXIT_GUEST_DIED, "the guest cannot run a program live: %" PRId64, result) : 0;
}

static int guest_start(struct target *t, struct error *e)
{
	struct guest *g = guest_of(t);

	if (t->wants_trace && guest_trace_start(&g->trace, &g->image, g->machine->ram, g->lab, e))
		return -1;
	if (t->live && t->live->event && guest_trace_calls(&g->image, g->machine->ram, g->lab, e))
		return -1;
	g->aids.tlb = t->wants_trace ? &g->trace.watch : NULL;
	WRITE_ONCE(g->lab->output.wanted, t->output != NULL);
	if (t->root) {
		g->root = guest_root_open(t->root, e);
		if (!g->root)
			return -1;
		WRITE_ONCE(g->lab->root.wanted, 1);
	}
	if (run_to_rest(g, e) || check_lab(g, e))
		return -1;
	return t->live ? prepare_live(g, e) : 0;
}

/* --- requests and commands ------------------------------------------------------------------------ */

void target_guest_grant_all(struct target *t)
{
	guest_of(t)->all_rights = true;
}

static int guest_free_channel(struct target *t)
{
	struct guest *g = guest_of(t);

	for (int c = 0; c < AGENT_CHANNELS; c++) {
		uint32_t state = READ_ONCE(g->lab->channels[c].state);

		if (!g->channels[c].used && (state == LAB_CHANNEL_FREE || state == LAB_CHANNEL_DEAD))
			return c;
	}
	return -1;
}

static int guest_spawn(struct target *t, const char *name, int *pid, struct error *e)
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
	if (request(g, LAB_REQ_SPAWN, channel, name, &result, e))
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

static int guest_tick(struct target *t, uint64_t ns, struct error *e)
{
	int64_t result = 0;

	return request(guest_of(t), LAB_REQ_TICK, ns, NULL, &result, e);
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

static int guest_post(struct target *t, int channel, const struct agent_cmd *cmd, struct error *e)
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

static enum task_status guest_poll(struct target *t, int channel, struct agent_report *report, bool *fresh,
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

static struct target_events guest_events(struct target *t)
{
	struct guest *g = guest_of(t);

	return (struct target_events){.items = g->events, .n = g->nr_events};
}

/* --- looking -------------------------------------------------------------------------------------- */

static struct model *guest_observe(struct target *t, struct error *e)
{
	struct guest *g = guest_of(t);
	unsigned int n = g->machine->nr_cpus;
	struct cpu_state *cpus = xcalloc(n, sizeof(*cpus));
	struct model *model = NULL;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (g->machine->ops->get_cpu(g->machine, i, &cpus[i], e))
			break;
	if (i == n)
		model = model_build(&g->image, cpus, n);
	free(cpus);
	if (model && g->trace.on) {
		tlb_watch_end(&g->trace.watch, model);
		g->hash.asking |= t->wants_log;
		guest_hash(&g->hash, g->machine, model);
	}
	/* A step in which no task was told anything has no facts. */
	if (g->facts_ended)
		g->facts = (struct step_facts){0};
	g->facts_ended = true;
	return model;
}

static int translate(void *ctx, uint64_t va, uint64_t *pa)
{
	struct guest *g = ctx;

	return g->machine->ops->translate ? g->machine->ops->translate(g->machine, 0, va, pa) : -1;
}

static bool root_given(void *ctx, uint64_t node, uint64_t index, uint32_t *hash)
{
	struct guest *g = ctx;

	return g->root && guest_root_given(g->root, node, index, hash);
}

static const struct verify_aids *guest_aids(struct target *t)
{
	return &guest_of(t)->aids;
}

static const uint8_t *guest_page(struct target *t, uint64_t pfn)
{
	struct guest *g = guest_of(t);

	return pfn < g->machine->ram_size >> PAGE_SHIFT ? g->machine->ram + (pfn << PAGE_SHIFT) : NULL;
}

/* --- state ---------------------------------------------------------------------------------------- */

struct target_state {
	const struct machine_ops *ops;
	struct machine_state *machine;
	struct channel channels[AGENT_CHANNELS];
	uint64_t kick;
};

static struct target_state *guest_save(struct target *t, struct error *e)
{
	struct guest *g = guest_of(t);
	struct machine_state *machine = g->machine->ops->save(g->machine, e);
	struct target_state *state;

	if (!machine)
		return NULL;
	state = xcalloc(1, sizeof(*state));
	*state = (struct target_state){.ops = g->machine->ops, .machine = machine, .kick = g->kick};
	memcpy(state->channels, g->channels, sizeof(state->channels));
	return state;
}

static int guest_restore(struct target *t, const struct target_state *state, struct error *e)
{
	struct guest *g = guest_of(t);

	if (g->machine->ops->restore(g->machine, state->machine, e))
		return -1;
	memcpy(g->channels, state->channels, sizeof(g->channels));
	g->kick = state->kick;
	g->nr_events = 0;
	g->plan = (struct guest_plan){0};
	guest_trace_restart(&g->trace);
	return 0;
}

static void guest_free_state(struct target_state *state)
{
	state->ops->free_state(state->machine);
	free(state);
}

static uint8_t *guest_memory(struct target *t, uint64_t pa, uint64_t n)
{
	struct machine *m = guest_of(t)->machine;

	guest_of(t)->hash.blind = true;
	return pa <= m->ram_size && n <= m->ram_size - pa ? m->ram + pa : NULL;
}

static int guest_tables_changed(struct target *t, struct error *e)
{
	struct machine *m = guest_of(t)->machine;

	return m->ops->tables_changed(m, e);
}

static int guest_plan(struct target *t, const struct hardware_plan *plan, struct error *e)
{
	struct guest *g = guest_of(t);

	g->hash.blind = true; /* what is done to the processor may write to any stack */
	return guest_plan_begin(&g->plan, plan, g->machine, &g->trace, e);
}

static uint32_t guest_plan_came(struct target *t)
{
	return guest_of(t)->plan.came;
}

static int guest_set_slot(struct target *t, uint64_t pfn, enum slot_kind kind, struct error *e)
{
	struct machine *m = guest_of(t)->machine;

	return m->ops->set_slot(m, pfn, kind, e);
}

static int guest_poison(struct target *t, uint64_t pfn, struct error *e)
{
	struct guest *g = guest_of(t);

	if (g->machine->ops->memory_error(g->machine, pfn << PAGE_SHIFT, false, e))
		return -1;
	return next_round(g, e);
}

static void guest_destroy(struct target *t)
{
	struct guest *g = guest_of(t);

	if (g->machine)
		g->machine->ops->destroy(g->machine);
	tlb_watch_forget(&g->trace.watch);
	if (g->root)
		guest_root_close(g->root);
	guest_hash_free(&g->hash);
	free(g->events);
	free(g);
}

/* --- making one ----------------------------------------------------------------------------------- */

static const struct target_ops guest_ops = {
	.name = "guest",
	.start = guest_start,
	.spawn = guest_spawn,
	.free_channel = guest_free_channel,
	.post = guest_post,
	.run = guest_run,
	.poll = guest_poll,
	.tick = guest_tick,
	.events = guest_events,
	.observe = guest_observe,
	.aids = guest_aids,
	.page = guest_page,
	.save = guest_save,
	.restore = guest_restore,
	.free_state = guest_free_state,
	.memory = guest_memory,
	.tables_changed = guest_tables_changed,
	.plan = guest_plan,
	.plan_came = guest_plan_came,
	.set_slot = guest_set_slot,
	.poison = guest_poison,
	.destroy = guest_destroy,
};

/* How the host sees RAM: bytes, and the two linear maps of the kernel half. */
static void set_image(struct guest *g)
{
	struct machine *m = g->machine;

	g->region = (struct guest_region){.pa = 0, .size = m->ram_size, .bytes = m->ram};
	g->linear[0] = (struct guest_linear){.va = PAGE_OFFSET, .pa = 0, .size = m->ram_size};
	g->linear[1] = (struct guest_linear){
		.va = KERNEL_MAP, .pa = 0, .size = m->ram_size < IMAGE_REGION ? m->ram_size : IMAGE_REGION};
	g->image = (struct guest_image){.regions = &g->region,
					.nr_regions = 1,
					.linear = g->linear,
					.nr_linear = 2,
					.lab_pa = g->elf->lab_pa};
}

struct target *target_guest_create(const struct machine_ops *ops, const struct machine_config *config,
				   const struct guest_elf *elf, struct error *e)
{
	struct guest *g = xcalloc(1, sizeof(*g));

	g->target.ops = &guest_ops;
	g->elf = elf;
	g->aids = (struct verify_aids){.ctx = g, .translate = translate, .facts = &g->facts, .root_given = root_given};
	g->machine = ops->create(config, elf, e);
	if (!g->machine)
		goto fail;
	if (elf->lab_pa % _Alignof(struct lab_page) || elf->lab_pa > g->machine->ram_size ||
	    sizeof(struct lab_page) > g->machine->ram_size - elf->lab_pa) {
		error_set(e, EXIT_USAGE, "%s: its lab page at %#" PRIx64 " does not lie in RAM",
			  elf->path ? elf->path : "the guest", elf->lab_pa);
		goto fail;
	}
	g->lab = (struct lab_page *)(g->machine->ram + elf->lab_pa);
	set_image(g);
	snprintf(g->target.description, sizeof(g->target.description), "%s", g->machine->description);
	return &g->target;
fail:
	guest_destroy(&g->target);
	return NULL;
}
