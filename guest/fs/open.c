/* SPDX-License-Identifier: MIT */
/* Opening: the last step of a walk, what the flags ask for, and who may write (Linux fs/namei.c, open.c). */
#include "permission.h"
#include "uaccess.h"

/* Not kept in f_flags: they were about the opening. */
#define OPEN_ONCE	(LX_O_CREAT | LX_O_EXCL | LX_O_NOCTTY | LX_O_TRUNC | LX_O_CLOEXEC)

/* --- files on dentries ------------------------------------------------------------------------------------------ */

static uint32_t open_mode(uint32_t flags)
{
	switch (flags & LX_O_ACCMODE) {
	case LX_O_RDONLY:
		return FMODE_READ;
	case LX_O_WRONLY:
		return FMODE_WRITE;
	case LX_O_RDWR:
		return FMODE_READ | FMODE_WRITE;
	default:
		return 0;
	}
}

struct file *dentry_open(struct dentry *dentry, uint32_t flags)
{
	struct inode *inode = dentry->d_inode;
	uint32_t mode = open_mode(flags);
	struct file *file;
	int error = inode->i_fop ? 0 : -LX_ENXIO;	/* an eventfd, say: its file is all there is of it */

	if (!error && (mode & FMODE_WRITE) && is_reg(inode)) {
		error = get_write_access(inode);
		mode |= FMODE_WRITER;
	}
	/* No file here goes round the page cache. */
	if (!error && (flags & LX_O_DIRECT)) {
		error = -LX_EINVAL;
		if (mode & FMODE_WRITER)
			put_write_access(inode);
	}
	file = error ? ERR_PTR(error) : alloc_file(dentry, flags & ~OPEN_ONCE, inode->i_fop);
	if (!file && (mode & FMODE_WRITER))
		put_write_access(inode);
	if (!file)
		file = ERR_PTR(-LX_ENOMEM);
	if (IS_ERR(file)) {
		dput(dentry);
		return file;
	}
	file->f_mode = mode;
	error = file->f_op->open ? file->f_op->open(inode, file) : 0;
	if (!error)
		return file;
	fput(file);
	return ERR_PTR(error);
}

/* --- open(2) ---------------------------------------------------------------------------------------------------- */

struct dentry *add_entry(struct dentry *parent, const char *name, struct inode *inode)
{
	struct inode *dir = parent->d_inode;
	struct dentry *dentry;

	if (IS_ERR(inode))
		return ERR_PTR(PTR_ERR(inode));
	down_write(&dir->i_rwsem);
	dentry = d_add(parent, name, inode);
	if (dentry) {
		dir->i_size += TMPFS_DIRENT_SIZE;
		dir->i_nlink += is_dir(inode);
		update_mtime(dir);
	}
	up_write(&dir->i_rwsem);
	if (dentry)
		return dentry;
	iput(inode);
	return ERR_PTR(-LX_ENOMEM);
}

static struct dentry *create_file(struct dentry *parent, const char *name, uint32_t mode)
{
	struct inode *dir = parent->d_inode;

	if (d_unlinked(parent))
		return ERR_PTR(-LX_ENOENT);
	if (!dir->i_op->mknod || may_change_dir(dir))
		return ERR_PTR(-LX_EACCES);
	return add_entry(parent, name, dir->i_op->mknod(dir, LX_S_IFREG | (mode & 07777 & ~current->fs->umask)));
}

/* Linux open_last_lookups: the dentry to open, with a reference; or ERR_PTR. *created: it was not there. */
static struct dentry *open_last(struct walk *w, uint32_t flags, uint32_t mode, bool *created)
{
	bool follow = !(flags & LX_O_NOFOLLOW) && (flags & (LX_O_CREAT | LX_O_EXCL)) != (LX_O_CREAT | LX_O_EXCL);
	struct last_name last;

	for (;;) {
		struct dentry *dentry, *target = NULL;
		int error = walk_parents(w, &last);

		if (error)
			return ERR_PTR(error);
		if (last.type == LAST_NORM && last.slash && (flags & LX_O_CREAT))
			return ERR_PTR(-LX_EISDIR);
		dentry = walk_component(w, &last);
		if (dentry == ERR_PTR(-LX_ENOENT) && (flags & LX_O_CREAT)) {
			*created = true;
			return create_file(w->at, last.name, mode);
		}
		if (!IS_ERR(dentry) && is_symlink(dentry->d_inode) && (follow || last.slash))
			target = jump_link(dentry);
		dentry = target ? target : dentry;
		if (IS_ERR(dentry))
			return dentry;
		if (!target && is_symlink(dentry->d_inode) && (follow || last.slash)) {
			error = follow_link(w, dentry, last.slash);
			if (error)
				return ERR_PTR(error);
			continue;
		}
		if (!last.slash || is_dir(dentry->d_inode))
			return dentry;
		dput(dentry);
		return ERR_PTR(-LX_ENOTDIR);
	}
}

