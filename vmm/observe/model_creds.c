/* SPDX-License-Identifier: MIT */
/* Credentials: those that tasks have, and in the slabs those that nobody has any more. */
#include "observe/build.h"

/** Index of the credentials at addr, decoded now if they are new; -1: they cannot be read. */
static int64_t add_cred(struct build *b, gva_t addr)
{
	uint32_t known = addr_map_get(&b->model->cred_map, addr.va);
	struct model_cred *cred;
	struct cred raw;

	if (known != ADDR_MAP_NONE)
		return known;
	if (b->creds.n >= b->max_structs || !read_struct(b, addr, &raw, sizeof(raw)))
		return -1;
	addr_map_put(&b->model->cred_map, addr.va, b->creds.n);
	cred = grow_add(&b->creds, sizeof(*cred));
	cred->addr = addr;
	cred->raw = raw;
	cred->of_image = true;
	return b->creds.n - 1;
}

static void add_object(struct build *b, gva_t addr)
{
	int64_t cred = add_cred(b, addr);

	if (cred >= 0)
		((struct model_cred *)b->creds.items)[cred].of_image = false;
}

void decode_creds(struct build *b)
{
	for (uint64_t i = 0; i < b->tasks.n; i++) {
		const struct model_task *task = (const struct model_task *)b->tasks.items + i;
		int64_t cred = add_cred(b, task->raw.cred);

		if (cred >= 0)
			((struct model_cred *)b->creds.items)[cred].nr_tasks++;
		else
			add_damage(b, DAMAGE_BAD_POINTER, task->addr.va, -1, "task %d: cred %#lx is no credentials",
				   task->raw.pid, task->raw.cred.va);
	}
	each_object(b, "cred", add_object);
}
