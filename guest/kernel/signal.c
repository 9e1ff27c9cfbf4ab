/* SPDX-License-Identifier: MIT */
/*
 * Sending signals, and the queues they wait in (Linux kernel/signal.c). Taking them is deliver.c,
 * what a process does about them is sighand.c. A signal pends for one thread or for a process;
 * standard signals pend once, real-time ones (from 32 up) as often as sent.
 */
#include "cred.h"
#include "itimer.h"
#include "poll.h"
#include "session.h"
#include "coredump.h"
#include "signal.h"

struct sigqueue {
	struct list_head list;
	struct ksiginfo info;
};

static DEFINE_KMEM_CACHE(sigqueue_cachep, "sigqueue", sizeof(struct sigqueue));

#define STOP_MASK	(SIGMASK(LX_SIGSTOP) | SIGMASK(LX_SIGTSTP) | SIGMASK(LX_SIGTTIN) | \
			 SIGMASK(LX_SIGTTOU))
#define IGNORE_MASK	(SIGMASK(LX_SIGCONT) | SIGMASK(LX_SIGCHLD) | SIGMASK(LX_SIGWINCH) | \
			 SIGMASK(LX_SIGURG))

bool sig_ignored_by_default(int signo)
{
	return IGNORE_MASK & SIGMASK(signo);
}

bool sig_stops_by_default(int signo)
{
	return STOP_MASK & SIGMASK(signo);
}

/* --- queues ----------------------------------------------------------------------------------- */

/** Forget every pending signal of the mask. */
static void flush_signals(struct sigpending *pending, uint64_t mask)
{
	struct sigqueue *q, *next;

	if (!(pending->signal & mask))
		return;
	pending->signal &= ~mask;
	list_for_each_entry_safe(q, next, &pending->queue, list) {
		if (!(SIGMASK(q->info.signo) & mask))
			continue;
		list_del(&q->list);
		kmem_cache_free(&sigqueue_cachep, q);
	}
}

void flush_sigqueue(struct sigpending *pending)
{
	flush_signals(pending, ~0UL);
}

void flush_process_signals(struct task *task, uint64_t mask)
{
	struct task *thread;

	flush_signals(&task->group_leader->shared_pending, mask);
	flush_signals(&task->group_leader->pending, mask);
	list_for_each_entry(thread, &task->group_leader->thread_group, thread_group)
		flush_signals(&thread->pending, mask);
}

static void enqueue_signal(struct sigpending *pending, const struct ksiginfo *info)
{
	struct sigqueue *q = kmem_cache_alloc(&sigqueue_cachep);

	pending->signal |= SIGMASK(info->signo);
	if (!q)
		return;		/* as Linux: without memory the signal comes without its tale */
	q->info = *info;
	list_add_tail(&q->list, &pending->queue);
}

/** First of `signo` off the queue; the bit stays while another one waits. */
static void collect_signal(struct sigpending *pending, int signo, struct ksiginfo *info)
{
	struct sigqueue *q, *first = NULL;
	bool more = false;

	list_for_each_entry(q, &pending->queue, list) {
		if (q->info.signo != signo)
			continue;
		more = first != NULL;
		if (more)
			break;
		first = q;
	}
	if (!more)
		pending->signal &= ~SIGMASK(signo);
	if (!first) {
		*info = (struct ksiginfo){ .signo = signo, .code = LX_SI_USER };
		return;
	}
	*info = first->info;
	list_del(&first->list);
	kmem_cache_free(&sigqueue_cachep, first);
}

/** Lowest number first, as Linux (its synchronous signals are our task.fault). */
static bool dequeue_from(struct sigpending *pending, uint64_t blocked, struct ksiginfo *info)
{
	uint64_t ready = pending->signal & ~blocked;

	if (!ready)
		return false;
	collect_signal(pending, __builtin_ctzll(ready) + 1, info);
	return true;
}

bool dequeue_unblocked(uint64_t blocked, struct ksiginfo *info)
{
	struct task *me = current, *leader = me->group_leader;

	if (dequeue_from(&me->pending, blocked, info))
		return true;
	if (!dequeue_from(&leader->shared_pending, blocked, info))
		return false;
	if (info->signo == LX_SIGALRM && leader->itimers)
		itimer_next(leader->itimers);
	return true;
}

