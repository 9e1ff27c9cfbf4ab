/* SPDX-License-Identifier: MIT */
/* capget(2), capset(2) and prctl(2) about capabilities (Linux kernel/capability.c, security/commoncap.c). */
#include "cred.h"
#include "uaccess.h"

#define CAPABILITY_VERSION_1	0x19980330u
#define CAPABILITY_VERSION_2	0x20071026u
#define CAPABILITY_VERSION_3	0x20080522u

struct user_cap_header {
	uint32_t version;
	int32_t pid;
};

struct user_cap_data {
	uint32_t effective, permitted, inheritable;
};

/* How many structs of data go with the header's version. An unknown one is told which is the newest. 0 or -errno. */
static int cap_version(uint64_t at, struct user_cap_header *header, int *nr)
{
	if (copy_from_user(header, at, sizeof(*header)))
		return -LX_EFAULT;
	*nr = header->version == CAPABILITY_VERSION_1 ? 1 : 2;
	if (header->version >= CAPABILITY_VERSION_1 && (header->version == CAPABILITY_VERSION_1 ||
	    header->version == CAPABILITY_VERSION_2 || header->version == CAPABILITY_VERSION_3))
		return 0;
	return put_user_u32(CAPABILITY_VERSION_3, at) ? -LX_EFAULT : -LX_EINVAL;
}

/** capget(header, data): without data, only the version is looked at. */
long ksys_capget(struct pt_regs *regs)
{
	struct user_cap_data data[2];
	struct user_cap_header header;
	const struct task *task;
	int nr, error = cap_version(regs->di, &header, &nr);

	if (error)
		return !regs->si && error == -LX_EINVAL ? 0 : error;
	if (header.pid < 0)
		return -LX_EINVAL;
	task = header.pid ? find_task(header.pid) : current;
	if (!task)
		return -LX_ESRCH;
	for (int i = 0; i < 2; i++)
		data[i] = (struct user_cap_data){ task->ts.cred->cap_effective >> 32 * i, task->ts.cred->cap_permitted >> 32 * i,
						  task->ts.cred->cap_inheritable >> 32 * i };
	return copy_to_user(regs->si, data, nr * sizeof(*data)) ? -LX_EFAULT : 0;
}

/* Linux cap_capset. 0 or -LX_EPERM. */
static int check_capset(const struct cred *old, const struct cred *new)
{
	if (!capable(CAP_SETPCAP) && (new->cap_inheritable & ~(old->cap_inheritable | old->cap_permitted)))
		return -LX_EPERM;
	if (new->cap_inheritable & ~(old->cap_inheritable | old->cap_bset))
		return -LX_EPERM;
	if (new->cap_permitted & ~old->cap_permitted)
		return -LX_EPERM;
	return new->cap_effective & ~new->cap_permitted ? -LX_EPERM : 0;
}

/** capset(header, data): of the caller alone. */
long ksys_capset(struct pt_regs *regs)
{
	struct user_cap_data data[2] = { { 0 } };
	struct user_cap_header header;
	struct cred *new;
	int nr, error = cap_version(regs->di, &header, &nr);

	if (error)
		return error;
	if (header.pid && header.pid != current->ts.pid)
		return -LX_EPERM;
	if (copy_from_user(data, regs->si, nr * sizeof(*data)))
		return -LX_EFAULT;
	new = prepare_creds();
	if (!new)
		return -LX_ENOMEM;
	new->cap_effective = ((uint64_t)data[1].effective << 32 | data[0].effective) & CAP_FULL_SET;
	new->cap_permitted = ((uint64_t)data[1].permitted << 32 | data[0].permitted) & CAP_FULL_SET;
	new->cap_inheritable = ((uint64_t)data[1].inheritable << 32 | data[0].inheritable) & CAP_FULL_SET;
	error = check_capset(current_cred(), new);
	if (error) {
		put_cred(new);
		return error;
	}
	new->cap_ambient &= new->cap_permitted & new->cap_inheritable;
	commit_creds(new);
	return 0;
}

