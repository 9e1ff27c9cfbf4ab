/* SPDX-License-Identifier: MIT */
/*
 * The whole outside world of guest/mm: the few primitives it stands on. In the guest they are
 * these; tests/guestmm/mm_env.h takes their place in the host build, with an arena for RAM.
 * guest/mm includes no other header of boot/, kernel/, drivers/ or fs/.
 */
#ifndef GUEST_MM_ENV_H
#define GUEST_MM_ENV_H

#include "kernel.h"
#include "lab.h"
#include "percpu.h"
#include "x86.h"

static inline void *__va(uint64_t pa) { return (void *)(pa + PAGE_OFFSET); }
/** Physical address of a direct-map address (not of an image address). */
static inline uint64_t __pa(const void *va) { return (uint64_t)va - PAGE_OFFSET; }
/** Physical address of an object in the image. */
static inline uint64_t __pa_symbol(const void *va) { return (uint64_t)va - KERNEL_MAP; }

/** Where the kernel may read and write a frame that is not the allocator's: the direct map shows the image read-only. */
static inline void *memremap(uint64_t pa) { return (void *)(pa + (pa < IMAGE_REGION ? KERNEL_MAP : PAGE_OFFSET)); }

/** The one place where a page-table entry is written. */
static inline void set_pte(uint64_t *ptep, uint64_t pte)
{
	*(volatile uint64_t *)ptep = pte;
}

static inline void load_cr3(uint64_t pa) { asm volatile("mov %0, %%cr3" : : "r"(pa) : "memory"); }
static inline void invlpg(uint64_t va) { asm volatile("invlpg (%0)" : : "r"(va) : "memory"); }

/** The kernel's own top-level table (boot/paging.c). */
extern uint64_t swapper_pg_dir[PTRS_PER_TABLE];
/** What the host reads of us (drivers/lab.c). */
extern struct lab_page lab;

/** Leave an event in the lab's ring, in order. Never fails: a full ring is drained by the host. */
void lab_event(enum lab_event_type type, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/** Soft limit of current, LX_RLIMIT_*, in that limit's unit; UINT64_MAX: none. */
uint64_t rlimit(unsigned int resource);

/** Return addresses of the callers, innermost first (kernel/panic.c); how many. */
unsigned int stack_trace(uint64_t *callers, unsigned int max);

void clear_page(void *page);
void copy_page(void *dst, const void *src);

#endif
