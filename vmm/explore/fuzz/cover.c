/* SPDX-License-Identifier: MIT */
/*
 * Which situations an operation was tried in: how its range lies to each area that it meets (Allen's thirteen relations),
 * the kind of that area, and the state of the pages in both. Measured before the operation runs, from the model.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "observe/leaves.h"
#include "explore/fuzz/fuzz.h"

/* Of a range to an area; the first six have a mirror image. */
enum relation {
	REL_BEFORE, REL_MEETS, REL_OVERLAPS, REL_STARTS, REL_DURING, REL_FINISHES, REL_EQUALS,
	REL_FINISHED_BY, REL_CONTAINS, REL_STARTED_BY, REL_OVERLAPPED_BY, REL_MET_BY, REL_AFTER,
	NR_RELATIONS
};

enum area_kind {
	KIND_ANON, KIND_ANON_RO, KIND_NONE, KIND_SHARED_ANON, KIND_FILE_PRIVATE, KIND_FILE_SHARED, KIND_LOCKED, KIND_GROWS,
	KIND_SEGMENT, KIND_ONFAULT, KIND_WIPED,
	NR_KINDS
};

enum page_state {
	PAGE_ABSENT, PAGE_ZERO, PAGE_EXCLUSIVE, PAGE_SHARED, PAGE_OF_FILE, PAGE_OF_FILE_DIRTY, PAGE_HELD, PAGE_CLEAN, NR_STATES
};

#define MAX_OPS	  64
#define NR_CELLS  (MAX_OPS * NR_RELATIONS * NR_KINDS * NR_STATES)
#define MAX_PAGES 32 /* of one area that are looked at */

struct fuzz_cover {
	uint8_t seen[NR_CELLS];
	uint64_t reached, per_op[MAX_OPS];
};

struct fuzz_cover *cover_new(void)
{
	return xcalloc(1, sizeof(struct fuzz_cover));
}

void cover_free(struct fuzz_cover *cover)
{
	free(cover);
}

void cover_add(struct fuzz_cover *to, const struct fuzz_cover *from)
{
	for (size_t cell = 0; cell < NR_CELLS; cell++) {
		if (!from->seen[cell] || to->seen[cell])
			continue;
		to->seen[cell] = 1;
		to->reached++;
		to->per_op[cell / (NR_RELATIONS * NR_KINDS * NR_STATES)]++;
	}
}

uint64_t cover_reached(const struct fuzz_cover *cover)
{
	return cover->reached;
}

/* [s, e) to [a, b). */
static enum relation relation(uint64_t s, uint64_t e, uint64_t a, uint64_t b)
{
	if (e < a)
		return REL_BEFORE;
	if (e == a)
		return REL_MEETS;
	if (s > b)
		return REL_AFTER;
	if (s == b)
		return REL_MET_BY;
	if (s == a)
		return e == b ? REL_EQUALS : e < b ? REL_STARTS : REL_STARTED_BY;
	if (e == b)
		return s > a ? REL_FINISHES : REL_FINISHED_BY;
	if (s < a)
		return e < b ? REL_OVERLAPS : REL_CONTAINS;
	return e < b ? REL_DURING : REL_OVERLAPPED_BY;
}

static bool is_segment(const struct model *model, int inode)
{
	for (uint32_t i = 0; i < model->nr_shms; i++)
		if (model->shms[i].inode == inode)
			return true;
	return false;
}

static enum area_kind area_kind(const struct model *model, const struct model_vma *vma)
{
	uint64_t flags = vma->raw.vm_flags;
	bool file = vma->inode >= 0 && model->inodes[vma->inode].raw.i_nlink;

	if (flags & VM_GROWSDOWN)
		return KIND_GROWS;
	if (flags & VM_LOCKED)
		return flags & VM_LOCKONFAULT ? KIND_ONFAULT : KIND_LOCKED;
	if (flags & VM_WIPEONFORK)
		return KIND_WIPED;
	if (!(flags & (VM_READ | VM_WRITE | VM_EXEC)))
		return KIND_NONE;
	if (vma->inode < 0)
		return flags & VM_WRITE ? KIND_ANON : KIND_ANON_RO;
	if (is_segment(model, vma->inode))
		return KIND_SEGMENT;
	if (flags & VM_SHARED)
		return file ? KIND_FILE_SHARED : KIND_SHARED_ANON;
	return KIND_FILE_PRIVATE;
}

