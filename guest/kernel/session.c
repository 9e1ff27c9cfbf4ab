/* SPDX-License-Identifier: MIT */
/*
 * Process groups and sessions (Linux kernel/sys.c, exit.c). A group is the processes of one pgrp, a session those of one
 * session; whoever called setsid(2) leads both, under its own pid. There is no terminal, so that is all there is of job
 * control: whom a signal or a wait means, and that nobody is stopped whom no one could continue.
 */
#include "session.h"
#include "signal.h"

int32_t nr_stopped_processes;

void set_group_stopped(struct task *leader, bool stopped)
{
	nr_stopped_processes += (int)stopped - (int)leader->group_stopped;
	leader->group_stopped = stopped;
}

bool pgrp_exists(int pgrp)
{
	struct task *task;

	for_each_process(task)
		if (task->ts.pgrp == pgrp)
			return true;
	return false;
}

static bool is_session_leader(const struct task *leader)
{
	return leader->ts.session == leader->ts.pid;
}

/* A group of the session, to be joined. */
static bool pgrp_in_session(int pgrp, int session)
{
	struct task *task;

	for_each_process(task)
		if (task->ts.pgrp == pgrp && task->ts.session == session)
			return true;
	return false;
}

/* May current move `leader`: itself, or a child that is still the copy of it? 0 or -errno. */
static int may_move(const struct task *leader)
{
	const struct task *me = current->group_leader;

	if (!is_leader(leader))
		return -LX_EINVAL;
	if (leader->ts.parent == &me->ts) {
		if (leader->ts.session != me->ts.session)
			return -LX_EPERM;
		if (!(leader->ts.flags & PF_FORKNOEXEC))
			return -LX_EACCES;
	} else if (leader != me) {
		return -LX_ESRCH;
	}
	return is_session_leader(leader) ? -LX_EPERM : 0;
}

/** setpgid(pid, pgid) */
long ksys_setpgid(struct pt_regs *regs)
{
	int pid = (int)regs->di ? (int)regs->di : current->ts.tgid;
	int pgid = (int)regs->si ? (int)regs->si : pid, error;
	struct task *leader;

	if (pgid < 0)
		return -LX_EINVAL;
	leader = find_task(pid);
	if (!leader)
		return -LX_ESRCH;
	error = may_move(leader);
	if (error)
		return error;
	if (pgid != pid && !pgrp_in_session(pgid, current->group_leader->ts.session))
		return -LX_EPERM;
	leader->ts.pgrp = pgid;
	return 0;
}

/* The process that getpgid(2) and getsid(2) are asked about; NULL: none. */
static const struct task *asked_process(int pid)
{
	struct task *task = pid ? find_task(pid) : current;

	return task ? task->group_leader : NULL;
}

/** getpgid(pid) */
long ksys_getpgid(struct pt_regs *regs)
{
	const struct task *leader = asked_process(regs->di);

	return leader ? leader->ts.pgrp : -LX_ESRCH;
}

long ksys_getpgrp(struct pt_regs *regs)
{
	(void)regs;
	return current->group_leader->ts.pgrp;
}

/** getsid(pid) */
long ksys_getsid(struct pt_regs *regs)
{
	const struct task *leader = asked_process(regs->di);

	return leader ? leader->ts.session : -LX_ESRCH;
}

/** setsid(): the new session, whose only process is the caller. */
long ksys_setsid(struct pt_regs *regs)
{
	struct task *leader = current->group_leader;

	(void)regs;
	if (is_session_leader(leader) || pgrp_exists(leader->ts.pid))
		return -LX_EPERM;
	leader->ts.session = leader->ts.pgrp = leader->ts.pid;
	return leader->ts.pid;
}

/* --- orphaned groups -------------------------------------------------------------------------------------------- */

/* Is there one in the group, `except` aside, whose parent could continue it: in the same session, but another group? */
static bool will_become_orphaned(int pgrp, const struct task *except)
{
	struct task *task;

	for_each_process(task) {
		const struct task *parent = to_task(task->ts.parent);

		if (task->ts.pgrp != pgrp || task == except || task->nr_threads == 0 || parent == child_reaper)
			continue;
		if (parent->ts.pgrp != pgrp && parent->ts.session == task->ts.session)
			return false;
	}
	return true;
}

bool current_pgrp_orphaned(void)
{
	return will_become_orphaned(current->group_leader->ts.pgrp, NULL);
}

static bool has_stopped_jobs(int pgrp)
{
	struct task *task;

	for_each_process(task)
		if (task->ts.pgrp == pgrp && task->group_stopped)
			return true;
	return false;
}

static void send_to_pgrp(int pgrp, int signo)
{
	struct ksiginfo info = { .signo = signo, .code = LX_SI_KERNEL };
	struct task *task;

	for_each_process(task)
		if (task->ts.pgrp == pgrp)
			send_signal(task, &info, /* to_process = */ true);
}

void kill_orphaned_pgrp(const struct task *task, const struct task *parent)
{
	const struct task *ignored = parent ? NULL : task;

	if (likely(!nr_stopped_processes))
		return;
	if (!parent)
		parent = to_task(task->ts.parent);
	if (parent->ts.pgrp == task->ts.pgrp || parent->ts.session != task->ts.session)
		return;
	if (!will_become_orphaned(task->ts.pgrp, ignored) || !has_stopped_jobs(task->ts.pgrp))
		return;
	send_to_pgrp(task->ts.pgrp, LX_SIGHUP);
	send_to_pgrp(task->ts.pgrp, LX_SIGCONT);
}
