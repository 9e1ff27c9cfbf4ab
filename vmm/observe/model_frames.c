/* SPDX-License-Identifier: MIT */
/*
 * One role for every frame, and how often each is referred to, counted from outside: from page
 * tables, slab lists, kernel stacks and the buddy lists; never from the counters in struct page. What a chunk of frames comes to
 * is settled for those chunks alone that are not the model's before.
 */
#include "observe/build.h"

#include <string.h>

const char *frame_role_name(enum frame_role role)
{
	static const char *const names[NR_FRAME_ROLES] = {
		[FRAME_UNKNOWN] = "unknown",	 [FRAME_IMAGE] = "image",   [FRAME_MEM_MAP] = "mem_map",
		[FRAME_UNTOUCHED] = "untouched", [FRAME_FREE] = "free",	    [FRAME_TABLE] = "table",
		[FRAME_SLAB] = "slab",		 [FRAME_KERNEL] = "kernel", [FRAME_ZERO] = "zero",
		[FRAME_ANON] = "anon",		 [FRAME_FILE] = "file",	    [FRAME_DEVICE] = "device",
		[FRAME_INITRD] = "initrd",
		[FRAME_PIPE] = "pipe",
		[FRAME_POISONED] = "poisoned",
	};

	return (unsigned int)role < NR_FRAME_ROLES ? names[role] : "unknown";
}

uint64_t initrd_start_pfn(const struct model *model)
{
	return model->lab.initrd_size ? model->lab.initrd_pa >> PAGE_SHIFT : model->nr_frames;
}

uint64_t initrd_end_pfn(const struct model *model)
{
	return model->lab.initrd_size ? (model->lab.initrd_pa + model->lab.initrd_size + PAGE_SIZE - 1) >> PAGE_SHIFT
				      : model->nr_frames;
}

enum frame_role model_frame_role(const struct model *model, uint64_t pfn)
{
	if (pfn >= model->nr_frames)
		return FRAME_UNKNOWN;
	if (pfn < model->nr_touched)
		return frame_at(model, pfn)->role;
	return pfn >= initrd_start_pfn(model) && pfn < initrd_end_pfn(model) ? FRAME_INITRD : FRAME_UNTOUCHED;
}

const struct model_frame *model_frame(const struct model *model, uint64_t pfn)
{
	static const struct model_frame untouched;

	return pfn < model->nr_touched ? frame_at(model, pfn) : &untouched;
}

/* --- roles -------------------------------------------------------------------------------------- */

/** A page of memory proper: of a task or of a file. */
static enum frame_role role_of_user_page(const struct page *page)
{
	if (page->mapping.va == 0)
		return FRAME_UNKNOWN;
	return page->mapping.va & PAGE_MAPPING_ANON ? FRAME_ANON : FRAME_FILE;
}

/** Frames of the lab's device: in the image. */
struct device_frames {
	uint64_t start, end;
};

static struct device_frames find_device(const struct model *model)
{
	gpa_t pa;

	if (!image_linear(model->image, model->lab.device, LAB_DEVICE_SIZE, &pa))
		return (struct device_frames){0};
	return (struct device_frames){pa.pa >> PAGE_SHIFT, (pa.pa + LAB_DEVICE_SIZE) >> PAGE_SHIFT};
}

static enum frame_role role_of_frame(const struct model *model, uint64_t pfn, const struct model_frame *frame,
				     const struct device_frames *device)
{
	if (pfn == model->lab.zero_pfn && pfn != 0) /* 0: not taken yet */
		return FRAME_ZERO;
	if (pfn < model->lab.mem_map_start_pfn) { /* the image, and tables that boot took behind it */
		if (pfn >= device->start && pfn < device->end)
			return FRAME_DEVICE;
		return role_of_user_page(&frame->raw) == FRAME_FILE ? FRAME_FILE : FRAME_IMAGE;
	}
	if (pfn >= model->lab.mem_map_start_pfn && pfn < model->lab.mem_map_end_pfn)
		return FRAME_MEM_MAP;
	if (frame->in_block)
		return FRAME_FREE;
	switch (frame->raw.page_type) {
	case PGTY_none:
		if (frame->raw.flags & PG_hwpoison)
			return FRAME_POISONED;
		return role_of_user_page(&frame->raw);
	case PGTY_table:
		return FRAME_TABLE;
	case PGTY_slab:
		return FRAME_SLAB;
	case PGTY_kernel:
		return FRAME_KERNEL;
	case PGTY_pipe:
		return FRAME_PIPE;
	default:
		return FRAME_UNKNOWN;
	}
}

/* --- uses ---------------------------------------------------------------------------------------- */

void mark_stacks(struct build *b)
{
	struct model *model = b->model;

	for (uint64_t i = 0; i < b->tasks.n; i++) {
		const struct model_task *task = (const struct model_task *)b->tasks.items + i;
		uint64_t head;

		if (task->raw.stack.va == 0)
			continue;
		if (!frame_of_va(b, task->raw.stack, &head)) {
			add_damage(b, DAMAGE_BAD_POINTER, task->addr.va, -1,
				   "task %d: stack %#lx is no page of RAM", task->raw.pid,
				   task->raw.stack.va);
			continue;
		}
		for (uint64_t pfn = head; pfn < head + (1UL << KERNEL_STACK_ORDER) && pfn < model->nr_touched; pfn++)
			mark_frame(b, pfn)->nr_stacks++;
	}
}

static enum mm_counter counter_of(const struct page *page)
{
	if (page->mapping.va & PAGE_MAPPING_ANON)
		return MM_ANONPAGES;
	return page->flags & PG_swapbacked ? MM_SHMEMPAGES : MM_FILEPAGES;
}

