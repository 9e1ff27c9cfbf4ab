/* SPDX-License-Identifier: MIT */
/* System calls about signals: arguments checked in Linux's order, then signal.c does it. */
#include "cred.h"
#include "signal.h"
#include "uaccess.h"

#define SIGSET_SIZE	8
#define SA_KNOWN_FLAGS	(LX_SA_NOCLDSTOP | LX_SA_NOCLDWAIT | LX_SA_SIGINFO | LX_SA_EXPOSE_TAGBITS | \
			 LX_SA_RESTORER | LX_SA_ONSTACK | LX_SA_RESTART | LX_SA_NODEFER | LX_SA_RESETHAND)

static bool valid_signal(int signo)
{
	return signo >= 0 && signo <= LX_NSIG;
}

/* --- actions ---------------------------------------------------------------------------------- */

static long do_sigaction(int signo, struct user_sigaction *new)
{
	int error;

	new->flags &= SA_KNOWN_FLAGS;
	new->mask &= ~SIG_KERNEL_ONLY_MASK;
	error = set_action(current, signo, new);
	if (error)
		return error;
	/* POSIX: a signal that becomes ignored is no longer pending either. */
	if (new->handler == SIG_IGN_HANDLER ||
	    (new->handler == SIG_DFL_HANDLER && sig_ignored_by_default(signo)))
		flush_process_signals(current, SIGMASK(signo));
	return 0;
}

/** rt_sigaction(signo, act, oldact, sigsetsize) */
long ksys_rt_sigaction(struct pt_regs *regs)
{
	int signo = regs->di;
	struct user_sigaction new, old;
	long error = 0;

	if (regs->r10 != SIGSET_SIZE)
		return -LX_EINVAL;
	if (regs->si && copy_from_user(&new, regs->si, sizeof(new)))
		return -LX_EFAULT;
	if (!valid_signal(signo) || signo < 1 || (regs->si && (SIGMASK(signo) & SIG_KERNEL_ONLY_MASK)))
		return -LX_EINVAL;
	old = get_action(current, signo);
	if (regs->si)
		error = do_sigaction(signo, &new);
	if (error)
		return error;
	if (regs->dx && copy_to_user(regs->dx, &old, sizeof(old)))
		return -LX_EFAULT;
	return 0;
}

/* --- masks ------------------------------------------------------------------------------------ */

/** rt_sigprocmask(how, set, oldset, sigsetsize) */
long ksys_rt_sigprocmask(struct pt_regs *regs)
{
	uint64_t old = current->blocked, set;

	if (regs->r10 != SIGSET_SIZE)
		return -LX_EINVAL;
	if (regs->si) {
		if (get_user_u64(&set, regs->si))
			return -LX_EFAULT;
		if ((int)regs->di == LX_SIG_BLOCK)
			set |= old;
		else if ((int)regs->di == LX_SIG_UNBLOCK)
			set = old & ~set;
		else if ((int)regs->di != LX_SIG_SETMASK)
			return -LX_EINVAL;
		set_blocked(set);
	}
	if (regs->dx && put_user_u64(old, regs->dx))
		return -LX_EFAULT;
	return 0;
}

/** rt_sigpending(set, sigsetsize) */
long ksys_rt_sigpending(struct pt_regs *regs)
{
	uint64_t set = current->pending.signal | current->group_leader->shared_pending.signal;

	if (regs->si > SIGSET_SIZE)
		return -LX_EINVAL;
	set &= current->blocked;
	return copy_to_user(regs->di, &set, regs->si) ? -LX_EFAULT : 0;
}

/** Until a signal comes that is not blocked. */
static long sleep_for_signal(void)
{
	while (!signal_pending(current))
		task_sleep();
	return -ERESTARTNOHAND;
}

/** rt_sigsuspend(mask, sigsetsize): the old mask is back when the handler has run, and no sooner. */
long ksys_rt_sigsuspend(struct pt_regs *regs)
{
	uint64_t mask;

	if (regs->si != SIGSET_SIZE)
		return -LX_EINVAL;
	if (get_user_u64(&mask, regs->di))
		return -LX_EFAULT;
	current->saved_blocked = current->blocked;
	set_blocked(mask);
	sleep_for_signal();
	current->work |= WORK_RESTORE_MASK;
	return -ERESTARTNOHAND;
}

long ksys_pause(struct pt_regs *regs)
{
	(void)regs;
	return sleep_for_signal();
}

