/* SPDX-License-Identifier: MIT */
/*
 * A view: one address space as user space can see it, that is what /proc/PID/{maps,smaps,pagemap,status} of
 * Linux tell. It is made from the model (view_of_model) or from a real /proc (target/linux_proc.c), and two
 * views are what `--target both` compares.
 */
#ifndef VMM_OBSERVE_VIEW_H
#define VMM_OBSERVE_VIEW_H

#include "observe/model.h"

#define VIEW_NAME_LEN 288

/** An area, as maps and smaps show it. Sums in bytes. */
struct view_area {
	uint64_t start, end;
	uint64_t flags;	 /* VM_*: those that VmFlags of smaps tell */
	uint64_t offset; /* bytes; of a mapping without a file 0 */
	uint64_t rss, anonymous, swap;
	char name[VIEW_NAME_LEN]; /* "[heap]", "/memfd:m (deleted)", "" */
};

/* Bits of a page, as pagemap tells them. */
#define VP_PRESENT   1u
#define VP_SWAPPED   2u
#define VP_FILE	     4u /* of a file or shared memory, not anonymous */
#define VP_EXCLUSIVE 8u /* mapped exactly once in the whole system */
#define VP_SOFT_DIRTY 16u /* written since the marks were last cleared; where the kernel keeps account of it */

/* Areas beyond this size have no pages in a view: Linux tells them one by one, present or not. */
#define VIEW_MAX_READ (1ULL << 30)

struct view_page {
	uint64_t va;
	uint64_t hash; /* of its bytes; 0 where they were not read */
	uint64_t frame; /* its number; 0: the kernel tells root alone */
	uint32_t maps;	/* how many entries of the whole system map that frame (the zero page: 0), where frame is told */
	uint32_t bits;	/* VP_* */
};

/** Bytes, as in /proc/PID/status. */
struct view_counters {
	uint64_t size, locked, data, stack, tables, swap;
};

struct view {
	int pid;
	struct view_area *areas;
	uint32_t nr_areas, cap_areas;
	struct view_page *pages; /* ascending; without those of the agent */
	uint32_t nr_pages, cap_pages;
	struct view_counters counters;
	uint64_t brk, start_brk, start_stack;
};

/** One more area, or page, all zero. */
struct view_area *view_add_area(struct view *view);
struct view_page *view_add_page(struct view *view);
/** What is hashed of a page: its PAGE_SIZE bytes. Never 0. */
uint64_t view_hash(const void *page);
/** The flags that VmFlags of smaps tells and the guest keeps. */
#define VIEW_FLAGS                                                                                         \
	(VM_READ | VM_WRITE | VM_EXEC | VM_SHARED | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_MAYSHARE |  \
	 VM_GROWSDOWN | VM_PFNMAP | VM_LOCKED | VM_IO | VM_SEQ_READ | VM_RAND_READ | VM_DONTCOPY |         \
	 VM_DONTEXPAND | VM_LOCKONFAULT | VM_ACCOUNT | VM_NORESERVE | VM_SYNC | VM_WIPEONFORK |            \
	 VM_DONTDUMP | VM_SOFTDIRTY)
/** The view of a process of the guest; empty if it has no mm. Free with view_free. */
struct view *view_of_model(const struct model *model, int pid);
void view_free(struct view *view);
/** Read the memory of a process of the guest as that process would, without faults; false: some of it is not there. */
bool model_read_user(const struct model *model, int pid, uint64_t va, void *to, size_t n);

#endif
