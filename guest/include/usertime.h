/* SPDX-License-Identifier: MIT */
/* Times as user memory has them, in virtual time (kernel/posix_clocks.c). */
#ifndef GUEST_USERTIME_H
#define GUEST_USERTIME_H

#include "task.h"

#define NSEC_PER_SEC	1000000000UL
#define NO_TIMEOUT	UINT64_MAX

/** struct timespec */
struct user_timespec {
	int64_t sec;
	uint64_t nsec;
};

/** struct timeval */
struct user_timeval {
	int64_t sec, usec;
};

/** struct rusage */
struct user_rusage {
	struct user_timeval utime, stime;
	int64_t maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};
_Static_assert(sizeof(struct user_rusage) == 144, "the ABI");

/**
 * A timespec at `at` as virtual ns: a time, or a span from now on. One that is too far away to come is just below
 * NO_TIMEOUT. 0, -LX_EFAULT, or -LX_EINVAL.
 */
int get_user_expiry(uint64_t at, bool span, uint64_t *expires);

long ksys_clock_gettime(struct pt_regs *regs);
long ksys_clock_getres(struct pt_regs *regs);
long ksys_clock_nanosleep(struct pt_regs *regs);
long ksys_nanosleep(struct pt_regs *regs);
long ksys_gettimeofday(struct pt_regs *regs);
long ksys_time(struct pt_regs *regs);
long ksys_restart_syscall(struct pt_regs *regs);

#endif
