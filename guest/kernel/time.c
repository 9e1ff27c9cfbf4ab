/* SPDX-License-Identifier: MIT */
/*
 * Virtual time. It stands still while tasks run and while everything sleeps; it moves by
 * LAB_REQ_TICK alone. (It could also jump to the next timer when all sleep. Then a scenario that
 * starts a nanosleep would never see it pending: the step that started it would also end it. So the
 * host decides, always.)
 */
#include "labdev.h"
#include "task.h"

static struct list_head timers = LIST_HEAD_INIT(timers);

void hrtimer_start(struct hrtimer *timer, uint64_t expires)
{
	struct hrtimer *pos;

	timer->expires = expires;
	list_for_each_entry(pos, &timers, list)
		if (pos->expires > expires)
			break;
	list_add_tail(&timer->list, &pos->list);
}

static void wake_sleeper(struct hrtimer *timer)
{
	wake_up_task(container_of(timer, struct task, timer));
}

void timer_start(struct task *task, uint64_t expires)
{
	task->timer.function = wake_sleeper;
	hrtimer_start(&task->timer, expires);
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

void expire_timers(void)
{
	while (!list_empty(&timers)) {
		struct hrtimer *timer = list_first_entry(&timers, struct hrtimer, list);

		if (timer->expires > lab.virtual_ns)
			return;
		hrtimer_cancel(timer);
		timer->function(timer);
	}
}

uint64_t next_expiry(void)
{
	return list_empty(&timers) ? UINT64_MAX : list_first_entry(&timers, struct hrtimer, list)->expires;
}

void advance_time(uint64_t ns)
{
	uint64_t target = lab.virtual_ns + ns;

	if (target < ns)
		target = UINT64_MAX;
	while (!list_empty(&timers)) {
		struct hrtimer *timer = list_first_entry(&timers, struct hrtimer, list);

		if (timer->expires > target)
			break;
		lab.virtual_ns = max(lab.virtual_ns, timer->expires);
		expire_timers();
		while (others_runnable())
			sched_yield();
	}
	lab.virtual_ns = target;
}
