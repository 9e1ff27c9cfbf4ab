/* SPDX-License-Identifier: MIT */
/* The pages of an mm one by one, and /proc/PID/pagemap made of them (Linux fs/proc/task_mmu.c: pagemap_read).
 */
#include "observe/leaves.h"
#include "report/proc.h"

#define PM_SOFT_DIRTY (1UL << 55) /* written since the marks were cleared */
#define PM_EXCLUSIVE  (1UL << 56) /* mapped once */
#define PM_FILE	      (1UL << 61) /* of a file, or shared memory */
#define PM_SWAP	      (1UL << 62) /* a swap entry: type in the lowest five bits, offset above */
#define PM_PRESENT    (1UL << 63)

const struct model_frame *proc_page(const struct model *model, const struct leaf *leaf)
{
	uint64_t pfn = leaf->pa >> PAGE_SHIFT;

	return (leaf->entry & PTE_SPECIAL) || pfn >= model->nr_touched ? NULL : frame_at(model, pfn);
}

static uint64_t pagemap_entry(const struct model *model, const struct leaf *leaf)
{
	const struct model_frame *frame = proc_page(model, leaf);
	uint64_t entry = leaf->pa >> PAGE_SHIFT | PM_PRESENT;

	if (is_hwpoison_entry(leaf->entry))
		return PM_SWAP | SWP_HWPOISON | leaf->pa >> PAGE_SHIFT << 5;
	if (leaf->entry & PTE_SOFT_DIRTY)
		entry |= PM_SOFT_DIRTY;
	if (frame && !(frame->raw.mapping.va & PAGE_MAPPING_ANON))
		entry |= PM_FILE;
	if (frame && frame->nr_maps == 1)
		entry |= PM_EXCLUSIVE;
	return entry;
}

/* What an area says of each of its pages, mapped or not; *area is the first that may hold va, which ascends.
 */
static uint64_t area_bits(const struct model_mm *mm, uint32_t *area, uint64_t va)
{
	while (*area < mm->nr_vmas && mm->vmas[*area].raw.vm_end <= va)
		++*area;
	if (*area == mm->nr_vmas || mm->vmas[*area].raw.vm_start > va)
		return 0;
	return mm->vmas[*area].raw.vm_flags & VM_SOFTDIRTY ? PM_SOFT_DIRTY : 0;
}

void proc_put_pagemap(struct buf *b, const struct model *model, const struct model_mm *mm, uint64_t va,
		      uint64_t nr)
{
	struct leaf_walk w;
	uint32_t area = 0;
	uint64_t end, at;
	bool more;

	va &= ~(PAGE_SIZE - 1);
	if (va >= TASK_SIZE)
		return;
	end = nr < (TASK_SIZE - va) >> PAGE_SHIFT ? va + (nr << PAGE_SHIFT) : TASK_SIZE;
	w = leaves_from(mm, LEAVES_ALL, va);
	more = leaf_next(&w);
	for (at = va; at < end; at += PAGE_SIZE) {
		uint64_t entry = area_bits(mm, &area, at);

		if (more && w.leaf.va == at) {
			entry |= pagemap_entry(model, &w.leaf);
			more = leaf_next(&w);
		}
		buf_add(b, (const char *)&entry, sizeof(entry));
	}
}
