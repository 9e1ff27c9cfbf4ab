/* SPDX-License-Identifier: MIT */
/* Files: the page cache against its index, and the areas that map a file against its tree. */
#include "uapi.h"
#include "verify/frame.h"

static gva_t mapping_of(const struct model_inode *inode)
{
	return (gva_t){inode->addr.va + offsetof(struct inode, i_data)};
}

static bool is_dir(const struct model_inode *inode)
{
	return (inode->raw.i_mode & LX_S_IFMT) == LX_S_IFDIR;
}

#define for_each_cached(model, at)                                                                           \
	for (const struct model_cached *at = (model)->cached; at < (model)->cached + (model)->nr_cached; at++)

void check_cache_pages(struct verify_context *c, const struct invariant *self)
{
	for_each_cached(c->now, at)
	{
		const struct model_frame *frame = frame_at(c->now, at->pfn);
		const struct model_inode *inode = &c->now->inodes[at->inode];
		const char *wrong = NULL;

		if (frame->role != FRAME_FILE && frame->role != FRAME_POISONED)
			wrong = "is no page of a file";
		else if (frame->raw.mapping.va != mapping_of(inode).va)
			wrong = "has another mapping";
		else if (frame->raw.index != at->index)
			wrong = "has another index";
		else if (frame->nr_cache != 1)
			wrong = "is in the cache twice";
		if (!holds(c, !wrong))
			report(c, self, AT_FRAME(at->pfn), "inode %lu: its page %#lx, %s, %s (mapping %#lx, index %#lx)",
			       inode->raw.i_ino, at->index, frame_label(c->now, at->pfn).text, wrong,
			       frame->raw.mapping.va, frame->raw.index);
	}
}

void check_cache_size(struct verify_context *c, const struct invariant *self)
{
	for_each_cached(c->now, at)
	{
		const struct model_inode *inode = &c->now->inodes[at->inode];

		if (!holds(c, at->index < (inode->raw.i_size + PAGE_SIZE - 1) >> PAGE_SHIFT ||
				      at->index < inode->raw.i_fallocend))
			report(c, self, AT_FRAME(at->pfn), "inode %lu: page %#lx lies beyond its size %#lx",
			       inode->raw.i_ino, at->index, inode->raw.i_size);
	}
	for (uint32_t i = 0; i < c->now->nr_inodes; i++) {
		const struct model_inode *inode = &c->now->inodes[i];

		if (!holds(c, inode->raw.i_data.nrpages == inode->nr_pages))
			report(c, self, AT_OBJECT(inode->addr), "inode %lu: nrpages is %lu, its index holds %lu",
			       inode->raw.i_ino, inode->raw.i_data.nrpages, inode->nr_pages);
	}
}

void check_cache_held(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect_frame(c, pfn, frame)
		if (!frame_cached_ok(c->now, pfn, frame))
			report(c, self, AT_FRAME(pfn), "%s (mapping %#lx, index %#lx) is in no file's cache",
			       frame_label(c->now, pfn).text, frame->raw.mapping.va, frame->raw.index);
}

void check_cache_index(struct verify_context *c, const struct invariant *self)
{
	for (uint64_t i = 0; i < c->now->nr_xa_nodes; i++) {
		const struct model_xa_node *node = &c->now->xa_nodes[i];

		if (!holds(c, node->parent_ok && node->nr_slots == node->count && node->count))
			report(c, self, AT_OBJECT(node->addr),
			       "node %#lx of the cache of inode %lu: count is %u, %u slots are used, parent is %s",
			       node->addr.va, c->now->inodes[node->inode].raw.i_ino, node->count, node->nr_slots,
			       node->parent_ok ? "right" : "wrong");
	}
}

static bool known_type(uint32_t type)
{
	return type == LX_S_IFREG || type == LX_S_IFDIR || type == LX_S_IFCHR || type == LX_S_IFLNK ||
	       type == LX_S_IFIFO;
}

static bool table_or_none(const struct lab_constants *kind, gva_t va)
{
	return !va.va || is_constant(kind, va);
}

static bool may_be_of_host(const struct model_inode *inode)
{
	uint32_t type = inode->raw.i_mode & LX_S_IFMT;

	return inode->raw.i_private.va >= LAB_ROOT_NODE && inode->raw.i_private.va <= UINT32_MAX &&
	       (type == LX_S_IFREG || type == LX_S_IFDIR || (type == LX_S_IFLNK && !inode->nr_pages));
}

/** Behind a file that is none of the tree (eventfd, pidfd): of no type, as on Linux. */
static bool is_anon(const struct inode *raw)
{
	return raw->i_mode == 0600 && raw->i_nlink == 1 && !raw->i_size;
}

/** Each leads to a table of its kind; of page caches there are two. */
static const char *operations_trouble(const struct model *model, const struct inode *raw)
{
	const struct lab_image *image = &model->lab.image;
	const uint64_t a_ops = raw->i_data.a_ops.va;
	const uint32_t type = raw->i_mode & LX_S_IFMT;

	if (raw->i_flags & S_IMAGE ? a_ops != image->agent_aops.va : a_ops && a_ops != image->shmem_aops.va)
		return "a_ops are not those of such files";
	if (!table_or_none(&image->file_ops, raw->i_fop))
		return "i_fop is no such table of the kernel's";
	if (!table_or_none(&image->inode_ops, raw->i_op))
		return "i_op is no such table of the kernel's";
	if ((raw->i_op.va != 0) != (type == LX_S_IFDIR || type == LX_S_IFLNK))
		return "i_op is for directories and links, and each has one";
	return NULL;
}

