/* SPDX-License-Identifier: MIT */
/* From model to picture: per mm the areas, pages and tables that are shown; see picture.h. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "observe/leaves.h"
#include "report/picture.h"
#include "report/picture_frames.h"
#include "report/segments.h"

/* What building one picture needs, threaded through. */
struct build {
	struct names *names;
	const struct model *model;
	const struct picture *before;
	struct picture *p;
	struct touch *touches; /* of one mm at a time: pid is the mm's id; by start */
	uint32_t nr_touches;
};

static bool hidden(const struct build *b, uint64_t start, uint64_t end)
{
	return !b->names->raw && in_agent_footprint(start, end);
}

/* Linux's rules for /proc/PID/maps: fs/proc/task_mmu.c, show_map_vma. */
static const char *area_name(const struct mm_struct *mm, const struct vm_area_struct *vma)
{
	if (vma->vm_file.va)
		return vma->vm_flags & VM_MAYSHARE ? "file, shared" : "file";
	if (vma->vm_start <= mm->brk && vma->vm_end >= mm->start_brk)
		return "[heap]";
	if (vma->vm_start <= mm->start_stack && vma->vm_end >= mm->start_stack)
		return "[stack]";
	return vma->vm_flags & VM_MAYSHARE ? "anon, shared" : "anon";
}

static void build_areas(struct build *b, struct pic_mm *to, const struct model_mm *mm)
{
	to->areas = xcalloc(mm->nr_vmas + 1, sizeof(*to->areas));
	for (uint32_t i = 0; i < mm->nr_vmas; i++) {
		const struct vm_area_struct *vma = &mm->vmas[i].raw;

		if (hidden(b, vma->vm_start, vma->vm_end))
			continue;
		to->areas[to->nr_areas++] = (struct pic_area){
			.start = vma->vm_start,
			.end = vma->vm_end,
			.flags = vma->vm_flags,
			.pgoff = vma->vm_pgoff,
			.present = mm->vmas[i].nr_present,
			.name = area_name(&mm->raw, vma),
		};
	}
}

static void build_tables(struct build *b, struct pic_mm *to, const struct model_mm *mm)
{
	to->tables = xcalloc(mm->nr_tables + 1, sizeof(*to->tables));
	for (uint32_t i = 0; i < mm->nr_tables; i++) {
		const struct table *table = &mm->tables[i];

		if (!b->names->raw && table_is_agents(mm, table))
			continue;
		names_frame(b->names, table->pa >> PAGE_SHIFT);
		to->tables[to->nr_tables++] = (struct pic_table){
			.pfn = table->pa >> PAGE_SHIFT,
			.va = table->va,
			.name = names_number(b->names, table->pa >> PAGE_SHIFT),
			.level = table->level,
			.present = table->present,
		};
	}
}

/* Was [start, end) touched in this step? Advances *at, since pages come in ascending order. */
static bool touched_now(const struct build *b, uint32_t *at, uint64_t start, uint64_t end)
{
	while (*at < b->nr_touches && b->touches[*at].end <= start)
		++*at;
	for (uint32_t i = *at; i < b->nr_touches && b->touches[i].start < end; i++)
		if (b->touches[i].end > start)
			return true;
	return false;
}

/* Was the same page known as touched in the picture before? Advances *at. */
static bool touched_before(const struct pic_mm *before, uint32_t *at, uint64_t va, uint64_t pfn)
{
	if (!before)
		return false;
	while (*at < before->nr_pages && before->pages[*at].va < va)
		++*at;
	return *at < before->nr_pages && before->pages[*at].va == va && before->pages[*at].pfn == pfn &&
	       (before->pages[*at].bits & PB_TOUCHED);
}

