/* SPDX-License-Identifier: MIT */
/*
 * Does it matter? A fixed probe of twenty operations from one state of a guest: two guests that answer alike
 * differ in nothing that a program could notice by them.
 */
#ifndef VMM_EXPLORE_PROBE_H
#define VMM_EXPLORE_PROBE_H

#include "observe/model.h"
#include "target/target.h"

#define PROBE_OPS 20

/** What came of one operation. All fields of two answers are compared. */
struct probe_answer {
	uint32_t fate; /* enum probe_fate */
	uint32_t status, signo, si_code;
	int64_t value;
	uint64_t si_addr, data;
};
enum probe_fate { FATE_NOT_DONE, FATE_ANSWER, FATE_PENDING, FATE_TASK_DIED, FATE_GUEST_DIED };

struct probe {
	struct probe_answer answers[PROBE_OPS];
};

/** Run it on the target as it is, whose state is used up by that. `model` is the sound state it was made from. */
void probe_run(struct target *t, const struct model *model, struct probe *probe);
bool probe_same(const struct probe *a, const struct probe *b);

#endif
