/* SPDX-License-Identifier: MIT */
/* System V shared memory: what segments say of themselves against the areas and inodes that were found; and pipes. */
#include "verify/check.h"

static uint64_t pages_of(const struct model_shm *shm)
{
	return shm->raw.shm_segsz / PAGE_SIZE + (shm->raw.shm_segsz % PAGE_SIZE != 0);
}

static uint32_t place_of(const struct model_shm *shm)
{
	return (uint32_t)shm->raw.shm_perm.id % IPCMNI;
}

#define for_each_segment(model, shm)                                                                         \
	for (const struct model_shm *shm = (model)->shms; shm < (model)->shms + (model)->nr_shms; shm++)

void check_shm_nattch(struct verify_context *c, const struct invariant *self)
{
	for_each_segment(c->now, shm)
	{
		if (!holds(c, shm->raw.shm_nattch == shm->nr_areas))
			report(c, self, AT_OBJECT(shm->addr), "segment %d: shm_nattch is %lu, but %u areas map it",
			       shm->raw.shm_perm.id, shm->raw.shm_nattch, shm->nr_areas);
	}
}

/** Is the key one that an earlier segment has? `keys` are those of the earlier ones. */
static bool key_repeats(struct addr_map *keys, const struct model_shm *shm)
{
	uint32_t index = shm->raw.shm_perm.id;

	return shm->raw.shm_perm.key != IPC_PRIVATE &&
	       addr_map_put(keys, (uint32_t)shm->raw.shm_perm.key, index) != index;
}

void check_shm_ids(struct verify_context *c, const struct invariant *self)
{
	const struct ipc_ids *ids = &c->now->ipc_ns.shm_ids;
	struct addr_map keys = {0};

	for_each_segment(c->now, shm)
	{
		const struct kern_ipc_perm *perm = &shm->raw.shm_perm;
		bool ascends = shm == c->now->shms || place_of(shm - 1) < place_of(shm);

		if (!holds(c, perm->id >= 0 && ascends && !key_repeats(&keys, shm)))
			report(c, self, AT_OBJECT(shm->addr),
			       "segment %d with key %#x: its place or its key is another segment's", perm->id,
			       (uint32_t)perm->key);
	}
	addr_map_free(&keys);
	if (!holds(c, ids->in_use >= 0 && (uint32_t)ids->in_use == c->now->nr_shms))
		report(c, self, AT_OBJECT(c->now->lab.ipc_ns), "shm_ids.in_use is %d, %u segments are listed",
		       ids->in_use, c->now->nr_shms);
}

void check_shm_totals(struct verify_context *c, const struct invariant *self)
{
	const struct ipc_namespace *ns = &c->now->ipc_ns;
	uint64_t pages = 0, locked = 0;

	for_each_segment(c->now, shm)
	{
		pages += pages_of(shm);
		locked += shm->raw.shm_perm.mode & SHM_LOCKED ? pages_of(shm) : 0;
	}
	if (!holds(c, ns->shm_tot == pages))
		report(c, self, AT_OBJECT(c->now->lab.ipc_ns), "shm_tot is %lu, expected %lu", ns->shm_tot, pages);
	if (!holds(c, ns->locked_shm == locked))
		report(c, self, AT_OBJECT(c->now->lab.ipc_ns), "locked_shm is %lu, expected %lu", ns->locked_shm,
		       locked);
}

static const char *segment_trouble(const struct model *model, const struct model_shm *shm)
{
	const struct kern_ipc_perm *perm = &shm->raw.shm_perm;

	if (perm->mode & ~(0777 | SHM_DEST | SHM_LOCKED))
		return "mode is unknown";
	if ((perm->mode & SHM_DEST) && (perm->key != IPC_PRIVATE || !shm->raw.shm_nattch))
		return "it is to be removed, yet has a key or is not attached";
	if (perm->lock.locked)
		return "somebody holds its lock";
	if (shm->inode < 0)
		return NULL; /* damage has said so */
	if (model->inodes[shm->inode].raw.i_size != shm->raw.shm_segsz)
		return "its memory has another size";
	if (model->inodes[shm->inode].raw.i_nlink)
		return "its memory has a name in the tree";
	if (!(model->inodes[shm->inode].raw.i_flags & S_UNEVICTABLE) != !(perm->mode & SHM_LOCKED))
		return "it is locked and its memory is not, or the other way round";
	return shm->inode_taken ? "its memory is another segment's, too" : NULL;
}

