/* SPDX-License-Identifier: MIT */
/*
 * Clocks and sleeping, in virtual time (Linux kernel/time: posix-timers.c, hrtimer.c, time.c). In a scenario all clocks tell
 * the same: the nanoseconds that it has let pass; those of a process or thread stand at 0, since no time passes while anybody
 * runs. Live (live.h) they are the host's, and a process's is counted by ticks.
 */
#include "live.h"
#include "signal.h"
#include "uaccess.h"
#include "usertime.h"

#define TIMER_ABSTIME	1

#define CLOCKS_THAT_TELL	0x8ff	/* bit n: clock n. Alarm clocks want a real-time clock, and there is none */
#define CLOCKS_TO_SLEEP_BY	0x887	/* not by a thread's own time, nor by coarse ones */
#define CLOCKS_OF_ALARMS	0x300
#define CLOCKS_OF_DAY		0x921	/* those that tell the real time: REALTIME, its coarse one and its alarm, TAI */

static bool clock_in(int clock, uint32_t clocks)
{
	return clock >= 0 && clock <= LX_CLOCK_TAI && (clocks >> clock & 1);
}

static bool counts_cpu_time(int clock)
{
	return clock == LX_CLOCK_PROCESS_CPUTIME_ID || clock == LX_CLOCK_THREAD_CPUTIME_ID;
}

static uint64_t offset_of(int clock)
{
	return clock_in(clock, CLOCKS_OF_DAY) ? lab.live.realtime_offset : 0;
}

/* A thread's own time is not counted apart from its process's. */
static uint64_t read_clock(int clock)
{
	if (counts_cpu_time(clock))
		return current->group_leader->cpu_time;
	return ktime_get() + offset_of(clock);
}

static int put_timespec(uint64_t ns, uint64_t to)
{
	struct user_timespec time = { .sec = ns / NSEC_PER_SEC, .nsec = ns % NSEC_PER_SEC };

	return copy_to_user(to, &time, sizeof(time)) ? -LX_EFAULT : 0;
}

int get_user_expiry(uint64_t at, bool span, uint64_t *expires)
{
	struct user_timespec time;

	if (copy_from_user(&time, at, sizeof(time)))
		return -LX_EFAULT;
	if (time.sec < 0 || time.nsec >= NSEC_PER_SEC)
		return -LX_EINVAL;
	if (__builtin_mul_overflow((uint64_t)time.sec, NSEC_PER_SEC, expires) ||
	    __builtin_add_overflow(*expires, time.nsec, expires) ||
	    (span && __builtin_add_overflow(*expires, ktime_get(), expires)) || *expires == NO_TIMEOUT)
		*expires = NO_TIMEOUT - 1;
	return 0;
}

/* --- telling the time ----------------------------------------------------------------------------------------- */

/** clock_gettime(clock, time) */
long ksys_clock_gettime(struct pt_regs *regs)
{
	int clock = regs->di;

	if (!clock_in(clock, CLOCKS_THAT_TELL))
		return -LX_EINVAL;
	return put_timespec(read_clock(clock), regs->si);
}

/** clock_getres(clock, resolution): a nanosecond. */
long ksys_clock_getres(struct pt_regs *regs)
{
	if (!clock_in(regs->di, CLOCKS_THAT_TELL))
		return -LX_EINVAL;
	return regs->si ? put_timespec(1, regs->si) : 0;
}

/** gettimeofday(time, timezone): in UTC. */
long ksys_gettimeofday(struct pt_regs *regs)
{
	uint64_t now = read_clock(LX_CLOCK_REALTIME);
	struct user_timespec time = { now / NSEC_PER_SEC, now % NSEC_PER_SEC / 1000 };

	if (regs->di && copy_to_user(regs->di, &time, sizeof(time)))
		return -LX_EFAULT;
	return regs->si ? put_user_u64(0, regs->si) : 0;
}

/** time(seconds) */
long ksys_time(struct pt_regs *regs)
{
	int64_t seconds = read_clock(LX_CLOCK_REALTIME) / NSEC_PER_SEC;

	return regs->di && put_user_u64(seconds, regs->di) ? -LX_EFAULT : seconds;
}

/* --- sleeping ------------------------------------------------------------------------------------------------- */

static long nanosleep_restart(struct restart_block *restart);

/* Interrupted, it goes on later until the same time (unless a handler ran); what is left is told where rmtp says. */
static long sleep_span(uint64_t expires, uint64_t rmtp)
{
	if (sleep_until(expires))
		return 0;
	if (rmtp && put_timespec(expires - lab.virtual_ns, rmtp))
		return -LX_EFAULT;
	current->restart = (struct restart_block){ .fn = nanosleep_restart, .expires = expires, .rmtp = rmtp };
	return -ERESTART_RESTARTBLOCK;
}

static long nanosleep_restart(struct restart_block *restart)
{
	return sleep_span(restart->expires, restart->rmtp);
}

/** nanosleep(span, left) */
long ksys_nanosleep(struct pt_regs *regs)
{
	uint64_t expires;
	int error = get_user_expiry(regs->di, /* span = */ true, &expires);

	return error ? error : sleep_span(expires, regs->si);
}

/** clock_nanosleep(clock, flags, time, left) */
long ksys_clock_nanosleep(struct pt_regs *regs)
{
	bool absolute = (int)regs->si & TIMER_ABSTIME;
	int clock = regs->di, error;
	uint64_t expires;

	if (!clock_in(clock, CLOCKS_THAT_TELL | CLOCKS_OF_ALARMS))
		return -LX_EINVAL;
	if (!clock_in(clock, CLOCKS_TO_SLEEP_BY | CLOCKS_OF_ALARMS))
		return -LX_EOPNOTSUPP;
	error = get_user_expiry(regs->dx, !absolute, &expires);
	if (error)
		return error;
	if (clock_in(clock, CLOCKS_OF_ALARMS))
		return -LX_EOPNOTSUPP;
	if (counts_cpu_time(clock))
		expires = NO_TIMEOUT - 1;	/* it stands still */
	if (!absolute)
		return sleep_span(expires, regs->r10);
	expires -= min(expires, offset_of(clock));
	return sleep_until(expires) ? 0 : -ERESTARTNOHAND;
}

/** restart_syscall(): what an interrupted call left to be done. */
long ksys_restart_syscall(struct pt_regs *regs)
{
	struct restart_block restart = current->restart;

	(void)regs;
	current->restart.fn = NULL;
	return restart.fn ? restart.fn(&restart) : -LX_EINTR;
}
