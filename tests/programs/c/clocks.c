/* SPDX-License-Identifier: MIT */
/* Real time: a sleep takes as long as it says, and not ten times as long; clocks agree with each other and go on by themselves. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static const char *between(int64_t ns, int64_t from, int64_t to)
{
	return ns < from ? "too short" : ns > to ? "too long" : "ok";
}

static void timed_wait(void)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;
	int64_t begin = now(CLOCK_MONOTONIC), end = now(CLOCK_REALTIME) + 50000000;
	struct timespec until = {end / 1000000000, end % 1000000000};
	int error;

	pthread_mutex_lock(&lock);
	error = pthread_cond_timedwait(&never, &lock, &until);
	printf("cond_timedwait: %s, %s\n", error == ETIMEDOUT ? "ETIMEDOUT" : "?",
	       between(now(CLOCK_MONOTONIC) - begin, 49000000, 5000000000));
}

int main(void)
{
	struct timespec tenth = {0, 100000000}, at;
	int64_t begin = now(CLOCK_MONOTONIC), real = now(CLOCK_REALTIME);
	volatile long spin = 0;
	struct timeval day;

	nanosleep(&tenth, NULL);
	printf("nanosleep: %s\n", between(now(CLOCK_MONOTONIC) - begin, 100000000, 5000000000));
	printf("real time: %s\n", between(now(CLOCK_REALTIME) - real, 99000000, 5000000000));
	gettimeofday(&day, NULL);
	printf("time: %s\n", between(time(NULL) - day.tv_sec, 0, 5));
	printf("of this century: %d\n", day.tv_sec > 1700000000);
	begin = now(CLOCK_MONOTONIC) + 50000000;
	at = (struct timespec){begin / 1000000000, begin % 1000000000};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	printf("clock_nanosleep: %s\n", between(now(CLOCK_MONOTONIC) - begin, 0, 5000000000));
	timed_wait();
	while (now(CLOCK_PROCESS_CPUTIME_ID) < 30000000)
		spin++;
	printf("processor time: counted\n");
	return 0;
}
