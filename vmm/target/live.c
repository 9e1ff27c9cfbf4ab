/* SPDX-License-Identifier: MIT */
/* Time, and waiting for what a sleeping guest waits for; see live.h. */
#include "target/live.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000ULL

#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

void live_start(struct live *l)
{
	uint64_t now = now_ns(CLOCK_MONOTONIC);

	WRITE_ONCE(l->lab->virtual_ns, now);
	WRITE_ONCE(l->lab->live.realtime_offset, now_ns(CLOCK_REALTIME) - now);
	if (l->wish->time_limit > 0)
		l->deadline_ns = now + (uint64_t)(l->wish->time_limit * NS_PER_S);
}

/* What the guest waits for, as far as it is a stream. */
static nfds_t awaited(const struct live *l, struct pollfd fds[NR_STREAMS], unsigned int streams[NR_STREAMS])
{
	uint32_t wait = READ_ONCE(l->lab->live.stream_wait);
	nfds_t n = 0;

	for (unsigned int i = 0; i < NR_STREAMS; i++) {
		if (!(wait >> i & 1))
			continue;
		streams[n] = i;
		fds[n++] = (struct pollfd){.fd = l->wish->fds[i], .events = i ? POLLOUT : POLLIN};
	}
	return n;
}

/* Wait so long at most (NULL: for ever) for a stream; then tell the guest. */
static void update_after(struct live *l, const struct timespec *wait)
{
	struct pollfd fds[NR_STREAMS];
	unsigned int streams[NR_STREAMS];
	nfds_t n = awaited(l, fds, streams);
	uint32_t ready = 0;

	if ((n || !wait || wait->tv_sec || wait->tv_nsec) && ppoll(fds, n, wait, NULL) > 0)
		for (nfds_t i = 0; i < n; i++)
			ready |= (fds[i].revents != 0) << streams[i];
	WRITE_ONCE(l->lab->virtual_ns, now_ns(CLOCK_MONOTONIC));
	if (ready)
		WRITE_ONCE(l->lab->live.stream_ready, ready);
}

void live_update(struct live *l)
{
	const struct timespec none = {0};

	update_after(l, &none);
}

void live_clock(struct live *l)
{
	WRITE_ONCE(l->lab->virtual_ns, now_ns(CLOCK_MONOTONIC));
	WRITE_ONCE(l->lab->live.clock_asked, 0);
}

bool live_is_late(const struct live *l, struct error *e)
{
	if (!l->deadline_ns || now_ns(CLOCK_MONOTONIC) < l->deadline_ns)
		return false;
	error_set(e, EXIT_TIME, "the program has not ended after %g s (--time-limit)", l->wish->time_limit);
	return true;
}

int live_wait(struct live *l, struct error *e)
{
	uint64_t until = READ_ONCE(l->lab->live.next_timer), now = now_ns(CLOCK_MONOTONIC);
	struct timespec wait;

	if (live_is_late(l, e))
		return -1;
	if (l->deadline_ns && l->deadline_ns < until)
		until = l->deadline_ns;
	now = until > now ? until - now : 0;
	wait = (struct timespec){.tv_sec = now / NS_PER_S, .tv_nsec = now % NS_PER_S};
	update_after(l, until == UINT64_MAX ? NULL : &wait);
	return 0;
}
