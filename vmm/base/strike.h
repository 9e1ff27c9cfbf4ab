/* SPDX-License-Identifier: MIT */
/*
 * What a machine can do to its guest at a chosen instruction: bring an NMI, an exception or an interrupt that nothing there
 * has caused, or put the CPU elsewhere.
 */
#ifndef VMM_BASE_STRIKE_H
#define VMM_BASE_STRIKE_H

#include <stdbool.h>
#include <stdint.h>

enum strike_kind {
	STRIKE_NMI,
	STRIKE_EXCEPTION,
	STRIKE_INTERRUPT,		/* of a device; it comes whether or not RFLAGS.IF lets it */
};

struct strike {
	enum strike_kind kind;
	uint8_t vector;			/* of an exception or interrupt */
	bool has_error_code;		/* the processor pushes one for this exception */
	uint32_t error_code;
	uint64_t cr2;			/* of a page fault */
};

/** Where a CPU stands: ring 0, or ring 3 in its flat 64-bit segments (shared/x86.h). */
struct cpu_place {
	uint64_t rip, rsp, rflags;
	bool ring_3;
};

/** What is behind a page of RAM. */
enum slot_kind {
	SLOT_RAM,
	SLOT_READONLY,			/* what it held can be read */
	SLOT_MISSING,
};

/** An access of the guest that found no memory, or none that takes a store. */
struct memory_access {
	uint64_t pa;
	uint64_t rip;			/* at a load, behind a store */
	uint32_t len;			/* bytes */
	bool write, ring_3;
	enum slot_kind kind;
};

/** As many places can stop a run at once. */
#define MAX_BREAKS 64

#endif
