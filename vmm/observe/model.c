/* SPDX-License-Identifier: MIT */
/*
 * Building the model and finding things in it. The order of decoding matters: the lab page says
 * where everything is, struct pages say what frames are, tasks lead to mms, mms to areas and tables.
 */
#include "observe/build.h"

#include <stdlib.h>
#include "agent.h"

/** Work that touched RAM could justify, see struct build. */
static void set_bounds(struct build *b)
{
	uint64_t touched = b->model->nr_touched + (IMAGE_REGION >> PAGE_SHIFT);

	b->max_structs = touched * (PAGE_SIZE / 64);
	if (b->max_structs > 1UL << 26)
		b->max_structs = 1UL << 26;
	b->tables_left = 2 * touched;
	b->leaves_left = touched * PTRS_PER_TABLE < MAX_LEAVES ? touched * PTRS_PER_TABLE : MAX_LEAVES;
	b->marks_left = MAX_LEAVES + 8 * touched;
	b->words_left = touched * (PAGE_SIZE / sizeof(uint64_t));
}

static void decode_all(struct build *b)
{
	decode_frames(b);
	set_bounds(b);
	decode_tasks(b);
	decode_mms(b);
	for (uint64_t mm = 0; mm < b->mms.n; mm++) {
		decode_areas(b, mm);
		decode_tables(b, mm);
	}
	decode_kernel_tables(b);
	decode_buddy(b);
	decode_slabs(b);
	decode_creds(b);
	decode_rmap(b);
	decode_files(b);
	decode_dentries(b);
	decode_ipc(b);
	decode_pipes(b);
	decode_open_files(b);
	assign_roles(b);
	count_references(b);
}

/** The arrays have stopped growing: give them to the model, and each mm its slices. */
static void publish(struct build *b)
{
	struct model *m = b->model;
	struct model_vma *vmas = b->vmas.items;
	struct leaf *leaves = b->leaves.items, *held = b->held.items;
	struct table *tables = b->tables.items;

	m->mms = b->mms.items, m->nr_mms = b->mms.n;
	m->tasks = b->tasks.items, m->nr_tasks = b->tasks.n;
	m->kernel_leaves = b->kernel_leaves.items, m->nr_kernel_leaves = b->kernel_leaves.n;
	m->kernel_tables = b->kernel_tables.items, m->nr_kernel_tables = b->kernel_tables.n;
	m->caches = b->caches.items, m->nr_caches = b->caches.n;
	m->objects = b->objects.items, m->nr_objects = b->objects.n;
	m->avcs = b->avcs.items, m->nr_avcs = b->avcs.n;
	m->anon_vmas = b->anon_vmas.items, m->nr_anon_vmas = b->anon_vmas.n;
	m->inodes = b->inodes.items, m->nr_inodes = b->inodes.n;
	m->dentries = b->dentries.items, m->nr_dentries = b->dentries.n;
	m->cached = b->cached.items, m->nr_cached = b->cached.n;
	m->xa_nodes = b->xa_nodes.items, m->nr_xa_nodes = b->xa_nodes.n;
	m->shms = b->shms.items, m->nr_shms = b->shms.n;
	m->creds = b->creds.items, m->nr_creds = b->creds.n;
	m->pipes = b->pipes.items, m->nr_pipes = b->pipes.n;
	m->files = b->files.items, m->nr_files = b->files.n;
	m->troubles = b->troubles.items, m->nr_troubles = b->troubles.n;
	m->damage = b->damage.items, m->nr_damage = b->damage.n;
	m->all_vmas = vmas, m->nr_all_vmas = b->vmas.n;
	m->all_leaves = leaves, m->all_held = held, m->all_tables = tables;
	for (uint32_t i = 0; i < m->nr_mms; i++) {
		struct model_mm *mm = &m->mms[i];

		mm->vmas = mm->nr_vmas ? vmas : NULL, vmas += mm->nr_vmas;
		mm->leaves = mm->nr_leaves ? leaves : NULL, leaves += mm->nr_leaves;
		mm->held = mm->nr_held ? held : NULL, held += mm->nr_held;
		mm->tables = mm->nr_tables ? tables : NULL, tables += mm->nr_tables;
	}
}

struct model *model_build(const struct guest_image *image, const struct cpu_state *cpus, uint32_t nr_cpus)
{
	struct build b = {.model = xcalloc(1, sizeof(struct model)), .image = image};
	bool ok;

	b.model->image = image;
	ok = decode_lab(&b);
	decode_cpus(&b, cpus, nr_cpus);
	if (ok)
		decode_all(&b);
	publish(&b);
	return b.model;
}

void model_free(struct model *model)
{
	if (!model)
		return;
	addr_map_free(&model->mm_map);
	addr_map_free(&model->task_map);
	addr_map_free(&model->vma_map);
	addr_map_free(&model->avc_map);
	addr_map_free(&model->anon_vma_map);
	addr_map_free(&model->inode_map);
	addr_map_free(&model->dentry_map);
	addr_map_free(&model->xa_node_map);
	addr_map_free(&model->shm_map);
	addr_map_free(&model->cred_map);
	addr_map_free(&model->pipe_map);
	addr_map_free(&model->file_map);
	free(model->frames);
	free(model->hashes);
	free(model->cpus);
	free(model->cpu_infos);
	free(model->mms);
	free(model->tasks);
	free(model->kernel_leaves);
	free(model->kernel_tables);
	free(model->caches);
	free(model->objects);
	free(model->avcs);
	free(model->anon_vmas);
	free(model->inodes);
	free(model->dentries);
	free(model->cached);
	free(model->xa_nodes);
	free(model->shms);
	free(model->creds);
	free(model->pipes);
	free(model->files);
	free(model->troubles);
	free(model->damage);
	free(model->all_vmas);
	free(model->all_leaves);
	free(model->all_held);
	free(model->all_tables);
	free(model);
}

/* --- finding ------------------------------------------------------------------------------------ */

const struct model_vma *model_find_vma(const struct model_mm *mm, uint64_t va)
{
	uint32_t low = 0, high = mm->nr_vmas;

	while (low < high) { /* first area that starts above va */
		uint32_t mid = low + (high - low) / 2;

		if (mm->vmas[mid].raw.vm_start <= va)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 && va < mm->vmas[low - 1].raw.vm_end ? &mm->vmas[low - 1] : NULL;
}

static const struct leaf *find_leaf(const struct leaf *leaves, uint32_t nr, uint64_t va)
{
	uint32_t low = 0, high = nr;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (leaves[mid].va <= va)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0 || va - leaves[low - 1].va >= PAGE_SIZE << 9 * (leaves[low - 1].level - 1))
		return NULL;
	return &leaves[low - 1];
}

const struct leaf *model_find_leaf(const struct model_mm *mm, uint64_t va)
{
	return find_leaf(mm->leaves, mm->nr_leaves, va);
}

const struct leaf *model_find_held(const struct model_mm *mm, uint64_t va)
{
	return find_leaf(mm->held, mm->nr_held, va);
}

const struct model_task *model_find_task(const struct model *model, int pid)
{
	for (uint32_t i = 0; i < model->nr_tasks; i++)
		if (model->tasks[i].raw.pid == pid)
			return &model->tasks[i];
	return NULL;
}

bool in_agent_footprint(uint64_t start, uint64_t end)
{
	uint64_t slots_end = AGENT_SLOTS + AGENT_CHANNELS * AGENT_SLOT_SIZE;

	if (start >= AGENT_TEXT && end <= AGENT_TEXT + AGENT_TEXT_MAX)
		return start < end;
	return start >= AGENT_SLOTS && end <= slots_end && start < end;
}
