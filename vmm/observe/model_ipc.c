/* SPDX-License-Identifier: MIT */
/*
 * System V segments: the list of all, the file that each one is, and how many areas map it. Pipes: the list of all, and
 * the pages in their rings.
 */
#include "observe/build.h"

#include <stdlib.h>

/** The segment's file leads to an inode; believed only if that is one of those on the list. -1: none. */
static int inode_of_file(struct build *b, gva_t addr)
{
	struct file file;
	uint32_t inode;

	if (!read_struct(b, addr, &file, sizeof(file)))
		return -1;
	inode = addr_map_get(&b->model->inode_map, file.f_inode.va);
	return inode == ADDR_MAP_NONE ? -1 : (int)inode;
}

static bool visit_segment(struct build *b, const struct list_walk *list, gva_t node)
{
	gva_t addr = {node.va - offsetof(struct shmid_kernel, shm_list)};
	struct model_shm *shm;
	struct shmid_kernel raw;

	(void)list;
	if (!read_struct(b, addr, &raw, sizeof(raw)))
		return false;
	addr_map_put(&b->model->shm_map, addr.va, b->shms.n);
	shm = grow_add(&b->shms, sizeof(*shm));
	shm->addr = addr;
	shm->raw = raw;
	shm->inode = inode_of_file(b, raw.shm_file);
	if (shm->inode < 0)
		add_damage(b, DAMAGE_BAD_POINTER, addr.va, -1, "segment %d: shm_file %#lx is no file with an inode",
			   raw.shm_perm.id, raw.shm_file.va);
	return true;
}

/** In one pass over the areas; of two segments with one inode the first counts. */
static void count_attachments(struct build *b)
{
	struct model_shm *shms = b->shms.items, **of_inode;
	const struct model_vma *vmas = b->vmas.items;

	if (!b->shms.n || !b->inodes.n)
		return;
	of_inode = xcalloc(b->inodes.n, sizeof(*of_inode));
	for (uint64_t i = 0; i < b->shms.n; i++) {
		if (shms[i].inode < 0)
			continue;
		shms[i].inode_taken = of_inode[shms[i].inode] != NULL;
		if (!shms[i].inode_taken)
			of_inode[shms[i].inode] = &shms[i];
	}
	for (uint64_t i = 0; i < b->vmas.n; i++)
		if (vmas[i].inode >= 0 && of_inode[vmas[i].inode])
			of_inode[vmas[i].inode]->nr_areas++;
	free(of_inode);
}

void decode_ipc(struct build *b)
{
	gva_t ns = b->model->lab.ipc_ns;

	if (!read_struct(b, ns, &b->model->ipc_ns, sizeof(b->model->ipc_ns))) {
		add_damage(b, DAMAGE_BAD_POINTER, ns.va, -1, "lab.ipc_ns %#lx cannot be read", ns.va);
		return;
	}
	follow_list(b, &(struct list_walk){.name = "System V segments",
					   .what = "segment",
					   .head = {ns.va + offsetof(struct ipc_namespace, shm_ids.list)},
					   .mm = -1,
					   .max = SHMMNI,
					   .visit = visit_segment});
	count_attachments(b);
}

/* --- pipes -------------------------------------------------------------------------------------- */

/** Count one holder of a pipe's page; false: it is none of the frames that were ever touched. */
static bool hold_page(struct build *b, gva_t page)
{
	int64_t pfn = pfn_of_page(b->model, page);

	if (pfn < 0)
		return false;
	mark_frame(b, pfn)->nr_pipe++;
	return true;
}

/** The ring's buffers, oldest first. More than the ring has room for: none is believed. */
static void read_ring(struct build *b, struct model_pipe *pipe)
{
	uint32_t n = pipe->raw.head - pipe->raw.tail;

	pipe->buffers_ok = n <= PIPE_DEF_BUFFERS;
	pipe->nr_buffers = pipe->buffers_ok ? n : 0;
	for (uint32_t i = 0; i < pipe->nr_buffers; i++) {
		const struct pipe_buffer *buf = &pipe->raw.bufs[(pipe->raw.tail + i) % PIPE_DEF_BUFFERS];

		if (!hold_page(b, buf->page) || buf->offset > PAGE_SIZE || buf->len > PAGE_SIZE - buf->offset)
			pipe->buffers_ok = false;
		pipe->bytes += buf->len;
	}
	if (pipe->raw.tmp_page.va && !hold_page(b, pipe->raw.tmp_page))
		pipe->buffers_ok = false;
}

static bool visit_pipe(struct build *b, const struct list_walk *list, gva_t node)
{
	gva_t addr = {node.va - offsetof(struct pipe_inode_info, list)};
	struct pipe_inode_info raw;
	struct model_pipe *pipe;

	(void)list;
	if (!read_struct(b, addr, &raw, sizeof(raw)))
		return false;
	addr_map_put(&b->model->pipe_map, addr.va, b->pipes.n);
	pipe = grow_add(&b->pipes, sizeof(*pipe));
	pipe->addr = addr;
	pipe->raw = raw;
	read_ring(b, pipe);
	return true;
}

void decode_pipes(struct build *b)
{
	follow_list(b, &(struct list_walk){.name = "pipes",
					   .what = "pipe",
					   .head = b->model->lab.pipes,
					   .mm = -1,
					   .max = b->max_structs,
					   .visit = visit_pipe});
}