/* The zero page is special: nothing counts it. */
bool count_leaf(struct build *b, struct model_mm *mm, const struct leaf *leaf, int n)
{
	const struct model *model = b->model;
	uint64_t first = leaf->pa >> PAGE_SHIFT, end = first + (1UL << 9 * (leaf->level - 1));

	for (uint64_t pfn = first; pfn < end && pfn < model->nr_touched && b->marks_left; pfn++, b->marks_left--) {
		const struct model *then = n < 0 && b->before ? b->before : model;

		if (pfn == model->lab.zero_pfn || (leaf->entry & PTE_SPECIAL) || pfn >= then->nr_touched)
			continue;
		mm->rss[counter_of(&frame_at(then, pfn)->raw)] += n;
		frame_own(b, pfn)->nr_maps += n;
	}
	return end <= model->nr_touched || (leaf->entry & PTE_SPECIAL);
}

/** One pointer to a table: from a parent entry, or from mm.pgd. */
static void mark_table(struct build *b, uint64_t pa)
{
	if (pa >> PAGE_SHIFT < b->model->nr_touched)
		mark_frame(b, pa >> PAGE_SHIFT)->nr_tables++;
}

void mark_tables(struct build *b)
{
	const struct table *tables = b->tables.items, *kernel = b->kernel_tables.items;
	const struct model_trouble *troubles = b->troubles.items;

	for (uint64_t i = 0; i < b->tables.n; i++)
		mark_table(b, tables[i].pa);
	for (uint64_t i = 1; i < b->kernel_tables.n; i++) /* [0] is init_mm's root, counted above */
		mark_table(b, kernel[i].pa);
	for (uint64_t i = 0; i < b->troubles.n; i++)
		if (troubles[i].what == TROUBLE_REPEATED)
			mark_table(b, troubles[i].entry & PTE_PFN_MASK);
}

/* --- settling -------------------------------------------------------------------------------------- */

/** What a pass over the frames carries along. */
struct settling {
	struct build *b;
	struct device_frames device;
	uint64_t block_end;	/* frames below lie behind the head of a block of the kernel's */
};

/**
 * References that are no mapping: the owner's one on slabs, the zero page, files' pages in the image, and on the
 * first frame of a block of the kernel's. Those behind it have none.
 */
static uint32_t owners_references(struct settling *s, uint64_t pfn, const struct model_frame *frame)
{
	uint32_t n = frame->nr_slab + frame->nr_cache + frame->nr_pipe;

	if (pfn < s->block_end)
		return 0;
	if (frame->role == FRAME_ZERO || frame->role == FRAME_POISONED || frame->role == FRAME_KERNEL ||
	    (frame->role == FRAME_FILE && pfn < s->b->model->lab.mem_map_start_pfn))
		n++;
	if (frame->role == FRAME_KERNEL && frame->raw.order < NR_ORDERS)
		s->block_end = pfn + (1UL << frame->raw.order);
	return n;
}

/** A page that stays mapped has become one of another kind: its mms' counts cannot be told by differences. */
static bool changed_kind(const struct model_frame *was, const struct model_frame *is)
{
	return was->nr_maps && is->nr_maps && counter_of(&was->raw) != counter_of(&is->raw);
}

static void settle_chunk(struct settling *s, uint64_t first)
{
	struct model *model = s->b->model;
	const struct model *before = s->b->before;

	for (uint64_t pfn = first; pfn < first + CHUNK_FRAMES && pfn < model->nr_touched; pfn++) {
		struct model_frame *frame = &model->frames[pfn / CHUNK_FRAMES]->frame[pfn % CHUNK_FRAMES];

		if (before && pfn < before->nr_touched) {
			model->role_count[frame_at(before, pfn)->role]--;
			s->b->again |= changed_kind(frame_at(before, pfn), frame);
		}
		frame->role = role_of_frame(model, pfn, frame, &s->device);
		model->role_count[frame->role]++;
		frame->nr_refs = frame->nr_maps + frame->nr_tables + owners_references(s, pfn, frame);
	}
	/* A chunk can be settled alone only if no block of the kernel's reaches beyond one. */
	s->b->again |= before && s->block_end > first + CHUNK_FRAMES;
	s->b->plain &= s->block_end <= first + CHUNK_FRAMES;
}

static void count_untouched(struct model *model)
{
	uint64_t nr = initrd_end_pfn(model) - initrd_start_pfn(model);

	model->role_count[FRAME_UNTOUCHED] = model->nr_frames - model->nr_touched;
	model->role_count[FRAME_INITRD] = 0;
	if (initrd_start_pfn(model) < model->nr_touched || initrd_end_pfn(model) > model->nr_frames ||
	    initrd_start_pfn(model) > initrd_end_pfn(model))
		return;
	model->role_count[FRAME_UNTOUCHED] -= nr;
	model->role_count[FRAME_INITRD] = nr;
}

void settle_frames(struct build *b)
{
	struct settling s = {.b = b, .device = find_device(b->model)};
	struct model *model = b->model;

	set_all_marks(b);
	if (b->before)
		memcpy(model->role_count, b->before->role_count, sizeof(model->role_count));
	for (uint64_t pfn = 0; pfn < model->nr_touched; pfn += CHUNK_FRAMES)
		if (!b->before || !frames_shared(b->before, model, pfn / CHUNK_FRAMES))
			settle_chunk(&s, pfn);
	count_untouched(model);
	if (!b->marks_left)
		add_damage(b, DAMAGE_LIMIT, 0, -1,
			   "more frames behind leaves and free blocks than the host counts");
}
