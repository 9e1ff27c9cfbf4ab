/* SPDX-License-Identifier: MIT */
/* The target `linux`: the same agent as contained processes of this host's kernel (linux_box.h). */
#ifndef VMM_TARGET_LINUX_H
#define VMM_TARGET_LINUX_H

#include "target/target.h"

struct linux_config {
	const void *agent; /* its ELF; must outlive the target */
	size_t agent_size;
	double time_limit; /* seconds without quiescence before a step counts as hung; 0: none */
};

/** Nothing runs before ops->start, which says EXIT_SKIPPED where the host cannot contain the tasks. */
struct target *target_linux_create(const struct linux_config *config);

#endif
