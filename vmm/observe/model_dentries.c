/* SPDX-License-Identifier: MIT */
/*
 * The tree of names: every dentry that the root leads to, and those that only a slab knows (unlinked and still used, or made up by
 * a lookup); and who refers to them: open files, working directories, programs that run.
 */
#include "observe/build.h"
#include "uapi.h"

#include <string.h>

static struct model_dentry *dentry_at(struct build *b, uint64_t index)
{
	return (struct model_dentry *)b->dentries.items + index;
}

/* parent: index of the directory on whose list it was met, or -1. false: it cannot be read, or was met before. */
static bool add_dentry(struct build *b, gva_t addr, int parent)
{
	struct model_dentry *d;
	struct dentry raw;

	if (b->dentries.n >= b->max_structs || addr_map_get(&b->model->dentry_map, addr.va) != ADDR_MAP_NONE ||
	    !read_struct(b, addr, &raw, sizeof(raw)))
		return false;
	raw.d_name[sizeof(raw.d_name) - 1] = '\0';
	addr_map_put(&b->model->dentry_map, addr.va, b->dentries.n);
	d = grow_add(&b->dentries, sizeof(*d));
	*d = (struct model_dentry){.addr = addr, .raw = raw, .listed_in = parent};
	d->inode = addr_map_get(&b->model->inode_map, raw.d_inode.va);
	return true;
}

struct dir_list {
	int dir; /* index into dentries */
};

static bool visit_entry(struct build *b, const struct list_walk *list, gva_t node)
{
	const struct dir_list *dir = list->ctx;

	return add_dentry(b, (gva_t){node.va - offsetof(struct dentry, d_child)}, dir->dir);
}

/* Each directory that was found is looked into, the ones found there, too. */
static void walk_names(struct build *b)
{
	if (!b->model->lab.tree_root.va || !add_dentry(b, (gva_t){b->model->lab.tree_root.va}, -1))
		return;
	for (uint64_t i = 0; i < b->dentries.n; i++) {
		struct dir_list dir = {.dir = i};

		follow_list(b, &(struct list_walk){.name = "d_subdirs",
						   .what = "dentry that is new",
						   .head = {dentry_at(b, i)->addr.va + offsetof(struct dentry, d_subdirs)},
						   .mm = -1,
						   .max = b->max_structs,
						   .ctx = &dir,
						   .visit = visit_entry});
	}
}

/* --- who refers to whom -------------------------------------------------------------------------- */

static struct model_dentry *find_dentry(struct build *b, uint64_t va)
{
	uint32_t index = addr_map_get(&b->model->dentry_map, va);

	return index == ADDR_MAP_NONE ? NULL : dentry_at(b, index);
}

static struct model_inode *inode_of(struct build *b, uint64_t va)
{
	uint32_t index = addr_map_get(&b->model->inode_map, va);

	return index == ADDR_MAP_NONE ? NULL : (struct model_inode *)b->inodes.items + index;
}

static void found_dentry(struct build *b, gva_t addr)
{
	add_dentry(b, addr, -1);
}

static void count_file(struct build *b, gva_t addr)
{
	struct model_dentry *dentry;
	struct model_inode *inode;
	struct file file;

	if (!read_struct(b, addr, &file, sizeof(file)))
		return;
	dentry = find_dentry(b, file.f_dentry.va);
	inode = inode_of(b, file.f_inode.va);
	if (dentry)
		dentry->nr_files++;
	if (inode && (file.f_mode & FMODE_WRITER))
		inode->nr_writers++;
}

static void count_cwd(struct build *b, gva_t addr)
{
	struct model_dentry *dentry;
	struct fs_struct fs;

	if (!read_struct(b, addr, &fs, sizeof(fs)))
		return;
	dentry = find_dentry(b, fs.pwd.va);
	if (dentry)
		dentry->nr_cwds++;
}

static void count_programs(struct build *b)
{
	for (uint64_t i = 0; i < b->mms.n; i++) {
		const struct model_mm *mm = (const struct model_mm *)b->mms.items + i;
		struct model_inode *inode;
		struct file file;

		if (!mm->raw.exe_file.va || !read_struct(b, mm->raw.exe_file, &file, sizeof(file)))
			continue;
		inode = inode_of(b, file.f_inode.va);
		if (inode)
			inode->nr_programs++;
	}
}

/* Children and names: what d_parent and d_inode of all dentries say. */
static void count_links(struct build *b)
{
	for (uint64_t i = 0; i < b->dentries.n; i++) {
		struct model_dentry *d = dentry_at(b, i), *parent = find_dentry(b, d->raw.d_parent.va);
		struct model_inode *inode = inode_of(b, d->raw.d_inode.va);

		if (parent && parent != d) {
			parent->nr_children++;
			if (inode && d->listed_in >= 0 && (inode->raw.i_mode & LX_S_IFMT) == LX_S_IFDIR)
				parent->nr_dirs++;
		}
		if (!inode)
			continue;
		inode->nr_dentries++;
		inode->nr_entries += !!(d->raw.d_flags & DCACHE_ENTRY);
	}
}

void decode_dentries(struct build *b)
{
	walk_names(b);
	if (!b->dentries.n)
		return;
	each_object(b, "dentry", found_dentry);
	each_object(b, "filp", count_file);
	each_object(b, "fs_struct", count_cwd);
	count_programs(b);
	count_links(b);
}
