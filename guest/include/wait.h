/* SPDX-License-Identifier: MIT */
/*
 * Queues of sleeping tasks, in the order they came (Linux include/linux/wait.h, the exclusive kind). There is no preemption:
 * who found nothing and goes to sleep misses no wake-up in between.
 */
#ifndef GUEST_WAIT_H
#define GUEST_WAIT_H

#include "list.h"
#include "poll.h"
#include "task.h"

/** A sleeper, on its own stack. list.next NULL: somebody has woken it. */
struct wait_entry {
	struct list_head list;
	struct task *task;
};

/** Sleep until woken through the queue or by a signal; the caller looks what it was. */
static inline void sleep_on(struct list_head *queue)
{
	struct wait_entry wait = { .task = current };

	list_add_tail(&wait.list, queue);
	task_sleep();
	if (wait.list.next)
		list_del(&wait.list);
}

/** Wake the one that waits longest, if there is one. */
static inline void wake_up(struct list_head *queue)
{
	struct wait_entry *wait;

	poll_wake();
	if (list_empty(queue))
		return;
	wait = list_first_entry(queue, struct wait_entry, list);
	list_del(&wait->list);
	wake_up_task(wait->task);
}

/** Wake them all: what they wait for will never come. */
static inline void wake_up_all(struct list_head *queue)
{
	poll_wake();
	while (!list_empty(queue))
		wake_up(queue);
}

#endif
