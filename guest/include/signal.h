/* SPDX-License-Identifier: MIT */
/*
 * Signals: sending (signal.c), delivering (deliver.c, sigframe.c) and the system calls about them
 * (sigcalls.c). Semantics are those of Linux 6.1, kernel/signal.c and arch/x86/kernel/signal*.c.
 */
#ifndef GUEST_SIGNAL_H
#define GUEST_SIGNAL_H

#include "task.h"
#include "uapi.h"

#define SIGMASK(signo)	(1UL << ((signo) - 1))
#define STATUS_CONTINUED 0xffff		/* wait status after SIGCONT */
#define STATUS_CORE_DUMPED 0x80		/* in a wait status: there is a core */
#define SIG_KERNEL_ONLY_MASK (SIGMASK(LX_SIGKILL) | SIGMASK(LX_SIGSTOP))

/* Results of an interrupted system call, never seen by ring 3 (include/linux/errno.h). */
#define ERESTARTSYS	512	/* restarted if the handler has SA_RESTART */
#define ERESTARTNOHAND	514	/* restarted only if no handler ran */
#define ERESTART_RESTARTBLOCK 516 /* the same, and it goes on where it was: task.restart */

#define SIGHAND_INLINE	6

/**
 * Actions of a process. Few signals ever get one, and every fork copies them: so they are packed in
 * the order they were set, and only those that exist are copied.
 */
struct sighand_struct {
	int32_t count;			/* tasks that share it (CLONE_SIGHAND) */
	uint32_t used;			/* entries of table */
	uint8_t slot[LX_NSIG];		/* [signo - 1]: its entry in table, plus one; 0: never set */
	struct user_sigaction *table;	/* inline_table, or an object of LX_NSIG entries */
	struct user_sigaction inline_table[SIGHAND_INLINE];
};

/** Share (CLONE_SIGHAND) or copy the actions for a new task. -LX_ENOMEM or 0. */
int copy_sighand(struct task *child, bool share);
void put_sighand(struct task *task);
/** Action of a signal; the default one if nothing was set. */
struct user_sigaction get_action(const struct task *task, int signo);
/** Set it; -LX_ENOMEM when the first table cannot be had. */
int set_action(struct task *task, int signo, const struct user_sigaction *action);
/** Back to the default handler. */
void reset_action(struct task *task, int signo);
/** exec: handlers become the default, ignored signals stay ignored; an unshared table. -LX_ENOMEM or 0. */
int flush_signal_handlers(struct task *task);

static inline void init_sigpending(struct sigpending *pending)
{
	pending->signal = 0;
	INIT_LIST_HEAD(&pending->queue);
}

void flush_sigqueue(struct sigpending *pending);
/** Forget the pending signals of a mask, in every thread of task's process. */
void flush_process_signals(struct task *task, uint64_t mask);

/**
 * Send to one thread, or to its process. As Linux: ignored signals vanish, a pending standard one
 * is not queued twice.
 */
void send_signal(struct task *task, const struct ksiginfo *info, bool to_process);
/** SIGKILL every thread of task's process but `except`. */
void zap_threads(struct task *task, struct task *except);
/** The thread whose child it is: who forked it, or who got it from that one. */
struct task *real_parent(const struct task *child);
/**
 * SIGCHLD (or exit_signal) to the parent of a dead leader. true: nobody will wait for it, it reaps
 * itself.
 */
bool notify_parent(struct task *child);
/** SIGCHLD for a stop (wait status `stop_code`) or a continuation (STATUS_CONTINUED), to be waited for. */
void notify_stop(struct task *leader, int stop_code);
/** Is there a signal that ends an interruptible sleep? */
bool signal_pending(const struct task *task);
bool fatal_signal_pending(const struct task *task);
/** Have the task look at its signals; a killable sleep ends only for a fatal one. */
void signal_wake_up(struct task *task, bool fatal);
/** Bring WORK_SIGNAL up to date. */
void recalc_sigpending(struct task *task);
/** Set the blocked mask of current (SIGKILL and SIGSTOP cannot be), and look for what that frees. */
void set_blocked(uint64_t mask);
/** Force `signo` on current with SI_KERNEL, as after a frame that could not be built or read. */
void force_sig(int signo);
/** The next pending signal of current that is not in `blocked`, off its queue: its own first, then the process's. false: none. */
bool dequeue_unblocked(uint64_t blocked, struct ksiginfo *info);
/** The next deliverable signal of current, off its queue: forced, own, then the process's. false: none. */
bool dequeue_signal(struct ksiginfo *info);
bool sig_ignored_by_default(int signo);
bool sig_stops_by_default(int signo);

/** As user space is told it. */
void copy_siginfo_to_external(struct user_siginfo *to, const struct ksiginfo *info);
/** Set up the frame of a handler and make regs start it. 0, or -LX_EFAULT: the frame could not be written. */
int setup_rt_frame(const struct ksiginfo *info, const struct user_sigaction *action, uint64_t mask,
		   struct pt_regs *regs);

/** kill(2) of one process; of one thread (tgid 0: whosever). 0 or -errno (sigcalls.c). */
long kill_process(int pid, const struct ksiginfo *info);
long kill_thread(int tgid, int pid, const struct ksiginfo *info);

/* System calls (sigcalls.c, sigframe.c, sigwait.c). */
long ksys_rt_sigreturn(struct pt_regs *regs);
long ksys_rt_sigaction(struct pt_regs *regs);
long ksys_rt_sigprocmask(struct pt_regs *regs);
long ksys_rt_sigpending(struct pt_regs *regs);
long ksys_rt_sigsuspend(struct pt_regs *regs);
long ksys_sigaltstack(struct pt_regs *regs);
long ksys_kill(struct pt_regs *regs);
long ksys_tkill(struct pt_regs *regs);
long ksys_tgkill(struct pt_regs *regs);
long ksys_pause(struct pt_regs *regs);
long ksys_rt_sigtimedwait(struct pt_regs *regs);
long ksys_rt_sigqueueinfo(struct pt_regs *regs);
long ksys_rt_tgsigqueueinfo(struct pt_regs *regs);
/** SS_ONSTACK, SS_DISABLE or 0 for a stack pointer (Linux sas_ss_flags). */
int altstack_flags(const struct task *task, uint64_t sp);
/** What sigaltstack(2) and a frame tell about current's alternate stack. */
struct user_stack describe_altstack(uint64_t sp);
/** The checks and the setting behind sigaltstack(2); sp: the stack pointer in ring 3 now. */
long set_altstack(const struct user_stack *stack, uint64_t sp);

#endif
