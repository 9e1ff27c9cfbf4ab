/* SPDX-License-Identifier: MIT */
/*
 * Files of the host's folder (--root): a page of the cache that nobody wrote holds what the host gave for it. A write sets PG_dirty
 * before or with the first byte, be it by write(), through a shared mapping or by the kernel.
 */
#include "observe/view.h"
#include "verify/check.h"

static uint32_t lower_hash(const struct model *model, uint64_t pfn)
{
	const uint8_t *page = image_ptr(model->image, (gpa_t){pfn << PAGE_SHIFT}, PAGE_SIZE);

	if (model_hash_of(model, pfn))
		return model_hash_of(model, pfn);
	return page ? view_hash(page) : 0;
}

void check_content_root(struct verify_context *c, const struct invariant *self)
{
	if (!c->aids || !c->aids->root_given)
		return;
	for (const struct model_cached *at = c->now->cached; at < c->now->cached + c->now->nr_cached; at++) {
		const struct model_inode *inode = &c->now->inodes[at->inode];
		uint32_t given;

		if (!(inode->raw.i_flags & S_HOST) || (frame_at(c->now, at->pfn)->raw.flags & PG_dirty) ||
		    !c->aids->root_given(c->aids->ctx, inode->raw.i_private.va, at->index, &given))
			continue;
		if (!holds(c, lower_hash(c->now, at->pfn) == given))
			report(c, self, AT_FRAME(at->pfn), "inode %lu: its page %#lx, %s, was not written, and does not hold what the host gave",
			       inode->raw.i_ino, at->index, frame_label(c->now, at->pfn).text);
	}
}
