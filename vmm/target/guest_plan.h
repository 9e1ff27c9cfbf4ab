/* SPDX-License-Identifier: MIT */
/* What is to go wrong with the hardware in a round, and how it is brought about: by stops before chosen instructions. */
#ifndef VMM_TARGET_GUEST_PLAN_H
#define VMM_TARGET_GUEST_PLAN_H

#include "machine/machine.h"
#include "target/guest_trace.h"
#include "target/target.h"

/** A plan under way. Zero: none. */
struct guest_plan {
	struct hardware_plan plan;
	bool on;
	uint32_t reached;		/* how often the place, or a flush, was */
	uint32_t came;			/* how often it did happen */
	struct lab_trace_entry late[MAX_LATE];	/* flushes that are still to be done … */
	uint32_t nr_late, returns;	/* … and how often ring 3 went on since */
	uint64_t flushes[MAX_BREAKS];	/* where the guest flushes: the calls of its trace */
	uint32_t nr_flushes;
};

/** Begin a plan; NULL: none from now on. 0 or -1 with *e. */
int guest_plan_begin(struct guest_plan *p, const struct hardware_plan *plan, struct machine *m,
		     const struct guest_trace *trace, struct error *e);
/** The machine stopped at a break: do what is due there. 0 or -1 with *e. */
int guest_plan_stop(struct guest_plan *p, struct machine *m, struct guest_trace *trace, struct error *e);

#endif