/* What must be allowed for the flags; mode 3 is to read and to write, though neither will be done. */
static uint32_t open_permission(uint32_t flags)
{
	static const uint32_t rights[] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE };

	return rights[flags & LX_O_ACCMODE] | (flags & LX_O_TRUNC ? MAY_WRITE : 0);
}

/* What is there may not be what the flags want (Linux do_open, may_open). 0 or -errno. */
static int check_open(const struct inode *inode, uint32_t flags, bool created)
{
	bool writes = (flags & (LX_O_ACCMODE | LX_O_TRUNC)) && !created;

	if ((flags & LX_O_CREAT) && (flags & LX_O_EXCL) && !created)
		return -LX_EEXIST;
	if ((flags & LX_O_CREAT) && is_dir(inode))
		return -LX_EISDIR;
	if ((flags & LX_O_DIRECTORY) && !is_dir(inode))
		return -LX_ENOTDIR;
	if (is_symlink(inode))
		return -LX_ELOOP;
	if (is_dir(inode) && writes)
		return -LX_EISDIR;
	if (!created && inode_permission(inode, open_permission(flags)))
		return -LX_EACCES;
	return (flags & LX_O_NOATIME) && !inode_owner_or_capable(inode) ? -LX_EPERM : 0;
}

/* 0 or -errno. */
static int truncate_inode(struct inode *inode, uint64_t size)
{
	int error;

	if (!is_reg(inode))
		return is_dir(inode) ? -LX_EISDIR : -LX_EINVAL;
	error = inode_permission(inode, MAY_WRITE);
	if (!error)
		error = get_write_access(inode);
	if (error)
		return error;
	error = vfs_truncate(inode, size);
	put_write_access(inode);
	return error;
}

struct file *do_filp_open(int dfd, const char *path, uint32_t flags, uint32_t mode)
{
	struct dentry *dentry;
	bool created = false;
	struct file *file;
	struct walk w;
	int error = walk_begin(&w, dfd, path);

	dentry = error ? ERR_PTR(error) : open_last(&w, flags, mode, &created);
	walk_end(&w);
	if (IS_ERR(dentry))
		return ERR_PTR(PTR_ERR(dentry));
	error = check_open(dentry->d_inode, flags, created);
	if (error) {
		dput(dentry);
		return ERR_PTR(error);
	}
	file = dentry_open(dentry, flags);
	if (IS_ERR(file) || !(flags & LX_O_TRUNC) || created || !is_reg(file->f_inode))
		return file;
	error = truncate_inode(file->f_inode, 0);
	if (!error)
		return file;
	fput(file);
	return ERR_PTR(error);
}

struct file *open_exec(const char *path)
{
	struct dentry *dentry = path_lookup(LX_AT_FDCWD, path, LOOKUP_FOLLOW);
	struct inode *inode;
	struct file *file;
	int error = 0;

	if (IS_ERR(dentry))
		return ERR_PTR(PTR_ERR(dentry));
	inode = dentry->d_inode;
	if (!is_reg(inode) || inode_permission(inode, MAY_EXEC))
		error = -LX_EACCES;
	else if (inode->i_writecount > 0)
		error = -LX_ETXTBSY;
	if (error) {
		dput(dentry);
		return ERR_PTR(error);
	}
	file = dentry_open(dentry, LX_O_RDONLY | LX_O_LARGEFILE);
	if (!IS_ERR(file))
		inode->i_writecount--;
	return file;
}

/* --- the calls -------------------------------------------------------------------------------------------------- */

static long do_sys_open(int dfd, uint64_t path, uint32_t flags, uint32_t mode)
{
	struct filename filename;
	struct file *file;
	long error, fd;

	/* Descriptors that only name a place, and files without names: not done. */
	if (flags & (LX_O_PATH | LX___O_TMPFILE))
		return -LX_EINVAL;
	error = getname(&filename, path);
	if (error)
		return error;
	fd = get_unused_fd();
	file = fd < 0 ? ERR_PTR(fd) : do_filp_open(dfd, filename.name, flags | LX_O_LARGEFILE, mode);
	putname(&filename);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd_install(fd, file, flags);
	return fd;
}

/** open(path, flags, mode) */
long ksys_open(struct pt_regs *regs) { return do_sys_open(LX_AT_FDCWD, regs->di, regs->si, regs->dx); }
/** openat(dfd, path, flags, mode) */
long ksys_openat(struct pt_regs *regs) { return do_sys_open(regs->di, regs->si, regs->dx, regs->r10); }

/** creat(path, mode) */
long ksys_creat(struct pt_regs *regs)
{
	return do_sys_open(LX_AT_FDCWD, regs->di, LX_O_CREAT | LX_O_WRONLY | LX_O_TRUNC, regs->si);
}

/** truncate(path, length) */
long ksys_truncate(struct pt_regs *regs)
{
	struct dentry *dentry;
	long ret;

	if ((int64_t)regs->si < 0)
		return -LX_EINVAL;
	dentry = user_path_at(LX_AT_FDCWD, regs->di, LOOKUP_FOLLOW);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	ret = truncate_inode(dentry->d_inode, regs->si);
	dput(dentry);
	return ret;
}
