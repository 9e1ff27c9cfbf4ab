/* SPDX-License-Identifier: MIT */
/* Open files: what stands in them, what they keep in private_data, and who holds them. */
#include <string.h>
#include "uapi.h"
#include "verify/check.h"

/** It was opened by a name of its inode. */
static bool dentry_ok(const struct model *model, const struct file *file)
{
	const uint32_t i = addr_map_get(&model->dentry_map, file->f_dentry.va);

	return !file->f_dentry.va || (i != ADDR_MAP_NONE && model->dentries[i].raw.d_inode.va == file->f_inode.va);
}

static const char *file_trouble(const struct model *model, const struct file *file)
{
	if (file->f_mode & ~(FMODE_READ | FMODE_WRITE | FMODE_WRITER))
		return "has an f_mode that does not exist";
	if (!dentry_ok(model, file))
		return "has an f_dentry that is no name of its inode";
	if (!is_constant(&model->lab.image.file_ops, file->f_op))
		return "has an f_op that is no such table of the kernel's";
	if (file->f_inode.va && addr_map_get(&model->inode_map, file->f_inode.va) == ADDR_MAP_NONE)
		return "has an f_inode that is no inode";
	if (file->f_inode.va && file->f_mapping.va != file->f_inode.va + offsetof(struct inode, i_data))
		return "has an f_mapping that is not its inode's";
	return NULL;
}

void check_file_fields(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_files; i++) {
		const struct model_file *file = &c->now->files[i];
		const char *wrong = file_trouble(c->now, &file->raw);

		if (!holds(c, !wrong))
			report(c, self, AT_OBJECT(file->addr), "file %#lx %s (f_inode %#lx, f_mapping %#lx, f_op %#lx)",
			       file->addr.va, wrong, file->raw.f_inode.va, file->raw.f_mapping.va, file->raw.f_op.va);
	}
}

/*
 * Exact unless somebody is blocked (a reader of a pipe holds it, a poll() as many as it was given), or died in a call by a
 * mistake of the kernel.
 */
void check_file_count(struct verify_context *c, const struct invariant *self)
{
	uint64_t more = tasks_in_calls(c->now) ? INT32_MAX : c->now->lab.nr_oopses;

	for (uint32_t i = 0; i < c->now->nr_files; i++) {
		const struct model_file *file = &c->now->files[i];
		uint64_t held = 0UL + file->nr_areas + file->nr_programs + file->nr_fds + file->nr_segments + file->of_image;

		if (!holds(c, file->raw.f_count > 0 && file->raw.f_count - held <= more))
			report(c, self, AT_OBJECT(file->addr),
			       "file %#lx: f_count is %d; held by %u areas, %u programs, %u descriptors, %u times by segments%s",
			       file->addr.va, file->raw.f_count, file->nr_areas, file->nr_programs, file->nr_fds,
			       file->nr_segments, file->of_image ? ", once by itself" : "");
	}
}

/* --- private_data --------------------------------------------------------------------------------------------- */

/** Objects in use of all slab caches, where any file may lead to one. */
static void collect_live(const struct model *model, struct addr_map *live)
{
	bool any = false;

	for (uint32_t i = 0; i < model->nr_files; i++)
		any |= model->files[i].raw.private_data.va > UINT32_MAX;
	for (uint64_t i = 0; i < model->nr_objects && any; i++)
		if (!model->objects[i].free)
			addr_map_put(live, model->objects[i].addr.va, i);
}

/** The segment whose memory an inode is, or NULL. */
static const struct model_shm *segment_of(const struct model *model, uint32_t inode)
{
	for (uint32_t i = 0; i < model->nr_shms; i++)
		if (model->shms[i].inode == (int)inode)
			return &model->shms[i];
	return NULL;
}

/** What stands behind the file of an attachment names its segment. */
static bool attachment_ok(const struct model *model, const struct addr_map *live, const struct file *file,
			  const struct model_shm *shm)
{
	struct shm_file_data sfd;

	return addr_map_get(live, file->private_data.va) != ADDR_MAP_NONE &&
	       image_read_va(model->image, file->private_data, &sfd, sizeof(sfd)) && sfd.id == shm->raw.shm_perm.id &&
	       sfd.file.va == shm->raw.shm_file.va && is_constant(&model->lab.image.vm_ops, sfd.vm_ops);
}

