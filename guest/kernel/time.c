/* SPDX-License-Identifier: MIT */
/*
 * Virtual time. It stands still while tasks run and while everything sleeps; it moves by
 * LAB_REQ_TICK alone. (It could also jump to the next timer when all sleep. Then a scenario that
 * starts a nanosleep would never see it pending: the step that started it would also end it. So the
 * host decides, always.)
 */
#include "labdev.h"
#include "task.h"

/** Sleepers by expiry, those of one instant in the order they came. */
static struct list_head sleepers = LIST_HEAD_INIT(sleepers);

void timer_start(struct task *task, uint64_t expires)
{
	struct task *pos;

	task->expires = expires;
	list_for_each_entry(pos, &sleepers, timer)
		if (pos->expires > expires)
			break;
	list_add_tail(&task->timer, &pos->timer);
}

void timer_cancel(struct task *task)
{
	if (timer_pending(task))
		list_del(&task->timer);
}

bool sleep_until(uint64_t expires)
{
	if (expires <= lab.virtual_ns)
		return true;
	timer_start(current, expires);
	while (timer_pending(current) && !(current->work & WORK_SIGNAL))
		task_sleep();
	if (!timer_pending(current))
		return true;
	timer_cancel(current);
	return false;
}

static void expire_timers(void)
{
	while (!list_empty(&sleepers)) {
		struct task *task = list_first_entry(&sleepers, struct task, timer);

		if (task->expires > lab.virtual_ns)
			return;
		timer_cancel(task);
		wake_up_task(task);
	}
}

void advance_time(uint64_t ns)
{
	uint64_t target = lab.virtual_ns + ns;

	if (target < ns)
		target = UINT64_MAX;
	while (!list_empty(&sleepers)) {
		struct task *task = list_first_entry(&sleepers, struct task, timer);

		if (task->expires > target)
			break;
		lab.virtual_ns = task->expires;
		expire_timers();
		while (others_runnable())
			sched_yield();
	}
	lab.virtual_ns = target;
}
