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

/** What Linux is asked first, and takes as an answer is of no interest: ranges to be unmapped. */
struct amends {
	struct {
		uint64_t start, len;
	} unmap[2];
	int nr;
};

/** May Linux have to be asked something else than cmd on this kernel? Then the guest's answer is needed first. */
bool amend_wanted(const struct rules *rules, const struct agent_cmd *cmd);
/** The guest answered *cmd so; linux_side (may be NULL) is how the task's memory is there now: make *cmd what Linux is asked. */
void amend(struct rules *rules, struct agent_cmd *cmd, const struct agent_report *guest, const struct view *linux_side,
	   struct amends *first);

#endif
