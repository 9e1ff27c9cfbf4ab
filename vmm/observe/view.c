/* SPDX-License-Identifier: MIT */
/* What Linux's /proc would tell of an mm of the guest, from the model; see view.h. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "observe/dpath.h"
#include "observe/leaves.h"
#include "observe/view.h"

static void *grow(void *items, uint32_t n, uint32_t *cap, size_t size)
{
	if (n < *cap)
		return items;
	*cap = *cap ? 2 * *cap : 32;
	return xrealloc(items, *cap * size);
}

struct view_area *view_add_area(struct view *view)
{
	view->areas = grow(view->areas, view->nr_areas, &view->cap_areas, sizeof(*view->areas));
	memset(&view->areas[view->nr_areas], 0, sizeof(*view->areas));
	return &view->areas[view->nr_areas++];
}

struct view_page *view_add_page(struct view *view)
{
	view->pages = grow(view->pages, view->nr_pages, &view->cap_pages, sizeof(*view->pages));
	memset(&view->pages[view->nr_pages], 0, sizeof(*view->pages));
	return &view->pages[view->nr_pages++];
}

void view_free(struct view *view)
{
	if (!view)
		return;
	free(view->areas);
	free(view->pages);
	free(view);
}

/* --- from the model ------------------------------------------------------------------------------- */

/* Linux's rules for the last column of maps: fs/proc/task_mmu.c, show_map_vma(). */
static void set_name(struct view_area *area, const struct model *model, const struct model_mm *mm,
		     const struct model_vma *vma)
{
	const struct mm_struct *raw = &mm->raw;

	if (vma->raw.vm_file.va)
		file_path(model->image, (gva_t){vma->raw.vm_file.va}, area->name, sizeof(area->name));
	else if (area->start <= raw->brk && area->end >= raw->start_brk)
		strcpy(area->name, "[heap]");
	else if (area->start <= raw->start_stack && area->end >= raw->start_stack)
		strcpy(area->name, "[stack]");
}

static void add_areas(struct view *view, const struct model *model, const struct model_mm *mm)
{
	for (uint32_t i = 0; i < mm->nr_vmas; i++) {
		const struct vm_area_struct *raw = &mm->vmas[i].raw;
		struct view_area *area = view_add_area(view);

		area->start = raw->vm_start;
		area->end = raw->vm_end;
		area->flags = raw->vm_flags & VIEW_FLAGS;
		area->offset = raw->vm_file.va ? raw->vm_pgoff << PAGE_SHIFT : 0;
		set_name(area, model, mm, &mm->vmas[i]);
	}
}

static struct view_area *area_of(struct view *view, uint64_t va)
{
	uint32_t low = 0, high = view->nr_areas;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (view->areas[middle].end <= va)
			low = middle + 1;
		else
			high = middle;
	}
	return low < view->nr_areas && view->areas[low].start <= va ? &view->areas[low] : NULL;
}

static void add_leaf(struct view *view, const struct model *model, const struct leaf *leaf)
{
	uint64_t pfn = leaf->pa >> PAGE_SHIFT;
	bool zero = pfn == model->lab.zero_pfn;
	bool anon = !zero && model_frame_role(model, pfn) == FRAME_ANON;
	struct view_area *area = area_of(view, leaf->va);
	const void *bytes = image_ptr(model->image, (gpa_t){leaf->pa}, PAGE_SIZE);
	struct view_page *page;

	if (is_hwpoison_entry(leaf->entry))
		return; /* no page */
	if (area && !zero)
		area->rss += PAGE_SIZE;
	if (area && anon)
		area->anonymous += PAGE_SIZE;
	if (in_agent_footprint(leaf->va, leaf->va + PAGE_SIZE) ||
	    (area && area->end - area->start > VIEW_MAX_READ))
		return;
	page = view_add_page(view);
	page->va = leaf->va;
	page->bits = VP_PRESENT | (zero || anon ? 0 : VP_FILE);
	page->frame = pfn;
	page->maps = zero || pfn >= model->nr_touched ? 0 : frame_at(model, pfn)->raw._mapcount + 1;
	if (page->maps == 1)
		page->bits |= VP_EXCLUSIVE;
	if ((leaf->entry & PTE_SOFT_DIRTY) || (area && area->flags & VM_SOFTDIRTY))
		page->bits |= VP_SOFT_DIRTY;
	page->hash = bytes ? view_hash(bytes) : 0;
}

/* PROT_NONE pages, too: for Linux they are present. */
static void add_pages(struct view *view, const struct model *model, const struct model_mm *mm)
{
	for (struct leaf_walk w = leaves_of(mm, LEAVES_ALL); leaf_next(&w);)
		add_leaf(view, model, &w.leaf);
}

struct view *view_of_model(const struct model *model, int pid)
{
	const struct model_task *task = model_find_task(model, pid);
	struct view *view = xcalloc(1, sizeof(*view));
	const struct model_mm *mm;
	const struct mm_struct *raw;

	view->pid = pid;
	if (!task || task->mm < 0)
		return view;
	mm = &model->mms[task->mm];
	raw = &mm->raw;
	view->brk = raw->brk;
	view->start_brk = raw->start_brk;
	view->start_stack = raw->start_stack;
	view->counters = (struct view_counters){
		.size = raw->total_vm * PAGE_SIZE,
		.locked = raw->locked_vm * PAGE_SIZE,
		.data = raw->data_vm * PAGE_SIZE,
		.stack = raw->stack_vm * PAGE_SIZE,
		.tables = raw->pgtables_bytes,
		.swap = raw->rss_stat[MM_SWAPENTS] * PAGE_SIZE,
	};
	add_areas(view, model, mm);
	add_pages(view, model, mm);
	return view;
}

bool model_read_user(const struct model *model, int pid, uint64_t va, void *to, size_t n)
{
	const struct model_task *task = model_find_task(model, pid);
	char *at = to;

	while (n > 0) {
		size_t part = PAGE_SIZE - va % PAGE_SIZE < n ? PAGE_SIZE - va % PAGE_SIZE : n;
		struct leaf leaf;

		if (!task || task->mm < 0 || !model_find_leaf(&model->mms[task->mm], va, &leaf) ||
		    !image_read(model->image, (gpa_t){leaf.pa + (va - leaf.va)}, at, part))
			return false;
		at += part;
		va += part;
		n -= part;
	}
	return true;
}
