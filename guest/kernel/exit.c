/* SPDX-License-Identifier: MIT */
/*
 * The end of tasks. A dead thread vanishes at once; a dead process leaves its leader as a zombie,
 * struct and kernel stack alone, until the parent has waited for it. Orphans go to init.
 */
#include "coredump.h"
#include "fpu.h"
#include "fs.h"
#include "futex.h"
#include "itimer.h"
#include "labdev.h"
#include "session.h"
#include "signal.h"
#include "task.h"
#include "uaccess.h"

/** Linux mm_release(): what others wait for when a task leaves an mm, by exec or exit. */
void mm_release(struct task *task)
{
	if (task->robust_list)
		exit_robust_list(task);
	if (task->clear_child_tid && task->ts.mm->mm_users > 1) {
		put_user_u32(0, task->clear_child_tid);
		futex_wake(task->clear_child_tid, /* shared = */ true, 1, FUTEX_BITSET_MATCH_ANY);
	}
	task->clear_child_tid = 0;
	if (task->vfork_parent) {
		task->vfork_parent->vfork_child = NULL;
		wake_up_task(task->vfork_parent);
		task->vfork_parent = NULL;
	}
}

/** current goes on without an mm, as kernel threads do: on borrowed tables, with a reference for them. */
static void exit_mm(void)
{
	struct mm_struct *mm = current->ts.mm;

	mm_release(current);
	mmgrab(mm);
	current->ts.mm = NULL;
	mmput(mm);
}

/* Of a process, the first thread that is not on its way out (Linux find_alive_thread()); its leader where there is none. */
static struct task *find_alive_thread(struct task *leader)
{
	struct task *thread;

	if (leader->exiting)
		list_for_each_entry(thread, &leader->thread_group, thread_group)
			if (!thread->exiting)
				return thread;
	return leader;
}

/* Who takes the children of a process that is gone: the next subreaper among its ancestors that still lives, or init. */
static struct task *find_new_reaper(struct task *leader)
{
	struct task *reaper = to_task(leader->ts.parent);

	for (; reaper != child_reaper && reaper != &init_task; reaper = to_task(reaper->ts.parent))
		if (reaper->child_subreaper && reaper->nr_threads)
			return reaper;
	return child_reaper;
}

/* Its new parent, to whom it hangs last. Each of its threads may have asked for a signal at this moment (PR_SET_PDEATHSIG). */
static void change_parent(struct task *child, struct task *reaper, struct task *thread_of_reaper)
{
	struct task *thread = child;

	list_del(&child->sibling);
	list_add_tail(&child->sibling, &reaper->children);
	do {
		struct ksiginfo info = { .signo = thread->pdeath_signal, .code = LX_SI_USER };

		thread->ts.parent = &reaper->ts;
		thread->forked_by = thread_of_reaper->ts.pid;
		if (info.signo)
			send_signal(thread, &info, /* to_process = */ true);
		thread = next_thread(thread);
	} while (thread != child);
}

static void reparent(struct task *child, struct task *father, struct task *reaper)
{
	change_parent(child, reaper, find_alive_thread(reaper));
	child->exit_signal = LX_SIGCHLD;
	kill_orphaned_pgrp(child, father);
	if (child->nr_threads == 0 && reaper != child_reaper && notify_parent(child))
		release_task(child);
}

/** A thread dies, its process goes on: its children are another thread's now, and last in line there. */
static void pass_children(struct task *me)
{
	struct task *leader = me->group_leader, *heir = find_alive_thread(leader), *child, *next;

	if (heir == me)
		return;
	/* Those passed on are met again at the end, as the heir's. */
	list_for_each_entry_safe(child, next, &leader->children, sibling)
		if (real_parent(child) == me)
			change_parent(child, leader, heir);
}

/** Children of a process that is gone become another's, who may have to reap them at once. */
static void forget_children(struct task *leader)
{
	struct task *reaper = find_new_reaper(leader);

	while (!list_empty(&leader->children)) {
		struct task *child = list_first_entry(&leader->children, struct task, sibling);

		reparent(child, leader, reaper);
	}
	wake_up_task(child_reaper);
}

