/* SPDX-License-Identifier: MIT */
/*
 * A machine runs guest.bin: RAM, virtual CPUs, the doorbell, the console. Two implementations: kvm
 * (the product) and qemu (comparison). Nothing here knows of tasks, areas or scenarios.
 */
#ifndef VMM_MACHINE_MACHINE_H
#define VMM_MACHINE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "base/error.h"
#include "machine/guest_elf.h"
#include "base/strike.h"
#include "base/cpu_state.h"

struct machine_config {
	uint64_t mem_size;		/* bytes, page-aligned */
	unsigned int nr_cpus;
	double time_limit;		/* seconds without a doorbell before the guest counts as hung; 0: none */
	const char *cmdline;		/* for the guest, beyond what the machine adds itself */
	const char *initrd;		/* path of a newc cpio that the guest shall find; NULL: none */
	FILE *console;			/* where COM1 goes; NULL: nowhere */
	uint64_t max_instructions;	/* 0; or single-step and count up to ring 3, at most so many */
};

/** Why run() came back. */
enum stop_reason {
	STOP_DOORBELL,			/* byte says which (enum lab_doorbell) */
	STOP_TIME_LIMIT,		/* *e says where the guest was (EXIT_TIME) */
	STOP_DIED,			/* triple fault, emulation failure, unexpected exit: error says all */
	STOP_HOST_ERROR,
	STOP_BREAK,			/* see set_breaks */
	STOP_TICK,			/* machine_ticks.due wished it; the CPU was in ring 3 */
	STOP_MEMORY,			/* an access met a page of set_slot: it read ones or wrote nothing */
};
struct stop {
	enum stop_reason reason;
	uint8_t byte;
	struct memory_access memory;	/* STOP_MEMORY */
};

/** Interrupts that preempt ring 3. */
struct machine_ticks {
	uint64_t period_ns;		/* at least, from one to the next */
	bool (*due)(void *ctx);		/* called before each: true ends the run instead */
	void *ctx;
};

struct machine;
/** A machine's state at one doorbell: RAM that was ever used, registers, devices. Made by ops->save. */
struct machine_state;

struct machine_ops {
	const char *name;
	/** Can this kind work here? false: *e says why and the cure (status EXIT_HOST). */
	bool (*probe)(struct error *e);
	/** Build it, load the guest, stop before the first instruction. NULL: *e. `elf` must outlive it. */
	struct machine *(*create)(const struct machine_config *config, const struct guest_elf *elf, struct error *e);
	/**
	 * Run until the next stop. On every stop but STOP_DOORBELL, STOP_BREAK and STOP_MEMORY *e holds the whole report. Always called by
	 * the thread that called create. After STOP_DIED the machine may be looked at, not run.
	 */
	struct stop (*run)(struct machine *m, struct error *e);
	/** Registers of a stopped CPU; pending I/O has been completed. 0 or -1. */
	int (*get_cpu)(struct machine *m, unsigned int cpu, struct cpu_state *state, struct error *e);
	/** Second opinion on a translation: 1 valid, 0 not mapped, -1 cannot tell. */
	int (*translate)(struct machine *m, unsigned int cpu, uint64_t va, uint64_t *pa);
	/**
	 * Copy the state of a machine that rests at a doorbell; the caller's, for ops->free_state. NULL with *e;
	 * EXIT_SKIPPED where this kind of machine cannot, likewise below.
	 */
	struct machine_state *(*save)(struct machine *m, struct error *e);
	/**
	 * Put that state back, into the machine it was saved from, whatever became of it since. RAM, registers and
	 * pending doorbells are as they were and ops->tables_changed has been done; the host's clock (TSC) and
	 * what the console has printed are not taken back. 0 or -1 with *e.
	 */
	int (*restore)(struct machine *m, const struct machine_state *state, struct error *e);
	void (*free_state)(struct machine_state *state);
	/**
	 * The host wrote to memory that may hold page tables: from the next run on every access, of ring 3 too,
	 * sees what is there now. 0 or -1 with *e.
	 */
	int (*tables_changed)(struct machine *m, struct error *e);
	/**
	 * The frames written since the last call, by the guest or by restore, a bit each, good until the next call. NULL: not
	 * known, as for the first call, which begins to watch; take it that all were. What the host itself writes through `ram` it
	 * must know itself. The op is NULL where the machine cannot tell.
	 */
	uint64_t *(*dirty)(struct machine *m);
	/**
	 * From now on run() stops with STOP_BREAK before ring 0 executes what begins at one of these n addresses (at most
	 * MAX_BREAKS); again at once, should it go on from there with the same set. 0 or -1 with *e, EXIT_SKIPPED where the machine
	 * cannot, likewise below.
	 */
	int (*set_breaks)(struct machine *m, const uint64_t *va, unsigned int n, struct error *e);
	/** Stopped at a break: what comes before the next instruction. */
	int (*strike)(struct machine *m, const struct strike *strike, struct error *e);
	/** Stopped at a break: go on elsewhere. */
	int (*place_cpu)(struct machine *m, const struct cpu_place *place, struct error *e);
	/** From now on TICK_VECTOR comes while ring 3 runs. By the thread that runs. 0 or -1. NULL: there are no ticks. */
	int (*set_ticks)(struct machine *m, const struct machine_ticks *ticks, struct error *e);
	/** What is behind a page of RAM from now on; its bytes stay. A restore makes it RAM again. */
	int (*set_slot)(struct machine *m, uint64_t pfn, enum slot_kind kind, struct error *e);
	/**
	 * Memory at pa went bad: a machine check comes next, "action required" (who was stopped needs it) or "action
	 * optional" (a scrubber found it).
	 */
	int (*memory_error)(struct machine *m, uint64_t pa, bool required, struct error *e);
	void (*destroy)(struct machine *m);
};

/** Common part; implementations embed it first. */
struct machine {
	const struct machine_ops *ops;
	uint8_t *ram;			/* guest physical 0 … ram_size, shared with the guest; volatile by nature */
	uint64_t ram_size;		/* end of RAM; the hole for devices (machine/ram.h) reads as zeros */
	unsigned int nr_cpus;
	uint64_t instructions;		/* with config.max_instructions: up to ring 3; a rep iteration is one */
	char description[64];		/* "kvm (shadow paging)", "qemu (tcg)" */
};

extern const struct machine_ops machine_kvm;
extern const struct machine_ops machine_qemu;

/** "auto", "kvm", "qemu" to an implementation that works here; says on stderr when auto falls back. NULL: *e. */
const struct machine_ops *machine_choose(const char *name, struct error *e);

#endif
