/* SPDX-License-Identifier: MIT */
/* Which step changed which page-table entry, and what became of which frame: what why() tells of the past. */
#ifndef VMM_REPORT_HISTORY_H
#define VMM_REPORT_HISTORY_H

#include "lab.h"
#include "report/picture.h"

/** One change of one entry. A side that was not mapped has level 0. */
struct page_event {
	uint32_t step, mm; /* number and mm id */
	uint16_t how;	   /* enum lab_fault of the fault that did it; LAB_FAULT_NONE: something else */
	struct pic_page before, now;
};

/** One change of one frame, in words: who holds it may be gone when it is asked for. */
struct frame_event {
	uint32_t step;
	uint64_t pfn;
	char text[96]; /* as the step's own line has it */
};

/** Zero-initialise; freed by history_free. Beyond MAX_HISTORY of a kind nothing more is remembered. */
struct history {
	struct page_event *events;
	struct frame_event *frames;
	char **steps; /* by number: "a write 7ffff7ffd000 1" */
	uint32_t nr_events, capacity, nr_frames, cap_frames, nr_steps, cap_steps;
	bool full;
};
#define MAX_HISTORY (1u << 18)

/** What happened, for history_add. */
struct history_step {
	uint32_t number;
	const char *words; /* who did what */
	const struct lab_event *events;
	uint32_t nr_events;
};

/** Remember what a step changed between two pictures (before may be NULL). */
void history_add(struct history *h, const struct history_step *step, const struct picture *before,
		 const struct picture *now);
/**
 * Append the last `last` (0: all) remembered changes of the page at va in mm `id`: the step, the change, and of a fault what
 * handled it.
 */
void history_put(const struct history *h, struct buf *b, bool raw, uint32_t id, uint64_t va, uint32_t last);
/** The same for a frame, all its lives. */
void history_put_frame(const struct history *h, struct buf *b, uint64_t pfn, uint32_t last);
void history_free(struct history *h);

/** Area, walk and frame behind va of task pid, now. */
void put_whereabouts(struct buf *b, const struct names *names, const struct picture *p,
		     const struct model *model, const struct pic_mm *mm, uint64_t va);

#endif
