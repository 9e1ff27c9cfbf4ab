/* SPDX-License-Identifier: MIT */
/*
 * wait4(2), waitid(2): which children a task may wait for, what they have to tell, and reaping them (Linux
 * kernel/exit.c).
 */
#include "cred.h"
#include "pidfd.h"
#include "signal.h"
#include "task.h"
#include "uaccess.h"
#include "usertime.h"

#define WAIT_OPTIONS	(LX_WNOHANG | LX_WUNTRACED | LX_WCONTINUED | LX_WNOTHREAD | LX_WCLONE | LX_WALL)
#define WAITID_EVENTS	(LX_WEXITED | LX_WUNTRACED | LX_WCONTINUED)
#define WAITID_OPTIONS	(WAITID_EVENTS | LX_WNOHANG | LX_WNOWAIT | LX_WNOTHREAD | LX_WCLONE | LX_WALL)

enum wait_type { WAIT_ANY, WAIT_PID, WAIT_PGRP };

struct wait_request {
	enum wait_type type;
	int id;				/* of the process or group */
	uint32_t options;
	bool impatient;			/* it would have waited, but for its pidfd: -LX_EAGAIN */
	int status;			/* of the child found */
	uint32_t uid;
};

static bool child_matches(const struct wait_request *wait, const struct task *child)
{
	bool clone_child = child->exit_signal != LX_SIGCHLD;

	if (wait->type == WAIT_PID && child->ts.pid != wait->id)
		return false;
	if (wait->type == WAIT_PGRP && child->ts.pgrp != wait->id)
		return false;
	return (wait->options & LX_WALL) || clone_child == !!(wait->options & LX_WCLONE);
}

/** Has this child something to tell? It is reaped if it is dead, unless it may be asked again. Its pid, or 0. */
static int consider_child(struct wait_request *wait, struct task *child)
{
	int pid = child->ts.pid;
	bool continued = child->stop_code == STATUS_CONTINUED, reap = !(wait->options & LX_WNOWAIT);

	if (child->ts.state == TASK_ZOMBIE && child->nr_threads == 0) {
		if (!(wait->options & LX_WEXITED))
			return 0;
		wait->status = child->ts.exit_code;
		wait->uid = child->ts.cred->uid;
		if (reap)
			release_task(child);
		return pid;
	}
	if (!child->stop_code || !(wait->options & (continued ? LX_WCONTINUED : LX_WUNTRACED)))
		return 0;
	wait->status = child->stop_code;
	wait->uid = child->ts.cred->uid;
	if (reap)
		child->stop_code = 0;
	return pid;
}

/** Whose end is all that it could tell, and who is not waited for? Nothing more is to come (Linux: a zombie sets no notask_error). */
static bool is_over(const struct wait_request *wait, const struct task *child)
{
	return child->ts.state == TASK_ZOMBIE && child->nr_threads == 0 && !(wait->options & LX_WEXITED);
}

/** One look at the children of one thread. Pid, 0: matching ones live, or -LX_ECHILD: there is none to wait for. */
static int look_at_children_of(struct wait_request *wait, const struct task *thread)
{
	struct task *child, *next;
	int result = -LX_ECHILD, pid;

	list_for_each_entry_safe(child, next, &current->group_leader->children, sibling) {
		if (real_parent(child) != thread || !child_matches(wait, child) || is_over(wait, child))
			continue;
		result = 0;
		pid = consider_child(wait, child);
		if (pid)
			return pid;
	}
	return result;
}

/** The caller's own come first, then those of the threads behind it, around; with __WNOTHREAD its own alone. */
static int look_at_children(struct wait_request *wait)
{
	const struct task *thread = current;
	int result = -LX_ECHILD;

	do {
		int found = look_at_children_of(wait, thread);

		if (found > 0)
			return found;
		if (found == 0)
			result = 0;
		thread = next_thread(thread);
	} while (thread != current && !(wait->options & LX_WNOTHREAD));
	return result;
}

static long do_wait(struct wait_request *wait)
{
	for (;;) {
		int pid = look_at_children(wait);

		if (pid != 0)
			return pid;
		if (wait->options & LX_WNOHANG)
			return wait->impatient ? -LX_EAGAIN : 0;
		if (signal_pending(current))
			return -ERESTARTSYS;
		current->waits_for_child = true;
		task_sleep();
		current->waits_for_child = false;
	}
}

/* Times are virtual, so a child's are all zero. 0 or -LX_EFAULT. */
static int put_no_usage(uint64_t to)
{
	static const struct user_rusage no_usage;

	return to && copy_to_user(to, &no_usage, sizeof(no_usage)) ? -LX_EFAULT : 0;
}

