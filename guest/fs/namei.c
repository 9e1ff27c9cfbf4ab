/* SPDX-License-Identifier: MIT */
/* From a path to its dentry (Linux fs/namei.c): components, "." and "..", symbolic links. */
#include "permission.h"
#include "uaccess.h"

#define MAXSYMLINKS	40
#define LINK_ORDER	1		/* a link's target and what follows it in the path */
#define LINK_SIZE	(PAGE_SIZE << LINK_ORDER)

/* --- paths of user memory ------------------------------------------------------------------------------------- */

/* One that does not fit `small`: into a page. */
static int getname_long(struct filename *filename, uint64_t at)
{
	char *path;
	long len;

	filename->page = alloc_pages(GFP_KERNEL, 0);
	if (!filename->page)
		return -LX_ENOMEM;
	path = __va(page_to_pfn(filename->page) << PAGE_SHIFT);
	len = strncpy_from_user(path, at, PATH_MAX);
	filename->name = path;
	if (len >= 0 && len < PATH_MAX)
		return 0;
	putname(filename);
	return len < 0 ? (int)len : -LX_ENAMETOOLONG;
}

int getname(struct filename *filename, uint64_t at)
{
	long len = strncpy_from_user(filename->small, at, sizeof(filename->small));

	filename->name = filename->small;
	filename->page = NULL;
	if (len <= 0)
		return len < 0 ? (int)len : -LX_ENOENT;
	return len == sizeof(filename->small) ? getname_long(filename, at) : 0;
}

void putname(struct filename *filename)
{
	if (filename->page)
		put_page(filename->page);
}

/* --- the walk ------------------------------------------------------------------------------------------------- */

/* The directory that a relative path starts from, with a reference; or ERR_PTR. */
static struct dentry *start_of(int dfd)
{
	struct dentry *dentry;
	struct file *file;

	if (dfd == LX_AT_FDCWD)
		return dget(current->fs->pwd);
	file = fget((uint32_t)dfd);
	if (!file)
		return ERR_PTR(-LX_EBADF);
	dentry = file->f_inode && is_dir(file->f_inode) ? dget(file->f_dentry) : ERR_PTR(-LX_ENOTDIR);
	fput(file);
	return dentry;
}

int walk_begin(struct walk *w, int dfd, const char *path)
{
	*w = (struct walk){ .at = ERR_PTR(-LX_ENOENT), .path = path };
	if (unlikely(tree_pending))
		prepare_tree();
	if (!*path)
		return -LX_ENOENT;
	w->at = *path == '/' ? dget(&root_dentry) : start_of(dfd);
	return IS_ERR(w->at) ? (int)PTR_ERR(w->at) : 0;
}

void walk_end(struct walk *w)
{
	if (!IS_ERR(w->at))
		dput(w->at);
	if (w->block)
		__free_pages(w->block, LINK_ORDER);
}

static void walk_to(struct walk *w, struct dentry *dentry)
{
	dput(w->at);
	w->at = dentry;
}

/* Take the next component off the path. 0 or -LX_ENAMETOOLONG. */
static int take_component(struct walk *w, struct last_name *last)
{
	size_t n = 0;

	while (*w->path == '/')
		w->path++;
	for (; *w->path && *w->path != '/'; w->path++) {
		if (n == LX_NAME_MAX)
			return -LX_ENAMETOOLONG;
		last->name[n++] = *w->path;
	}
	last->name[n] = '\0';
	last->slash = *w->path;
	last->type = LAST_NORM;
	if (n == 0)
		last->type = LAST_ROOT;
	else if (n == 1 && last->name[0] == '.')
		last->type = LAST_DOT;
	else if (n == 2 && last->name[0] == '.' && last->name[1] == '.')
		last->type = LAST_DOTDOT;
	while (*w->path == '/')
		w->path++;
	return 0;
}

struct dentry *walk_component(struct walk *w, const struct last_name *last)
{
	if (last->type == LAST_NORM)
		return lookup_one(w->at, last->name);
	return dget(last->type == LAST_DOTDOT ? w->at->d_parent : w->at);
}