static enum page_state leaf_state(const struct model *model, const struct leaf *leaf)
{
	uint64_t pfn = leaf->pa >> PAGE_SHIFT;
	const struct model_frame *frame = pfn < model->nr_touched ? frame_at(model, pfn) : NULL;

	if (pfn == model->lab.zero_pfn)
		return PAGE_ZERO;
	if (!frame || model_frame_role(model, pfn) != FRAME_ANON)
		return leaf->entry & PTE_D ? PAGE_OF_FILE_DIRTY : PAGE_OF_FILE;
	if (frame->raw._mapcount)
		return PAGE_SHARED;
	return leaf->entry & PTE_D ? PAGE_EXCLUSIVE : PAGE_CLEAN;
}

/* Bit s: some page of [start, end) is in state s. */
static unsigned int page_states(const struct model *model, const struct model_mm *mm, uint64_t start, uint64_t end)
{
	unsigned int states = 0;
	uint64_t present = 0;

	for (struct leaf_walk w = leaves_from(mm, LEAVES_PRESENT, start);
	     present < MAX_PAGES && leaf_next(&w) && w.leaf.va < end; present++)
		states |= 1u << leaf_state(model, &w.leaf);
	for (struct leaf_walk w = leaves_from(mm, LEAVES_HELD, start);
	     present < MAX_PAGES && leaf_next(&w) && w.leaf.va < end; present++)
		states |= 1u << PAGE_HELD;
	if (present < (end - start) >> PAGE_SHIFT || start == end)
		states |= 1u << PAGE_ABSENT;
	return states;
}

static unsigned int reach(struct fuzz_cover *cover, unsigned int op, enum relation rel, enum area_kind kind, unsigned int states,
			  bool add)
{
	unsigned int fresh = 0;

	for (unsigned int s = 0; s < NR_STATES; s++) {
		size_t cell = ((op * NR_RELATIONS + rel) * NR_KINDS + kind) * NR_STATES + s;

		if (!(states >> s & 1) || cover->seen[cell])
			continue;
		fresh++;
		if (!add)
			continue;
		cover->seen[cell] = 1;
		cover->reached++;
		cover->per_op[op]++;
	}
	return fresh;
}

static const struct model_mm *mm_of(const struct model *model, int pid)
{
	const struct model_task *task = model ? model_find_task(model, pid) : NULL;

	return task && task->mm >= 0 ? &model->mms[task->mm] : NULL;
}

unsigned int cover_step(struct fuzz_cover *cover, const struct model *model, int pid, const struct fuzz_step *step, bool add)
{
	const struct fuzz_op *op = fuzz_op(step->op);
	const struct model_mm *mm = mm_of(model, pid);
	unsigned int fresh = 0;
	struct fuzz_range range;

	if (!mm || !op->range)
		return 0;
	range = op->range(step);
	if (range.start + range.len < range.start)
		return 0;
	for (uint32_t i = 0; i < mm->nr_vmas; i++) {
		const struct model_vma *vma = &mm->vmas[i];
		uint64_t start = vma->raw.vm_start, end = vma->raw.vm_end, stop = range.start + range.len;
		enum relation rel = relation(range.start, stop, start, end);
		uint64_t from = range.start > start ? range.start : start, to = stop < end ? stop : end;

		/* Of those that it does not touch only the nearest on each side are its surroundings. */
		if ((rel == REL_BEFORE && i && mm->vmas[i - 1].raw.vm_end >= stop) ||
		    (rel == REL_AFTER && i + 1 < mm->nr_vmas && mm->vmas[i + 1].raw.vm_start <= range.start))
			continue;
		fresh += reach(cover, step->op, rel, area_kind(model, vma),
			       from < to ? page_states(model, mm, from, to) : 1u << PAGE_ABSENT, add);
	}
	return fresh;
}

void cover_tell(const struct fuzz_cover *cover, struct buf *b)
{
	const char *separator = "";
	const struct fuzz_op *op;

	buf_printf(b, "%lu situations (operation x relation of its range to an area x kind of area x state of a page): ",
		   cover->reached);
	for (unsigned int i = 0; (op = fuzz_op(i)); i++) {
		if (!op->range)
			continue;
		buf_printf(b, "%s%s %lu", separator, op->name, cover->per_op[i]);
		separator = ", ";
	}
	buf_puts(b, "\n");
}