bool dequeue_signal(struct ksiginfo *info)
{
	struct task *me = current;

	if (me->fault.signo) {
		*info = me->fault;
		me->fault.signo = 0;
		return true;
	}
	return dequeue_unblocked(me->blocked, info);
}

/* --- who must look ---------------------------------------------------------------------------- */

bool signal_pending(const struct task *task)
{
	return task->work & WORK_SIGNAL;
}

bool fatal_signal_pending(const struct task *task)
{
	return group_dying(task) || task->group_leader->group_killed || (task->pending.signal & SIGMASK(LX_SIGKILL)) ||
	       (task->group_leader->shared_pending.signal & SIGMASK(LX_SIGKILL));
}

/** Is there anything for the task to take before it returns to ring 3? */
void recalc_sigpending(struct task *task)
{
	struct task *leader = task->group_leader;

	if (((task->pending.signal | leader->shared_pending.signal) & ~task->blocked) || task->fault.signo ||
	    group_dying(task) || leader->group_stopped)
		task->work |= WORK_SIGNAL;
	else
		task->work &= ~WORK_SIGNAL;
}

void signal_wake_up(struct task *task, bool fatal)
{
	task->work |= WORK_SIGNAL;
	if (!task->killable_only || fatal)
		wake_up_task(task);
}

void set_blocked(uint64_t mask)
{
	current->blocked = mask & ~SIG_KERNEL_ONLY_MASK;
	recalc_sigpending(current);
}

/* --- sending ---------------------------------------------------------------------------------- */

static bool is_dying(const struct task *task)
{
	return task->ts.state == TASK_ZOMBIE || task->ts.state == TASK_DEAD;
}

static bool sig_ignored(const struct task *task, int signo)
{
	uint64_t handler;

	if ((task->blocked | task->real_blocked) & SIGMASK(signo))
		return false;		/* what it will do when it unblocks it is not known */
	handler = get_action(task, signo).handler;
	return handler == SIG_IGN_HANDLER || (handler == SIG_DFL_HANDLER && sig_ignored_by_default(signo));
}

/** SIGCONT undoes stops and the other way round, whether or not anybody handles them. */
static void prepare_stop_or_continue(struct task *task, int signo)
{
	struct task *leader = task->group_leader, *thread;

	if (sig_stops_by_default(signo)) {
		flush_process_signals(task, SIGMASK(LX_SIGCONT));
		return;
	}
	if (signo != LX_SIGCONT && signo != LX_SIGKILL)
		return;
	flush_process_signals(task, STOP_MASK);
	if (!leader->group_stopped)
		return;
	set_group_stopped(leader, false);
	if (signo == LX_SIGCONT)
		notify_stop(leader, STATUS_CONTINUED);
	wake_up_task(leader);
	list_for_each_entry(thread, &leader->thread_group, thread_group)
		wake_up_task(thread);
}

static bool wants_signal(const struct task *task, int signo)
{
	return !is_dying(task) && !(task->blocked & SIGMASK(signo));
}

/** The thread that shall take a process's signal: the addressed one if it can, or the next that can. */
static struct task *choose_thread(struct task *task, int signo)
{
	struct task *thread;

	if (wants_signal(task, signo))
		return task;
	if (wants_signal(task->group_leader, signo))
		return task->group_leader;
	list_for_each_entry(thread, &task->group_leader->thread_group, thread_group)
		if (wants_signal(thread, signo))
			return thread;
	return NULL;
}

/* Will it end the process as soon as the thread takes it? One that leaves a core first has the threads stopped at another time. */
static bool sig_fatal(const struct task *task, int signo)
{
	return get_action(task, signo).handler == SIG_DFL_HANDLER && !sig_ignored_by_default(signo) &&
	       !sig_stops_by_default(signo) && !sig_dumps_core(signo) &&
	       (signo == LX_SIGKILL || !task->group_leader->group_stopped);
}

