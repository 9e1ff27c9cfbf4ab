/* SPDX-License-Identifier: MIT */
/*
 * What a scenario runs against: tasks that perform agent commands, one at a time, and (on the
 * guest) a model after each. Implementations: guest (on a machine), linux (this host's
 * kernel), linux-vm (a kernel in a machine), both (the two in lockstep).
 */
#ifndef VMM_TARGET_TARGET_H
#define VMM_TARGET_TARGET_H

#include <stdbool.h>
#include <stdio.h>
#include "base/error.h"
#include "base/strike.h"
#include "lab.h"
#include "observe/model.h"
#include "observe/view.h"

struct target;
/** All that a target is made of at one quiescence: the guest and what the host remembers of its channels. */
struct target_state;

/** Where a task's channel stands after a round. */
enum task_status {
	TASK_AWAITS,			/* ready for the next command */
	TASK_PENDING,			/* its operation has not returned */
	TASK_GONE,			/* it died: exit_code */
};

struct target_events {
	struct lab_event *items;	/* of the last round, in order; valid until the next */
	uint32_t n;
};

/** What goes wrong with the hardware (inject.nmi and its like). */
struct hardware_plan {
	enum { PLAN_STRIKE, PLAN_FLUSH } what;
	struct strike strike;		/* PLAN_STRIKE: this, once, before the kernel's instruction at `at` … */
	uint64_t at;
	bool behind_iretq;		/* … which is an IRETQ: behind it, before ring 3's next instruction … */
	uint32_t nth;			/* … when it goes there for the nth time (elsewhere: the first) */
	uint64_t start, end;		/* PLAN_FLUSH: those of the kernel's code in [start, end), from the nth on … */
	uint32_t times;			/* … so many, are not done … */
	uint32_t late;			/* … until ring 3 went on so often, 0: never */
	uint64_t iretq;			/* where it does */
};

#define MAX_LATE 64			/* flushes that can be late at once */

struct target_ops {
	const char *name;
	/** Boot to the first quiescence. 0 or -1 with *e. */
	int (*start)(struct target *t, struct error *e);
	/** New process with an agent on a free channel; returns the channel, or -errno in *guest_errno with -1. */
	int (*spawn)(struct target *t, const char *name, int *pid, struct error *e);
	/** A free channel number for a fork or thread, or -1. */
	int (*free_channel)(struct target *t);
	/** Post a command; nothing runs yet. */
	int (*post)(struct target *t, int channel, const struct agent_cmd *cmd, struct error *e);
	/** Run until quiescence. 0 or -1 with *e (guest died, time limit, host error). */
	int (*run)(struct target *t, struct error *e);
	/** Status of a channel's task; a new report is copied to *report and *fresh set. */
	enum task_status (*poll)(struct target *t, int channel, struct agent_report *report, bool *fresh, int *exit_code, int *pid);
	/** Advance virtual time, then run until quiescence. */
	int (*tick)(struct target *t, uint64_t ns, struct error *e);
	struct target_events (*events)(struct target *t);
	/** Decode the state now. NULL with *e where registers cannot be had. Caller frees. NULL op: no RAM to look at. */
	struct model *(*observe)(struct target *t, struct error *e);
	/** The address space of process pid as its kernel tells it. Only where observe is NULL. Caller frees. NULL with *e. */
	struct view *(*view)(struct target *t, int pid, struct error *e);
	/** Put bytes into a process's memory, for what no two kernels can say alike. With view. False: not possible. */
	bool (*write)(struct target *t, int pid, uint64_t va, const void *bytes, size_t n);
	/**
	 * At a step's end: does all agree that runs in lockstep? `now` is the last observation, `pids` the processes
	 * alive. 0, or -1 with *e (EXIT_FINDING: both sides). NULL op: there is only one side.
	 */
	int (*compare)(struct target *t, const struct model *now, const int *pids, uint32_t n, struct error *e);
	/** What was compared so far, a line for the run's end. NULL op: nothing. */
	void (*summary)(struct target *t, char *text, size_t size);
	/** Second opinions for the verifier, or NULL. */
	const struct verify_aids *(*aids)(struct target *t);
	/** The raw bytes behind a guest-physical page (hashing, hexdumps), or NULL. */
	const uint8_t *(*page)(struct target *t, uint64_t pfn);
	/**
	 * Copy the state between two rounds; the caller's, for free_state. NULL with *e, EXIT_SKIPPED where it cannot
	 * be had. This and what follows is NULL on targets that are no machine.
	 */
	struct target_state *(*save)(struct target *t, struct error *e);
	/** Put it back, even after the guest died. 0 or -1 with *e. */
	int (*restore)(struct target *t, const struct target_state *state, struct error *e);
	void (*free_state)(struct target_state *state);
	/** The bytes [pa, pa + n) of the guest's RAM, to be changed; NULL: not RAM. */
	uint8_t *(*memory)(struct target *t, uint64_t pa, uint64_t n);
	/** After changes there: let the guest's CPUs see them, page tables included. 0 or -1 with *e. */
	int (*tables_changed)(struct target *t, struct error *e);
	/** From the next round on the hardware goes wrong like this; NULL: no longer. 0 or -1 with *e, EXIT_SKIPPED where it cannot. */
	int (*plan)(struct target *t, const struct hardware_plan *plan, struct error *e);
	/** How often did it, by the plan under way? */
	uint32_t (*plan_came)(struct target *t);
	/** What is behind a frame from now on. An access that finds no memory is told (LAB_EV_MEMORY) and brings a machine check. */
	int (*set_slot)(struct target *t, uint64_t pfn, enum slot_kind kind, struct error *e);
	/** A frame goes bad, and a scrubber finds it; then run until quiescence. */
	int (*poison)(struct target *t, uint64_t pfn, struct error *e);
	void (*destroy)(struct target *t);
};

struct verify_aids;

/** How a program of the host runs (vmm guest.bin -- prog): on the host's streams, in real time, preempted. Before start(). */
struct target_live {
	int fds[3];			/* of the host */
	double time_limit;		/* seconds for all of it; 0: none */
	void *ctx;
	/** Each event while it runs, system calls included; NULL: nobody wants to know. */
	void (*event)(void *ctx, const struct lab_event *event);
	/** NULL; or whenever ring 3 is about to go on. The guest may be looked at. 0, or -1 with *e: the run ends. */
	int (*step)(void *ctx, struct error *e);
	bool running;			/* from now on a round ends when every task that was told something has answered or died */
};

struct target {
	const struct target_ops *ops;
	char description[96];		/* for the first line of a run */
	char release[65];		/* of a Linux, once started: its kernel's, as uname tells it */
	FILE *output;			/* before start(): what programs write to the console goes here; NULL: with the console */
	const char *root;		/* before start(): the folder that is the guest's "/"; NULL: it has a tree of its own */
	bool wants_log;			/* before start(): the machine is asked what was written, however few pages there are */
	struct target_live *live;	/* before start(): or NULL, for scenarios */
	uint32_t max_events;		/* in a round: a guest that makes more faults for ever; 0: some millions */
	bool wants_trace;		/* before start(): the guest shall leave its trace (aids()->tlb) */
};

#endif
