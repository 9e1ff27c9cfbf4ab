/* SPDX-License-Identifier: MIT */
/*
 * The outside world of guest/mm in the host build: it takes the place of guest/include/mm_env.h
 * (and of percpu.h). RAM is an arena; a "physical" address is an offset in it; the primitives count
 * what they are asked to do; and a model of a TLB, never too small and never forgetful by itself,
 * finds every flush that is missing.
 */
#ifndef GUEST_MM_ENV_H
#define GUEST_MM_ENV_H

#include "kernel.h"
#include "lab.h"
#include "x86.h"

extern uint8_t *arena;			/* RAM: physical 0 */
extern uint64_t arena_size;

static inline void *__va(uint64_t pa)
{
	BUG_ON(pa >= arena_size);
	return arena + pa;
}

static inline uint64_t __pa(const void *va)
{
	BUG_ON((const uint8_t *)va < arena || (const uint8_t *)va >= arena + arena_size);
	return (const uint8_t *)va - arena;
}

static inline void *memremap(uint64_t pa) { return __va(pa); }

/** The image's only object with a physical address is the kernel's top-level table: frame 0. */
static inline uint64_t __pa_symbol(const void *va) { (void)va; return 0; }

extern struct cpu_info cpus[1];
static inline struct cpu_info *this_cpu(void) { return cpus; }
static inline struct task_struct *get_current(void) { return cpus[0].current; }

/** What the mm did to the machine. */
struct machine_counts {
	uint64_t set_pte, cr3_loads, invlpg, pages_cleared, pages_copied;
};
extern struct machine_counts counts;

static inline void set_pte(uint64_t *ptep, uint64_t pte)
{
	counts.set_pte++;
	*ptep = pte;
}

void load_cr3(uint64_t pa);
void invlpg(uint64_t va);
/** What the host's trace is told; here the TLB itself finds stale translations, when they are used. */
static inline void trace_free(uint64_t pfn, uint64_t order) { (void)pfn; (void)order; }

extern uint64_t swapper_pg_dir[PTRS_PER_TABLE];
extern struct lab_page lab;
void lab_event(enum lab_event_type type, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
/** Soft limit of current, LX_RLIMIT_*, in that limit's unit; UINT64_MAX: none. */
uint64_t rlimit(unsigned int resource);
/** Its hard limit. */
uint64_t rlimit_max(unsigned int resource);

/** Return addresses of the callers, innermost first; how many. */
unsigned int stack_trace(uint64_t *callers, unsigned int max);

/** Page `index` of file `node` of the host: bytes that tell both; node 0 cannot be read. */
int host_read_page(uint64_t node, uint64_t size, uint64_t index, uint64_t pfn);

void clear_page(void *page);
void copy_page(void *dst, const void *src);

#endif
