/* SPDX-License-Identifier: MIT */
/*
 * wait4(2): which children a task may wait for, what they have to tell, and reaping them (Linux
 * kernel/exit.c).
 */
#include "signal.h"
#include "task.h"
#include "uaccess.h"

#define WAIT_OPTIONS	(LX_WNOHANG | LX_WUNTRACED | LX_WCONTINUED | LX_WNOTHREAD | LX_WCLONE | LX_WALL)
#define RUSAGE_SIZE	144

struct wait_request {
	int pid;			/* -1: any; 0: own group; < -1: that group; else that process */
	uint32_t options;
	int status;			/* of the child found */
};

static bool child_matches(const struct wait_request *wait, const struct task *child)
{
	bool clone_child = child->exit_signal != LX_SIGCHLD;

	if (wait->pid > 0 && child->ts.pid != wait->pid)
		return false;
	if (wait->pid == 0 && child->pgrp != current->group_leader->pgrp)
		return false;
	if (wait->pid < -1 && child->pgrp != -wait->pid)
		return false;
	return (wait->options & LX_WALL) || clone_child == !!(wait->options & LX_WCLONE);
}

/** Has this child something to tell? It is reaped if it is dead. Its pid, or 0. */
static int consider_child(struct wait_request *wait, struct task *child)
{
	int pid = child->ts.pid;
	bool continued = child->stop_code == STATUS_CONTINUED;

	if (child->ts.state == TASK_ZOMBIE && child->nr_threads == 0) {
		wait->status = child->ts.exit_code;
		release_task(child);
		return pid;
	}
	if (!child->stop_code || !(wait->options & (continued ? LX_WCONTINUED : LX_WUNTRACED)))
		return 0;
	wait->status = child->stop_code;
	child->stop_code = 0;
	return pid;
}

/** One look at all children. Pid, 0: matching ones live, or -LX_ECHILD: there is none to wait for. */
static int look_at_children(struct wait_request *wait)
{
	struct task *child, *next;
	int result = -LX_ECHILD;

	list_for_each_entry_safe(child, next, &current->group_leader->children, sibling) {
		if (!child_matches(wait, child))
			continue;
		result = consider_child(wait, child);
		if (result > 0)
			break;
	}
	return result;
}

static long do_wait(struct wait_request *wait)
{
	for (;;) {
		int pid = look_at_children(wait);

		if (pid != 0 || (wait->options & LX_WNOHANG))
			return pid;
		if (signal_pending(current))
			return -ERESTARTSYS;
		current->waits_for_child = true;
		task_sleep();
		current->waits_for_child = false;
	}
}

/** wait4(pid, status, options, rusage). Times are virtual, so a child's rusage is all zero. */
long ksys_wait4(struct pt_regs *regs)
{
	struct wait_request wait = { .pid = regs->di, .options = regs->dx };
	static const uint8_t no_usage[RUSAGE_SIZE];
	long pid;

	if (wait.options & ~WAIT_OPTIONS)
		return -LX_EINVAL;
	if (wait.pid == INT32_MIN)
		return -LX_ESRCH;
	pid = do_wait(&wait);
	if (pid > 0 && regs->si && put_user_u32(wait.status, regs->si))
		return -LX_EFAULT;
	if (pid > 0 && regs->r10 && copy_to_user(regs->r10, no_usage, sizeof(no_usage)))
		return -LX_EFAULT;
	return pid;
}
