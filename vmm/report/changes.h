/* SPDX-License-Identifier: MIT */
/* What changed between two pictures, as lines of text: `+` came, `-` went, `~` changed. */
#ifndef VMM_REPORT_CHANGES_H
#define VMM_REPORT_CHANGES_H

#include "lab.h"
#include "report/buf.h"
#include "report/picture.h"

/** Lines of what changed from `before` (NULL: nothing was) to `now`. */
void put_changes(struct buf *b, const struct picture *before, const struct picture *now);

/** A page of one mm that changed: either side may be NULL; both of the same address and size. */
typedef void (*page_change_fn)(void *ctx, const struct pic_page *before, const struct pic_page *now);
/**
 * Pages that look different in two states of an mm, or in two mms (either may be NULL), ascending. Of the
 * bits (PB_*) those in `bits` count.
 */
void each_page_change(const struct pic_mm *before, const struct pic_mm *now, uint16_t bits, page_change_fn fn,
		      void *ctx);
/** A frame that changed, as put_changes tells it: "anon of a, ref 1, map 1", "ref 1 -> 2", "free". */
typedef void (*frame_change_fn)(void *ctx, uint64_t pfn, const char *text);
void each_frame_change(const struct picture *before, const struct picture *now, frame_change_fn fn, void *ctx);

/** What a copy has in common with its origin: fork marks the copy's entries as not accessed. */
#define PB_COPIED (PB_SHOWN & ~PB_A)

/** The mm that a new mm was copied from: that of its task's parent; NULL: none. */
const struct pic_mm *mm_origin(const struct picture *now, const struct pic_mm *mm);

#endif
