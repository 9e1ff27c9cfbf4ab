/* SPDX-License-Identifier: MIT */
/* Names: the tree of dentries, and what dentries and inodes say of their users against what was found from outside. */
#include <string.h>

#include "uapi.h"
#include "verify/check.h"

#define for_each_dentry(model, d) \
	for (const struct model_dentry *d = (model)->dentries; d < (model)->dentries + (model)->nr_dentries; d++)

/* What the image holds has a reference more, and a file of the image may hold it, which is no object of a slab. */
#define IMAGE_USERS 2
static bool of_image(const struct model *model, gva_t addr)
{
	gpa_t pa;

	return image_linear(model->image, addr, 8, &pa) && pa.pa < model->lab.mem_map_start_pfn * PAGE_SIZE;
}

void check_dentry_count(struct verify_context *c, const struct invariant *self)
{
	for_each_dentry(c->now, d) {
		int64_t found = (int64_t)d->nr_files + d->nr_cwds + d->nr_children + !!(d->raw.d_flags & DCACHE_ENTRY);
		int64_t more = of_image(c->now, d->addr) ? IMAGE_USERS : 0;

		if (!holds(c, d->raw.d_count >= found + !!more && d->raw.d_count <= found + more))
			report(c, self, AT_OBJECT(d->addr),
			       "\"%s\": d_count is %d; %u files, %u working directories, %u children%s", d->raw.d_name,
			       d->raw.d_count, d->nr_files, d->nr_cwds, d->nr_children,
			       d->raw.d_flags & DCACHE_ENTRY ? " and its directory" : "");
	}
}

static bool is_directory(const struct model *model, int inode)
{
	return inode >= 0 && (model->inodes[inode].raw.i_mode & LX_S_IFMT) == LX_S_IFDIR;
}

static bool lists(const struct model *model, const struct model_dentry *dir, gva_t entry)
{
	uint32_t index = addr_map_get(&model->dentry_map, entry.va);

	return index != ADDR_MAP_NONE && model->dentries[index].listed_in == dir - model->dentries;
}

static const char *entry_trouble(const struct model *model, const struct model_dentry *d)
{
	bool root = d == model->dentries, entry = d->raw.d_flags == DCACHE_ENTRY;

	if (!entry && d->raw.d_flags != DCACHE_MADE_UP && d->raw.d_flags != DCACHE_UNLINKED)
		return "d_flags are none";
	if (d->inode < 0)
		return "d_inode is no inode";
	if (d->raw.d_last.va && !lists(model, d, d->raw.d_last))
		return "d_last is no entry of it";
	if (!root && entry != (d->listed_in >= 0))
		return entry ? "it is on no directory's list" : "it is on a directory's list, and no entry";
	if (d->listed_in < 0)
		return NULL;
	if (d->raw.d_parent.va != model->dentries[d->listed_in].addr.va)
		return "d_parent is not the directory that lists it";
	if (!is_directory(model, model->dentries[d->listed_in].inode))
		return "what lists it is no directory";
	if (!d->raw.d_name[0] || strchr(d->raw.d_name, '/') || !strcmp(d->raw.d_name, ".") || !strcmp(d->raw.d_name, ".."))
		return "that is no name";
	return NULL;
}

void check_dentry_tree(struct verify_context *c, const struct invariant *self)
{
	for_each_dentry(c->now, d) {
		const char *wrong = entry_trouble(c->now, d);

		if (!holds(c, !wrong))
			report(c, self, AT_OBJECT(d->addr), "\"%s\": %s (d_flags %#x, d_inode %#lx)", d->raw.d_name, wrong,
			       d->raw.d_flags, d->raw.d_inode.va);
	}
}

/* Of those that stand in directories. i_nlink of a directory counts itself twice, and each directory in it. */
void check_inode_links(struct verify_context *c, const struct invariant *self)
{
	for_each_dentry(c->now, d) {
		const struct model_inode *inode = d->inode < 0 ? NULL : &c->now->inodes[d->inode];
		uint64_t links;

		if (!inode || d->raw.d_flags != DCACHE_ENTRY)
			continue;
		links = is_directory(c->now, d->inode) ? 2 + d->nr_dirs : inode->nr_entries;
		if (!holds(c, inode->raw.i_nlink == links))
			report(c, self, AT_OBJECT(inode->addr), "inode %lu, \"%s\": i_nlink is %u, expected %lu",
			       inode->raw.i_ino, d->raw.d_name, inode->raw.i_nlink, links);
	}
}

void check_inode_users(struct verify_context *c, const struct invariant *self)
{
	int64_t blocked = tasks_in_calls(c->now); /* each may hold an inode meanwhile: a futex in shared memory does */

	for (uint32_t i = 0; i < c->now->nr_inodes && c->now->nr_dentries; i++) {
		const struct model_inode *inode = &c->now->inodes[i];
		int64_t writers = (int64_t)inode->nr_writers - inode->nr_programs - !!(inode->raw.i_flags & S_IMAGE);

		if (!holds(c, inode->raw.i_count >= (int64_t)inode->nr_dentries &&
				      inode->raw.i_count <= inode->nr_dentries + blocked))
			report(c, self, AT_OBJECT(inode->addr), "inode %lu: i_count is %d, %u dentries name it",
			       inode->raw.i_ino, inode->raw.i_count, inode->nr_dentries);
		if (!holds(c, inode->raw.i_writecount == writers))
			report(c, self, AT_OBJECT(inode->addr),
			       "inode %lu: i_writecount is %d; %u files may write it, %u programs run from it",
			       inode->raw.i_ino, inode->raw.i_writecount, inode->nr_writers, inode->nr_programs);
	}
}