/* --- prctl --------------------------------------------------------------------------------------------------------- */

static long commit_changed(struct cred *new)
{
	commit_creds(new);
	return 0;
}

static long drop_from_bset(uint64_t cap)
{
	struct cred *new;

	if (!capable(CAP_SETPCAP))
		return -LX_EPERM;
	if (cap > CAP_LAST)
		return -LX_EINVAL;
	new = prepare_creds();
	if (!new)
		return -LX_ENOMEM;
	new->cap_bset &= ~CAP_TO_MASK(cap);
	return commit_changed(new);
}

static long set_securebits(uint64_t bits)
{
	const uint32_t old = current_cred()->securebits, changed = old ^ (uint32_t)bits;
	struct cred *new;

	if ((((old & SECBITS_LOCKS) >> 1) & changed) || (old & SECBITS_LOCKS & ~bits) || (bits & ~(uint64_t)SECBITS_ALL) ||
	    !capable(CAP_SETPCAP))
		return -LX_EPERM;
	new = prepare_creds();
	if (!new)
		return -LX_ENOMEM;
	new->securebits = bits;
	return commit_changed(new);
}

static long set_keepcaps(uint64_t keep)
{
	struct cred *new;

	if (keep > 1)
		return -LX_EINVAL;
	if (current_cred()->securebits & SECBIT_KEEP_CAPS_LOCKED)
		return -LX_EPERM;
	new = prepare_creds();
	if (!new)
		return -LX_ENOMEM;
	new->securebits = (new->securebits & ~SECBIT_KEEP_CAPS) | (keep ? SECBIT_KEEP_CAPS : 0);
	return commit_changed(new);
}

static long change_ambient(const struct pt_regs *regs)
{
	uint64_t what = regs->si, cap = regs->dx, mask;
	const struct cred *old = current_cred();
	struct cred *new;

	if (regs->r10 | regs->r8)
		return -LX_EINVAL;
	if (what == LX_PR_CAP_AMBIENT_CLEAR_ALL ? cap != 0 : cap > CAP_LAST || what - 1 > 2)
		return -LX_EINVAL;
	mask = CAP_TO_MASK(cap);
	if (what == LX_PR_CAP_AMBIENT_IS_SET)
		return !!(old->cap_ambient & mask);
	if (what == LX_PR_CAP_AMBIENT_RAISE && (!(old->cap_permitted & old->cap_inheritable & mask) ||
						 (old->securebits & SECBIT_NO_CAP_AMBIENT_RAISE)))
		return -LX_EPERM;
	new = prepare_creds();
	if (!new)
		return -LX_ENOMEM;
	if (what == LX_PR_CAP_AMBIENT_CLEAR_ALL)
		new->cap_ambient = 0;
	else if (what == LX_PR_CAP_AMBIENT_RAISE)
		new->cap_ambient |= mask;
	else
		new->cap_ambient &= ~mask;
	return commit_changed(new);
}

long cap_prctl(const struct pt_regs *regs)
{
	const struct cred *cred = current_cred();

	switch ((int)regs->di) {
	case LX_PR_CAPBSET_READ:
		return regs->si > CAP_LAST ? -LX_EINVAL : (long)(cred->cap_bset >> regs->si & 1);
	case LX_PR_CAPBSET_DROP:
		return drop_from_bset(regs->si);
	case LX_PR_GET_SECUREBITS:
		return cred->securebits;
	case LX_PR_SET_SECUREBITS:
		return set_securebits(regs->si);
	case LX_PR_GET_KEEPCAPS:
		return !!(cred->securebits & SECBIT_KEEP_CAPS);
	case LX_PR_SET_KEEPCAPS:
		return set_keepcaps(regs->si);
	case LX_PR_CAP_AMBIENT:
		return change_ambient(regs);
	default:
		return -LX_ENOSYS;
	}
}
