/* SPDX-License-Identifier: MIT */
/*
 * What a task may say about its place on the processor (Linux kernel/sched/core.c). There is one way of scheduling, and a nice value
 * changes nothing in it: it is kept and told. Real-time policies want a right that nobody has.
 */
#include "labdev.h"
#include "signal.h"
#include "sys.h"
#include "task.h"
#include "uaccess.h"
#include "usertime.h"

enum { SCHED_NORMAL, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE = 5, SCHED_DEADLINE };
#define SCHED_RESET_ON_FORK	0x40000000u
#define MAX_RT_PRIO		99
#define TIMESLICE_NS		4000000UL
#define NICE_WIDTH_HALF		20

/** CPUs that tasks run on, a bit each. */
static uint64_t possible_cpus(void)
{
	return (1UL << lab.nr_cpus) - 1;
}

static struct task *asked_task(int pid)
{
	return pid ? find_task(pid) : current;
}

long ksys_sched_yield(struct pt_regs *regs)
{
	(void)regs;
	sched_yield();
	return 0;
}

/* --- affinity ------------------------------------------------------------------------------------------------- */

/** sched_setaffinity(pid, len, mask): any mask that leaves a CPU to run on, which then is every CPU there is. */
long ksys_sched_setaffinity(struct pt_regs *regs)
{
	uint64_t mask = 0;

	if (copy_from_user(&mask, regs->dx, min((uint64_t)(uint32_t)regs->si, sizeof(mask))))
		return -LX_EFAULT;
	if (!asked_task(regs->di))
		return -LX_ESRCH;
	return mask & possible_cpus() ? 0 : -LX_EINVAL;
}

/** sched_getaffinity(pid, len, mask): how many bytes the mask has. */
long ksys_sched_getaffinity(struct pt_regs *regs)
{
	uint32_t len = regs->si;

	if (len * 8 < lab.nr_cpus || len % sizeof(uint64_t))
		return -LX_EINVAL;
	if (!asked_task(regs->di))
		return -LX_ESRCH;
	return put_user_u64(possible_cpus(), regs->dx) ? -LX_EFAULT : (long)sizeof(uint64_t);
}

/** getcpu(cpu, node, unused) */
long ksys_getcpu(struct pt_regs *regs)
{
	int error = regs->di ? put_user_u32(this_cpu()->cpu, regs->di) : 0;

	if (regs->si && put_user_u32(0, regs->si))
		error = -LX_EFAULT;
	return error;
}

/* --- policies ------------------------------------------------------------------------------------------------- */

static bool is_rt(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* What a policy allows as a priority, as Linux __checkparam and __sched_setscheduler. 0 or -errno. */
static long set_policy(int pid, int policy, uint64_t param)
{
	uint32_t priority;

	if (!param || pid < 0)
		return -LX_EINVAL;
	if (get_user_u32(&priority, param))
		return -LX_EFAULT;
	if (!asked_task(pid))
		return -LX_ESRCH;
	if (policy > SCHED_IDLE || policy == 4 || priority > MAX_RT_PRIO || is_rt(policy) != (priority != 0))
		return -LX_EINVAL;
	return policy == SCHED_NORMAL ? 0 : -LX_EPERM;
}

/** sched_setscheduler(pid, policy, param) */
long ksys_sched_setscheduler(struct pt_regs *regs)
{
	int policy = regs->si;

	return policy < 0 ? -LX_EINVAL : set_policy(regs->di, policy & ~SCHED_RESET_ON_FORK, regs->dx);
}

/** sched_setparam(pid, param) */
long ksys_sched_setparam(struct pt_regs *regs)
{
	return set_policy(regs->di, SCHED_NORMAL, regs->si);
}

/** sched_getscheduler(pid) */
long ksys_sched_getscheduler(struct pt_regs *regs)
{
	if ((int)regs->di < 0)
		return -LX_EINVAL;
	return asked_task(regs->di) ? SCHED_NORMAL : -LX_ESRCH;
}

/** sched_getparam(pid, param) */
long ksys_sched_getparam(struct pt_regs *regs)
{
	if (!regs->si || (int)regs->di < 0)
		return -LX_EINVAL;
	return asked_task(regs->di) ? put_user_u32(0, regs->si) : -LX_ESRCH;
}

static long priority_of(int policy, int rt)
{
	if (is_rt(policy))
		return rt;
	return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE || policy == SCHED_DEADLINE ? 0
														    : -LX_EINVAL;
}

/** sched_get_priority_max(policy) */
long ksys_sched_get_priority_max(struct pt_regs *regs) { return priority_of(regs->di, MAX_RT_PRIO); }
/** sched_get_priority_min(policy) */
long ksys_sched_get_priority_min(struct pt_regs *regs) { return priority_of(regs->di, 1); }

/** sched_rr_get_interval(pid, time) */
long ksys_sched_rr_get_interval(struct pt_regs *regs)
{
	static const struct user_timespec slice = { 0, TIMESLICE_NS };

	if ((int)regs->di < 0)
		return -LX_EINVAL;
	if (!asked_task(regs->di))
		return -LX_ESRCH;
	return copy_to_user(regs->si, &slice, sizeof(slice)) ? -LX_EFAULT : 0;
}

/* --- nice --------------------------------------------------------------------------------------------------------- */

enum prio_which { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };

/* Does getpriority(2) mean this task? All are of one user. */
static bool is_meant(const struct task *task, enum prio_which which, int who)
{
	if (task->ts.flags & PF_KTHREAD)
		return false;
	if (which == PRIO_PROCESS)
		return task->ts.pid == (who ? who : current->ts.pid);
	if (which == PRIO_PGRP)
		return task->group_leader->ts.pgrp == (who ? who : current->group_leader->ts.pgrp);
	return who == 0;
}

/** getpriority(which, who): 20 less the lowest nice value among them, so that it is no error. */
long ksys_getpriority(struct pt_regs *regs)
{
	long best = -LX_ESRCH;
	struct task *task;

	if ((uint32_t)regs->di > PRIO_USER)
		return -LX_EINVAL;
	list_for_each_entry(task, &init_task.ts.tasks, ts.tasks)
		if (is_meant(task, regs->di, regs->si))
			best = max(best, (long)(NICE_WIDTH_HALF - task->nice));
	return best;
}

/** setpriority(which, who, nice): nobody may have it lower than it was. */
long ksys_setpriority(struct pt_regs *regs)
{
	int nice = max(min((int)regs->dx, NICE_WIDTH_HALF - 1), -NICE_WIDTH_HALF);
	long ret = -LX_ESRCH;
	struct task *task;

	if ((uint32_t)regs->di > PRIO_USER)
		return -LX_EINVAL;
	list_for_each_entry(task, &init_task.ts.tasks, ts.tasks) {
		if (!is_meant(task, regs->di, regs->si))
			continue;
		if (nice < task->nice) {
			ret = -LX_EACCES;
			continue;
		}
		task->nice = nice;
		if (ret == -LX_ESRCH)
			ret = 0;
	}
	return ret;
}
