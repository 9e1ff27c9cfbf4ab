/* SPDX-License-Identifier: MIT */
/*
 * A limit on the time between two doorbells. A vCPU that loops in the guest never comes back by itself:
 * a timer's signal fetches it, wherever it is, ring 3 included.
 */
#ifndef VMM_MACHINE_TIME_LIMIT_H
#define VMM_MACHINE_TIME_LIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include "base/error.h"

struct time_limit {
	uint64_t limit_ns;		/* 0: none */
	timer_t timer;
	volatile uint64_t deadline_ns;	/* of the run under way; 0: no run */
	volatile bool armed;		/* the timer will fire */
	volatile bool expired;
	volatile uint8_t *kick;		/* set to 1 when expired: kvm_run.immediate_exit */
};

/** Make the timer for the calling thread. `kick` may be NULL. 0 or -1 with *e. */
int time_limit_create(struct time_limit *t, double seconds, volatile uint8_t *kick, struct error *e);
/** A run begins: the clock starts anew. Next to no cost: the timer is set once per limit, not per run. */
void time_limit_start(struct time_limit *t);
/** The run ended. */
void time_limit_stop(struct time_limit *t);
void time_limit_destroy(struct time_limit *t);

#endif
