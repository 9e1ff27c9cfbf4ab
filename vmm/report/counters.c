/* SPDX-License-Identifier: MIT */
/*
 * The counters of an mm without the agent's share: what the guest counted, minus what the host finds
 * inside the agent's declared ranges. So a wrong count of the guest still shows.
 */
#include "observe/leaves.h"
#include "report/picture.h"

#define VM_STACK VM_GROWSDOWN

static uint64_t leaf_size(const struct leaf *leaf)
{
	return PAGE_SIZE << 9 * (leaf->level - 1);
}

static bool leaf_is_agents(const struct leaf *leaf)
{
	return in_agent_footprint(leaf->va, leaf->va + leaf_size(leaf));
}

bool table_is_agents(const struct model_mm *mm, const struct table *table)
{
	unsigned int shift = 12 + 9 * table->level;
	uint64_t last = table->va + ((1ULL << shift) - 1);
	bool agents = false;

	if (table->parent_pa == 0) /* the root serves all */
		return false;
	for (struct leaf_walk w = leaves_from(mm, LEAVES_PRESENT, table->va); leaf_next(&w) && w.leaf.va <= last;) {
		if (!leaf_is_agents(&w.leaf))
			return false;
		agents = true;
	}
	return agents;
}

static void drop_agents_area(struct pic_counters *c, const struct vm_area_struct *vma)
{
	int64_t pages = (vma->vm_end - vma->vm_start) / PAGE_SIZE;
	uint64_t flags = vma->vm_flags;

	c->areas--;
	c->total_vm -= pages;
	if (flags & VM_STACK)
		c->stack_vm -= pages;
	else if ((flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		c->data_vm -= pages;
	else if ((flags & (VM_EXEC | VM_WRITE)) == VM_EXEC)
		c->exec_vm -= pages;
	if (flags & VM_LOCKED)
		c->locked_vm -= pages;
}

static void drop_agents_page(struct pic_counters *c, const struct model *model, const struct leaf *leaf)
{
	uint64_t pfn = leaf->pa >> PAGE_SHIFT;

	if (pfn >= model->nr_frames || pfn == model->lab.zero_pfn)
		return;
	if (model_frame_role(model, pfn) == FRAME_ANON)
		c->anon -= leaf_size(leaf) / PAGE_SIZE;
	else
		c->file -= leaf_size(leaf) / PAGE_SIZE;
}

struct pic_counters count_mm(const struct model *model, const struct model_mm *mm, bool raw)
{
	const struct mm_struct *m = &mm->raw;
	struct pic_counters c = {
		.anon = m->rss_stat[MM_ANONPAGES],
		.file = m->rss_stat[MM_FILEPAGES],
		.shmem = m->rss_stat[MM_SHMEMPAGES],
		.swap = m->rss_stat[MM_SWAPENTS],
		.total_vm = m->total_vm,
		.data_vm = m->data_vm,
		.exec_vm = m->exec_vm,
		.stack_vm = m->stack_vm,
		.locked_vm = m->locked_vm,
		.tables = m->pgtables_bytes / PAGE_SIZE,
		.areas = m->map_count,
	};

	if (raw)
		return c;
	for (uint32_t i = 0; i < mm->nr_vmas; i++)
		if (in_agent_footprint(mm->vmas[i].raw.vm_start, mm->vmas[i].raw.vm_end))
			drop_agents_area(&c, &mm->vmas[i].raw);
	for (struct leaf_walk w = leaves_of(mm, LEAVES_PRESENT); leaf_next(&w);)
		if (leaf_is_agents(&w.leaf))
			drop_agents_page(&c, model, &w.leaf);
	for (uint32_t i = 0; i < mm->nr_tables; i++)
		c.tables -= table_is_agents(mm, &mm->tables[i]);
	return c;
}
