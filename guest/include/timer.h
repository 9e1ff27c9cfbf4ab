/* SPDX-License-Identifier: MIT */
/* Timers in virtual time (kernel/time.c; Linux include/linux/hrtimer.h). */
#ifndef GUEST_TIMER_H
#define GUEST_TIMER_H

#include "list.h"

/** Zeroed: not active. */
struct hrtimer {
	struct list_head list;		/* of all, by time, those of one instant in the order they came; next NULL: not on it */
	uint64_t expires;		/* virtual ns */
	void (*function)(struct hrtimer *timer);	/* when that time has come; the timer is off the list */
};

static inline bool hrtimer_active(const struct hrtimer *timer) { return timer->list.next; }
/** It is not active. function is set. */
void hrtimer_start(struct hrtimer *timer, uint64_t expires);
static inline void hrtimer_cancel(struct hrtimer *timer)
{
	if (hrtimer_active(timer))
		list_del(&timer->list);
}

#endif
