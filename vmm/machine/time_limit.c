/* SPDX-License-Identifier: MIT */
/*
 * The timer is lazy: armed at the first run, it looks at the deadline of the run under way when it
 * fires and sleeps for the rest, or stays off when nothing runs. A step that ends in time costs one reading
 * of the clock and no system call.
 */
#include "machine/time_limit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_S 1000000000ULL

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void arm(struct time_limit *t, uint64_t at_ns)
{
	struct itimerspec when = {.it_value = {at_ns / NS_PER_S, at_ns % NS_PER_S}};

	t->armed = !timer_settime(t->timer, TIMER_ABSTIME, &when, NULL);
}

/* Runs in the vCPU's thread. Everything it calls is async-signal-safe (timer_settime, clock_gettime). */
static void on_signal(int signo, siginfo_t *info, void *context)
{
	struct time_limit *t = info->si_value.sival_ptr;
	int saved = errno;

	(void)signo;
	(void)context;
	if (info->si_code != SI_TIMER || !t)
		return;
	t->armed = false;
	if (t->deadline_ns && now_ns() >= t->deadline_ns) {
		t->expired = true;
		if (t->kick)
			*t->kick = 1;
	} else if (t->deadline_ns) {
		arm(t, t->deadline_ns);
	}
	errno = saved;
}

int time_limit_create(struct time_limit *t, double seconds, volatile uint8_t *kick, struct error *e)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGALRM,
		.sigev_value.sival_ptr = t,
	};
	sigset_t unblock;

	memset(t, 0, sizeof(*t));
	if (seconds <= 0)
		return 0;
	t->limit_ns = seconds < 1e9 ? seconds * NS_PER_S + 1 : NS_PER_S * NS_PER_S;
	t->kick = kick;
	event._sigev_un._tid = gettid();
	/* A parent may have left it blocked. */
	sigemptyset(&unblock);
	sigaddset(&unblock, SIGALRM);
	pthread_sigmask(SIG_UNBLOCK, &unblock, NULL);
	if (sigaction(SIGALRM, &action, NULL) || timer_create(CLOCK_MONOTONIC, &event, &t->timer)) {
		t->limit_ns = 0;
		return error_set(e, EXIT_HOST,
				 "the timer of --time-limit cannot be had: %s (--time-limit 0 goes without)",
				 strerror(errno));
	}
	return 0;
}

void time_limit_start(struct time_limit *t)
{
	if (!t->limit_ns)
		return;
	t->expired = false;
	t->deadline_ns = now_ns() + t->limit_ns;
	/* After the deadline is known: a timer that fires in between then finds it. */
	if (!t->armed)
		arm(t, t->deadline_ns);
}

void time_limit_stop(struct time_limit *t)
{
	t->deadline_ns = 0;
}

void time_limit_destroy(struct time_limit *t)
{
	if (t->limit_ns)
		timer_delete(t->timer);
	t->limit_ns = 0;
}