/** wait4(pid, status, options, rusage); pid: -1: any; 0: own group; < -1: that group; else that process. */
long ksys_wait4(struct pt_regs *regs)
{
	int pid = regs->di;
	struct wait_request wait = { .type = WAIT_PID, .id = pid, .options = (uint32_t)regs->dx | LX_WEXITED };
	long ret;

	if ((uint32_t)regs->dx & ~WAIT_OPTIONS)
		return -LX_EINVAL;
	if (pid == INT32_MIN)
		return -LX_ESRCH;
	if (pid <= 0) {
		wait.type = pid == -1 ? WAIT_ANY : WAIT_PGRP;
		wait.id = pid ? -pid : current->group_leader->ts.pgrp;
	}
	ret = do_wait(&wait);
	if (ret > 0 && regs->si && put_user_u32(wait.status, regs->si))
		return -LX_EFAULT;
	if (ret > 0 && put_no_usage(regs->r10))
		return -LX_EFAULT;
	return ret;
}

/* --- waitid ----------------------------------------------------------------------------------- */

/* One that does not wait for what it means is never waited for either: WNOHANG in effect, and EAGAIN instead of nothing. */
static int waitid_pidfd(struct wait_request *wait, int fd)
{
	bool nonblock = false;
	struct task *task = fd < 0 ? ERR_PTR(-LX_EINVAL) : pidfd_get_task(fd, &nonblock);

	if (IS_ERR(task) && task != ERR_PTR(-LX_ESRCH))
		return PTR_ERR(task);
	wait->type = WAIT_PID;
	wait->id = IS_ERR(task) ? 0 : task->ts.pid;	/* gone: nobody's child */
	if (nonblock && !(wait->options & LX_WNOHANG)) {
		wait->options |= LX_WNOHANG;
		wait->impatient = true;
	}
	return 0;
}

/* Whom the first two arguments mean. 0 or -errno. */
static int waitid_who(struct wait_request *wait, uint32_t which, int id)
{
	switch (which) {
	case LX_P_ALL:
		wait->type = WAIT_ANY;
		return 0;
	case LX_P_PID:
		wait->type = WAIT_PID;
		wait->id = id;
		return id > 0 ? 0 : -LX_EINVAL;
	case LX_P_PIDFD:
		return waitid_pidfd(wait, id);
	case LX_P_PGID:
		wait->type = WAIT_PGRP;
		wait->id = id ? id : current->group_leader->ts.pgrp;
		return id >= 0 ? 0 : -LX_EINVAL;
	default:
		return -LX_EINVAL;
	}
}

/* The tale of a child, as SIGCHLD would tell it; nobody's (pid 0) is zeros. */
static int put_child_info(uint64_t to, int pid, const struct wait_request *wait)
{
	struct user_siginfo info = { .si_signo = pid ? LX_SIGCHLD : 0, .si_pid = pid, .si_uid = wait->uid };
	int status = wait->status;

	if (status == STATUS_CONTINUED) {
		info.si_code = LX_CLD_CONTINUED;
		info.si_status = LX_SIGCONT;
	} else if ((status & 0xff) == 0x7f) {
		info.si_code = LX_CLD_STOPPED;
		info.si_status = status >> 8;
	} else if (status & 0x7f) {
		info.si_code = status & STATUS_CORE_DUMPED ? LX_CLD_DUMPED : LX_CLD_KILLED;
		info.si_status = status & 0x7f;
	} else if (pid) {
		info.si_code = LX_CLD_EXITED;
		info.si_status = status >> 8;
	}
	/* What lies between and behind these fields of *to is left alone, as on Linux. */
	if (copy_to_user(to, &info, offsetof(struct user_siginfo, pad)) ||
	    copy_to_user(to + offsetof(struct user_siginfo, si_pid), &info.si_pid, 3 * sizeof(uint32_t)))
		return -LX_EFAULT;
	return 0;
}

/** waitid(which, id, info, options, rusage) */
long ksys_waitid(struct pt_regs *regs)
{
	struct wait_request wait = { .options = regs->r10 };
	long pid = -LX_EINVAL;

	if (!(wait.options & ~WAITID_OPTIONS) && (wait.options & WAITID_EVENTS))
		pid = waitid_who(&wait, regs->di, regs->si);
	if (!pid)
		pid = do_wait(&wait);
	if (pid > 0 && put_no_usage(regs->r8))
		return -LX_EFAULT;
	/* Told even when it failed: nobody. */
	if (regs->dx && put_child_info(regs->dx, max(pid, 0L), &wait))
		return -LX_EFAULT;
	return min(pid, 0L);
}
