/* SPDX-License-Identifier: MIT */
/* Credentials: sharing and replacing them, and the questions that others ask (Linux kernel/cred.c, groups.c, security/commoncap.c). */
#include "cred.h"

#define SCENARIO_CAPS	(CAP_TO_MASK(CAP_DAC_OVERRIDE) | CAP_TO_MASK(CAP_DAC_READ_SEARCH) | CAP_TO_MASK(CAP_FOWNER))

struct cred root_cred = {
	.usage = 2,			/* the idle task's, too */
	.cap_permitted = CAP_FULL_SET,
	.cap_effective = CAP_FULL_SET,
	.cap_bset = CAP_FULL_SET,
};

/* exec gives them nothing back, and takes nothing. */
struct cred scenario_cred = {
	.usage = 1,
	.securebits = SECBIT_NOROOT | SECBIT_NOROOT << 1 | SECBIT_NO_SETUID_FIXUP,
	.cap_inheritable = SCENARIO_CAPS,
	.cap_permitted = SCENARIO_CAPS,
	.cap_effective = SCENARIO_CAPS,
	.cap_bset = SCENARIO_CAPS,
	.cap_ambient = SCENARIO_CAPS,
};

static DEFINE_KMEM_CACHE(cred_cachep, "cred", sizeof(struct cred));

void put_cred(struct cred *cred)
{
	if (--cred->usage == 0)
		kmem_cache_free(&cred_cachep, cred);
}

struct cred *prepare_creds(void)
{
	struct cred *new = kmem_cache_alloc(&cred_cachep);

	if (!new)
		return NULL;
	*new = *current->ts.cred;
	new->usage = 1;
	return new;
}

void commit_creds(struct cred *new)
{
	/* Who changes its ids is not told of its parent's death any more. */
	if (new->euid != current->ts.cred->euid || new->egid != current->ts.cred->egid || new->fsuid != current->ts.cred->fsuid ||
	    new->fsgid != current->ts.cred->fsgid)
		current->pdeath_signal = 0;
	put_cred(current->ts.cred);
	current->ts.cred = new;
}

static bool has_group(const struct cred *cred, uint32_t gid)
{
	for (uint32_t i = 0; i < cred->ngroups; i++)
		if (cred->groups[i] == gid)
			return true;
	return false;
}

bool in_group_p(uint32_t gid) { return gid == current->ts.cred->fsgid || has_group(current->ts.cred, gid); }
bool in_egroup_p(uint32_t gid) { return gid == current->ts.cred->egid || has_group(current->ts.cred, gid); }

/* Root gets everything of the bounding set, unless it was agreed otherwise; others keep what is ambient. */
static void capabilities_of_exec(struct cred *new)
{
	bool root = !(new->securebits & SECBIT_NOROOT) && (new->euid == 0 || new->uid == 0);

	new->suid = new->fsuid = new->euid;
	new->sgid = new->fsgid = new->egid;
	new->securebits &= ~SECBIT_KEEP_CAPS;
	if (root) {
		new->cap_ambient = 0;
		new->cap_permitted = new->cap_bset | new->cap_inheritable;
		new->cap_effective = new->euid == 0 ? new->cap_permitted : 0;
	} else {
		new->cap_permitted = new->cap_effective = new->cap_ambient;
	}
}

int exec_creds(void)
{
	struct cred *new;

	/* Those of the image are what exec would make of them. */
	if (current->ts.cred == &root_cred || current->ts.cred == &scenario_cred)
		return 0;
	new = prepare_creds();
	if (!new)
		return -LX_ENOMEM;
	capabilities_of_exec(new);
	commit_creds(new);
	return 0;
}

bool ptrace_may_access(const struct task *task)
{
	const struct cred *me = current->ts.cred, *it = task->ts.cred;

	if (task->group_leader == current->group_leader)
		return true;
	if (me->uid == it->euid && me->uid == it->suid && me->uid == it->uid && me->gid == it->egid && me->gid == it->sgid &&
	    me->gid == it->gid && !(it->cap_permitted & ~me->cap_permitted))
		return true;
	return capable(CAP_SYS_PTRACE);
}
