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

struct comparison {
	struct rules rules;
	FILE *to;		/* where differences are written */
	uint32_t differences;	/* since the step began */
	uint64_t compared;	/* single values, ever */
};

/** Compare two answers to the same command. */
void compare_reports(struct comparison *c, const char *who, const struct agent_cmd *cmd,
		     const struct agent_report *guest, const struct agent_report *linux_side);
/** Compare two numbers that must be equal, told in hexadecimal or decimal. */
void compare_number(struct comparison *c, const char *who, const char *what, int64_t guest, int64_t linux_side);
/** Compare two address spaces of a process. */
void compare_views(struct comparison *c, const struct view *guest, const struct view *linux_side);

#endif
