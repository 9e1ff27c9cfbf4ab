/* SPDX-License-Identifier: MIT */
/* The insides of the target `guest`, for its own files: guest.c, guest_round.c, guest_channel.c, guest_state.c. */
#ifndef VMM_TARGET_GUEST_PRIV_H
#define VMM_TARGET_GUEST_PRIV_H

#include <stdlib.h>

#include "target/guest.h"
#include "target/guest_look.h"
#include "target/guest_plan.h"
#include "target/guest_root.h"
#include "target/guest_trace.h"
#include "target/live.h"
#include "verify/verify.h"

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
	struct guest_look look;
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

static inline struct guest *guest_of(struct target *t)
{
	return (struct guest *)t;
}

/* --- guest_round.c ------------------------------------------------------------------------------------ */

/** Run until the guest rests; the events of the round are in g->events then. 0 or -1 with *e, as all below. */
int guest_run_to_rest(struct guest *g, struct error *e);
/** Tell the channels what was posted for them, and run to rest. */
int guest_next_round(struct guest *g, struct error *e);
/** ops->run: a round; from the first that runs live time counts. */
int guest_run(struct target *t, struct error *e);
struct target_events guest_events(struct target *t);

/* --- guest_channel.c ---------------------------------------------------------------------------------- */

/** One request of the kernel's own task, and its result. */
int guest_request(struct guest *g, uint32_t op, uint64_t arg, const char *name, int64_t *result, struct error *e);
int guest_free_channel(struct target *t);
int guest_spawn(struct target *t, const char *name, int *pid, struct error *e);
int guest_tick(struct target *t, uint64_t ns, struct error *e);
int guest_post(struct target *t, int channel, const struct agent_cmd *cmd, struct error *e);
enum task_status guest_poll(struct target *t, int channel, struct agent_report *report, bool *fresh, int *exit_code,
			    int *pid);

/* --- guest_state.c ------------------------------------------------------------------------------------ */

struct target_state *guest_save(struct target *t, struct error *e);
int guest_restore(struct target *t, const struct target_state *state, struct error *e);
void guest_free_state(struct target_state *state);
uint8_t *guest_memory(struct target *t, uint64_t pa, uint64_t n);
int guest_tables_changed(struct target *t, struct error *e);
int guest_plan_hardware(struct target *t, const struct hardware_plan *plan, struct error *e);
uint32_t guest_plan_came(struct target *t);
int guest_set_slot(struct target *t, uint64_t pfn, enum slot_kind kind, struct error *e);
int guest_poison(struct target *t, uint64_t pfn, struct error *e);

#endif