/** A number, an object of a slab, or pages of the kernel's own: of files whose kinds are the guest's own affair. */
static bool private_plausible(const struct model *model, const struct addr_map *live, gva_t va)
{
	gpa_t pa;

	if (va.va <= UINT32_MAX || addr_map_get(live, va.va) != ADDR_MAP_NONE)
		return true;
	return va.va % PAGE_SIZE == 0 && image_linear(model->image, va, PAGE_SIZE, &pa) &&
	       model_frame_role(model, PFN(pa.pa)) == FRAME_KERNEL;
}

static const char *private_trouble(const struct model *model, const struct addr_map *live, const struct model_file *file)
{
	const uint32_t index = addr_map_get(&model->inode_map, file->raw.f_inode.va);
	const struct inode *inode = index == ADDR_MAP_NONE ? NULL : &model->inodes[index].raw;
	const gva_t data = file->raw.private_data;
	const struct model_shm *shm;

	if (!inode)
		return data.va ? "though it is a channel" : NULL;
	if ((inode->i_mode & LX_S_IFMT) == LX_S_IFIFO)
		return data.va == inode->i_private.va ? NULL : "not the pipe of its inode";
	if (!inode->i_data.a_ops.va || (inode->i_mode & LX_S_IFMT) == LX_S_IFDIR)
		return private_plausible(model, live, data) ? NULL : "which leads nowhere";
	shm = segment_of(model, index);
	if (shm && shm->raw.shm_file.va != file->addr.va)
		return attachment_ok(model, live, &file->raw, shm) ? NULL : "not what an attachment of its segment has";
	return data.va ? "though it is a plain file" : NULL;
}

/** Of these the guest makes one for each open file. */
static bool has_one_file(const struct model_cache *cache)
{
	return cache->raw.nr_inuse && (!strcmp(cache->raw.name, "eventfd_ctx") || !strcmp(cache->raw.name, "proc_mm") ||
				       !strcmp(cache->raw.name, "proc_maps"));
}

/** Each object of a cache is one file's. */
static void check_owned(struct verify_context *c, const struct invariant *self, uint32_t cache, const struct addr_map *owners)
{
	for (uint64_t i = 0; i < c->now->nr_objects; i++) {
		const struct model_object *object = &c->now->objects[i];

		if (object->cache != cache || object->free)
			continue;
		if (!holds(c, addr_map_get(owners, object->addr.va) != ADDR_MAP_NONE))
			report(c, self, AT_OBJECT(object->addr), "%s %#lx is in use, but no open file's",
			       c->now->caches[cache].raw.name, object->addr.va);
	}
}

void check_file_private(struct verify_context *c, const struct invariant *self)
{
	struct addr_map live = {0}, owners = {0};

	collect_live(c->now, &live);
	for (uint32_t i = 0; i < c->now->nr_files; i++) {
		const struct model_file *file = &c->now->files[i];
		const gva_t data = file->raw.private_data;
		const char *wrong = private_trouble(c->now, &live, file);

		if (!wrong && data.va > UINT32_MAX && addr_map_get(&c->now->pipe_map, data.va) == ADDR_MAP_NONE &&
		    addr_map_put(&owners, data.va, i) != i)
			wrong = "which another file has, too";
		if (!holds(c, !wrong))
			report(c, self, AT_OBJECT(file->addr), "file %#lx: private_data is %#lx, %s", file->addr.va, data.va,
			       wrong);
	}
	/* A call in which the kernel died by a mistake may have left some. */
	for (uint32_t i = 0; i < c->now->nr_caches && !c->now->lab.nr_oopses; i++)
		if (has_one_file(&c->now->caches[i]))
			check_owned(c, self, i, &owners);
	addr_map_free(&live);
	addr_map_free(&owners);
}
