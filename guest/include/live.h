/* SPDX-License-Identifier: MIT */
/*
 * A program of the host runs live (shared/lab.h: struct lab_live): real time, ticks that preempt ring 3, streams. All of it
 * begins with LAB_REQ_LIVE; a scenario has none of it.
 */
#ifndef GUEST_LIVE_H
#define GUEST_LIVE_H

#include "labdev.h"

/* --- kernel/live.c --- */

/** LAB_REQ_LIVE, by init: descriptors 0 to 2 of processes yet to be spawned are streams of the host. 0 or -LX_ENOMEM. */
long live_begin(void);
/** The host has brought time and streams up to date: wake whom that concerns. */
void live_wake(void);
/** The time now on the monotonic clock, to the nanosecond where it is real. */
uint64_t ktime_get(void);

/* --- drivers/stream.c --- */

/** The three files in init_files. 0 or -LX_ENOMEM. */
long streams_open(void);
/** Wake who waits for a stream that is ready. */
void streams_wake(void);

#endif
