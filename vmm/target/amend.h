/* SPDX-License-Identifier: MIT */
/*
 * Calls that a kernel after 6.1 would do otherwise, so that no comparison afterwards could be excused: the guest goes first, and
 * what it came to decides what Linux is asked. Each amendment is an entry of the profile (rules.h), applied by name.
 */
#ifndef VMM_TARGET_AMEND_H
#define VMM_TARGET_AMEND_H

#include "agent.h"
#include "observe/view.h"
#include "target/rules.h"

#define MAX_AMENDS 80 /* as many areas as a populated range may touch */

/** What Linux is asked first: calls whose answers are of no interest, but for one. */
struct amends {
	struct amend_call {
		uint64_t nr, args[3];
	} calls[MAX_AMENDS];
	int nr;
	int64_t if_error; /* not 0: unless the first comes to this, the call stays as it was, and nothing else is asked */
	bool until_error; /* the first that fails is the call itself: its answer counts, and nothing else is asked */
};

/** May Linux have to be asked something else than cmd on this kernel? Then the guest's answer is needed first. */
bool amend_wanted(const struct rules *rules, const struct agent_cmd *cmd);
/** Is the task's memory on Linux needed for it? */
bool amend_needs_view(const struct agent_cmd *cmd);
/** The guest answered *cmd so; linux_side (may be NULL) is how the task's memory is there now: make *cmd what Linux is asked. */
void amend(struct rules *rules, struct agent_cmd *cmd, const struct agent_report *guest, const struct view *linux_side,
	   struct amends *first);

#endif
