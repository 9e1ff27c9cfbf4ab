/* SPDX-License-Identifier: MIT */
/*
 * On the way back to ring 3: forced signals, default actions, handlers, and system calls that start over
 * (Linux get_signal(), handle_signal(), arch_do_signal_or_restart()).
 */
#include "coredump.h"
#include "session.h"
#include "signal.h"

/* --- faults of current ------------------------------------------------------------------------ */

/**
 * Linux force_sig_info_to_task(): a signal that must not be missed. Blocked or ignored, it gets its default
 * action, which kills.
 */
static void force_signal(const struct ksiginfo *info)
{
	struct task *me = current;
	bool blocked = me->blocked & SIGMASK(info->signo);

	if (blocked || get_action(me, info->signo).handler == SIG_IGN_HANDLER) {
		reset_action(me, info->signo);
		me->blocked &= ~SIGMASK(info->signo);
	}
	me->fault = *info;
	me->work |= WORK_SIGNAL;
}

void force_sig_fault(int signo, int code, uint64_t addr, int trapno, uint64_t error_code)
{
	struct task *me = current;
	struct ksiginfo info = { .signo = signo, .code = code, .addr = addr };

	BUG_ON(me->ts.flags & PF_KTHREAD);
	me->trap_nr = trapno;
	me->error_code = error_code;
	if (trapno == X86_TRAP_PF) {
		me->error_code |= PF_U;
		me->cr2 = addr;
	}
	force_signal(&info);
}

void force_sig(int signo)
{
	struct ksiginfo info = { .signo = signo, .code = LX_SI_KERNEL };

	force_signal(&info);
}

/** A handler's frame cannot be written: SIGSEGV, and if that was the one, without its handler. */
static void force_sigsegv(int signo)
{
	if (signo == LX_SIGSEGV)
		reset_action(current, LX_SIGSEGV);
	force_sig(LX_SIGSEGV);
}

/* --- default actions -------------------------------------------------------------------------- */

/* What a shell calls them (strsignal). */
static const char *const signal_words[LX_SIGRTMIN] = {
	[LX_SIGHUP] = "Hangup", "Interrupt", "Quit", "Illegal instruction", "Trace/breakpoint trap", "Aborted",
	"Bus error", "Floating point exception", "Killed", "User defined signal 1", "Segmentation fault",
	"User defined signal 2", "Broken pipe", "Alarm clock", "Terminated", "Stack fault",
	[LX_SIGXCPU] = "CPU time limit exceeded", "File size limit exceeded", "Virtual timer expired",
	"Profiling timer expired",
	[LX_SIGWINCH + 1] = "I/O possible", "Power failure", "Bad system call",
};

/** One line on the console about a process that a signal ends; of its own faults, where. */
static void complain(const struct ksiginfo *info, const struct pt_regs *regs, bool dumped)
{
	const char *words = info->signo < LX_SIGRTMIN ? signal_words[info->signo] : "Real-time signal";

	printk("pid %d (%s): %s%s", current->ts.pid, current->ts.comm, words, dumped ? " (core dumped)" : "");
	if (info->code > 0 && sig_dumps_core(info->signo))
		printk(" at %#lx, ip %#lx", info->addr, regs->ip);
	printk("\n");
}

/** The default action of most signals: the end of the process, and of some a core. */
static void __noreturn die_of_signal(const struct ksiginfo *info, const struct pt_regs *regs)
{
	bool dumped;

	lab_event(LAB_EV_SIGNAL, info->signo, (uint64_t)(int64_t)info->code, info->addr, 0);
	dumped = sig_dumps_core(info->signo) && do_coredump(info);
	complain(info, regs, dumped);
	do_group_exit(info->signo);
}

/** Until SIGCONT (which has already cleared group_stopped) or death. */
static void sleep_stopped(void)
{
	struct task *me = current;

	while (me->group_leader->group_stopped && !fatal_signal_pending(me)) {
		me->killable_only = true;
		task_sleep();
		me->killable_only = false;
	}
}

static void stop_process(int signo)
{
	struct task *me = current, *leader = me->group_leader, *thread;

	set_group_stopped(leader, true);
	notify_stop(leader, signo << 8 | 0x7f);
	if (leader != me)
		signal_wake_up(leader, /* fatal = */ false);
	list_for_each_entry(thread, &leader->thread_group, thread_group)
		if (thread != me)
			signal_wake_up(thread, /* fatal = */ false);
}