/** Out of every list; what is left is the struct and the stack. */
static void unlink_task(struct task *task)
{
	list_del(&task->ts.tasks);
	if (is_leader(task))
		list_del(&task->sibling);
	else
		list_del(&task->thread_group);
	flush_sigqueue(&task->pending);
	flush_sigqueue(&task->shared_pending);
}

void release_task(struct task *task)
{
	unlink_task(task);
	task->ts.state = TASK_DEAD;
	free_task(task);
}

/**
 * The last thread is dying: the process is over, and how that one ended is how the process did (Linux
 * synchronize_group_exit()). true: nobody will wait, the leader is to vanish too.
 */
static bool exit_process(struct task *leader, int code)
{
	leader->ts.exit_code = code;
	exit_itimers(leader);
	if (!list_empty(&leader->children))
		forget_children(leader);
	kill_orphaned_pgrp(leader, NULL);
	return notify_parent(leader);
}

/**
 * Linux exit_notify(). Leaves current as a zombie or, in no list any more, as dead (schedule_tail
 * frees it).
 */
static void exit_notify(void)
{
	struct task *me = current, *leader = me->group_leader;
	bool reap_leader = false;

	me->ts.state = TASK_ZOMBIE;
	if (--leader->nr_threads == 0)
		reap_leader = exit_process(leader, me->ts.exit_code);
	else
		pass_children(me);
	if (leader->nr_threads && leader->group_exec && !leader->group_killed)
		wake_up_task(leader->group_exec);
	if (!is_leader(me)) {
		unlink_task(me);
		me->ts.state = TASK_DEAD;
		if (reap_leader)
			release_task(leader);
	} else if (reap_leader) {
		unlink_task(me);
		me->ts.state = TASK_DEAD;
	}
}

void do_exit(int code)
{
	struct task *me = current;

	BUG_ON(me->ts.flags & PF_KTHREAD);
	coredump_task_exit();
	me->exiting = true;
	if (me->group_leader->group_exit)
		code = me->group_leader->group_exit_code;
	me->ts.exit_code = code;
	timer_cancel(me);
	drop_fpu(me);
	exit_mm();
	put_files(me);
	put_fs(me);
	put_sighand(me);
	lab_event(LAB_EV_EXIT, code, 0, 0, 0);
	lab_channel_dead(me, code);
	exit_notify();
	schedule();
	panic("a dead task runs");
}

void do_group_exit(int code)
{
	struct task *leader = current->group_leader;

	if (!leader->group_exit) {
		leader->group_exit = true;
		leader->group_exit_code = code;
		zap_threads(leader, current);
	}
	do_exit(leader->group_exit_code);
}

/* Of the task alone, not of its process: as Linux, which leaves the other threads to do what they can. */
void make_task_dead(int signo)
{
	do_exit(signo);
}

/*
 * Linux oops_end() and make_task_dead(). Locks that the task holds stay held there, and whoever wants one next waits for
 * ever; on one CPU that would be the task itself, in exit_mm(). So that is told now.
 */
const char *oops_is_fatal(const struct pt_regs *regs)
{
	const struct task *me = current;
	uint64_t stack = me ? (uint64_t)me->ts.stack : 0;

	if (!me || this_cpu()->in_irq)
		return "fatal exception in interrupt";
	if (!me->ts.pid)
		return "attempted to kill the idle task";
	if (me->ts.flags & PF_KTHREAD)
		return "attempted to kill init";
	if (me->exiting)
		return "recursive fault in a task that dies";
	if (regs->sp < stack || regs->sp > stack + (PAGE_SIZE << KERNEL_STACK_ORDER))
		return "not on the task's kernel stack";
	if (me->ts.mm && (me->ts.mm->mmap_lock.count || me->ts.mm->page_table_lock.locked))
		return "its mm is locked, and it would wait for ever in its own exit";
	return NULL;
}

bool reap_orphans(void)
{
	struct task *child, *next;
	bool reaped = false;

	list_for_each_entry_safe(child, next, &child_reaper->children, sibling)
		if (child->ts.state == TASK_ZOMBIE && child->nr_threads == 0) {
			release_task(child);
			reaped = true;
		}
	return reaped;
}
