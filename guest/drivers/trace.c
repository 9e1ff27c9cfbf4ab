// SPDX-License-Identifier: MIT
/*
 * The trace of the mm (shared/lab.h), of which nothing runs unless the host asked for it. Small, since a full ring costs no
 * more than a doorbell: what is written and not yet read is never overwritten. One CPU writes at a time; with
 * more, the slot has to be taken atomically and the entry marked when it is whole.
 */
#include "labdev.h"
#include "mm_env.h"

struct lab_trace_entry lab_trace_ring[LAB_NR_TRACE];

/* In our VMM the host has drained it when the doorbell returns; elsewhere a little later. */
static void wait_for_room(uint64_t head)
{
	lab_doorbell(LAB_TRACE_FULL);
	while (head - lab.trace_tail >= LAB_NR_TRACE)
		cpu_relax();
}

/* Called by trace_entry.S, from `ip`: `a` and `b` are the operands of the place. */
void lab_trace(enum lab_trace_type type, uint64_t a, uint64_t b, uint64_t ip)
{
	uint64_t head = lab.trace_head;
	struct lab_trace_entry *entry = &lab_trace_ring[head % LAB_NR_TRACE];

	if (unlikely(head - lab.trace_tail >= LAB_NR_TRACE))
		wait_for_room(head);
	entry->type = type;
	entry->cpu = this_cpu()->cpu;
	entry->ip = ip;
	entry->args[0] = a;
	entry->args[1] = b;
	if (type == LAB_TRACE_SET) {
		entry->args[0] = __pa((uint64_t *)a);
		entry->args[2] = *(uint64_t *)a;
	}
	lab.trace_head = head + 1;
	if (type == LAB_TRACE_USER && lab.live.stepping)
		lab_doorbell(LAB_RETURN);
}
