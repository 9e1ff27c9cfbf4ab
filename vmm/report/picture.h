/* SPDX-License-Identifier: MIT */
/*
 * A picture: the model as the document shows it. Names instead of addresses, the agent's
 * footprint folded away, bits that a machine may set on its own left out. Text, JSON and the script's
 * a:maps(), a:pte(p) … are all made from pictures, and a step's changes are the difference of two.
 * With names->raw nothing is folded or left out.
 */
#ifndef VMM_REPORT_PICTURE_H
#define VMM_REPORT_PICTURE_H

#include "observe/model.h"
#include "observe/view.h"
#include "report/names.h"

/* Bits of a page, as shown. */
#define PB_W	    0x001 /* writable on every level */
#define PB_U	    0x002
#define PB_X	    0x004 /* executable */
#define PB_A	    0x008 /* canonical: only where something is known to have accessed it */
#define PB_D	    0x010
#define PB_COW	    0x020 /* not writable although its private area is: copied on write */
#define PB_ZERO	    0x040 /* the shared zero page */
#define PB_RESERVED 0x080 /* a reserved bit is set: the MMU refuses it */
#define PB_NONE	    0x100 /* not present for the MMU, but holds its frame (PROT_NONE) */
#define PB_TOUCHED  0x200 /* known to have been accessed; not shown, carried on */
#define PB_POISON   0x400 /* not present: its page went bad */
#define PB_SHOWN    0x5ff

struct pic_area {
	uint64_t start, end; /* bytes */
	uint64_t flags;	     /* VM_* */
	uint64_t pgoff;	     /* pages */
	uint64_t present;    /* pages mapped in it */
	const char *name;    /* "anon", "[stack]", "[heap]", "file", "shm" */
};

struct pic_page {
	uint64_t va;
	uint64_t pfn;
	uint64_t entry; /* the bytes; shown in the raw form only */
	uint32_t name;	/* of the frame when the picture was made; 0: none */
	uint16_t bits;	/* PB_* */
	uint8_t level;	/* 1: 4 KiB, 2: 2 MiB, 3: 1 GiB */
};

struct pic_table {
	uint64_t pfn;
	uint32_t name;
	uint64_t va;	  /* first address it covers */
	uint8_t level;	  /* 5 … 1 */
	uint16_t present; /* entries; raw form only */
};

/** Pages unless said otherwise; canonical: without the agent's share. */
struct pic_counters {
	int64_t anon, file, shmem, swap;
	int64_t total_vm, data_vm, exec_vm, stack_vm, locked_vm;
	int64_t tables; /* pgtables_bytes in pages */
	int64_t areas;	/* map_count */
};

struct pic_mm {
	uint32_t id;
	uint64_t addr; /* of the mm_struct */
	char label[NAME_MAX_LEN];
	int32_t users, count; /* mm_users, mm_count as the guest holds them */
	bool raw_kernel;      /* init_mm, in the raw form */
	uint64_t pgd_pfn;
	uint64_t brk, start_brk, start_stack, mmap_base;
	struct pic_counters counters;
	struct pic_area *areas;
	uint32_t nr_areas;
	struct pic_page *pages; /* ascending */
	uint32_t nr_pages;
	struct pic_table *tables; /* as the walk meets them: root first */
	uint32_t nr_tables;
};

struct pic_task {
	int pid, tgid, parent; /* parent: pid, or -1 */
	char name[NAME_MAX_LEN];
	uint32_t state; /* enum task_state */
	uint32_t flags;
	int exit_code;
	uint32_t mm, active_mm; /* ids; 0: none, or init_mm */
};

#define PIC_OWNERS 4

struct pic_frame {
	uint64_t pfn;
	uint32_t name;
	uint8_t role;	   /* enum frame_role */
	uint8_t level;	   /* of a table */
	uint8_t nr_owners; /* mms that map it or own the table: at most PIC_OWNERS are listed */
	bool more_owners;
	uint32_t owners[PIC_OWNERS]; /* ids */
	uint64_t va;		     /* table: first address it covers */
	int32_t ref, map;	     /* _refcount, _mapcount + 1, as the guest holds them */
	uint32_t maps_found;	     /* leaves that map it, counted from outside */
};

/** Are its counts worth telling? Those of a table are always one, and a device's frame has none. */
static inline bool frame_has_counts(const struct pic_frame *frame)
{
	return frame->role != FRAME_TABLE && frame->role != FRAME_DEVICE;
}

struct pic_cpu {
	uint64_t cr0, cr2, cr3, cr4, efer;
	uint32_t mm;  /* id of the mm whose pgd CR3 holds; 0: init_mm or unknown */
	bool init_mm; /* CR3 holds init_mm's pgd */
};

struct picture {
	struct pic_mm *mms; /* by id */
	uint32_t nr_mms;
	struct pic_task *tasks; /* by pid */
	uint32_t nr_tasks;
	struct pic_frame *frames; /* by name */
	uint32_t nr_frames;
	struct pic_cpu *cpus;
	uint32_t nr_cpus;
	struct pic_segment *segments; /* segments.h */
	uint32_t nr_segments;
	uint64_t role_count[NR_FRAME_ROLES]; /* all frames of RAM, the agent's too */
	uint64_t free_frames;		     /* free and never used, together */
	uint64_t virtual_ns;
	uint64_t ram_end;
	bool la57; /* five levels: level 4 is the p4d */
	bool raw;
};

/** An access that a task is known to have made: [start, end) by pid. */
struct touch {
	int pid;
	uint64_t start, end;
};

/**
 * The picture of `model`; names are given as they appear. `before` is the previous picture of the run or
 * NULL, from which knowledge of accesses is carried. Freed by picture_free.
 */
struct picture *picture_build(struct names *names, const struct model *model, const struct picture *before,
			      const struct touch *touches, uint32_t nr_touches);
void picture_free(struct picture *p);
/** The same of a process that only /proc tells of: one mm (none: it has no address space), and no task. */
struct picture *picture_of_view(const struct view *view);
const struct pic_mm *picture_mm(const struct picture *p, uint32_t id);
const struct pic_task *picture_task(const struct picture *p, int pid);
/** The mm of task pid, or NULL. */
const struct pic_mm *picture_mm_of(const struct picture *p, int pid);
/** The page that covers va, or NULL. */
const struct pic_page *pic_find_page(const struct pic_mm *mm, uint64_t va);
const struct pic_area *pic_find_area(const struct pic_mm *mm, uint64_t va);
static inline uint64_t pic_page_size(const struct pic_page *page)
{
	return PAGE_SIZE << 9 * (page->level - 1);
}

/** Counters of an mm; without the agent's share unless `raw`. */
struct pic_counters count_mm(const struct model *model, const struct model_mm *mm, bool raw);
/** True for a table below which only the agent's pages lie (and at least one does). */
bool table_is_agents(const struct model_mm *mm, const struct table *table);

#endif
