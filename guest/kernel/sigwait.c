/* SPDX-License-Identifier: MIT */
/* Taking signals without a handler, and sending them with a word: rt_sigtimedwait(2), rt_sigqueueinfo(2) and kin (Linux kernel/signal.c). */
#include "labdev.h"
#include "signal.h"
#include "uaccess.h"
#include "usertime.h"

#define SIGSET_SIZE	8

/* Until one of `which` comes, another one that ends sleeps, or the time. */
static void sleep_for(uint64_t which, uint64_t expires)
{
	struct task *me = current;

	/* Let them wake us, and not be thrown away on the way because nobody handles them. */
	me->real_blocked = me->blocked;
	set_blocked(me->blocked & ~which);
	if (expires == NO_TIMEOUT)
		while (!signal_pending(me))
			task_sleep();
	else
		sleep_until(expires);
	set_blocked(me->real_blocked);
	me->real_blocked = 0;
}

/* One of them is taken into *info. Its number or -errno. */
static long take_signal(uint64_t which, uint64_t expires, struct ksiginfo *info)
{
	which &= ~SIG_KERNEL_ONLY_MASK;
	if (dequeue_unblocked(~which, info)) {
		recalc_sigpending(current);
		return info->signo;
	}
	if (expires != NO_TIMEOUT && expires <= lab.virtual_ns)
		return -LX_EAGAIN;
	sleep_for(which, expires);
	if (dequeue_unblocked(~which, info)) {
		recalc_sigpending(current);
		return info->signo;
	}
	return signal_pending(current) ? -LX_EINTR : -LX_EAGAIN;
}

/** rt_sigtimedwait(set, info, timeout, sigsetsize) */
long ksys_rt_sigtimedwait(struct pt_regs *regs)
{
	uint64_t which, expires = NO_TIMEOUT;
	struct user_siginfo user;
	struct ksiginfo info;
	long ret;

	if (regs->r10 != SIGSET_SIZE)
		return -LX_EINVAL;
	if (get_user_u64(&which, regs->di))
		return -LX_EFAULT;
	ret = regs->dx ? get_user_expiry(regs->dx, /* span = */ true, &expires) : 0;
	if (!ret)
		ret = take_signal(which, expires, &info);
	if (ret <= 0 || !regs->si)
		return ret;
	copy_siginfo_to_external(&user, &info);
	return copy_to_user(regs->si, &user, sizeof(user)) ? -LX_EFAULT : ret;
}

/* --- sending ------------------------------------------------------------------------------------------------------ */

/* From user memory; not even root may pretend to be the kernel, or kill(2), to others than itself. 0 or -errno. */
static int get_siginfo(struct ksiginfo *info, uint64_t from, int signo, int pid)
{
	struct user_siginfo user;

	if (copy_from_user(&user, from, sizeof(user)))
		return -LX_EFAULT;
	if ((user.si_code >= 0 || user.si_code == LX_SI_TKILL) && pid != current->ts.pid)
		return -LX_EPERM;
	*info = (struct ksiginfo){
		.signo = signo,
		.code = user.si_code,
		.pid = user.si_pid,
		.uid = user.si_uid,
		.addr = user.si_value,
	};
	return 0;
}

/** rt_sigqueueinfo(pid, signo, info) */
long ksys_rt_sigqueueinfo(struct pt_regs *regs)
{
	struct ksiginfo info;
	int error = get_siginfo(&info, regs->dx, regs->si, regs->di);

	return error ? error : kill_process(regs->di, &info);
}

/** rt_tgsigqueueinfo(tgid, tid, signo, info) */
long ksys_rt_tgsigqueueinfo(struct pt_regs *regs)
{
	struct ksiginfo info;
	int error = get_siginfo(&info, regs->r10, regs->dx, regs->si);

	if (error)
		return error;
	if ((int)regs->di <= 0 || (int)regs->si <= 0)
		return -LX_EINVAL;
	return kill_thread(regs->di, regs->si, &info);
}
