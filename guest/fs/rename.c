/* SPDX-License-Identifier: MIT */
/* rename(2): an entry moves, and takes the place of what had the new name (Linux do_renameat2, vfs_rename, simple_rename). */
#include "permission.h"

/* One rename: both last components, and the entries that were found; new is NULL if there is none. */
struct renaming {
	struct last_name from, to;
	struct dentry *old, *new;
	uint32_t flags;
};

/* The entry of the old name has to be there, the new one may be. 0 or -errno, with what was found to be put. */
static int find_entries(struct renaming *r)
{
	struct dentry *dentry;

	if (r->from.type != LAST_NORM)
		return -LX_EBUSY;
	if (r->to.type != LAST_NORM)
		return r->flags & LX_RENAME_NOREPLACE ? -LX_EEXIST : -LX_EBUSY;
	dentry = lookup_one(r->from.parent, r->from.name);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	r->old = dentry;
	dentry = lookup_one(r->to.parent, r->to.name);
	if (!IS_ERR(dentry))
		r->new = dentry;
	return IS_ERR(dentry) && dentry != ERR_PTR(-LX_ENOENT) ? (int)PTR_ERR(dentry) : 0;
}

/* 0 or -errno, in Linux's order. */
static int check_rename(const struct renaming *r)
{
	bool moves_dir = is_dir(r->old->d_inode);
	const struct inode *from = r->from.parent->d_inode, *to = r->to.parent->d_inode;
	int error;

	if (r->new && (r->flags & LX_RENAME_NOREPLACE))
		return -LX_EEXIST;
	if (!moves_dir && (r->from.slash || r->to.slash))
		return -LX_ENOTDIR;
	if (is_subdir(r->to.parent, r->old))
		return -LX_EINVAL;
	if (r->new && is_subdir(r->from.parent, r->new))
		return -LX_ENOTEMPTY;
	/* Two names of one file: nothing will be done. */
	if (r->new && r->new->d_inode == r->old->d_inode)
		return 0;
	error = may_remove_from(from, r->old->d_inode);
	if (!error)
		error = r->new ? may_remove_from(to, r->new->d_inode) : may_change_dir(to);
	/* ".." of a directory will be another one. */
	if (!error && moves_dir && from != to)
		error = inode_permission(r->old->d_inode, MAY_WRITE);
	if (error)
		return error;
	if (!from->i_op->mknod || !to->i_op->mknod)
		return from->i_op->mknod || to->i_op->mknod ? -LX_EXDEV : -LX_EPERM;
	if (d_unlinked(r->to.parent))
		return -LX_ENOENT;
	if (!r->new)
		return 0;
	if (moves_dir != is_dir(r->new->d_inode))
		return moves_dir ? -LX_ENOTDIR : -LX_EISDIR;
	return list_empty(&r->new->d_subdirs) ? 0 : -LX_ENOTEMPTY;
}

/* Both directories, which may be one. With one CPU no order of locking is needed. */
static void lock_rename(struct inode *from, struct inode *to)
{
	down_write(&from->i_rwsem);
	if (to != from)
		down_write(&to->i_rwsem);
}

static void unlock_rename(struct inode *from, struct inode *to)
{
	if (to != from)
		up_write(&to->i_rwsem);
	up_write(&from->i_rwsem);
}

static void move_entry(struct renaming *r)
{
	struct inode *from = r->from.parent->d_inode, *to = r->to.parent->d_inode;
	bool moves_dir = is_dir(r->old->d_inode);

	lock_rename(from, to);
	if (r->new)
		remove_entry(r->new);
	d_move(r->old, r->to.parent, r->to.name);
	shrink_dir(from);
	to->i_size += TMPFS_DIRENT_SIZE;
	from->i_nlink -= moves_dir;
	to->i_nlink += moves_dir;
	update_mtime(from);
	update_mtime(to);
	r->old->d_inode->i_ctime = current_time();
	unlock_rename(from, to);
}

/* What is asked of the host once must be known for good: a name that goes, and whether the other directory is empty. */
static int complete_dirs(struct renaming *r)
{
	int error = d_complete(r->from.parent);

	if (!error)
		error = d_complete(r->to.parent);
	return error || !r->new ? error : d_complete(r->new);
}

static int rename_last(struct renaming *r)
{
	int error = find_entries(r);

	if (!error)
		error = complete_dirs(r);
	if (!error)
		error = check_rename(r);
	if (!error && !(r->new && r->new->d_inode == r->old->d_inode))
		move_entry(r);
	if (r->new)
		dput(r->new);
	if (r->old)
		dput(r->old);
	return error;
}

static long do_rename(int old_dfd, uint64_t old_path, int dfd, uint64_t path, uint32_t flags)
{
	struct renaming r = { .flags = flags };
	int error;

	/* RENAME_EXCHANGE and RENAME_WHITEOUT are not there, as on a file system without them. */
	if (flags & ~LX_RENAME_NOREPLACE)
		return -LX_EINVAL;
	error = user_path_parent(old_dfd, old_path, &r.from);
	if (error)
		return error;
	error = user_path_parent(dfd, path, &r.to);
	if (!error) {
		error = rename_last(&r);
		dput(r.to.parent);
	}
	dput(r.from.parent);
	return error;
}

/** rename(old, new) */
long ksys_rename(struct pt_regs *regs) { return do_rename(LX_AT_FDCWD, regs->di, LX_AT_FDCWD, regs->si, 0); }
/** renameat(old_dfd, old, new_dfd, new) */
long ksys_renameat(struct pt_regs *regs) { return do_rename(regs->di, regs->si, regs->dx, regs->r10, 0); }
/** renameat2(old_dfd, old, new_dfd, new, flags) */
long ksys_renameat2(struct pt_regs *regs) { return do_rename(regs->di, regs->si, regs->dx, regs->r10, regs->r8); }
