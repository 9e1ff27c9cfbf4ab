/* SPDX-License-Identifier: MIT */
/* About a file: stat and kin, access, readlink, chmod (Linux fs/stat.c, open.c). Everything is root's, uid and gid 0. */
#include "fs.h"
#include "task.h"
#include "uaccess.h"

#define NSEC_PER_SEC	1000000000UL

/** struct stat of x86-64 (asm/stat.h). */
struct user_stat {
	uint64_t dev, ino, nlink;
	uint32_t mode, uid, gid, pad;
	uint64_t rdev, size, blksize, blocks;
	struct {
		uint64_t sec, nsec;
	} atime, mtime, ctime;
	uint64_t unused[3];
};
_Static_assert(sizeof(struct user_stat) == 144, "the ABI");

#define STAT_TIME(ns)	{ (ns) / NSEC_PER_SEC, (ns) % NSEC_PER_SEC }

static long put_stat(const struct inode *inode, uint64_t at)
{
	struct user_stat stat = {
		.dev = 1,
		.ino = inode->i_ino,
		.nlink = inode->i_nlink,
		.mode = inode->i_mode,
		.rdev = inode->i_rdev,
		.size = inode->i_size,
		.blksize = PAGE_SIZE,
		/* A short link lies in the inode, on Linux. */
		.blocks = is_symlink(inode) ? 0 : inode->i_data.nrpages * (PAGE_SIZE / 512),
		.atime = STAT_TIME(inode->i_atime),
		.mtime = STAT_TIME(inode->i_mtime),
		.ctime = STAT_TIME(inode->i_ctime),
	};

	return copy_to_user(at, &stat, sizeof(stat)) ? -LX_EFAULT : 0;
}

/** fstat(fd, buf) */
static long do_fstat(uint64_t fd, uint64_t at)
{
	/* A lab channel is a device without a node. */
	static const struct inode channel = { .i_mode = LX_S_IFCHR | 0600, .i_nlink = 1 };
	struct file *file = fget((uint32_t)fd);
	long ret;

	if (!file)
		return -LX_EBADF;
	ret = put_stat(file->f_inode ? file->f_inode : &channel, at);
	fput(file);
	return ret;
}

static long do_stat(int dfd, uint64_t path, uint64_t at, unsigned int lookup)
{
	struct dentry *dentry = user_path_at(dfd, path, lookup);
	long ret;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	ret = put_stat(dentry->d_inode, at);
	dput(dentry);
	return ret;
}

long ksys_fstat(struct pt_regs *regs) { return do_fstat(regs->di, regs->si); }
/** stat(path, buf) */
long ksys_stat(struct pt_regs *regs) { return do_stat(LX_AT_FDCWD, regs->di, regs->si, LOOKUP_FOLLOW); }
/** lstat(path, buf) */
long ksys_lstat(struct pt_regs *regs) { return do_stat(LX_AT_FDCWD, regs->di, regs->si, 0); }

/* Is the path empty, as AT_EMPTY_PATH allows? */
static bool is_empty_path(uint64_t path)
{
	char first;

	return !copy_from_user(&first, path, 1) && !first;
}

/** newfstatat(dfd, path, buf, flags) */
long ksys_newfstatat(struct pt_regs *regs)
{
	uint32_t flags = regs->r10;

	if (flags & ~(LX_AT_SYMLINK_NOFOLLOW | LX_AT_NO_AUTOMOUNT | LX_AT_EMPTY_PATH))
		return -LX_EINVAL;
	if ((flags & LX_AT_EMPTY_PATH) && is_empty_path(regs->si)) {
		if ((int)regs->di != LX_AT_FDCWD)
			return do_fstat(regs->di, regs->dx);
		return put_stat(current->fs->pwd->d_inode, regs->dx);
	}
	return do_stat(regs->di, regs->si, regs->dx, flags & LX_AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW);
}

/* --- access ----------------------------------------------------------------------------------------------------- */

#define MAY_EXEC	1u

/* Root may do anything but run a file that nobody may run. */
static long do_access(int dfd, uint64_t path, uint32_t mode)
{
	struct dentry *dentry;
	const struct inode *inode;
	long error = 0;

	if (mode & ~7u)
		return -LX_EINVAL;
	dentry = user_path_at(dfd, path, LOOKUP_FOLLOW);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	inode = dentry->d_inode;
	if ((mode & MAY_EXEC) && !is_dir(inode) && !(inode->i_mode & 0111))
		error = -LX_EACCES;
	dput(dentry);
	return error;
}

/** access(path, mode) */
long ksys_access(struct pt_regs *regs) { return do_access(LX_AT_FDCWD, regs->di, regs->si); }
/** faccessat(dfd, path, mode) */
long ksys_faccessat(struct pt_regs *regs) { return do_access(regs->di, regs->si, regs->dx); }

/* --- readlink --------------------------------------------------------------------------------------------------- */

static long copy_link(struct inode *inode, uint64_t at, uint64_t size)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);
	char *target;
	long ret;

	if (!page)
		return -LX_ENOMEM;
	target = __va(page_to_pfn(page) << PAGE_SHIFT);
	ret = inode->i_op->get_link(inode, target);
	if (!ret) {
		ret = min((uint64_t)strlen(target), size);
		if (copy_to_user(at, target, ret))
			ret = -LX_EFAULT;
	}
	put_page(page);
	return ret;
}

static long do_readlink(int dfd, uint64_t path, uint64_t at, int32_t size)
{
	struct dentry *dentry;
	long ret = -LX_EINVAL;

	if (size <= 0)
		return -LX_EINVAL;
	dentry = user_path_at(dfd, path, 0);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (is_symlink(dentry->d_inode))
		ret = copy_link(dentry->d_inode, at, size);
	dput(dentry);
	return ret;
}

/** readlink(path, buf, size): without an end. */
long ksys_readlink(struct pt_regs *regs) { return do_readlink(LX_AT_FDCWD, regs->di, regs->si, regs->dx); }
/** readlinkat(dfd, path, buf, size) */
long ksys_readlinkat(struct pt_regs *regs) { return do_readlink(regs->di, regs->si, regs->dx, regs->r10); }

/* --- chmod ------------------------------------------------------------------------------------------------------ */

static void set_mode(struct inode *inode, uint32_t mode)
{
	inode->i_mode = (inode->i_mode & LX_S_IFMT) | (mode & 07777);
	inode->i_ctime = current_time();
}

static long do_chmod(int dfd, uint64_t path, uint32_t mode)
{
	struct dentry *dentry = user_path_at(dfd, path, LOOKUP_FOLLOW);

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	set_mode(dentry->d_inode, mode);
	dput(dentry);
	return 0;
}

/** chmod(path, mode) */
long ksys_chmod(struct pt_regs *regs) { return do_chmod(LX_AT_FDCWD, regs->di, regs->si); }
/** fchmodat(dfd, path, mode) */
long ksys_fchmodat(struct pt_regs *regs) { return do_chmod(regs->di, regs->si, regs->dx); }

/** fchmod(fd, mode) */
long ksys_fchmod(struct pt_regs *regs)
{
	struct file *file = fget((uint32_t)regs->di);

	if (!file)
		return -LX_EBADF;
	if (file->f_inode)
		set_mode(file->f_inode, regs->si);
	fput(file);
	return 0;
}
