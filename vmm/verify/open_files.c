/* SPDX-License-Identifier: MIT */
/* Open files: what stands in them, and who holds them. */
#include "verify/check.h"

static bool in_kernel_constants(const struct model *model, gva_t va)
{
	return va.va >= model->lab.image.rodata_start && va.va < model->lab.image.rodata_end;
}

static const char *file_trouble(const struct model *model, const struct file *file)
{
	if (file->f_op.va && !in_kernel_constants(model, file->f_op))
		return "has an f_op that is no constant of the kernel's";
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

		if (!holds(c, file->raw.f_count - held <= more))
			report(c, self, AT_OBJECT(file->addr),
			       "file %#lx: f_count is %d; held by %u areas, %u programs, %u descriptors, %u times by segments%s",
			       file->addr.va, file->raw.f_count, file->nr_areas, file->nr_programs, file->nr_fds,
			       file->nr_segments, file->of_image ? ", once by itself" : "");
	}
}
