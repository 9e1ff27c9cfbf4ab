// SPDX-License-Identifier: MIT
/*
 * Resource limits of a process (Linux kernel/sys.c). The mm asks rlimit() for AS, DATA, STACK and MEMLOCK. A process that
 * never changed a limit has none of its own; a fork shares what the parent changed.
 */
#include "cred.h"
#include "uaccess.h"

struct rlimit64 {
	uint64_t cur, max;		/* LX_RLIM_INFINITY: none */
};

struct rlimits {
	int32_t refcount;		/* processes */
	struct rlimit64 rlim[LX_RLIM_NLIMITS];
};

#define NR_OPEN		(1024UL * 1024)	/* no process may have more descriptors (sysctl_nr_open) */
#define UNLIMITED	{ LX_RLIM_INFINITY, LX_RLIM_INFINITY }

/* As on Linux (INIT_RLIMITS), with its 8 MiB of locked memory; those that follow RAM there are fixed numbers here. */
static const struct rlimits default_rlimits = {
	.rlim = {
		[LX_RLIMIT_CPU] = UNLIMITED,
		[LX_RLIMIT_FSIZE] = UNLIMITED,
		[LX_RLIMIT_DATA] = UNLIMITED,
		[LX_RLIMIT_STACK] = { 8UL << 20, LX_RLIM_INFINITY },
		[LX_RLIMIT_CORE] = { 0, LX_RLIM_INFINITY },
		[LX_RLIMIT_RSS] = UNLIMITED,
		[LX_RLIMIT_NPROC] = UNLIMITED,
		[LX_RLIMIT_NOFILE] = { 1024, 4096 },
		[LX_RLIMIT_MEMLOCK] = { 8UL << 20, 8UL << 20 },
		[LX_RLIMIT_AS] = UNLIMITED,
		[LX_RLIMIT_LOCKS] = UNLIMITED,
		[LX_RLIMIT_SIGPENDING] = UNLIMITED,
		[LX_RLIMIT_MSGQUEUE] = { 819200, 819200 },
		[LX_RLIMIT_NICE] = { 0, 0 },
		[LX_RLIMIT_RTPRIO] = { 0, 0 },
		[LX_RLIMIT_RTTIME] = UNLIMITED,
	},
};

static DEFINE_KMEM_CACHE(rlimits_cachep, "rlimits", sizeof(struct rlimits));

static const struct rlimits *limits_of(const struct task *task)
{
	const struct rlimits *own = task->group_leader->ts.rlimits;

	return own ? own : &default_rlimits;
}

uint64_t rlimit(unsigned int resource)
{
	/* Who may lock memory has no limit there. */
	if (resource == LX_RLIMIT_MEMLOCK && capable(CAP_IPC_LOCK))
		return LX_RLIM_INFINITY;
	return limits_of(current)->rlim[resource].cur;
}

uint64_t rlimit_max(unsigned int resource)
{
	return limits_of(current)->rlim[resource].max;
}

void task_rlimit(const struct task *task, unsigned int resource, uint64_t *soft, uint64_t *hard)
{
	*soft = limits_of(task)->rlim[resource].cur;
	*hard = limits_of(task)->rlim[resource].max;
}

void copy_rlimits(struct task *child, struct task *parent)
{
	child->ts.rlimits = parent->group_leader->ts.rlimits;
	if (child->ts.rlimits)
		child->ts.rlimits->refcount++;
}

void put_rlimits(struct task *leader)
{
	if (leader->ts.rlimits && --leader->ts.rlimits->refcount == 0)
		kmem_cache_free(&rlimits_cachep, leader->ts.rlimits);
	leader->ts.rlimits = NULL;
}

/* Limits of the task's process that nobody shares; NULL: no memory. */
static struct rlimits *own_limits(struct task *task)
{
	struct task *leader = task->group_leader;
	struct rlimits *own;

	if (leader->ts.rlimits && leader->ts.rlimits->refcount == 1)
		return leader->ts.rlimits;
	own = kmem_cache_alloc(&rlimits_cachep);
	if (!own)
		return NULL;
	*own = *limits_of(task);
	own->refcount = 1;
	put_rlimits(leader);
	leader->ts.rlimits = own;
	return own;
}

/*
 * Linux do_prlimit. new, old: NULL if not wanted. Without CAP_SYS_RESOURCE a hard limit goes down only. (Linux has the limits
 * in memory of the process already and never says -ENOMEM.)
 */
static int do_prlimit(struct task *task, unsigned int resource, const struct rlimit64 *new, struct rlimit64 *old)
{
	struct rlimit64 now;
	struct rlimits *own;

	if (resource >= LX_RLIM_NLIMITS)
		return -LX_EINVAL;
	if (new && new->cur > new->max)
		return -LX_EINVAL;
	if (new && resource == LX_RLIMIT_NOFILE && new->max > NR_OPEN)
		return -LX_EPERM;
	now = limits_of(task)->rlim[resource];
	if (new && new->max > now.max && !capable(CAP_SYS_RESOURCE))
		return -LX_EPERM;
	if (new) {
		own = own_limits(task);
		if (!own)
			return -LX_ENOMEM;
		own->rlim[resource] = *new;
	}
	if (old)
		*old = now;
	return 0;
}

/** getrlimit(resource, rlim) */
long ksys_getrlimit(struct pt_regs *regs)
{
	struct rlimit64 value;
	int error = do_prlimit(current, regs->di, NULL, &value);

	if (error)
		return error;
	return copy_to_user(regs->si, &value, sizeof(value)) ? -LX_EFAULT : 0;
}

/** setrlimit(resource, rlim) */
long ksys_setrlimit(struct pt_regs *regs)
{
	struct rlimit64 new;

	if (copy_from_user(&new, regs->si, sizeof(new)))
		return -LX_EFAULT;
	return do_prlimit(current, regs->di, &new, NULL);
}

/* Linux check_prlimit_permission: the other's three ids are one's own, or one may all. */
static bool may_prlimit(const struct task *task)
{
	const struct cred *me = current_cred(), *it = task->ts.cred;

	return task->group_leader == current->group_leader || capable(CAP_SYS_RESOURCE) ||
	       (me->uid == it->euid && me->uid == it->suid && me->uid == it->uid && me->gid == it->egid && me->gid == it->sgid &&
		me->gid == it->gid);
}

/** prlimit64(pid, resource, new, old) */
long ksys_prlimit64(struct pt_regs *regs)
{
	struct rlimit64 new, old;
	struct task *task;
	int error;

	if (regs->dx && copy_from_user(&new, regs->dx, sizeof(new)))
		return -LX_EFAULT;
	task = (int)regs->di ? find_task(regs->di) : current;
	if (!task || task->ts.state == TASK_DEAD)
		return -LX_ESRCH;
	if (!may_prlimit(task))
		return -LX_EPERM;
	error = do_prlimit(task, regs->si, regs->dx ? &new : NULL, regs->r10 ? &old : NULL);
	if (error)
		return error;
	return regs->r10 && copy_to_user(regs->r10, &old, sizeof(old)) ? -LX_EFAULT : 0;
}
