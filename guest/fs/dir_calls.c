/* SPDX-License-Identifier: MIT */
/* Changing directories: mkdir, symlink, link, rmdir, unlink, rename (Linux fs/namei.c, libfs.c). */
#include "permission.h"

int user_path_parent(int dfd, uint64_t path, struct last_name *last)
{
	struct filename filename;
	int error = getname(&filename, path);

	if (error)
		return error;
	error = path_parent(dfd, filename.name, last);
	putname(&filename);
	return error;
}

/* --- new names -------------------------------------------------------------------------------------------------- */

/* May an entry of that name be made? want_dir: "name/" is all right. 0 or -errno (Linux filename_create). */
static int may_create(const struct last_name *last, bool want_dir)
{
	struct dentry *dentry;

	if (last->type != LAST_NORM)
		return -LX_EEXIST;
	dentry = lookup_one(last->parent, last->name);
	if (!IS_ERR(dentry)) {
		dput(dentry);
		return -LX_EEXIST;
	}
	if (dentry != ERR_PTR(-LX_ENOENT))
		return PTR_ERR(dentry);
	if ((last->slash && !want_dir) || d_unlinked(last->parent))
		return -LX_ENOENT;
	if (may_change_dir(last->parent->d_inode))
		return -LX_EACCES;
	return last->parent->d_inode->i_op->mknod ? 0 : -LX_EPERM;
}

/* The new entry's own reference is not needed; the parent's is given back. */
static long finish_create(struct last_name *last, struct inode *inode)
{
	struct dentry *dentry = add_entry(last->parent, last->name, inode);

	if (!IS_ERR(dentry))
		dput(dentry);
	dput(last->parent);
	return IS_ERR(dentry) ? PTR_ERR(dentry) : 0;
}

static long do_mkdir(int dfd, uint64_t path, uint32_t mode)
{
	struct last_name last;
	struct inode *dir;
	int error = user_path_parent(dfd, path, &last);

	if (error)
		return error;
	error = may_create(&last, /* want_dir = */ true);
	dir = last.parent->d_inode;
	return finish_create(&last, error ? ERR_PTR(error) :
			     dir->i_op->mknod(dir, LX_S_IFDIR | (mode & 01777 & ~current->fs->umask)));
}

/** mkdir(path, mode) */
long ksys_mkdir(struct pt_regs *regs) { return do_mkdir(LX_AT_FDCWD, regs->di, regs->si); }
/** mkdirat(dfd, path, mode) */
long ksys_mkdirat(struct pt_regs *regs) { return do_mkdir(regs->di, regs->si, regs->dx); }

/* Of nodes there are plain files; a device wants a right that nobody has, and pipes have no names here. */
static long do_mknod(int dfd, uint64_t path, uint32_t mode)
{
	uint32_t type = mode & LX_S_IFMT;
	struct last_name last;
	struct inode *dir;
	int error;

	if (type == LX_S_IFDIR)
		return -LX_EPERM;
	if (type && type != LX_S_IFREG && type != LX_S_IFCHR && type != LX_S_IFBLK && type != LX_S_IFIFO && type != LX_S_IFSOCK)
		return -LX_EINVAL;
	error = user_path_parent(dfd, path, &last);
	if (error)
		return error;
	error = may_create(&last, /* want_dir = */ false);
	if (!error && type && type != LX_S_IFREG)
		error = -LX_EPERM;
	dir = last.parent->d_inode;
	return finish_create(&last, error ? ERR_PTR(error) :
			     dir->i_op->mknod(dir, LX_S_IFREG | (mode & 07777 & ~current->fs->umask)));
}

/** mknod(path, mode, dev) */
long ksys_mknod(struct pt_regs *regs) { return do_mknod(LX_AT_FDCWD, regs->di, regs->si); }
/** mknodat(dfd, path, mode, dev) */
long ksys_mknodat(struct pt_regs *regs) { return do_mknod(regs->di, regs->si, regs->dx); }

static long do_symlink(uint64_t target, int dfd, uint64_t path)
{
	struct filename from;
	struct last_name last;
	long error = getname(&from, target);

	if (error)
		return error;
	error = user_path_parent(dfd, path, &last);
	if (!error) {
		error = may_create(&last, /* want_dir = */ false);
		error = finish_create(&last, error ? ERR_PTR(error) : tmpfs_symlink(from.name, last.parent->d_inode));
	}
	putname(&from);
	return error;
}

/** symlink(target, path) */
long ksys_symlink(struct pt_regs *regs) { return do_symlink(regs->di, LX_AT_FDCWD, regs->si); }
/** symlinkat(target, dfd, path) */
long ksys_symlinkat(struct pt_regs *regs) { return do_symlink(regs->di, regs->si, regs->dx); }

/* An inode that may get one more name: a tmpfs's, with one already. With a reference, or ERR_PTR. */
static struct inode *grab_for_link(struct inode *inode)
{
	if (is_dir(inode))
		return ERR_PTR(-LX_EPERM);
	if (!inode->i_nlink)
		return ERR_PTR(-LX_ENOENT);
	return igrab(inode);
}

