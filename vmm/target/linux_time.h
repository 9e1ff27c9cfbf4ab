/* SPDX-License-Identifier: MIT */
/*
 * Virtual time for the tasks of the box: nanosleep does not reach the kernel but comes to vmm (a seccomp
 * notification), which answers when tick() has moved time far enough. A signal ends the sleep as ever.
 */
#ifndef VMM_TARGET_LINUX_TIME_H
#define VMM_TARGET_LINUX_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_SLEEPERS 64

struct sleeper {
	uint64_t id; /* of the notification */
	uint32_t pid; /* as vmm sees it */
	uint64_t expires;
};

struct virtual_time {
	int fd; /* where notifications come from */
	uint64_t now;
	struct sleeper sleepers[MAX_SLEEPERS];
	unsigned int n;
};

/** In the keeper, before anything runs: from here on nanosleep of all that it starts is told. The descriptor, or -errno. */
int time_filter(void);
/** Take what tasks have asked since the last time. Did any? */
bool time_take(struct virtual_time *t);
/** Before tasks are told to do something: forget those whose sleep a signal has ended. */
void time_forget(struct virtual_time *t);
/** Time moves on; those whose time has come return. */
void time_tick(struct virtual_time *t, uint64_t ns);

#endif