/** sigaltstack(new, old) */
long ksys_sigaltstack(struct pt_regs *regs)
{
	struct user_stack new, old = describe_altstack(regs->sp);
	long error;

	if (regs->di) {
		if (copy_from_user(&new, regs->di, sizeof(new)))
			return -LX_EFAULT;
		error = set_altstack(&new, regs->sp);
		if (error)
			return error;
	}
	if (regs->si && copy_to_user(regs->si, &old, sizeof(old)))
		return -LX_EFAULT;
	return 0;
}

/* --- sending ---------------------------------------------------------------------------------- */

/* Linux kill_ok_by_cred, same_thread_group. */
static bool may_kill(const struct task *task)
{
	const struct cred *me = current_cred(), *it = task->ts.cred;

	return task->group_leader == current->group_leader || me->euid == it->suid || me->euid == it->uid || me->uid == it->suid ||
	       me->uid == it->uid || capable(CAP_KILL);
}

/* Is there such a signal, and may current send it to the task? 0 or -errno (Linux check_kill_permission). */
static int check_kill(const struct task *task, const struct ksiginfo *info)
{
	if (!valid_signal(info->signo))
		return -LX_EINVAL;
	/* What the kernel tells needs no leave. */
	if (info->code > 0 || may_kill(task))
		return 0;
	/* A shell continues whom it started, whoever they have become. */
	if (info->signo == LX_SIGCONT && task->group_leader->ts.session == current->group_leader->ts.session)
		return 0;
	return -LX_EPERM;
}

/* Every process of the group. As Linux 6.1: fine if one could be had, and otherwise what the last one said. */
static long kill_pgrp(int pgrp, const struct ksiginfo *info)
{
	struct task *task;
	long ret = -LX_ESRCH;
	bool success = false;

	for_each_process(task) {
		if (task->ts.pgrp != pgrp)
			continue;
		ret = check_kill(task, info);
		if (!ret && info->signo)
			send_signal(task, info, /* to_process = */ true);
		success |= !ret;
	}
	return success ? 0 : ret;
}

/* Every process but current's and init. That some cannot be had is no error. */
static long kill_all(const struct ksiginfo *info)
{
	struct task *task;
	bool found = false;
	long ret = 0;

	for_each_process(task) {
		int error;

		if (task == current->group_leader)
			continue;
		found = true;
		error = check_kill(task, info);
		if (!error && info->signo)
			send_signal(task, info, /* to_process = */ true);
		if (error != -LX_EPERM)
			ret = error;
	}
	return found ? ret : -LX_ESRCH;
}

long kill_process(int pid, const struct ksiginfo *info)
{
	struct task *task = find_task(pid);
	int error;

	if (!task)
		return -LX_ESRCH;
	error = check_kill(task, info);
	if (!error && info->signo)
		send_signal(task, info, /* to_process = */ true);
	return error;
}

/** kill(pid, signo) */
long ksys_kill(struct pt_regs *regs)
{
	int pid = regs->di;
	struct ksiginfo info = { .signo = regs->si, .code = LX_SI_USER, .pid = current->ts.tgid, .uid = current_cred()->uid };

	if (pid == INT32_MIN)
		return -LX_ESRCH;
	if (pid == -1)
		return kill_all(&info);
	return pid > 0 ? kill_process(pid, &info) : kill_pgrp(pid ? -pid : current->group_leader->ts.pgrp, &info);
}

long kill_thread(int tgid, int pid, const struct ksiginfo *info)
{
	struct task *task = find_task(pid);
	int error;

	if (!task || (tgid > 0 && task->ts.tgid != tgid))
		return -LX_ESRCH;
	error = check_kill(task, info);
	if (!error && info->signo)
		send_signal(task, info, /* to_process = */ false);
	return error;
}

static long do_tkill(int tgid, int pid, int signo)
{
	struct ksiginfo info = { .signo = signo, .code = LX_SI_TKILL, .pid = current->ts.tgid, .uid = current_cred()->uid };

	return kill_thread(tgid, pid, &info);
}

/** tkill(tid, signo) */
long ksys_tkill(struct pt_regs *regs)
{
	if ((int)regs->di <= 0)
		return -LX_EINVAL;
	return do_tkill(0, regs->di, regs->si);
}

/** tgkill(tgid, tid, signo) */
long ksys_tgkill(struct pt_regs *regs)
{
	if ((int)regs->di <= 0 || (int)regs->si <= 0)
		return -LX_EINVAL;
	return do_tkill(regs->di, regs->si, regs->dx);
}
