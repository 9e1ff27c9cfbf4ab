/* SPDX-License-Identifier: MIT */
/* Cores to files of --out; see cores.h. The picture has the pages of every file, so the guest need not be asked. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/cores.h"

/* Index into inodes, or -1. */
static int64_t find_inode(const struct model *model, uint64_t ino)
{
	for (uint32_t i = 0; i < model->nr_inodes; i++)
		if (model->inodes[i].raw.i_ino == ino)
			return i;
	return -1;
}

static int record_core(struct outdir *d, const char *name, const struct model *model, uint32_t inode,
		       struct error *e)
{
	struct outdir_piece *pieces = xcalloc(model->inodes[inode].nr_pages + 1, sizeof(*pieces));
	uint64_t size = model->inodes[inode].raw.i_size, n = 0;
	int failed;

	for (uint64_t i = 0; i < model->nr_cached; i++) {
		const struct model_cached *page = &model->cached[i];
		uint64_t offset = page->index << PAGE_SHIFT;
		const void *bytes = image_ptr(model->image, (gpa_t){page->pfn << PAGE_SHIFT}, PAGE_SIZE);

		/* Offsets of a broken index may be any. */
		if (page->inode != inode || !bytes || offset >= size || page->index > INT64_MAX >> PAGE_SHIFT)
			continue;
		pieces[n++] = (struct outdir_piece){
			.offset = offset, .bytes = bytes, .n = size - offset < PAGE_SIZE ? size - offset : PAGE_SIZE};
	}
	failed = outdir_sparse_file(d, name, size, pieces, n, e);
	free(pieces);
	return failed;
}

int record_cores(struct outdir *d, const struct report_step *step, struct error *e)
{
	char name[48];
	int failed = 0;

	for (uint32_t i = 0; i < step->nr_events && step->now && !failed; i++) {
		const struct lab_event *event = &step->events[i];
		int64_t inode;

		if (event->type != LAB_EV_CORE)
			continue;
		inode = find_inode(step->now, event->args[0]);
		if (inode < 0)
			continue;
		snprintf(name, sizeof(name), "step-%04" PRIu32 ".core.%" PRId32, step->number, event->pid);
		failed = record_core(d, name, step->now, inode, e);
	}
	return failed;
}
