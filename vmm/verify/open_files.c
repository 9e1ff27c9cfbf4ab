/* SPDX-License-Identifier: MIT */
/* The files behind areas and programs. */
#include <stdlib.h>

#include "base/error.h"
#include "verify/check.h"

/** A file that is named by areas or as a program, and how often. */
struct holder {
	gva_t file;
	uint32_t refs;
};

struct holders {
	struct holder *items;
	uint32_t n;
	struct addr_map map;
};

static void hold_file(struct holders *h, gva_t file)
{
	uint32_t at;

	if (!file.va)
		return;
	at = addr_map_put(&h->map, file.va, h->n);
	if (at == h->n)
		h->items[h->n++] = (struct holder){.file = file};
	h->items[at].refs++;
}

static struct holders find_holders(const struct model *model)
{
	struct holders h = {.items = xcalloc(model->nr_mms + model->nr_all_vmas + 1UL, sizeof(*h.items))};

	for (uint32_t i = 0; i < model->nr_mms; i++)
		if (model->mms[i].nr_users)
			hold_file(&h, model->mms[i].raw.exe_file);
	for (uint32_t i = 0; i < model->nr_all_vmas; i++)
		hold_file(&h, model->all_vmas[i].raw.vm_file);
	return h;
}

static bool in_kernel_constants(const struct model *model, gva_t va)
{
	return va.va >= model->lab.image.rodata_start && va.va < model->lab.image.rodata_end;
}

static const char *file_trouble(const struct model *model, const struct file *file, uint32_t refs)
{
	if (file->f_count < 0 || (uint32_t)file->f_count < refs)
		return "has fewer references than areas and programs name it";
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
	struct holders h = find_holders(c->now);

	for (uint32_t i = 0; i < h.n; i++) {
		struct file file;
		const char *wrong;

		/* One that cannot be read at all is damage, and told as that. */
		if (!image_read_va(c->now->image, h.items[i].file, &file, sizeof(file)))
			continue;
		wrong = file_trouble(c->now, &file, h.items[i].refs);
		if (!holds(c, !wrong))
			report(c, self, AT_OBJECT(h.items[i].file),
			       "file %#lx %s (f_count %d, named %u times, f_inode %#lx, f_mapping %#lx, f_op %#lx)",
			       h.items[i].file.va, wrong, file.f_count, h.items[i].refs, file.f_inode.va,
			       file.f_mapping.va, file.f_op.va);
	}
	addr_map_free(&h.map);
	free(h.items);
}
