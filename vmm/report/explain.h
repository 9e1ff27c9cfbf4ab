/* SPDX-License-Identifier: MIT */
/* A fault told as a story: what the MMU met, which area, how the guest's handler decided, what it did. */
#ifndef VMM_REPORT_EXPLAIN_H
#define VMM_REPORT_EXPLAIN_H

#include "lab.h"
#include "report/picture.h"

/** How the guest's handler decides, by enum lab_fault: its functions, outermost first, and what they do. */
struct fault_branch {
	const char *functions, *deed;
};
/** NULL: a number that is none of the enum's. */
const struct fault_branch *fault_branch(uint64_t how);

/** Two looks at the guest, around the step in which the fault was. */
struct fault_scene {
	const struct names *names;
	const struct model *before, *model;	/* before: NULL, if nothing was looked at */
	const struct picture *picture;		/* of model */
};

/**
 * Append the story of one LAB_EV_FAULT, several lines. The walk is that of `before`: what an earlier fault of the same
 * step changed is not seen in it.
 */
void put_fault_story(struct buf *b, const struct fault_scene *scene, const struct lab_event *fault);

#endif
