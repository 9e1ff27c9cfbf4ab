/* SPDX-License-Identifier: MIT */
/*
 * alarm(2), setitimer(2), getitimer(2) (Linux kernel/time/itimer.c). ITIMER_REAL sends SIGALRM in virtual time; if it is to come
 * again, the next one is set when the signal was taken, so that nobody drowns in them. The other two count the processor time of
 * the process, which stands still: they are kept and never come.
 */
#include "itimer.h"
#include "labdev.h"
#include "signal.h"
#include "uaccess.h"
#include "usertime.h"

#define NSEC_PER_USEC	1000UL
#define USEC_PER_SEC	1000000UL
enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF, NR_ITIMERS };

/** A time to come and the span from one to the next, ns; 0: none. */
struct itimer {
	uint64_t value, interval;
};

struct itimers {
	struct hrtimer real;
	struct task *leader;
	uint64_t interval;			/* of ITIMER_REAL */
	struct itimer cpu[NR_ITIMERS];		/* of the others */
};

/** struct itimerval */
struct user_itimerval {
	struct {
		int64_t sec, usec;
	} interval, value;
};

static DEFINE_KMEM_CACHE(itimers_cachep, "itimers", sizeof(struct itimers));

/* --- ITIMER_REAL -------------------------------------------------------------------------------------------------- */

static void it_real_fn(struct hrtimer *timer)
{
	struct itimers *timers = container_of(timer, struct itimers, real);
	struct ksiginfo info = { .signo = LX_SIGALRM, .code = LX_SI_KERNEL };

	send_signal(timers->leader, &info, /* to_process = */ true);
}

/* Never so late that the sum is no time. */
static uint64_t time_from_now(uint64_t ns)
{
	uint64_t expires;

	return __builtin_add_overflow(lab.virtual_ns, ns, &expires) ? NO_TIMEOUT - 1 : expires;
}

void itimer_next(struct itimers *timers)
{
	uint64_t late;

	if (!timers->interval || hrtimer_active(&timers->real))
		return;
	late = lab.virtual_ns - timers->real.expires;
	hrtimer_start(&timers->real, time_from_now(timers->interval - late % timers->interval));
}

static void set_real(struct itimers *timers, const struct itimer *new)
{
	hrtimer_cancel(&timers->real);
	timers->interval = new->value ? new->interval : 0;
	if (new->value)
		hrtimer_start(&timers->real, time_from_now(new->value));
}

static struct itimer get_real(const struct itimers *timers)
{
	struct itimer it = { .interval = timers->interval };

	/* One whose time has come and that was not looked at yet is not over: a microsecond. */
	if (hrtimer_active(&timers->real))
		it.value = timers->real.expires > lab.virtual_ns ? timers->real.expires - lab.virtual_ns : NSEC_PER_USEC;
	return it;
}

/* --- life -------------------------------------------------------------------------------------------------------- */

/* NULL: no memory. (Linux has them in memory of the process already.) */
static struct itimers *own_itimers(void)
{
	struct task *leader = current->group_leader;

	if (leader->itimers)
		return leader->itimers;
	leader->itimers = kmem_cache_zalloc(&itimers_cachep);
	if (leader->itimers) {
		leader->itimers->leader = leader;
		leader->itimers->real.function = it_real_fn;
	}
	return leader->itimers;
}

void move_itimers(struct task *from, struct task *to)
{
	to->itimers = from->itimers;
	from->itimers = NULL;
	if (to->itimers)
		to->itimers->leader = to;
}

void exit_itimers(struct task *leader)
{
	if (!leader->itimers)
		return;
	hrtimer_cancel(&leader->itimers->real);
	kmem_cache_free(&itimers_cachep, leader->itimers);
	leader->itimers = NULL;
}

/* --- the calls ---------------------------------------------------------------------------------------------------- */

static struct itimer get_itimer(uint32_t which)
{
	const struct itimers *timers = current->group_leader->itimers;

	if (!timers)
		return (struct itimer){ 0 };
	return which == ITIMER_REAL ? get_real(timers) : timers->cpu[which];
}

/* 0 or -LX_ENOMEM. */
static int set_itimer(uint32_t which, const struct itimer *new)
{
	struct itimers *timers = current->group_leader->itimers;

	if (!timers && !new->value)
		return 0;
	timers = own_itimers();
	if (!timers)
		return -LX_ENOMEM;
	if (which == ITIMER_REAL)
		set_real(timers, new);
	else
		timers->cpu[which] = *new;
	return 0;
}

/** alarm(seconds): those that were left, rounded, but never to 0 while there are any. */
long ksys_alarm(struct pt_regs *regs)
{
	struct itimer new = { .value = min((uint32_t)regs->di, (uint32_t)INT32_MAX) * NSEC_PER_SEC };
	uint64_t left = get_itimer(ITIMER_REAL).value;
	int error = set_itimer(ITIMER_REAL, &new);

	if (error)
		return error;
	return left && left < NSEC_PER_SEC ? 1 : (left + NSEC_PER_SEC / 2) / NSEC_PER_SEC;
}

static int put_itimer(const struct itimer *it, uint64_t to)
{
	struct user_itimerval user = {
		.interval = { it->interval / NSEC_PER_SEC, it->interval % NSEC_PER_SEC / NSEC_PER_USEC },
		.value = { it->value / NSEC_PER_SEC, it->value % NSEC_PER_SEC / NSEC_PER_USEC },
	};

	return copy_to_user(to, &user, sizeof(user)) ? -LX_EFAULT : 0;
}

/** getitimer(which, value) */
long ksys_getitimer(struct pt_regs *regs)
{
	struct itimer it;

	if ((uint32_t)regs->di >= NR_ITIMERS)
		return -LX_EINVAL;
	it = get_itimer(regs->di);
	return put_itimer(&it, regs->si);
}

/* A timeval as ns, however far away. 0 or -LX_EINVAL. */
static int timeval_to_ns(int64_t sec, int64_t usec, uint64_t *ns)
{
	if (sec < 0 || usec < 0 || usec >= (int64_t)USEC_PER_SEC)
		return -LX_EINVAL;
	if (__builtin_mul_overflow((uint64_t)sec, NSEC_PER_SEC, ns) ||
	    __builtin_add_overflow(*ns, usec * NSEC_PER_USEC, ns) || *ns > INT64_MAX)
		*ns = INT64_MAX;
	return 0;
}

/* No pointer at all means zeros: a mistake of old that Linux keeps. */
static int get_new(uint64_t from, struct itimer *new)
{
	struct user_itimerval user;

	*new = (struct itimer){ 0 };
	if (!from)
		return 0;
	if (copy_from_user(&user, from, sizeof(user)))
		return -LX_EFAULT;
	if (timeval_to_ns(user.value.sec, user.value.usec, &new->value) ||
	    timeval_to_ns(user.interval.sec, user.interval.usec, &new->interval))
		return -LX_EINVAL;
	return 0;
}

/** setitimer(which, new, old) */
long ksys_setitimer(struct pt_regs *regs)
{
	struct itimer new, old;
	int error = get_new(regs->si, &new);

	if (error)
		return error;
	if ((uint32_t)regs->di >= NR_ITIMERS)
		return -LX_EINVAL;
	old = get_itimer(regs->di);
	error = set_itimer(regs->di, &new);
	if (error)
		return error;
	return regs->dx ? put_itimer(&old, regs->dx) : 0;
}