static const char *count_trouble(const struct model_inode *inode)
{
	if (inode->raw.i_count < 1 || (!is_dir(inode) && inode->raw.i_count < (int64_t)inode->raw.i_nlink))
		return "i_count is less than its names";
	if (inode->raw.i_rwsem.count || inode->raw.i_data.i_mmap_rwsem.count || inode->raw.i_data.i_pages.xa_lock.locked)
		return "somebody holds i_rwsem, i_mmap_rwsem or xa_lock";
	return NULL;
}

/** What a file begins with lies in the loader's cpio; of the host's, only how much there is. */
static bool backing_ok(const struct model *model, const struct inode *raw)
{
	const uint64_t start = model->lab.page_offset + model->lab.initrd_pa, size = model->lab.initrd_size;
	const uint64_t offset = raw->i_backing.va - start;

	if (!raw->i_backing.va)
		return !raw->i_backing_size || (raw->i_flags & S_HOST);
	return raw->i_backing.va >= start && offset <= size && raw->i_backing_size <= size - offset;
}

static const char *kind_trouble(const struct model *model, const struct model_inode *inode)
{
	const struct inode *raw = &inode->raw;

	if ((raw->i_flags & ~(S_IMAGE | S_HOST | S_UNEVICTABLE)) || raw->i_flags == (S_IMAGE | S_HOST))
		return "i_flags are unknown";
	if ((raw->i_flags & S_HOST) && !may_be_of_host(inode))
		return "it is the host's, and no file, directory or link with a number there";
	if (!known_type(raw->i_mode & LX_S_IFMT) && !is_anon(raw))
		return "i_mode is of no type";
	if ((raw->i_rdev != 0) != ((raw->i_mode & LX_S_IFMT) == LX_S_IFCHR))
		return "i_rdev is for devices, and each has one";
	if (!backing_ok(model, raw))
		return "i_backing and i_backing_size are no part of the initrd";
	if (raw->i_vm_flags & ~VM_NORESERVE)
		return "i_vm_flags are unknown";
	if ((raw->i_mode & LX_S_IFMT) == LX_S_IFIFO && raw->i_private.va >= NR_STREAMS &&
	    addr_map_get(&model->pipe_map, raw->i_private.va) == ADDR_MAP_NONE)
		return "i_private is no pipe";
	if ((raw->i_flags & S_IMAGE) && inode->nr_pages)
		return "its pages are the image's, yet its index holds some";
	return NULL;
}

void check_inode_fields(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_inodes; i++) {
		const struct model_inode *inode = &c->now->inodes[i];
		const char *wrong = NULL;

		if (inode->raw.i_data.host.va != inode->addr.va)
			wrong = "i_data.host is not the inode";
		if (!wrong)
			wrong = count_trouble(inode);
		if (!wrong)
			wrong = kind_trouble(c->now, inode);
		if (!wrong)
			wrong = operations_trouble(c->now, &inode->raw);
		if (!holds(c, !wrong))
			report(c, self, AT_OBJECT(inode->addr), "inode %lu: %s (i_count %d, i_nlink %u)",
			       inode->raw.i_ino, wrong, inode->raw.i_count, inode->raw.i_nlink);
	}
}

void check_i_mmap(struct verify_context *c, const struct invariant *self)
{
	for (const struct model_vma *vma = c->now->all_vmas; vma < c->now->all_vmas + c->now->nr_all_vmas; vma++) {
		bool mapped = vma->i_mmap.nr_met && vma->inode >= 0 &&
			      vma->i_mmap.owner.va == c->now->inodes[vma->inode].addr.va;

		if (!holds(c, vma->raw.vm_file.va ? mapped : !vma->i_mmap.nr_met))
			report(c, self, AT_AREA(vma), "%s: area %s of %s is %s", mm_label(c->now, vma->mm).text,
			       area_label(vma).text, vma->raw.vm_file.va ? "a file" : "no file",
			       vma->i_mmap.nr_met ? "in the tree of another file" : "in no file's tree");
	}
}

void check_i_mmap_last(struct verify_context *c, const struct invariant *self)
{
	for (const struct model_vma *vma = c->now->all_vmas; vma < c->now->all_vmas + c->now->nr_all_vmas; vma++) {
		const char *wrong = interval_trouble(&vma->i_mmap, vma->raw.shared.rb_subtree_last);

		if (!holds(c, !wrong))
			report(c, self, AT_AREA(vma),
			       "%s: area %s in its file's tree: %s (rb_subtree_last %#lx, expected %#lx)",
			       mm_label(c->now, vma->mm).text, area_label(vma).text, wrong,
			       vma->raw.shared.rb_subtree_last, vma->i_mmap.last);
	}
}
