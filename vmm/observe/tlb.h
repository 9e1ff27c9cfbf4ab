/* SPDX-License-Identifier: MIT */
/*
 * Which translations a CPU may still hold, from the guest's trace (shared/lab.h) and nothing else. A TLB may keep what a
 * present entry said until that address is flushed or CR3 is loaded (SDM vol. 3A, 4.10.2 to 4.10.4). So an entry that is
 * taken away, or loses a right, or leads elsewhere leaves a *stale* translation on each CPU whose CR3 holds its tables, and the
 * flush must come before the frame is freed, and before the CPU that wrote the entry goes on in ring 3 or the step ends. An entry that only gains rights leaves nothing that
 * matters: the worst is a fault too many (COW reuse lives by that). PCID and global pages are not used.
 */
#ifndef VMM_OBSERVE_TLB_H
#define VMM_OBSERVE_TLB_H

#include "observe/model.h"

enum tlb_fault {
	TLB_FRAME_FREED,		/* a frame was freed while a CPU could reach it */
	TLB_TABLE_FREED,		/* a table was freed while a CPU could walk it */
	TLB_STALE,			/* a right was taken away, and when ring 3 ran on a CPU still had it */
	TLB_DIRTY,			/* the same of D: a CPU could write without setting it again */
};

struct tlb_problem {
	enum tlb_fault what;
	uint32_t cpu;
	uint64_t pgd_pa, va;		/* of the translation; of a table, first address that it covers */
	uint64_t pfn;			/* of the page or table that can still be reached */
	uint64_t old, now;		/* the entry as cached, and as it was written */
	uint64_t ip;			/* which code of the guest wrote it … */
	uint64_t freed_ip;		/* … and which freed the frame; 0: it was not freed */
};

/** A translation that a CPU may hold though no entry says so any more. */
struct tlb_stale {
	struct tlb_problem is;		/* `what`: what it will be when ring 3 runs on */
	uint64_t epoch;			/* of its CPU: a CR3 load begins another, which ends it */
	uint8_t level;			/* of the entry */
	bool table;			/* an entry that leads to a table, kept by the paging-structure caches … */
	bool with_pages;		/* … which had pages below it: only a CR3 load forgets those */
	bool flushed;
	uint32_t next_va, next_pfn;	/* of the same hash chain, or ADDR_MAP_NONE */
	uint32_t next_by;		/* written by the same CPU before this one, index + 1, or 0 */
};

/** A table, as the trace and the last model know it. */
struct tlb_table {
	uint64_t pa, pgd_pa, va;
	uint16_t present;
	uint8_t level;			/* 4 … 1; 0: no table any more */
};

#define TLB_MAX_CPUS	64
#define TLB_MAX_STALE	(1u << 20)
#define TLB_MAX_PROBLEMS 64

/** All zero is one that has seen nothing. Do not copy. */
struct tlb_watch {
	uint64_t cr3[TLB_MAX_CPUS];	/* 0: not known */
	uint64_t epoch[TLB_MAX_CPUS];	/* CR3 loads */
	uint32_t nr_live[TLB_MAX_CPUS];	/* stale translations of this epoch, not flushed */
	uint32_t by[TLB_MAX_CPUS];	/* last stale translation that this CPU made, index + 1; 0: none since ring 3 ran */
	struct tlb_table *tables;
	uint32_t nr_tables, cap_tables;
	struct addr_map table_map;	/* physical address to index in tables */
	struct tlb_stale *stale;
	uint32_t nr_stale, cap_stale, nr_all_live;
	uint32_t *stale_tables;		/* those of them that INVLPG of any address ends: index in stale */
	uint32_t nr_stale_tables, cap_stale_tables;
	struct addr_map va_map, pfn_map;	/* page and CPU, frame and CPU: first of a chain in stale */
	struct tlb_problem problems[TLB_MAX_PROBLEMS];	/* of the step under way, or of the last */
	uint32_t nr_problems;
	struct addr_map ran;		/* top levels whose tasks ran in this step, in ring 3 or in the kernel alone */
	struct addr_map freed;		/* frames freed in it */
	bool step_ended;
	uint64_t nr_entries;		/* of the trace, ever taken in */
};

/** Take in one entry of the trace. The first one after tlb_watch_end() begins a new step. */
void tlb_watch_add(struct tlb_watch *watch, const struct lab_trace_entry *entry);
/** The step is over: what is stale now is a problem. The model says which tables and CR3 there are from now on. */
void tlb_watch_end(struct tlb_watch *watch, const struct model *now);
/** Forget all: the guest's state was put back to an earlier one. */
void tlb_watch_forget(struct tlb_watch *watch);

#endif