static uint32_t nr_unevictable(const struct model *model)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < model->nr_inodes; i++)
		n += !!(model->inodes[i].raw.i_flags & S_UNEVICTABLE);
	return n;
}

void check_shm_fields(struct verify_context *c, const struct invariant *self)
{
	uint32_t locked = 0, unevictable = nr_unevictable(c->now);

	for_each_segment(c->now, shm)
	{
		const char *wrong = segment_trouble(c->now, shm);

		locked += !!(shm->raw.shm_perm.mode & SHM_LOCKED);
		if (!holds(c, !wrong))
			report(c, self, AT_OBJECT(shm->addr), "segment %d: %s (mode %o, key %#x, %lu bytes)",
			       shm->raw.shm_perm.id, wrong, shm->raw.shm_perm.mode,
			       (uint32_t)shm->raw.shm_perm.key, shm->raw.shm_segsz);
	}
	if (!holds(c, unevictable <= locked))
		report(c, self, AT_OBJECT(c->now->lab.ipc_ns), "%u inodes are locked memory, %u segments are locked", unevictable,
		       locked);
	if (!holds(c, c->now->ipc_ns.shm_ids.rwsem.count == 0))
		report(c, self, AT_OBJECT(c->now->lab.ipc_ns), "shm_ids.rwsem is held at the end of a step");
}

/* --- pipes -------------------------------------------------------------------------------------- */

/** The frames behind the buffers are a pipe's, and no two buffers have the same. */
static bool pages_ok(const struct model *model, const struct model_pipe *pipe)
{
	for (uint32_t i = 0; i < pipe->nr_buffers; i++) {
		const struct pipe_buffer *buf = &pipe->raw.bufs[(pipe->raw.tail + i) % PIPE_DEF_BUFFERS];
		const struct model_frame *frame =
			frame_at(model, (buf->page.va - model->lab.mem_map.va) / sizeof(struct page));

		if (frame->role != FRAME_PIPE || frame->nr_pipe != 1)
			return false;
	}
	return true;
}

void check_pipe_ring(struct verify_context *c, const struct invariant *self)
{
	for (const struct model_pipe *pipe = c->now->pipes; pipe < c->now->pipes + c->now->nr_pipes; pipe++)
		if (!holds(c, pipe->buffers_ok && pages_ok(c->now, pipe)))
			report(c, self, AT_OBJECT(pipe->addr),
			       "pipe %#lx: a buffer of its ring (head %u, tail %u) has no page of its own, or bytes outside it",
			       pipe->addr.va, pipe->raw.head, pipe->raw.tail);
}

/** Open files whose private_data is this pipe and that may do it: f_mode has that bit. */
static uint32_t count_ends(const struct model *model, gva_t pipe, uint32_t mode)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < model->nr_files; i++)
		n += model->files[i].raw.private_data.va == pipe.va && (model->files[i].raw.f_mode & mode);
	return n;
}

void check_pipe_ends(struct verify_context *c, const struct invariant *self)
{
	for (const struct model_pipe *pipe = c->now->pipes; pipe < c->now->pipes + c->now->nr_pipes; pipe++) {
		const uint32_t readers = count_ends(c->now, pipe->addr, FMODE_READ),
			       writers = count_ends(c->now, pipe->addr, FMODE_WRITE);

		if (!holds(c, (readers || writers) && pipe->raw.readers == readers && pipe->raw.writers == writers &&
				      !pipe->raw.mutex.locked))
			report(c, self, AT_OBJECT(pipe->addr),
			       "pipe %#lx: %u readers, %u writers, %u and %u open files for it, its lock is %s", pipe->addr.va,
			       pipe->raw.readers, pipe->raw.writers, readers, writers, pipe->raw.mutex.locked ? "held" : "free");
	}
}
