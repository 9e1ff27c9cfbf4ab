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

/** What the host reads of us (drivers/lab.c). */
extern struct lab_page lab;

/**
 * A place of the trace (drivers/trace_entry.S): a NOP of five bytes that the host, if it wants a trace, has turned into a call
 * before we start, as ftrace does (struct lab_trace_site). So a guest without a trace pays one instruction. The
 * called code keeps every register.
 */
#define TRACE(what)	"1:	.byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n"	\
			"	.pushsection trace_sites, \"a\"\n"	\
			"	.quad 1b, trace_" what "\n"		\
			"	.popsection"

/** The one place where a page-table entry is written. It lies in the direct map. */
static inline void set_pte(uint64_t *ptep, uint64_t pte)
{
	asm volatile(TRACE("set") : : "D"(ptep), "S"(pte), "m"(*ptep));
	*(volatile uint64_t *)ptep = pte;
}

static inline void load_cr3(uint64_t pa)
{
	asm volatile(TRACE("cr3") "\n mov %0, %%cr3" : : "D"(pa) : "memory");
}

static inline void invlpg(uint64_t va)
{
	asm volatile(TRACE("invlpg") "\n invlpg (%0)" : : "D"(va) : "memory");
}

/** A block is on its way to the free lists. */
static inline void trace_free(uint64_t pfn, uint64_t order)
{
	asm volatile(TRACE("free") : : "D"(pfn), "S"(order));
}

/** The kernel's own top-level table (boot/paging.c). */
extern uint64_t swapper_pg_dir[PTRS_PER_TABLE];

/** Leave an event in the lab's ring, in order. Never fails: a full ring is drained by the host. */
void lab_event(enum lab_event_type type, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/** Soft limit of current, LX_RLIMIT_*, in that limit's unit; UINT64_MAX: none. */
uint64_t rlimit(unsigned int resource);
/** Its hard limit. */
uint64_t rlimit_max(unsigned int resource);

/** Return addresses of the callers, innermost first (kernel/panic.c); how many. */
unsigned int stack_trace(uint64_t *callers, unsigned int max);

/** Page `index` of a file of the host's folder, by its number, into a frame; zeros behind byte `size` (fs/hostfs.c). 0 or -errno. */
int host_read_page(uint64_t node, uint64_t size, uint64_t index, uint64_t pfn);

void clear_page(void *page);
void copy_page(void *dst, const void *src);

#endif