static uint16_t leaf_bits(const struct leaf *leaf, const struct pic_mm *to, bool zero)
{
	const struct pic_area *area = pic_find_area(to, leaf->va);
	uint16_t bits = 0;

	bits |= leaf->writable ? PB_W : 0;
	bits |= leaf->user ? PB_U : 0;
	bits |= leaf->nx ? 0 : PB_X;
	bits |= leaf->entry & PTE_D ? PB_D : 0;
	bits |= zero ? PB_ZERO : 0;
	bits |= leaf->reserved ? PB_RESERVED : 0;
	if (is_hwpoison_entry(leaf->entry))
		bits = PB_POISON;
	else if (!(leaf->entry & PTE_P))
		bits = PB_NONE | (bits & (PB_D | PB_ZERO));
	else if (!leaf->writable && area && (area->flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		bits |= PB_COW;
	return bits;
}

/* One page; `at` are the cursors of touched_now and touched_before. */
static void build_page(struct build *b, struct pic_mm *to, const struct leaf *leaf, uint32_t at[2])
{
	const struct pic_mm *before = b->before ? picture_mm(b->before, to->id) : NULL;
	uint64_t end = leaf->va + (PAGE_SIZE << 9 * (leaf->level - 1));
	uint64_t pfn = leaf->pa >> PAGE_SHIFT;
	bool zero = pfn == b->model->lab.zero_pfn && b->model->lab.zero_pfn;
	struct pic_page *page = &to->pages[to->nr_pages];

	if (hidden(b, leaf->va, end))
		return;
	if (!zero && !to->raw_kernel)
		names_frame(b->names, pfn);
	*page = (struct pic_page){.va = leaf->va, .pfn = pfn, .entry = leaf->entry, .level = leaf->level};
	page->name = zero ? 0 : names_number(b->names, pfn);
	page->bits = leaf_bits(leaf, to, zero);
	if (touched_now(b, &at[0], leaf->va, end) ||
	    (touched_before(before, &at[1], leaf->va, pfn) && (leaf->entry & PTE_A)))
		page->bits |= PB_TOUCHED;
	if ((leaf->entry & PTE_A) && (b->names->raw || (page->bits & PB_TOUCHED)))
		page->bits |= PB_A;
	to->nr_pages++;
}

/* Those of PROT_NONE areas, too. */
static void build_pages(struct build *b, struct pic_mm *to, const struct model_mm *mm)
{
	uint32_t at[2] = {0, 0};

	to->pages = xcalloc(mm->nr_leaves + mm->nr_held + 1, sizeof(*to->pages));
	for (struct leaf_walk w = leaves_of(mm, LEAVES_ALL); leaf_next(&w);)
		build_page(b, to, &w.leaf, at);
}

static int by_start(const void *a, const void *b)
{
	const struct touch *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Touches of the tasks of one mm, sorted and with overlaps merged. */
static void select_touches(struct build *b, const struct touch *all, uint32_t n, int mm)
{
	b->nr_touches = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct model_task *task = model_find_task(b->model, all[i].pid);

		if (task && task->mm == mm && all[i].end > all[i].start)
			b->touches[b->nr_touches++] = all[i];
	}
	qsort(b->touches, b->nr_touches, sizeof(*b->touches), by_start);
	for (uint32_t i = 0, kept = 0; i < b->nr_touches; i++) {
		struct touch *last = kept ? &b->touches[kept - 1] : NULL;

		if (last && b->touches[i].start <= last->end) {
			if (b->touches[i].end > last->end)
				last->end = b->touches[i].end;
		} else {
			b->touches[kept++] = b->touches[i];
		}
		if (i + 1 == b->nr_touches) {
			b->nr_touches = kept;
			break;
		}
	}
}

static void build_mm(struct build *b, struct pic_mm *to, const struct model_mm *mm)
{
	const struct named_mm *named = names_mm(b->names, mm);

	*to = (struct pic_mm){
		.id = named->id,
		.addr = mm->addr.va,
		.users = mm->raw.mm_users,
		.count = mm->raw.mm_count,
		.pgd_pfn = mm->pgd_pa >> PAGE_SHIFT,
		.brk = mm->raw.brk,
		.start_brk = mm->raw.start_brk,
		.start_stack = mm->raw.start_stack,
		.mmap_base = mm->raw.mmap_base,
	};
	memcpy(to->label, named->label, sizeof(to->label));
	to->counters = count_mm(b->model, mm, b->names->raw);
	build_areas(b, to, mm);
	build_tables(b, to, mm);
	build_pages(b, to, mm);
}

/* Raw form: the kernel's half, as init_mm holds it. */
static void build_init_mm(struct build *b, struct pic_mm *to)
{
	const struct model_mm *mm = &b->model->mms[0];

	*to = (struct pic_mm){
		.addr = mm->addr.va,
		.label = "init_mm",
		.users = mm->raw.mm_users,
		.count = mm->raw.mm_count,
		.raw_kernel = true,
		.pgd_pfn = mm->pgd_pa >> PAGE_SHIFT,
	};
	b->nr_touches = 0;
	to->pages = xcalloc(b->model->nr_kernel_leaves + 1, sizeof(*to->pages));
	for (uint32_t i = 0; i < b->model->nr_kernel_leaves; i++)
		build_page(b, to, &b->model->kernel_leaves[i], (uint32_t[2]){0});
}

static void build_mms(struct build *b, const struct touch *touches, uint32_t nr_touches)
{
	const struct model *model = b->model;
	const struct names *names = b->names;

	b->touches = xcalloc(nr_touches + 1, sizeof(*b->touches));
	b->p->mms = xcalloc(model->nr_mms + 1, sizeof(*b->p->mms));
	if (names->raw && model->nr_mms)
		build_init_mm(b, &b->p->mms[b->p->nr_mms++]);
	for (uint32_t n = 0; n < names->nr_mms; n++) { /* names are in order of id */
		for (uint32_t i = 1; i < model->nr_mms; i++) {
			if (names_mm(names, &model->mms[i]) != &names->mms[n])
				continue;
			select_touches(b, touches, nr_touches, i);
			build_mm(b, &b->p->mms[b->p->nr_mms++], &model->mms[i]);
			break; /* a broken guest may list one mm twice */
		}
	}
	free(b->touches);
}

struct picture *picture_build(struct names *names, const struct model *model, const struct picture *before,
			      const struct touch *touches, uint32_t nr_touches)
{
	struct picture *p = xcalloc(1, sizeof(*p));
	struct build b = {.names = names, .model = model, .before = before, .p = p};

	names_begin(names, model);
	build_mms(&b, touches, nr_touches);
	picture_add_tasks(p, names, model);
	picture_add_frames(p, names, model);
	picture_add_cpus(p, names, model);
	picture_add_segments(p, model);
	p->virtual_ns = model->lab.virtual_ns;
	p->ram_end = model->lab.ram_end;
	p->la57 = model->mode.la57;
	p->raw = names->raw;
	return p;
}

void picture_free(struct picture *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < p->nr_mms; i++) {
		free(p->mms[i].areas);
		free(p->mms[i].pages);
		free(p->mms[i].tables);
	}
	free(p->mms);
	free(p->tasks);
	free(p->frames);
	free(p->cpus);
	free(p->segments);
	free(p);
}

const struct pic_mm *picture_mm(const struct picture *p, uint32_t id)
{
	for (uint32_t i = 0; i < p->nr_mms; i++)
		if (p->mms[i].id == id)
			return &p->mms[i];
	return NULL;
}

const struct pic_task *picture_task(const struct picture *p, int pid)
{
	for (uint32_t i = 0; i < p->nr_tasks; i++)
		if (p->tasks[i].pid == pid)
			return &p->tasks[i];
	return NULL;
}

const struct pic_mm *picture_mm_of(const struct picture *p, int pid)
{
	const struct pic_task *task = picture_task(p, pid);

	return task && task->mm ? picture_mm(p, task->mm) : NULL;
}

const struct pic_page *pic_find_page(const struct pic_mm *mm, uint64_t va)
{
	uint32_t low = 0, high = mm->nr_pages;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct pic_page *page = &mm->pages[middle];

		if (va < page->va)
			high = middle;
		else if (va - page->va >= pic_page_size(page))
			low = middle + 1;
		else
			return page;
	}
	return NULL;
}

const struct pic_area *pic_find_area(const struct pic_mm *mm, uint64_t va)
{
	uint32_t low = 0, high = mm->nr_areas;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (va < mm->areas[middle].start)
			high = middle;
		else if (va >= mm->areas[middle].end)
			low = middle + 1;
		else
			return &mm->areas[middle];
	}
	return NULL;
}
