/* SPDX-License-Identifier: MIT */
/*
 * The host's side of a program that runs live (shared/lab.h: struct lab_live): its clock, its streams, and waiting for
 * either while all of the guest sleeps. What the guest says is checked here.
 */
#ifndef VMM_TARGET_LIVE_H
#define VMM_TARGET_LIVE_H

#include "lab.h"
#include "target/target.h"

#define NR_STREAMS 3

struct live {
	struct target_live *wish;	/* target.h; the caller's */
	struct lab_page *lab;		/* in guest RAM */
	uint8_t *ram;
	uint64_t ram_size;
	uint64_t deadline_ns;		/* of wish->time_limit, on the monotonic clock; 0: none */
};

/** The program begins: from now on its time counts. */
void live_start(struct live *l);
/** Bring the guest's clock up to date, and say which streams are ready that it waits for. */
void live_update(struct live *l);
/** LAB_CLOCK */
void live_clock(struct live *l);
/** LAB_STREAM. 0 or -1 with *e: what is asked is nonsense. */
int live_stream(struct live *l, struct error *e);
/** All of the guest sleeps: wait until it has a reason to go on, and update. 0, or -1 with *e: the time is up. */
int live_wait(struct live *l, struct error *e);
/** Has the program run longer than it may? Then *e says so, with EXIT_TIME. */
bool live_is_late(const struct live *l, struct error *e);

#endif
