/* SPDX-License-Identifier: MIT */
/*
 * A round: what was posted is told to the guest, which runs until it rests; on the way it rings for what only the host can do.
 * The guest is hostile: no number of its making bounds a loop or an index here.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "target/guest_panic.h"
#include "target/guest_priv.h"

/* A step that makes more events than this, or than target.max_events, is a guest that faults for ever. */
#define MAX_EVENTS_PER_ROUND (1u << 22)

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
	const uint32_t most = g->target.max_events ? g->target.max_events : MAX_EVENTS_PER_ROUND;

	if (head - tail > LAB_NR_EVENTS)
		return error_set(e, EXIT_GUEST_DIED,
				 "the guest's event ring is nonsense: %" PRIu64 " written, %" PRIu64
				 " read, room for %d",
				 head, tail, LAB_NR_EVENTS);
	if (runs_live(g))
		return pass_events_on(g, tail, head);
	if (g->nr_events + (head - tail) > most)
		return error_set(e, EXIT_GUEST_DIED,
				 "the guest made more than %u events in one step and does "
				 "not come to rest",
				 most);
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
	guest_look_forget(&g->look, READ_ONCE(g->lab->root.pfn)); /* the answer may be written there, by the host */
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
		guest_look_forget(&g->look, READ_ONCE(s->pieces[i].pa) >> PAGE_SHIFT);
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
int guest_run_to_rest(struct guest *g, struct error *e)
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

int guest_next_round(struct guest *g, struct error *e)
{
	g->nr_events = 0;
	g->trace.nr_entries = 0;
	__atomic_or_fetch(&g->lab->channel_kick, g->kick, __ATOMIC_RELAXED);
	g->told = g->kick;
	g->kick = 0;
	/* The guest may look at seq at any time: all that belongs to the round must be seen before it. */
	__atomic_add_fetch(&g->lab->seq, 1, __ATOMIC_RELEASE);
	return guest_run_to_rest(g, e);
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

int guest_run(struct target *t, struct error *e)
{
	struct guest *g = guest_of(t);

	if (runs_live(g) && !g->ticking && start_live(g, e))
		return -1;
	return guest_next_round(g, e);
}

struct target_events guest_events(struct target *t)
{
	struct guest *g = guest_of(t);

	return (struct target_events){.items = g->events, .n = g->nr_events};
}