/**
 * The next signal that has a handler, with its action; default actions are performed on the way,
 * some of which do not return. false: nothing is left to deliver.
 */
static bool get_signal(struct ksiginfo *info, struct user_sigaction *action, const struct pt_regs *regs)
{
	struct task *me = current, *leader = me->group_leader;

	for (;;) {
		if (group_dying(me))
			do_exit(leader->group_exit || leader->group_killed ? leader->group_exit_code : LX_SIGKILL);
		if (leader->group_stopped)
			sleep_stopped();
		if (group_dying(me))
			continue;
		if (!dequeue_signal(info))
			return false;
		*action = get_action(me, info->signo);
		if (action->handler == SIG_IGN_HANDLER)
			continue;
		if (action->handler != SIG_DFL_HANDLER)
			return true;
		if (sig_ignored_by_default(info->signo))
			continue;
		if (sig_stops_by_default(info->signo)) {
			/* Those of a terminal stop nobody whom no one could continue. */
			if (info->signo == LX_SIGSTOP || !current_pgrp_orphaned())
				stop_process(info->signo);
			continue;
		}
		die_of_signal(info, regs);
	}
}

/* --- handlers --------------------------------------------------------------------------------- */

/**
 * The system call that the signal interrupted starts over: same number, same instruction (2 bytes:
 * 0f 05).
 */
static void restart_syscall(struct pt_regs *regs)
{
	regs->ax = (long)regs->ax == -ERESTART_RESTARTBLOCK ? NR_restart_syscall : regs->orig_ax;
	regs->ip -= 2;
	regs->orig_ax = -1UL;
}

/** Was it interrupted before it had done anything that counts? */
static bool wants_restart(const struct pt_regs *regs)
{
	long ret = regs->ax;

	return ret == -ERESTARTSYS || ret == -ERESTARTNOHAND || ret == -ERESTART_RESTARTBLOCK;
}

static bool in_syscall(const struct pt_regs *regs)
{
	return (int64_t)regs->orig_ax >= 0;
}

static void handle_signal(const struct ksiginfo *info, const struct user_sigaction *action,
			  struct pt_regs *regs)
{
	struct task *me = current;
	uint64_t mask = me->work & WORK_RESTORE_MASK ? me->saved_blocked : me->blocked;

	if (in_syscall(regs)) {
		if ((long)regs->ax == -ERESTARTSYS && (action->flags & LX_SA_RESTART))
			restart_syscall(regs);
		else if (wants_restart(regs))
			regs->ax = -LX_EINTR;
	}
	lab_event(LAB_EV_SIGNAL, info->signo, (uint64_t)(int64_t)info->code, info->addr, 0);
	if (action->flags & LX_SA_RESETHAND)
		reset_action(me, info->signo);
	if (setup_rt_frame(info, action, mask, regs)) {
		force_sigsegv(info->signo);
		return;
	}
	me->work &= ~WORK_RESTORE_MASK;
	mask = me->blocked | action->mask;
	if (!(action->flags & LX_SA_NODEFER))
		mask |= SIGMASK(info->signo);
	me->blocked = mask & ~SIG_KERNEL_ONLY_MASK;	/* more than before: do_work() looks what is left */
}

/** No handler ran, or none is left to run. */
static void finish_without_handler(struct pt_regs *regs)
{
	struct task *me = current;

	if (in_syscall(regs) && wants_restart(regs))
		restart_syscall(regs);
	if (me->work & WORK_RESTORE_MASK) {
		me->work &= ~WORK_RESTORE_MASK;
		set_blocked(me->saved_blocked);
	}
}

/**
 * Out of line, so that the way back to ring 3 costs a handful of instructions when there is nothing
 * to do.
 */
static void __attribute__((noinline)) do_work(struct pt_regs *regs)
{
	struct user_sigaction action;
	struct ksiginfo info;

	while (current->work) {
		if (unlikely(current->work & WORK_MEMORY_FAILURE)) {
			current->work &= ~WORK_MEMORY_FAILURE;
			memory_failure_work();
		}
		if (get_signal(&info, &action, regs)) {
			handle_signal(&info, &action, regs);
			regs->orig_ax = -1UL;	/* a second frame must not restart the call once more */
		} else {
			finish_without_handler(regs);
		}
		recalc_sigpending(current);
	}
}

void exit_to_user_mode(struct pt_regs *regs)
{
	if (unlikely(current->work))
		do_work(regs);
}
