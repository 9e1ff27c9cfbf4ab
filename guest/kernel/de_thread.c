/* SPDX-License-Identifier: MIT */
/*
 * execve by one of several threads (Linux fs/exec.c: de_thread). The others die; then the one that is left is the process:
 * if it was not the leader, it takes the leader's pid, place, children and everything else that a leader keeps.
 */
#include "itimer.h"
#include "labdev.h"
#include "signal.h"
#include "task.h"

/* 0, or -LX_EAGAIN: something killed current, or the whole process, meanwhile. */
static int wait_for_others(struct task *leader)
{
	struct task *me = current;

	leader->group_exec = me;
	zap_threads(leader, me);
	me->killable_only = true;
	while (leader->nr_threads > 1 && !fatal_signal_pending(me))
		task_sleep();
	me->killable_only = false;
	if (leader->nr_threads == 1)
		return 0;
	leader->group_exec = NULL;
	return -LX_EAGAIN;
}

static void adopt_children(struct task *from, struct task *to)
{
	while (!list_empty(&from->children)) {
		struct task *child = list_first_entry(&from->children, struct task, sibling), *thread;

		list_del(&child->sibling);
		list_add_tail(&child->sibling, &to->children);
		thread = child;
		do {
			thread->ts.parent = &to->ts;
			thread->forked_by = 0;
			thread = next_thread(thread);
		} while (thread != child);
	}
}

static void move_signals(struct sigpending *from, struct sigpending *to)
{
	to->signal = from->signal;
	while (!list_empty(&from->queue)) {
		struct list_head *first = from->queue.next;

		list_del(first);
		list_add_tail(first, &to->queue);
	}
	from->signal = 0;
}

/* In front of the leader in every list that it is on, which it leaves. */
static void take_places(struct task *leader, struct task *me)
{
	list_del(&me->thread_group);
	INIT_LIST_HEAD(&me->thread_group);
	list_del(&me->ts.tasks);
	list_add_tail(&me->ts.tasks, &leader->ts.tasks);
	list_del(&leader->ts.tasks);
	list_add_tail(&me->sibling, &leader->sibling);
	list_del(&leader->sibling);
	adopt_children(leader, me);
}

/* The leader is a zombie, and nobody else is left. */
static void become_leader(struct task *leader, struct task *me)
{
	int tid = me->ts.pid;

	take_places(leader, me);
	me->ts.pid = leader->ts.pid;
	leader->ts.pid = tid;
	me->group_leader = me;
	me->nr_threads = 1;
	me->ts.pgrp = leader->ts.pgrp;
	me->ts.session = leader->ts.session;
	me->child_subreaper = leader->child_subreaper;
	move_itimers(leader, me);
	me->oom_score_adj = leader->oom_score_adj;
	me->oom_score_adj_min = leader->oom_score_adj_min;
	me->stop_code = leader->stop_code;
	me->exit_signal = LX_SIGCHLD;
	move_signals(&leader->shared_pending, &me->shared_pending);
	me->ts.rlimits = leader->ts.rlimits;
	leader->ts.rlimits = NULL;
	flush_sigqueue(&leader->pending);
	leader->ts.state = TASK_DEAD;
	free_task(leader);
	requeue_current();
	lab_channel_repid(me, tid);
	recalc_sigpending(me);
}

int de_thread(void)
{
	struct task *me = current, *leader = me->group_leader;
	int error = 0;

	if (leader->group_exit || leader->group_exec)
		return -LX_EAGAIN;
	if (leader->nr_threads > 1)
		error = wait_for_others(leader);
	if (error)
		return error;
	leader->group_exec = NULL;
	if (leader != me)
		become_leader(leader, me);
	return 0;
}
