/* SPDX-License-Identifier: MIT */
/* Dentries: names in directories, their references, and the way back from a dentry to its path (Linux fs/dcache.c, d_path.c). */
#include "fs.h"

static DEFINE_KMEM_CACHE(dentry_cachep, "dentry", sizeof(struct dentry));
static uint64_t last_seq = NR_STATIC_NODES;

/* parent NULL: it never has one. NULL: no memory, and the inode's reference stays the caller's. */
static struct dentry *d_alloc(struct dentry *parent, const char *name, struct inode *inode, uint32_t flags)
{
	struct dentry *dentry = kmem_cache_alloc(&dentry_cachep);

	if (!dentry)
		return NULL;
	INIT_LIST_HEAD(&dentry->d_child);
	INIT_LIST_HEAD(&dentry->d_subdirs);
	dentry->d_parent = parent ? dget(parent) : dentry;
	dentry->d_inode = inode;
	dentry->d_count = 1;
	dentry->d_flags = flags;
	dentry->d_last = NULL;
	dentry->d_seq = ++last_seq;
	strscpy(dentry->d_name, name, sizeof(dentry->d_name));
	return dentry;
}

struct dentry *d_add(struct dentry *parent, const char *name, struct inode *inode)
{
	struct dentry *dentry = d_alloc(parent, name, inode, DCACHE_ENTRY);

	if (dentry)
		list_add(&dget(dentry)->d_child, &parent->d_subdirs);
	return dentry;
}

struct file *anon_inode_getfile(const char *name, const struct file_operations *fop, void *private_data, uint32_t flags)
{
	struct inode *inode = new_inode(0600);
	char full[32];
	struct file *file;

	if (!inode)
		return ERR_PTR(-LX_ENOMEM);
	inode->i_nlink = 1;
	snprintf(full, sizeof(full), "anon_inode:%s", name);
	file = alloc_file_pseudo(inode, full, flags, fop);
	if (!file) {
		iput(inode);
		return ERR_PTR(-LX_ENOMEM);
	}
	file->private_data = private_data;
	return file;
}

struct file *alloc_file_pseudo(struct inode *inode, const char *name, uint32_t flags, const struct file_operations *fop)
{
	struct dentry *dentry = d_alloc(NULL, name, inode, DCACHE_UNLINKED);
	struct file *file;

	if (!dentry)
		return NULL;
	file = alloc_file(dentry, flags, fop);
	if (!file)
		kmem_cache_free(&dentry_cachep, dentry);
	return file;
}

void dput(struct dentry *dentry)
{
	while (--dentry->d_count == 0) {
		struct dentry *parent = dentry->d_parent;

		BUG_ON(!list_empty(&dentry->d_subdirs) || (dentry->d_flags & DCACHE_ENTRY));
		iput(dentry->d_inode);
		kmem_cache_free(&dentry_cachep, dentry);
		if (parent == dentry)
			return;
		dentry = parent;
	}
}

/* It leaves its directory, which shall not look for it first any more. */
static void forget_last(struct dentry *dentry)
{
	if (dentry->d_parent->d_last == dentry)
		dentry->d_parent->d_last = NULL;
}

void d_unlink(struct dentry *dentry)
{
	forget_last(dentry);
	list_del(&dentry->d_child);
	INIT_LIST_HEAD(&dentry->d_child);
	dentry->d_flags = DCACHE_UNLINKED;
	dput(dentry);
}

void d_move(struct dentry *dentry, struct dentry *parent, const char *name)
{
	struct dentry *old = dentry->d_parent;

	forget_last(dentry);
	list_del(&dentry->d_child);
	list_add(&dentry->d_child, &parent->d_subdirs);
	dentry->d_seq = ++last_seq;
	dentry->d_parent = dget(parent);
	strscpy(dentry->d_name, name, sizeof(dentry->d_name));
	dput(old);
}

static bool is_named(const struct dentry *dentry, const char *name, size_t size)
{
	return dentry->d_name[0] == name[0] && !memcmp(dentry->d_name, name, size);
}

/*
 * The entry found last and its neighbours: who reads a large directory asks for one after the other, several times each. (Linux
 * has a hash table.) NULL: it is none of them.
 */
static struct dentry *lookup_nearby(struct dentry *parent, const char *name, size_t size)
{
	struct list_head *last = &parent->d_last->d_child, *nearby[] = { last, last->next, last->prev };

	for (int i = 0; i < 3; i++) {
		struct dentry *dentry = list_entry(nearby[i], struct dentry, d_child);

		if (nearby[i] != &parent->d_subdirs && is_named(dentry, name, size))
			return dentry;
	}
	return NULL;
}

struct dentry *d_lookup(struct dentry *parent, const char *name)
{
	size_t size = strlen(name) + 1;
	struct dentry *dentry = parent->d_last ? lookup_nearby(parent, name, size) : NULL;

	if (dentry)
		goto found;
	list_for_each_entry(dentry, &parent->d_subdirs, d_child)
		if (is_named(dentry, name, size))
			goto found;
	return NULL;
found:
	parent->d_last = dentry;
	return dget(dentry);
}

struct dentry *lookup_one(struct dentry *parent, const char *name)
{
	struct inode *dir = parent->d_inode, *inode;
	struct dentry *dentry = d_lookup(parent, name);

	if (dentry)
		return dentry;
	if (dir->i_flags & S_HOST)
		return host_lookup(parent, name);
	if (!dir->i_op->lookup)
		return ERR_PTR(-LX_ENOENT);
	down_read(&dir->i_rwsem);
	inode = dir->i_op->lookup(dir, name);
	up_read(&dir->i_rwsem);
	if (IS_ERR(inode))
		return ERR_PTR(PTR_ERR(inode));
	dentry = d_alloc(parent, name, inode, DCACHE_MADE_UP);
	if (dentry)
		return dentry;
	iput(inode);
	return ERR_PTR(-LX_ENOMEM);
}

bool is_subdir(const struct dentry *dentry, const struct dentry *ancestor)
{
	for (; dentry != ancestor; dentry = dentry->d_parent)
		if (dentry == dentry->d_parent)
			return false;
	return true;
}

/* Put n bytes in front of *at; false: no room in front of them. */
static bool prepend(char *buf, char **at, const char *bytes, size_t n)
{
	if ((size_t)(*at - buf) < n)
		return false;
	*at -= n;
	memcpy(*at, bytes, n);
	return true;
}

char *d_path(const struct dentry *dentry, char *buf, size_t size)
{
	static const char deleted[] = " (deleted)";
	char *at = buf + size;
	bool room = prepend(buf, &at, d_unlinked(dentry) ? deleted : "",
			    d_unlinked(dentry) ? sizeof(deleted) : 1);

	if (room && dentry == &root_dentry)
		room = prepend(buf, &at, "/", 1);
	for (; room && dentry != &root_dentry; dentry = dentry->d_parent) {
		room = prepend(buf, &at, dentry->d_name, strlen(dentry->d_name)) && prepend(buf, &at, "/", 1);
		if (dentry == dentry->d_parent)
			break;
	}
	return room ? at : NULL;
}
