/* SPDX-License-Identifier: MIT */
/* The guest's trace of entries, flushes and freed frames (shared/lab.h), read by the host into a tlb_watch. */
#ifndef VMM_TARGET_GUEST_TRACE_H
#define VMM_TARGET_GUEST_TRACE_H

#include "base/error.h"
#include "observe/tlb.h"

struct guest_trace {
	const struct guest_image *image;
	struct lab_page *lab;		/* in guest RAM */
	struct tlb_watch watch;
	uint64_t nr_entries;		/* of the round */
	bool on;
};

/**
 * Before the guest's first instruction: turn its trace on, by calls over the NOPs that it lists. ram: all of the image's
 * RAM, from physical 0. 0, or -1 with *e: the list is nonsense.
 */
int guest_trace_start(struct guest_trace *trace, const struct guest_image *image, uint8_t *ram, struct lab_page *lab,
		      struct error *e);
/** Likewise: turn the calls that the guest lists, so that it tells of system calls and faults (LAB_EV_SYSCALL …). */
int guest_trace_calls(const struct guest_image *image, uint8_t *ram, const struct lab_page *lab, struct error *e);
/** Take in what the guest has written since the last time. 0, or -1 with *e: the ring is nonsense. */
int guest_trace_drain(struct guest_trace *trace, struct error *e);

#define TRACE_CALL_SIZE 5	/* of a place of the trace */
#define FLUSH_SIZE	3	/* of the flush behind it */
/** Which flush is behind the place of the trace at va: LAB_TRACE_INVLPG, LAB_TRACE_CR3 (operand in RDI), or NONE. */
enum lab_trace_type guest_trace_flush(const struct guest_trace *trace, uint64_t va);

/** RAM was put back to an earlier state: forget what was cached, until the next model tells what there is. */
void guest_trace_restart(struct guest_trace *trace);

#endif