static long do_link(int old_dfd, uint64_t old_path, int dfd, uint64_t path, uint32_t flags)
{
	struct dentry *old;
	struct last_name last;
	long error;

	if (flags & ~LX_AT_SYMLINK_FOLLOW)
		return -LX_EINVAL;
	old = user_path_at(old_dfd, old_path, flags ? LOOKUP_FOLLOW : 0);
	if (IS_ERR(old))
		return PTR_ERR(old);
	error = user_path_parent(dfd, path, &last);
	if (!error) {
		error = may_create(&last, /* want_dir = */ false);
		/* What a lookup made up lies on no tmpfs. */
		if (!error && (old->d_flags & DCACHE_MADE_UP))
			error = -LX_EXDEV;
		error = finish_create(&last, error ? ERR_PTR(error) : grab_for_link(old->d_inode));
		/* Only now: without memory for the name there is none. */
		if (!error) {
			old->d_inode->i_nlink++;
			old->d_inode->i_ctime = current_time();
		}
	}
	dput(old);
	return error;
}

/** link(old, new) */
long ksys_link(struct pt_regs *regs) { return do_link(LX_AT_FDCWD, regs->di, LX_AT_FDCWD, regs->si, 0); }
/** linkat(old_dfd, old, new_dfd, new, flags) */
long ksys_linkat(struct pt_regs *regs) { return do_link(regs->di, regs->si, regs->dx, regs->r10, regs->r8); }

/* --- names that go ----------------------------------------------------------------------------------------------- */

/* i_nlink of a directory counts its "." and, in its parent, its "..". */
void remove_entry(struct dentry *dentry)
{
	struct inode *dir = dentry->d_parent->d_inode, *inode = dentry->d_inode;

	shrink_dir(dir);
	dir->i_nlink -= is_dir(inode);
	inode->i_nlink -= is_dir(inode) ? 2 : 1;
	update_mtime(dir);
	inode->i_ctime = dir->i_ctime;
	d_unlink(dentry);
}

/* The same, under the directory's lock; the caller's reference is used up. */
static void remove_and_put(struct dentry *dentry)
{
	struct inode *dir = dentry->d_parent->d_inode;

	down_write(&dir->i_rwsem);
	remove_entry(dentry);
	up_write(&dir->i_rwsem);
	dput(dentry);
}

/* Linux may_delete and what unlink and rmdir ask for themselves. 0 or -errno. */
static int may_remove(const struct dentry *dentry, bool want_dir)
{
	const struct inode *dir = dentry->d_parent->d_inode, *inode = dentry->d_inode;
	int error = may_remove_from(dir, inode);

	if (error)
		return error;
	if (want_dir && !is_dir(inode))
		return -LX_ENOTDIR;
	if (!want_dir && is_dir(inode))
		return -LX_EISDIR;
	if (!dir->i_op->mknod)
		return -LX_EPERM;
	/* Something that is no tmpfs is mounted here, so to speak. */
	if (want_dir && !inode->i_op->mknod)
		return -LX_EBUSY;
	return list_empty(&dentry->d_subdirs) ? 0 : -LX_ENOTEMPTY;
}

static int unlink_last(const struct last_name *last)
{
	struct dentry *dentry;
	int error;

	if (last->type != LAST_NORM)
		return -LX_EISDIR;
	dentry = lookup_one(last->parent, last->name);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	error = d_complete(last->parent);
	if (!error)
		error = may_remove(dentry, /* want_dir = */ false);
	if (last->slash && error != -LX_EISDIR)
		error = -LX_ENOTDIR;
	if (error)
		dput(dentry);
	else
		remove_and_put(dentry);
	return error;
}

static int rmdir_last(const struct last_name *last)
{
	struct dentry *dentry;
	int error;

	if (last->type != LAST_NORM)
		return last->type == LAST_DOT ? -LX_EINVAL : last->type == LAST_DOTDOT ? -LX_ENOTEMPTY : -LX_EBUSY;
	dentry = lookup_one(last->parent, last->name);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	error = d_complete(last->parent);
	if (!error)
		error = d_complete(dentry);
	if (!error)
		error = may_remove(dentry, /* want_dir = */ true);
	if (error)
		dput(dentry);
	else
		remove_and_put(dentry);
	return error;
}

static long do_unlink(int dfd, uint64_t path, uint32_t flags)
{
	struct last_name last;
	int error;

	if (flags & ~LX_AT_REMOVEDIR)
		return -LX_EINVAL;
	error = user_path_parent(dfd, path, &last);
	if (error)
		return error;
	error = flags ? rmdir_last(&last) : unlink_last(&last);
	dput(last.parent);
	return error;
}

int unlink_path(const char *path)
{
	struct last_name last;
	int error = path_parent(LX_AT_FDCWD, path, &last);

	if (error)
		return error;
	error = unlink_last(&last);
	dput(last.parent);
	return error;
}

/** unlink(path) */
long ksys_unlink(struct pt_regs *regs) { return do_unlink(LX_AT_FDCWD, regs->di, 0); }
/** rmdir(path) */
long ksys_rmdir(struct pt_regs *regs) { return do_unlink(LX_AT_FDCWD, regs->di, LX_AT_REMOVEDIR); }
/** unlinkat(dfd, path, flags) */
long ksys_unlinkat(struct pt_regs *regs) { return do_unlink(regs->di, regs->si, regs->dx); }
