/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes (Linux fs/xattr.c): of no file are there any, and nobody takes one, as on a file system without them. The file
 * must be there all the same.
 */
#include "fs.h"
#include "task.h"
#include "uaccess.h"

static long by_path(const struct pt_regs *regs, unsigned int lookup, long answer)
{
	struct dentry *dentry = user_path_at(LX_AT_FDCWD, regs->di, lookup);

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	dput(dentry);
	return answer;
}

static long by_fd(const struct pt_regs *regs, long answer)
{
	struct file *file = fget((uint32_t)regs->di);

	if (!file)
		return -LX_EBADF;
	fput(file);
	return answer;
}

/** getxattr(path, name, value, size); setxattr(…, flags), removexattr(path, name) are refused alike. */
long ksys_getxattr(struct pt_regs *regs) { return by_path(regs, LOOKUP_FOLLOW, -LX_EOPNOTSUPP); }
long ksys_lgetxattr(struct pt_regs *regs) { return by_path(regs, 0, -LX_EOPNOTSUPP); }
long ksys_fgetxattr(struct pt_regs *regs) { return by_fd(regs, -LX_EOPNOTSUPP); }
/** listxattr(path, list, size) */
long ksys_listxattr(struct pt_regs *regs) { return by_path(regs, LOOKUP_FOLLOW, 0); }
long ksys_llistxattr(struct pt_regs *regs) { return by_path(regs, 0, 0); }
long ksys_flistxattr(struct pt_regs *regs) { return by_fd(regs, 0); }
