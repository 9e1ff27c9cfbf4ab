/* SPDX-License-Identifier: MIT */
/* About a file: stat and kin, access, readlink (Linux fs/stat.c, open.c). */
#include "permission.h"
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

#define STAT_TIME(ns)	{ .sec = (ns) / NSEC_PER_SEC, .nsec = (ns) % NSEC_PER_SEC }

/* Of 512 bytes. A short link lies in the inode, on Linux; the pages of the image are in no cache, and there. */
static uint64_t blocks_of(const struct inode *inode)
{
	uint64_t pages = inode->i_data.nrpages;

	if (is_symlink(inode))
		return 0;
	if (inode->i_flags & S_IMAGE)
		pages = ALIGN_UP(inode->i_size, PAGE_SIZE) >> PAGE_SHIFT;
	return pages * (PAGE_SIZE / 512);
}

static long put_stat(const struct inode *inode, uint64_t at)
{
	struct user_stat stat = {
		.dev = 1,
		.ino = inode->i_ino,
		.nlink = inode->i_nlink,
		.mode = inode->i_mode,
		.uid = inode->i_uid,
		.gid = inode->i_gid,
		.rdev = inode->i_rdev,
		.size = inode->i_size,
		.blksize = PAGE_SIZE,
		.blocks = blocks_of(inode),
		.atime = STAT_TIME(inode->i_atime),
		.mtime = STAT_TIME(inode->i_mtime),
		.ctime = STAT_TIME(inode->i_ctime),
	};

	return copy_to_user(at, &stat, sizeof(stat)) ? -LX_EFAULT : 0;
}

/* A lab channel is a device without a node. */
static const struct inode channel = { .i_mode = LX_S_IFCHR | 0600, .i_nlink = 1 };

/** fstat(fd, buf) */
static long do_fstat(uint64_t fd, uint64_t at)
{
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

bool is_empty_path(uint64_t path)
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

/* --- statx ------------------------------------------------------------------------------------------------------ */

#define STATX_BASIC_STATS	0x7ffu
#define STATX__RESERVED		0x80000000u
#define AT_STATX_SYNC_TYPE	0x6000u

struct statx_timestamp {
	int64_t sec;
	uint32_t nsec, pad;
};

/** struct statx */
struct user_statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, pad;
	uint64_t ino, size, blocks, attributes_mask;
	struct statx_timestamp atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t spare[14];
};
_Static_assert(sizeof(struct user_statx) == 256, "the ABI");

static long put_statx(const struct inode *inode, uint64_t at)
{
	struct user_statx stat = {
		.mask = STATX_BASIC_STATS,
		.blksize = PAGE_SIZE,
		.nlink = inode->i_nlink,
		.uid = inode->i_uid,
		.gid = inode->i_gid,
		.mode = inode->i_mode,
		.ino = inode->i_ino,
		.size = inode->i_size,
		.blocks = blocks_of(inode),
		.atime = STAT_TIME(inode->i_atime),
		.ctime = STAT_TIME(inode->i_ctime),
		.mtime = STAT_TIME(inode->i_mtime),
		.rdev_major = inode->i_rdev >> 8,
		.rdev_minor = inode->i_rdev & 0xff,
		.dev_minor = 1,
	};

	return copy_to_user(at, &stat, sizeof(stat)) ? -LX_EFAULT : 0;
}

static long statx_fd(uint64_t fd, uint64_t at)
{
	struct file *file = fget((uint32_t)fd);
	long ret;

	if (!file)
		return -LX_EBADF;
	ret = put_statx(file->f_inode ? file->f_inode : &channel, at);
	fput(file);
	return ret;
}

/** statx(dfd, path, flags, mask, buf): whatever is asked, what stat(2) tells, and no more. */
long ksys_statx(struct pt_regs *regs)
{
	uint32_t flags = regs->dx;
	struct dentry *dentry;
	long ret;

	if (((uint32_t)regs->r10 & STATX__RESERVED) || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    (flags & ~(LX_AT_SYMLINK_NOFOLLOW | LX_AT_NO_AUTOMOUNT | LX_AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)))
		return -LX_EINVAL;
	if ((flags & LX_AT_EMPTY_PATH) && is_empty_path(regs->si)) {
		if ((int)regs->di != LX_AT_FDCWD)
			return statx_fd(regs->di, regs->r8);
		return put_statx(current->fs->pwd->d_inode, regs->r8);
	}
	dentry = user_path_at(regs->di, regs->si, flags & LX_AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	ret = put_statx(dentry->d_inode, regs->r8);
	dput(dentry);
	return ret;
}

/* --- access ----------------------------------------------------------------------------------------------------- */

static long check_access(const struct inode *inode, uint32_t mode, uint32_t flags)
{
	if (!inode)
		return 0;		/* a lab channel */
	return flags & LX_AT_EACCESS ? inode_permission(inode, mode) : access_permission(inode, mode);
}

static long access_fd(uint64_t fd, uint32_t mode, uint32_t flags)
{
	struct file *file = fget((uint32_t)fd);
	long ret;

	if (!file)
		return -LX_EBADF;
	ret = check_access(file->f_inode, mode, flags);
	fput(file);
	return ret;
}

static long do_access(int dfd, uint64_t path, uint32_t mode, uint32_t flags)
{
	struct dentry *dentry;
	long error;

	if ((mode & ~7u) || (flags & ~(LX_AT_EACCESS | LX_AT_SYMLINK_NOFOLLOW | LX_AT_EMPTY_PATH)))
		return -LX_EINVAL;
	if ((flags & LX_AT_EMPTY_PATH) && is_empty_path(path) && dfd != LX_AT_FDCWD)
		return access_fd(dfd, mode, flags);
	dentry = user_path_at(dfd, path, flags & LX_AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	error = check_access(dentry->d_inode, mode, flags);
	dput(dentry);
	return error;
}

/** access(path, mode) */
long ksys_access(struct pt_regs *regs) { return do_access(LX_AT_FDCWD, regs->di, regs->si, 0); }
/** faccessat(dfd, path, mode) */
long ksys_faccessat(struct pt_regs *regs) { return do_access(regs->di, regs->si, regs->dx, 0); }
/** faccessat2(dfd, path, mode, flags) */
long ksys_faccessat2(struct pt_regs *regs) { return do_access(regs->di, regs->si, regs->dx, regs->r10); }

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
