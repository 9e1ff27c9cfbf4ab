/* SPDX-License-Identifier: MIT */
/*
 * The timeline of a program's address space: what its system calls and faults did to it, in order, and what it came to. Made of
 * the guest's events (shared/lab.h); what they say is the guest's word.
 */
#ifndef VMM_EXPLORE_PROG_TRACE_H
#define VMM_EXPLORE_PROG_TRACE_H

#include <stdio.h>
#include "lab.h"
#include "options.h"
#include "uapi.h"

/** What it came to. Each count is of the program, all of its processes and threads together. */
struct trace_totals {
	uint64_t events;
	uint64_t calls[NR_SYSCALLS], calls_unknown;
	uint64_t faults[LAB_FAULT_PFN + 1], faults_unknown, stack_grown;
	uint64_t forks, threads, execs, exits, signals;
	uint64_t peak_rss, peak_tables, peak_areas, peak_mapped; /* of the largest process at a time; tables in bytes */
};

struct timeline;

/** From the first exec on. `to` gets it, in options->format (NULL: nobody does; only timeline_doing() is wanted). */
struct timeline *timeline_open(const struct options *options, FILE *to);
/** The next event: target_live.event. */
void timeline_event(void *timeline, const struct lab_event *event);
/** What happened last, in a few words: "mprotect of pid 3". Good until the next event. */
const char *timeline_doing(struct timeline *t);
/** The end: the summary, if anybody reads it. */
void timeline_close(struct timeline *t);

/* --- prog_summary.c --- */

void trace_summary_text(FILE *to, const struct trace_totals *totals);
void trace_summary_json(FILE *to, const struct trace_totals *totals);

#endif
