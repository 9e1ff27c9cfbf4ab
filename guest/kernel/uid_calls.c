/* SPDX-License-Identifier: MIT */
/* setuid(2) and its many kin (Linux kernel/sys.c, groups.c). KEEP is "leave it as it is". */
#include "cred.h"
#include "uaccess.h"

#define KEEP	UINT32_MAX

long ksys_getuid(struct pt_regs *regs) { (void)regs; return current_cred()->uid; }
long ksys_getgid(struct pt_regs *regs) { (void)regs; return current_cred()->gid; }
long ksys_geteuid(struct pt_regs *regs) { (void)regs; return current_cred()->euid; }
long ksys_getegid(struct pt_regs *regs) { (void)regs; return current_cred()->egid; }

/* Linux cap_emulate_setxuid: who was root and is not any more loses its rights. */
static void fix_capabilities(struct cred *new, const struct cred *old)
{
	bool was_root = old->uid == 0 || old->euid == 0 || old->suid == 0;
	bool is_root = new->uid == 0 || new->euid == 0 || new->suid == 0;

	if (new->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (was_root && !is_root && !(new->securebits & SECBIT_KEEP_CAPS)) {
		new->cap_permitted = new->cap_effective = 0;
		new->cap_ambient = 0;
	}
	if (old->euid == 0 && new->euid != 0)
		new->cap_effective = 0;
	if (old->euid != 0 && new->euid == 0)
		new->cap_effective = new->cap_permitted;
}

static long commit_uids(struct cred *new, int error)
{
	if (error) {
		put_cred(new);
		return error;
	}
	new->fsuid = new->euid;
	fix_capabilities(new, current_cred());
	commit_creds(new);
	return 0;
}

static long commit_gids(struct cred *new, int error)
{
	if (error) {
		put_cred(new);
		return error;
	}
	new->fsgid = new->egid;
	commit_creds(new);
	return 0;
}

/* --- users -------------------------------------------------------------------------------------------------------- */

/** setuid(uid) */
long ksys_setuid(struct pt_regs *regs)
{
	const struct cred *old = current_cred();
	uint32_t uid = regs->di;
	struct cred *new;
	int error = 0;

	if (uid == KEEP)
		return -LX_EINVAL;
	new = prepare_creds();
	if (!new)
		return -LX_ENOMEM;
	if (capable(CAP_SETUID))
		new->suid = new->uid = uid;
	else if (uid != old->uid && uid != new->suid)
		error = -LX_EPERM;
	new->euid = uid;
	return commit_uids(new, error);
}

/** setreuid(ruid, euid) */
long ksys_setreuid(struct pt_regs *regs)
{
	const struct cred *old = current_cred();
	uint32_t ruid = regs->di, euid = regs->si;
	struct cred *new = prepare_creds();
	int error = 0;

	if (!new)
		return -LX_ENOMEM;
	if (ruid != KEEP) {
		new->uid = ruid;
		if (ruid != old->uid && ruid != old->euid && !capable(CAP_SETUID))
			error = -LX_EPERM;
	}
	if (euid != KEEP) {
		new->euid = euid;
		if (euid != old->uid && euid != old->euid && euid != old->suid && !capable(CAP_SETUID))
			error = -LX_EPERM;
	}
	if (ruid != KEEP || (euid != KEEP && euid != old->uid))
		new->suid = new->euid;
	return commit_uids(new, error);
}

static bool is_own_uid(uint32_t uid)
{
	const struct cred *old = current_cred();

	return uid == KEEP || uid == old->uid || uid == old->euid || uid == old->suid;
}

/** setresuid(ruid, euid, suid) */
long ksys_setresuid(struct pt_regs *regs)
{
	uint32_t ruid = regs->di, euid = regs->si, suid = regs->dx;
	struct cred *new = prepare_creds();
	int error = 0;

	if (!new)
		return -LX_ENOMEM;
	if (!capable(CAP_SETUID) && !(is_own_uid(ruid) && is_own_uid(euid) && is_own_uid(suid)))
		error = -LX_EPERM;
	if (ruid != KEEP)
		new->uid = ruid;
	if (euid != KEEP)
		new->euid = euid;
	if (suid != KEEP)
		new->suid = suid;
	return commit_uids(new, error);
}

static long put_three(const struct pt_regs *regs, uint32_t a, uint32_t b, uint32_t c)
{
	if (put_user_u32(a, regs->di) || put_user_u32(b, regs->si) || put_user_u32(c, regs->dx))
		return -LX_EFAULT;
	return 0;
}

/** getresuid(ruid, euid, suid) */
long ksys_getresuid(struct pt_regs *regs)
{
	return put_three(regs, current_cred()->uid, current_cred()->euid, current_cred()->suid);
}

/** setfsuid(uid): the old one, whether it was allowed or not. */
long ksys_setfsuid(struct pt_regs *regs)
{
	const uint64_t fs_caps = CAP_TO_MASK(CAP_CHOWN) | CAP_TO_MASK(CAP_DAC_OVERRIDE) | CAP_TO_MASK(CAP_DAC_READ_SEARCH) |
				 CAP_TO_MASK(CAP_FOWNER) | CAP_TO_MASK(CAP_FSETID);
	uint32_t uid = regs->di, was = current_cred()->fsuid;
	struct cred *new;

	if (uid == was || (!is_own_uid(uid) && !capable(CAP_SETUID)) || uid == KEEP)
		return was;
	new = prepare_creds();
	if (!new)
		return was;
	new->fsuid = uid;
	if (!(new->securebits & SECBIT_NO_SETUID_FIXUP)) {
		if (was == 0)
			new->cap_effective &= ~fs_caps;
		else if (uid == 0)
			new->cap_effective |= new->cap_permitted & fs_caps;
	}
	commit_creds(new);
	return was;
}

/* --- groups ------------------------------------------------------------------------------------------------------- */

/** setgid(gid) */
long ksys_setgid(struct pt_regs *regs)
{
	const struct cred *old = current_cred();
	uint32_t gid = regs->di;
	struct cred *new;
	int error = 0;

	if (gid == KEEP)
		return -LX_EINVAL;
	new = prepare_creds();
	if (!new)
		return -LX_ENOMEM;
	if (capable(CAP_SETGID))
		new->gid = new->sgid = gid;
	else if (gid != old->gid && gid != old->sgid)
		error = -LX_EPERM;
	new->egid = gid;
	return commit_gids(new, error);
}

/** setregid(rgid, egid) */
long ksys_setregid(struct pt_regs *regs)
{
	const struct cred *old = current_cred();
	uint32_t rgid = regs->di, egid = regs->si;
	struct cred *new = prepare_creds();
	int error = 0;

	if (!new)
		return -LX_ENOMEM;
	if (rgid != KEEP) {
		new->gid = rgid;
		if (rgid != old->gid && rgid != old->egid && !capable(CAP_SETGID))
			error = -LX_EPERM;
	}
	if (egid != KEEP) {
		new->egid = egid;
		if (egid != old->gid && egid != old->egid && egid != old->sgid && !capable(CAP_SETGID))
			error = -LX_EPERM;
	}
	if (rgid != KEEP || (egid != KEEP && egid != old->gid))
		new->sgid = new->egid;
	return commit_gids(new, error);
}

static bool is_own_gid(uint32_t gid)
{
	const struct cred *old = current_cred();

	return gid == KEEP || gid == old->gid || gid == old->egid || gid == old->sgid;
}

/** setresgid(rgid, egid, sgid) */
long ksys_setresgid(struct pt_regs *regs)
{
	uint32_t rgid = regs->di, egid = regs->si, sgid = regs->dx;
	struct cred *new = prepare_creds();
	int error = 0;

	if (!new)
		return -LX_ENOMEM;
	if (!capable(CAP_SETGID) && !(is_own_gid(rgid) && is_own_gid(egid) && is_own_gid(sgid)))
		error = -LX_EPERM;
	if (rgid != KEEP)
		new->gid = rgid;
	if (egid != KEEP)
		new->egid = egid;
	if (sgid != KEEP)
		new->sgid = sgid;
	return commit_gids(new, error);
}

/** getresgid(rgid, egid, sgid) */
long ksys_getresgid(struct pt_regs *regs)
{
	return put_three(regs, current_cred()->gid, current_cred()->egid, current_cred()->sgid);
}

/** setfsgid(gid): as setfsuid(). */
long ksys_setfsgid(struct pt_regs *regs)
{
	uint32_t gid = regs->di, was = current_cred()->fsgid;
	struct cred *new;

	if (gid == was || (!is_own_gid(gid) && !capable(CAP_SETGID)) || gid == KEEP)
		return was;
	new = prepare_creds();
	if (!new)
		return was;
	new->fsgid = gid;
	commit_creds(new);
	return was;
}

/** getgroups(size, list): how many; with size 0 that is all. */
long ksys_getgroups(struct pt_regs *regs)
{
	const struct cred *cred = current_cred();
	int size = regs->di;

	if (size < 0 || (size && (uint32_t)size < cred->ngroups))
		return -LX_EINVAL;
	if (size && copy_to_user(regs->si, cred->groups, cred->ngroups * sizeof(uint32_t)))
		return -LX_EFAULT;
	return cred->ngroups;
}

static void sort_groups(struct cred *cred)
{
	for (uint32_t i = 1; i < cred->ngroups; i++)
		for (uint32_t j = i; j && cred->groups[j - 1] > cred->groups[j]; j--) {
			uint32_t gid = cred->groups[j];

			cred->groups[j] = cred->groups[j - 1];
			cred->groups[j - 1] = gid;
		}
}

/** setgroups(size, list): more than there is room for are -LX_ENOMEM. */
long ksys_setgroups(struct pt_regs *regs)
{
	uint32_t size = regs->di;
	struct cred *new;

	if (!capable(CAP_SETGID))
		return -LX_EPERM;
	if (size > 65536)
		return -LX_EINVAL;
	new = size > NGROUPS ? NULL : prepare_creds();
	if (!new)
		return -LX_ENOMEM;
	if (copy_from_user(new->groups, regs->si, size * sizeof(uint32_t))) {
		put_cred(new);
		return -LX_EFAULT;
	}
	new->ngroups = size;
	sort_groups(new);
	commit_creds(new);
	return 0;
}
