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
	b->mm_met = xcalloc(b->before ? b->before->nr_mms : 1, sizeof(*b->mm_met));
	decode_tasks(b);
	decode_mms(b);
	for (uint64_t mm = 0; mm < b->mms.n; mm++) {
		decode_areas(b, mm);
		decode_tables(b, mm);
	}
	forget_lost_mms(b);
	decode_kernel_tables(b);
	mark_tables(b);
	decode_buddy(b);
	decode_slabs(b);
	decode_creds(b);
	decode_rmap(b);
	decode_files(b);
	decode_dentries(b);
	decode_ipc(b);
	decode_pipes(b);
	decode_open_files(b);
	mark_stacks(b);
	settle_frames(b);
}

/** The arrays have stopped growing: give them to the model, and each mm its slices. */
static void publish(struct build *b)
{
	struct model *m = b->model;
	struct model_vma *vmas = b->vmas.items;
	struct leaf_table **leaf_tables = b->leaf_tables.items;
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
	m->all_leaf_tables = leaf_tables, m->all_tables = tables;
	m->marks = b->marks.items, m->nr_marks = b->marks.n;
	m->free_list = b->free_list.items, m->nr_free_list = b->free_list.n;
	m->plain = b->plain && !b->again && m->nr_mms && !m->nr_damage && !m->nr_troubles;
	for (uint32_t i = 0; i < m->nr_mms; i++) {
		struct model_mm *mm = &m->mms[i];

		mm->vmas = mm->nr_vmas ? vmas : NULL, vmas += mm->nr_vmas;
		mm->leaf_tables = mm->nr_leaf_tables ? leaf_tables : NULL, leaf_tables += mm->nr_leaf_tables;
		mm->tables = mm->nr_tables ? tables : NULL, tables += mm->nr_tables;
	}
}

static struct model *build(const struct model *before, const uint64_t *written, const struct guest_image *image,
			   const struct cpu_state *cpus, uint32_t nr_cpus, bool *again)
{
	struct build b = {.model = xcalloc(1, sizeof(struct model)), .image = image, .before = before, .written = written,
			  .plain = true};
	bool ok;

	b.model->refs = 1;
	b.model->verdict = xcalloc(1, sizeof(*b.model->verdict));
	b.model->image = image;
	ok = decode_lab(&b);
	decode_cpus(&b, cpus, nr_cpus);
	if (ok)
		decode_all(&b);
	publish(&b);
	addr_map_free(&b.marked);
	free(b.mm_met);
	*again = b.again || (b.before && b.model->nr_damage);
	return b.model;
}

struct model *model_next(const struct model *before, const uint64_t *written, const struct guest_image *image,
			 const struct cpu_state *cpus, uint32_t nr_cpus)
{
	bool again;
	struct model *model = build(before, written, image, cpus, nr_cpus, &again);

	if (!again || !before)
		return model;
	model_free(model);
	return build(NULL, NULL, image, cpus, nr_cpus, &again);
}

struct model *model_build(const struct guest_image *image, const struct cpu_state *cpus, uint32_t nr_cpus)
{
	return model_next(NULL, NULL, image, cpus, nr_cpus);
}

struct model *model_get(struct model *model)
{
	model->refs++;
	return model;
}

void model_free(struct model *model)
{
	if (!model || --model->refs)
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
	put_hashes(model);
	put_frames(model);
	free(model->verdict->slabs);
	free(model->verdict);
	free(model->marks);
	free(model->free_list);
	free(model->cpus);
	free(model->cpu_infos);
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
	for (uint32_t i = 0; i < model->nr_mms; i++)
		for (uint32_t j = 0; j < model->mms[i].nr_leaf_tables; j++)
			leaf_table_put(model->mms[i].leaf_tables[j]);
	free(model->all_leaf_tables);
	free(model->mms);
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
