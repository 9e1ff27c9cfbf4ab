/* SPDX-License-Identifier: MIT */
/* Which step changed which page-table entry: what why() tells of the past. */
#ifndef VMM_REPORT_HISTORY_H
#define VMM_REPORT_HISTORY_H

#include "report/picture.h"

/** One change of one entry. A side that was not mapped has level 0. */
struct page_event {
	uint32_t step, mm; /* number and mm id */
	struct pic_page before, now;
};

/** Zero-initialise; freed by history_free. Beyond MAX_PAGE_EVENTS nothing more is remembered. */
struct history {
	struct page_event *events;
	uint32_t nr_events, capacity;
	bool full;
};
#define MAX_PAGE_EVENTS (1u << 20)

/** Remember what step `step` changed between two pictures (before may be NULL). */
void history_add(struct history *h, uint32_t step, const struct picture *before, const struct picture *now);
/** Append one line for each remembered change of the page at va in mm `id`. */
void history_put(const struct history *h, struct buf *b, bool raw, uint32_t id, uint64_t va);
void history_free(struct history *h);

/** Area, walk and frame behind va of task pid, now. */
void put_whereabouts(struct buf *b, const struct names *names, const struct picture *p,
		     const struct model *model, const struct pic_mm *mm, uint64_t va);

#endif
