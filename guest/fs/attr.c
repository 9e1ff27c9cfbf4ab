/* SPDX-License-Identifier: MIT */
/* Changing what stands in an inode: mode, owner, times (Linux fs/open.c, attr.c, utimes.c). */
#include "permission.h"
#include "uaccess.h"
#include "usertime.h"

#define USEC_PER_SEC	1000000

/* The inode behind a path, or, where that is allowed, behind the descriptor alone; and what to put when done. */
struct found {
	struct dentry *dentry;
	struct file *file;
	struct inode *inode;
};

static int find_fd(struct found *f, uint64_t fd)
{
	*f = (struct found){ .file = fget((uint32_t)fd) };
	if (!f->file)
		return -LX_EBADF;
	f->inode = f->file->f_inode;
	return 0;
}

static int find_path(struct found *f, int dfd, uint64_t path, unsigned int lookup)
{
	*f = (struct found){ .dentry = user_path_at(dfd, path, lookup) };
	if (IS_ERR(f->dentry))
		return PTR_ERR(f->dentry);
	f->inode = f->dentry->d_inode;
	return 0;
}

/* flags: LX_AT_SYMLINK_NOFOLLOW, LX_AT_EMPTY_PATH. */
static int find_at(struct found *f, int dfd, uint64_t path, uint32_t flags)
{
	if ((flags & LX_AT_EMPTY_PATH) && is_empty_path(path) && dfd != LX_AT_FDCWD)
		return find_fd(f, dfd);
	if ((flags & LX_AT_EMPTY_PATH) && is_empty_path(path)) {
		*f = (struct found){ .dentry = dget(current->fs->pwd) };
		f->inode = f->dentry->d_inode;
		return 0;
	}
	return find_path(f, dfd, path, flags & LX_AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW);
}

/* A lab channel has no inode: to that nothing happens. */
static long put_found(const struct found *f, long ret)
{
	if (f->file)
		fput(f->file);
	if (f->dentry)
		dput(f->dentry);
	return ret;
}

/* --- chmod -------------------------------------------------------------------------------------------------------- */

static long set_mode(struct inode *inode, uint32_t mode)
{
	if (!inode)
		return 0;
	if (!inode_owner_or_capable(inode))
		return -LX_EPERM;
	if (!in_group_p(inode->i_gid) && !capable(CAP_FSETID) && current_cred()->fsuid)
		mode &= ~LX_S_ISGID;
	inode->i_mode = (inode->i_mode & LX_S_IFMT) | (mode & 07777);
	inode->i_ctime = current_time();
	return 0;
}

static long do_chmod(int dfd, uint64_t path, uint32_t mode)
{
	struct found f;
	int error = find_path(&f, dfd, path, LOOKUP_FOLLOW);

	return error ? error : put_found(&f, set_mode(f.inode, mode));
}

/** chmod(path, mode) */
long ksys_chmod(struct pt_regs *regs) { return do_chmod(LX_AT_FDCWD, regs->di, regs->si); }
/** fchmodat(dfd, path, mode) */
long ksys_fchmodat(struct pt_regs *regs) { return do_chmod(regs->di, regs->si, regs->dx); }

/** fchmod(fd, mode) */
long ksys_fchmod(struct pt_regs *regs)
{
	struct found f;
	int error = find_fd(&f, regs->di);

	return error ? error : put_found(&f, set_mode(f.inode, regs->si));
}

/* --- chown -------------------------------------------------------------------------------------------------------- */

/* Linux chown_ok, chgrp_ok; an id of -1 stays as it is. */
static bool may_chown(const struct inode *inode, uint32_t uid, uint32_t gid)
{
	bool owner = inode->i_uid == current_cred()->fsuid;

	if (capable(CAP_CHOWN))
		return true;
	if (uid != UINT32_MAX && !(owner && uid == inode->i_uid))
		return false;
	return gid == UINT32_MAX || (owner && (gid == inode->i_gid || in_group_p(gid)));
}

static long set_owner(struct inode *inode, uint32_t uid, uint32_t gid)
{
	if (!inode)
		return 0;
	if (!may_chown(inode, uid, gid))
		return -LX_EPERM;
	if (uid != UINT32_MAX)
		inode->i_uid = uid;
	if (gid != UINT32_MAX)
		inode->i_gid = gid;
	/* A program of another owner shall not run as the new one. */
	if (!is_dir(inode))
		inode->i_mode &= ~(LX_S_ISUID | (inode->i_mode & 0010 ? LX_S_ISGID : 0));
	inode->i_ctime = current_time();
	return 0;
}

static long do_chown(int dfd, uint64_t path, uint32_t uid, uint32_t gid, uint32_t flags)
{
	struct found f;
	int error;

	if (flags & ~(LX_AT_SYMLINK_NOFOLLOW | LX_AT_EMPTY_PATH))
		return -LX_EINVAL;
	error = find_at(&f, dfd, path, flags);
	return error ? error : put_found(&f, set_owner(f.inode, uid, gid));
}

