// SPDX-License-Identifier: MIT
/*
 * Each task remembers the last areas it asked for, hashed by 2 MiB of address (Linux mm/vmacache.c
 * until 6.0). Most faults hit the area of the fault before, so find_vma() mostly needs no tree.
 *
 * Who removes an area cannot know which tasks remember it; so the mm gets a new sequence number,
 * and a cache with another number is empty. Unlike Linux's, no two mms ever have the same number: a
 * task that changes its mm (fork, exec) carries nothing over, whoever forgets to tell.
 */
#include "internal.h"

static uint64_t last_seqnum;

static unsigned int vmacache_hash(uint64_t addr)
{
	return (addr >> PMD_SHIFT) % VMACACHE_SIZE;
}

void vmacache_invalidate(struct mm_struct *mm)
{
	mm->vmacache_seqnum = ++last_seqnum;
}

/* The task whose cache may be asked about mm: current, if mm is its own. */
static struct task_struct *cache_owner(const struct mm_struct *mm)
{
	struct task_struct *task = get_current();

	return task && task->mm == mm ? task : NULL;
}

struct vm_area_struct *vmacache_find(struct mm_struct *mm, uint64_t addr)
{
	struct task_struct *task = cache_owner(mm);
	unsigned int first = vmacache_hash(addr);

	if (!task)
		return NULL;
	if (task->vmacache_seqnum != mm->vmacache_seqnum) {
		for (unsigned int i = 0; i < VMACACHE_SIZE; i++)
			task->vmacache[i] = NULL;
		task->vmacache_seqnum = mm->vmacache_seqnum;
		return NULL;
	}
	for (unsigned int i = 0; i < VMACACHE_SIZE; i++) {
		struct vm_area_struct *vma = task->vmacache[(first + i) % VMACACHE_SIZE];

		if (vma && vma->vm_start <= addr && addr < vma->vm_end)
			return vma;
	}
	return NULL;
}

void vmacache_update(uint64_t addr, struct vm_area_struct *vma)
{
	struct task_struct *task = cache_owner(vma->vm_mm);

	/* The numbers agree: vmacache_find() missed just before. */
	if (task)
		task->vmacache[vmacache_hash(addr)] = vma;
}
