/* SPDX-License-Identifier: MIT */
/* Where a process stands in the tree, and its umask (Linux fs/fs_struct.c, open.c, d_path.c). */
#include "permission.h"
#include "uaccess.h"

static DEFINE_KMEM_CACHE(fs_cachep, "fs_struct", sizeof(struct fs_struct));

struct fs_struct init_fs = { .users = 1, .umask = 022, .pwd = &root_dentry };

static struct fs_struct *dup_fs(const struct fs_struct *old)
{
	struct fs_struct *new = kmem_cache_alloc(&fs_cachep);

	if (new)
		*new = (struct fs_struct){ .users = 1, .umask = old->umask, .pwd = dget(old->pwd) };
	return new;
}

/* One that current may change: its own instead of the initial one. NULL: no memory. */
static struct fs_struct *writable_fs(void)
{
	if (current->fs == &init_fs) {
		struct fs_struct *copy = dup_fs(&init_fs);

		if (!copy)
			return NULL;
		current->fs = copy;
	}
	return current->fs;
}

int copy_fs(struct task *child, bool share)
{
	if (share) {
		/* As with files: who shares must see each other's changes. */
		child->fs = writable_fs();
		if (child->fs)
			child->fs->users++;
	} else {
		child->fs = current->fs == &init_fs ? &init_fs : dup_fs(current->fs);
	}
	return child->fs ? 0 : -LX_ENOMEM;
}

void put_fs(struct task *task)
{
	struct fs_struct *fs = task->fs;

	task->fs = NULL;
	if (fs == &init_fs || --fs->users)
		return;
	dput(fs->pwd);
	kmem_cache_free(&fs_cachep, fs);
}

/* The reference is taken over in any case. */
static long set_fs_pwd(struct dentry *dentry)
{
	struct fs_struct *fs = writable_fs();

	if (!fs) {
		dput(dentry);
		return -LX_ENOMEM;
	}
	dput(fs->pwd);
	fs->pwd = dentry;
	return 0;
}

/** chdir(path) */
long ksys_chdir(struct pt_regs *regs)
{
	struct dentry *dentry = user_path_at(LX_AT_FDCWD, regs->di, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (!inode_permission(dentry->d_inode, MAY_EXEC))
		return set_fs_pwd(dentry);
	dput(dentry);
	return -LX_EACCES;
}

/** fchdir(fd) */
long ksys_fchdir(struct pt_regs *regs)
{
	struct file *file = fget((uint32_t)regs->di);
	long error = -LX_ENOTDIR;

	if (!file)
		return -LX_EBADF;
	if (file->f_inode && is_dir(file->f_inode))
		error = inode_permission(file->f_inode, MAY_EXEC) ? -LX_EACCES : set_fs_pwd(dget(file->f_dentry));
	fput(file);
	return error;
}

/** getcwd(buf, size): the length with its end, as the call itself gives it. */
long ksys_getcwd(struct pt_regs *regs)
{
	struct page *page;
	char *buf, *path;
	long len;

	if (d_unlinked(current->fs->pwd))
		return -LX_ENOENT;
	page = alloc_pages(GFP_KERNEL, 0);
	if (!page)
		return -LX_ENOMEM;
	buf = __va(page_to_pfn(page) << PAGE_SHIFT);
	path = d_path(current->fs->pwd, buf, PATH_MAX);
	len = path ? buf + PATH_MAX - path : -LX_ENAMETOOLONG;
	if (len > 0 && (uint64_t)len > regs->si)
		len = -LX_ERANGE;
	else if (len > 0 && copy_to_user(regs->di, path, len))
		len = -LX_EFAULT;
	put_page(page);
	return len;
}

/** umask(mask): the old one. */
long ksys_umask(struct pt_regs *regs)
{
	uint32_t old = current->fs->umask, mask = regs->di & 0777;
	struct fs_struct *fs = mask == old ? current->fs : writable_fs();

	if (!fs)
		return -LX_ENOMEM;
	fs->umask = mask;
	return old;
}
