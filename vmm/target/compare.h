/* SPDX-License-Identifier: MIT */
/*
 * Comparing what the guest and Linux came to. A difference is told with both sides, unless a named rule
 * (rules.h) excuses it.
 */
#ifndef VMM_TARGET_COMPARE_H
#define VMM_TARGET_COMPARE_H

#include <stdio.h>
#include "agent.h"
#include "observe/view.h"
#include "target/rules.h"

/** How many differences of one step are written out. */
#define MAX_TOLD 12

/** The frames behind one page, as the two kernels number theirs. */
struct frame_pair {
	uint64_t guest, linux_side;
	uint64_t va;
	int pid;
};

struct comparison {
	struct rules rules;
	FILE *to;		/* where differences are written */
	uint32_t differences;	/* since the step began */
	uint64_t compared;	/* single values, ever */
	bool soft_dirty;	/* Linux was seen to keep account of it */
	struct frame_pair *pairs; /* of the step so far */
	uint32_t nr_pairs, cap_pairs;
};

/** Compare two answers to the same command. */
void compare_reports(struct comparison *c, const char *who, const struct agent_cmd *cmd,
		     const struct agent_report *guest, const struct agent_report *linux_side);
/** Compare two numbers that must be equal, told in hexadecimal or decimal. */
void compare_number(struct comparison *c, const char *who, const char *what, int64_t guest, int64_t linux_side);
/** Compare two address spaces of a process. */
void compare_views(struct comparison *c, const struct view *guest, const struct view *linux_side);
/** One difference, in printf's way: a line of what, one of each side. */
void compare_tell(struct comparison *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- compare_frames.c --------------------------------------------------------------------------------- */

/** A page that both sides have: its frames stand for each other until the step's end. */
void compare_note_frames(struct comparison *c, int pid, const struct view_page *guest, const struct view_page *linux_side);
/** At the step's end, after all views: pages share a frame on the one side exactly if they do on the other. */
void compare_frames(struct comparison *c);

#endif
