/* SPDX-License-Identifier: MIT */
/* Who may do what with a file. */
#include "permission.h"

/* Whose three bits count, and what lifts one above them (Linux generic_permission). */
static int check_permission(const struct inode *inode, uint32_t mask, uint32_t uid, bool in_group, uint64_t caps)
{
	uint32_t mode = inode->i_mode;

	if (inode->i_uid == uid)
		mode >>= 6;
	else if (in_group)
		mode >>= 3;
	if (!(mask & ~mode))
		return 0;
	if ((caps & CAP_TO_MASK(CAP_DAC_READ_SEARCH)) && (mask == MAY_READ || (is_dir(inode) && !(mask & MAY_WRITE))))
		return 0;
	/* What nobody may run is not run. */
	if ((caps & CAP_TO_MASK(CAP_DAC_OVERRIDE)) && (is_dir(inode) || !(mask & MAY_EXEC) || (inode->i_mode & 0111)))
		return 0;
	return -LX_EACCES;
}

int inode_permission(const struct inode *inode, uint32_t mask)
{
	const struct cred *cred = current_cred();

	return check_permission(inode, mask, cred->fsuid, in_group_p(inode->i_gid), cred->cap_effective);
}

/* Rights are those that the real user would have: root its permitted ones, others none. */
int access_permission(const struct inode *inode, uint32_t mask)
{
	const struct cred *cred = current_cred();
	uint64_t caps = cred->cap_effective;
	bool in_group = inode->i_gid == cred->gid || (inode->i_gid != cred->fsgid && in_group_p(inode->i_gid));

	if (!(cred->securebits & SECBIT_NO_SETUID_FIXUP))
		caps = cred->uid == 0 ? cred->cap_permitted : 0;
	return check_permission(inode, mask, cred->uid, in_group, caps);
}

int may_remove_from(const struct inode *dir, const struct inode *inode)
{
	int error = may_change_dir(dir);
	uint32_t fsuid = current_cred()->fsuid;

	if (error)
		return error;
	if ((dir->i_mode & LX_S_ISVTX) && inode->i_uid != fsuid && dir->i_uid != fsuid && !capable(CAP_FOWNER))
		return -LX_EPERM;
	return 0;
}

bool inode_owner_or_capable(const struct inode *inode)
{
	return inode->i_uid == current_cred()->fsuid || capable(CAP_FOWNER);
}

void inode_init_owner(struct inode *inode, const struct inode *dir)
{
	inode->i_uid = current_cred()->fsuid;
	inode->i_gid = current_cred()->fsgid;
	if (!dir || !(dir->i_mode & LX_S_ISGID))
		return;
	inode->i_gid = dir->i_gid;
	if (is_dir(inode))
		inode->i_mode |= LX_S_ISGID;
}