/** chown(path, uid, gid) */
long ksys_chown(struct pt_regs *regs) { return do_chown(LX_AT_FDCWD, regs->di, regs->si, regs->dx, 0); }
/** lchown(path, uid, gid) */
long ksys_lchown(struct pt_regs *regs)
{
	return do_chown(LX_AT_FDCWD, regs->di, regs->si, regs->dx, LX_AT_SYMLINK_NOFOLLOW);
}
/** fchownat(dfd, path, uid, gid, flags) */
long ksys_fchownat(struct pt_regs *regs) { return do_chown(regs->di, regs->si, regs->dx, regs->r10, regs->r8); }

/** fchown(fd, uid, gid) */
long ksys_fchown(struct pt_regs *regs)
{
	struct found f;
	int error = find_fd(&f, regs->di);

	return error ? error : put_found(&f, set_owner(f.inode, regs->si, regs->dx));
}

/* --- times -------------------------------------------------------------------------------------------------------- */

#define UTIME_NOW	0x3fffffffUL
#define UTIME_OMIT	0x3ffffffeUL

/* Access, then modification. NULL: both now. */
static long set_times(struct inode *inode, const struct user_timespec *times)
{
	static const struct user_timespec now[2] = { { .nsec = UTIME_NOW }, { .nsec = UTIME_NOW } };
	bool touch = !times || (times[0].nsec == UTIME_NOW && times[1].nsec == UTIME_NOW);
	uint64_t *field[2];

	if (!inode)
		return 0;
	if (!inode_owner_or_capable(inode) && (!touch || inode_permission(inode, MAY_WRITE)))
		return touch ? -LX_EACCES : -LX_EPERM;
	times = times ? times : now;
	field[0] = &inode->i_atime;
	field[1] = &inode->i_mtime;
	for (int i = 0; i < 2; i++) {
		if (times[i].nsec == UTIME_NOW)
			*field[i] = current_time();
		else if (times[i].nsec != UTIME_OMIT)	/* what ns of 64 bits do not hold is as late, or as early, as they can */
			*field[i] = times[i].sec < 0 ? 0 : min((uint64_t)times[i].sec, UINT64_MAX / NSEC_PER_SEC - 1) * NSEC_PER_SEC +
				    times[i].nsec;
	}
	inode->i_ctime = current_time();
	return 0;
}

/* The path of utimensat(2) may be missing: then it is the descriptor's file. */
static long do_utimes(int dfd, uint64_t path, const struct user_timespec *times, uint32_t flags)
{
	struct found f;
	int error;

	if (!path && dfd != LX_AT_FDCWD) {
		error = flags ? -LX_EINVAL : find_fd(&f, dfd);
	} else {
		error = flags & ~(LX_AT_SYMLINK_NOFOLLOW | LX_AT_EMPTY_PATH) ? -LX_EINVAL : find_at(&f, dfd, path, flags);
	}
	return error ? error : put_found(&f, set_times(f.inode, times));
}

/** utimensat(dfd, path, times, flags) */
long ksys_utimensat(struct pt_regs *regs)
{
	struct user_timespec times[2];

	if (!regs->dx)
		return do_utimes(regs->di, regs->si, NULL, regs->r10);
	if (copy_from_user(times, regs->dx, sizeof(times)))
		return -LX_EFAULT;
	if (times[0].nsec == UTIME_OMIT && times[1].nsec == UTIME_OMIT)
		return 0;
	for (int i = 0; i < 2; i++)
		if (times[i].nsec != UTIME_NOW && times[i].nsec != UTIME_OMIT && times[i].nsec >= NSEC_PER_SEC)
			return -LX_EINVAL;
	return do_utimes(regs->di, regs->si, times, regs->r10);
}

static long do_futimesat(int dfd, uint64_t path, uint64_t at)
{
	struct user_timeval user[2];
	struct user_timespec times[2];

	if (!at)
		return do_utimes(dfd, path, NULL, 0);
	if (copy_from_user(user, at, sizeof(user)))
		return -LX_EFAULT;
	for (int i = 0; i < 2; i++) {
		if (user[i].usec < 0 || user[i].usec >= USEC_PER_SEC)
			return -LX_EINVAL;
		times[i] = (struct user_timespec){ user[i].sec, user[i].usec * 1000 };
	}
	return do_utimes(dfd, path, times, 0);
}

/** futimesat(dfd, path, times) */
long ksys_futimesat(struct pt_regs *regs) { return do_futimesat(regs->di, regs->si, regs->dx); }
/** utimes(path, times) */
long ksys_utimes(struct pt_regs *regs) { return do_futimesat(LX_AT_FDCWD, regs->di, regs->si); }

/** utime(path, seconds) */
long ksys_utime(struct pt_regs *regs)
{
	struct user_timespec times[2] = { { 0 } };
	int64_t seconds[2];

	if (!regs->si)
		return do_utimes(LX_AT_FDCWD, regs->di, NULL, 0);
	if (copy_from_user(seconds, regs->si, sizeof(seconds)))
		return -LX_EFAULT;
	times[0].sec = seconds[0];
	times[1].sec = seconds[1];
	return do_utimes(LX_AT_FDCWD, regs->di, times, 0);
}