/* Linux complete_signal(): nobody in the process goes back to ring 3. The thread that takes the signal says what killed it. */
static void doom(struct task *task, int signo)
{
	struct task *leader = task->group_leader;

	if (!leader->group_exit && !leader->group_exec) {
		leader->group_killed = true;
		leader->group_exec = task;
		leader->group_exit_code = signo;
		zap_threads(task, task);
	}
	signal_wake_up(task, /* fatal = */ true);
}

void send_signal(struct task *task, const struct ksiginfo *info, bool to_process)
{
	struct sigpending *pending = to_process ? &task->group_leader->shared_pending : &task->pending;
	int signo = info->signo;

	/* Kernel threads take none; a dying thread takes none, but its process may. */
	if ((task->ts.flags & PF_KTHREAD) || task->group_leader->nr_threads == 0 ||
	    (is_dying(task) && !to_process))
		return;
	prepare_stop_or_continue(task, signo);
	if (sig_ignored(task, signo))
		return;
	if (signo < LX_SIGRTMIN && (pending->signal & SIGMASK(signo)))
		return;
	enqueue_signal(pending, info);
	if (to_process)
		task = choose_thread(task, signo);
	else if (!wants_signal(task, signo))
		return;
	if (task && sig_fatal(task, signo))
		doom(task, signo);
	else if (task)
		signal_wake_up(task, signo == LX_SIGKILL);
}

void zap_threads(struct task *task, struct task *except)
{
	struct task *leader = task->group_leader, *thread;

	if (leader->group_stopped)
		set_group_stopped(leader, false);
	if (leader != except)
		signal_wake_up(leader, /* fatal = */ true);
	list_for_each_entry(thread, &leader->thread_group, thread_group)
		if (thread != except)
			signal_wake_up(thread, /* fatal = */ true);
}

/* --- to the parent ---------------------------------------------------------------------------- */

static void wake_waiters(struct task *parent)
{
	struct task *thread;

	poll_wake();
	/* init waits for nothing in particular. */
	if (parent->waits_for_child || parent == child_reaper)
		wake_up_task(parent);
	list_for_each_entry(thread, &parent->thread_group, thread_group)
		if (thread->waits_for_child)
			wake_up_task(thread);
}

struct task *real_parent(const struct task *child)
{
	struct task *leader = to_task(child->ts.parent), *thread;

	list_for_each_entry(thread, &leader->thread_group, thread_group)
		if (thread->ts.pid == child->forked_by)
			return thread;
	return leader;
}

bool notify_parent(struct task *child)
{
	struct task *parent = to_task(child->ts.parent);
	struct user_sigaction action = get_action(parent, LX_SIGCHLD);
	int code = child->ts.exit_code;
	struct ksiginfo info = {
		.signo = child->exit_signal,
		.code = code & STATUS_CORE_DUMPED ? LX_CLD_DUMPED : code & 0x7f ? LX_CLD_KILLED : LX_CLD_EXITED,
		.pid = child->ts.pid,
		.uid = child->ts.cred->uid,
		.status = code & 0x7f ? code & 0x7f : code >> 8,
	};
	bool ignored = info.signo == LX_SIGCHLD && action.handler == SIG_IGN_HANDLER;

	if (info.signo && !ignored)
		send_signal(real_parent(child), &info, /* to_process = */ true);
	wake_waiters(parent);
	return ignored || (info.signo == LX_SIGCHLD && (action.flags & LX_SA_NOCLDWAIT));
}

void notify_stop(struct task *leader, int stop_code)
{
	struct task *parent = to_task(leader->ts.parent);
	bool continued = stop_code == STATUS_CONTINUED;
	struct ksiginfo info = {
		.signo = LX_SIGCHLD,
		.code = continued ? LX_CLD_CONTINUED : LX_CLD_STOPPED,
		.pid = leader->ts.pid,
		.uid = leader->ts.cred->uid,
		.status = continued ? LX_SIGCONT : stop_code >> 8,
	};

	leader->stop_code = stop_code;
	if (!(get_action(parent, LX_SIGCHLD).flags & LX_SA_NOCLDSTOP))
		send_signal(real_parent(leader), &info, /* to_process = */ true);
	wake_waiters(parent);
}
