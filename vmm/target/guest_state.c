/* SPDX-License-Identifier: MIT */
/* Going back to what was, and what the host does to the guest's memory and hardware. */
#include <string.h>

#include "target/guest_priv.h"

struct target_state {
	const struct machine_ops *ops;
	struct machine_state *machine;
	struct channel channels[AGENT_CHANNELS];
	uint64_t kick;
};

struct target_state *guest_save(struct target *t, struct error *e)
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

int guest_restore(struct target *t, const struct target_state *state, struct error *e)
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

void guest_free_state(struct target_state *state)
{
	state->ops->free_state(state->machine);
	free(state);
}

uint8_t *guest_memory(struct target *t, uint64_t pa, uint64_t n)
{
	struct machine *m = guest_of(t)->machine;

	guest_of(t)->look.blind = true;
	return pa <= m->ram_size && n <= m->ram_size - pa ? m->ram + pa : NULL;
}

int guest_tables_changed(struct target *t, struct error *e)
{
	struct machine *m = guest_of(t)->machine;

	return m->ops->tables_changed(m, e);
}

int guest_plan_hardware(struct target *t, const struct hardware_plan *plan, struct error *e)
{
	struct guest *g = guest_of(t);

	g->look.blind = true; /* what is done to the processor may write to any stack */
	return guest_plan_begin(&g->plan, plan, g->machine, &g->trace, e);
}

uint32_t guest_plan_came(struct target *t)
{
	return guest_of(t)->plan.came;
}

int guest_set_slot(struct target *t, uint64_t pfn, enum slot_kind kind, struct error *e)
{
	struct machine *m = guest_of(t)->machine;

	return m->ops->set_slot(m, pfn, kind, e);
}

int guest_poison(struct target *t, uint64_t pfn, struct error *e)
{
	struct guest *g = guest_of(t);

	if (g->machine->ops->memory_error(g->machine, pfn << PAGE_SHIFT, false, e))
		return -1;
	return guest_next_round(g, e);
}