/* "target/rest" in a block of its own becomes the path. The old path may lie in the old block. */
static int redirect(struct walk *w, struct inode *link, const char *rest)
{
	struct page *block = alloc_pages(GFP_KERNEL, LINK_ORDER);
	char *path;
	size_t n, size = strlen(rest) + 1;
	int error;

	if (!block)
		return -LX_ENOMEM;
	path = __va(page_to_pfn(block) << PAGE_SHIFT);
	error = link->i_op->get_link(link, path);
	n = error ? 0 : strlen(path);
	if (!error && n + 1 + size > LINK_SIZE)
		error = -LX_ENAMETOOLONG;
	if (error) {
		__free_pages(block, LINK_ORDER);
		return error;
	}
	path[n] = '/';
	memcpy(path + n + 1, rest, size);
	if (size == 1)
		path[n] = '\0';
	if (w->block)
		__free_pages(w->block, LINK_ORDER);
	w->block = block;
	w->path = path;
	return 0;
}

struct dentry *jump_link(struct dentry *link)
{
	const struct inode_operations *op = link->d_inode->i_op;
	struct dentry *target = op->get_dentry ? op->get_dentry(link->d_inode) : NULL;

	if (target)
		dput(link);
	return target;
}

int follow_link(struct walk *w, struct dentry *link, bool slash)
{
	int error = -LX_ELOOP;

	/* Of what is left only "/" may be behind the last component. */
	if (w->links++ < MAXSYMLINKS)
		error = redirect(w, link->d_inode, *w->path || !slash ? w->path : "/");
	dput(link);
	if (!error && *w->path == '/')
		walk_to(w, dget(&root_dentry));
	return error;
}

int walk_parents(struct walk *w, struct last_name *last)
{
	for (;;) {
		struct dentry *dentry;
		int error;

		if (!is_dir(w->at->d_inode))
			return -LX_ENOTDIR;
		error = inode_permission(w->at->d_inode, MAY_EXEC);
		if (error)
			return error;
		error = take_component(w, last);
		if (error || !*w->path)
			return error;
		dentry = walk_component(w, last);
		if (IS_ERR(dentry))
			return PTR_ERR(dentry);
		if (!is_symlink(dentry->d_inode)) {
			walk_to(w, dentry);
			continue;
		}
		error = follow_link(w, dentry, /* slash = */ false);
		if (error)
			return error;
	}
}

/* --- where a path leads --------------------------------------------------------------------------------------- */

static struct dentry *walk_all(struct walk *w, unsigned int flags)
{
	struct last_name last;
	int error;

	for (;;) {
		struct dentry *dentry, *target = NULL;

		error = walk_parents(w, &last);
		if (error)
			return ERR_PTR(error);
		if (last.type == LAST_NORM && last.slash)
			flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
		dentry = walk_component(w, &last);
		if (!IS_ERR(dentry) && is_symlink(dentry->d_inode) && (flags & LOOKUP_FOLLOW))
			target = jump_link(dentry);
		dentry = target ? target : dentry;
		if (IS_ERR(dentry))
			return dentry;
		if (target || !is_symlink(dentry->d_inode) || !(flags & LOOKUP_FOLLOW)) {
			if (!(flags & LOOKUP_DIRECTORY) || is_dir(dentry->d_inode))
				return dentry;
			dput(dentry);
			return ERR_PTR(-LX_ENOTDIR);
		}
		error = follow_link(w, dentry, last.slash);
		if (error)
			return ERR_PTR(error);
	}
}

struct dentry *path_lookup(int dfd, const char *path, unsigned int flags)
{
	struct walk w;
	int error = walk_begin(&w, dfd, path);
	struct dentry *dentry = error ? ERR_PTR(error) : walk_all(&w, flags);

	walk_end(&w);
	return dentry;
}

struct dentry *user_path_at(int dfd, uint64_t path, unsigned int flags)
{
	struct filename filename;
	struct dentry *dentry;
	int error = getname(&filename, path);

	if (error)
		return ERR_PTR(error);
	dentry = path_lookup(dfd, filename.name, flags);
	putname(&filename);
	return dentry;
}

int path_parent(int dfd, const char *path, struct last_name *last)
{
	struct walk w;
	int error = walk_begin(&w, dfd, path);

	if (!error)
		error = walk_parents(&w, last);
	if (!error)
		last->parent = dget(w.at);
	walk_end(&w);
	return error;
}
