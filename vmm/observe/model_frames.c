/* SPDX-License-Identifier: MIT */
/*
 * One role for every frame, and how often each is referred to, counted from outside: from page
 * tables, slab lists, kernel stacks and the buddy lists; never from the counters in struct page.
 */
#include "observe/build.h"
#include "observe/view.h"

#include <stdio.h>
#include <stdlib.h>
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
		return model->frames[pfn].role;
	return pfn >= initrd_start_pfn(model) && pfn < initrd_end_pfn(model) ? FRAME_INITRD : FRAME_UNTOUCHED;
}

const struct model_frame *model_frame(const struct model *model, uint64_t pfn)
{
	static const struct model_frame untouched;

	return pfn < model->nr_touched ? &model->frames[pfn] : &untouched;
}

/* --- buddy lists -------------------------------------------------------------------------------- */

struct buddy_list {
	unsigned int order;
};

/** One free block. A frame in two blocks keeps the first; the second block is damage. */
static bool visit_block(struct build *b, const struct list_walk *list, gva_t node)
{
	const struct buddy_list *buddy = list->ctx;
	struct model *model = b->model;
	int64_t head = pfn_of_page(model, (gva_t){node.va - offsetof(struct page, lru)});
	uint64_t nr = 1UL << buddy->order;

	if (head < 0)
		return false;
	model->free_blocks[buddy->order]++;
	for (uint64_t pfn = head; pfn < head + nr && b->marks_left; pfn++, b->marks_left--) {
		if (pfn >= model->nr_touched || model->frames[pfn].role == FRAME_FREE) {
			add_damage(b, DAMAGE_LIST, node.va, -1,
				   "free block %#lx of order %u: frame %#lx is %s", head, buddy->order, pfn,
				   pfn >= model->nr_touched ? "above the frontier" : "free twice");
			break;
		}
		model->frames[pfn].role = FRAME_FREE;
		model->frames[pfn].free_order = buddy->order;
		model->frames[pfn].block_head = pfn == (uint64_t)head;
		model->free_frames++;
	}
	return true;
}

void decode_buddy(struct build *b)
{
	uint64_t areas = b->model->lab.zone.va + offsetof(struct zone, free_area);

	for (unsigned int order = 0; order < NR_ORDERS; order++) {
		struct buddy_list buddy = {.order = order};
		gva_t head = {areas + order * sizeof(struct free_area)};
		char name[24];

		snprintf(name, sizeof(name), "free_area[%u]", order);
		follow_list(b, &(struct list_walk){.name = name,
						   .what = "struct page",
						   .head = head,
						   .mm = -1,
						   .max = b->model->nr_touched,
						   .ctx = &buddy,
						   .visit = visit_block});
	}
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

static enum frame_role role_of_frame(const struct model *model, uint64_t pfn, const struct device_frames *device)
{
	const struct model_frame *frame = &model->frames[pfn];

	if (pfn == model->lab.zero_pfn && pfn != 0) /* 0: not taken yet */
		return FRAME_ZERO;
	if (pfn < model->lab.mem_map_start_pfn) { /* the image, and tables that boot took behind it */
		if (pfn >= device->start && pfn < device->end)
			return FRAME_DEVICE;
		return role_of_user_page(&frame->raw) == FRAME_FILE ? FRAME_FILE : FRAME_IMAGE;
	}
	if (pfn >= model->lab.mem_map_start_pfn && pfn < model->lab.mem_map_end_pfn)
		return FRAME_MEM_MAP;
	if (frame->role == FRAME_FREE)
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

/** The stack of each task. */
static void mark_stacks(struct build *b)
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
		for (uint64_t pfn = head; pfn < head + (1UL << KERNEL_STACK_ORDER) && pfn < model->nr_touched;
		     pfn++) {
			model->frames[pfn].nr_stacks++;
		}
	}
}

void assign_roles(struct build *b)
{
	struct model *model = b->model;
	const struct device_frames device = find_device(model);

	for (uint64_t pfn = 0; pfn < model->nr_touched; pfn++) {
		model->frames[pfn].role = role_of_frame(model, pfn, &device);
		model->role_count[model->frames[pfn].role]++;
	}
	mark_stacks(b);
	model->role_count[FRAME_UNTOUCHED] += model->nr_frames - model->nr_touched;
	if (initrd_start_pfn(model) >= model->nr_touched && initrd_end_pfn(model) <= model->nr_frames &&
	    initrd_start_pfn(model) <= initrd_end_pfn(model)) {
		uint64_t nr = initrd_end_pfn(model) - initrd_start_pfn(model);

		model->role_count[FRAME_UNTOUCHED] -= nr;
		model->role_count[FRAME_INITRD] += nr;
	}
}

/* --- references --------------------------------------------------------------------------------- */

static enum mm_counter counter_of(const struct model_frame *frame)
{
	if (frame->raw.mapping.va & PAGE_MAPPING_ANON)
		return MM_ANONPAGES;
	return frame->raw.flags & PG_swapbacked ? MM_SHMEMPAGES : MM_FILEPAGES;
}

/** Count one leaf of mm at every frame behind it. The zero page is special: nothing counts it. */
static void count_leaf(struct build *b, struct model_mm *mm, const struct leaf *leaf)
{
	struct model *model = b->model;
	uint64_t first = leaf->pa >> PAGE_SHIFT, end = first + (1UL << 9 * (leaf->level - 1));

	for (uint64_t pfn = first; pfn < end && pfn < model->nr_touched && b->marks_left;
	     pfn++, b->marks_left--) {
		struct model_frame *frame = &model->frames[pfn];

		if (pfn == model->lab.zero_pfn || (leaf->entry & PTE_SPECIAL))
			continue;
		frame->nr_maps++;
		frame->nr_refs++;
		mm->rss[counter_of(frame)]++;
	}
}

/** One pointer to a table: from a parent entry, or from mm.pgd. */
static void count_table(struct model *model, uint64_t pa)
{
	uint64_t pfn = pa >> PAGE_SHIFT;

	if (pfn >= model->nr_touched)
		return;
	model->frames[pfn].nr_tables++;
	model->frames[pfn].nr_refs++;
}

static void count_tables(struct build *b)
{
	const struct table *tables = b->tables.items, *kernel = b->kernel_tables.items;
	const struct model_trouble *troubles = b->troubles.items;

	for (uint64_t i = 0; i < b->tables.n; i++)
		count_table(b->model, tables[i].pa);
	for (uint64_t i = 1; i < b->kernel_tables.n; i++) /* [0] is init_mm's root, counted above */
		count_table(b->model, kernel[i].pa);
	for (uint64_t i = 0; i < b->troubles.n; i++)
		if (troubles[i].what == TROUBLE_REPEATED)
			count_table(b->model, troubles[i].entry & PTE_PFN_MASK);
}

/**
 * References that are no mapping: the owner's one on slabs, the zero page, files' pages in the image, and on the
 * first frame of a block of the kernel's. Returns how many further frames that block has.
 */
static uint64_t count_owner(struct model_frame *frame, bool in_image)
{
	frame->nr_refs += frame->nr_slab + frame->nr_cache + frame->nr_pipe;
	if (frame->role == FRAME_ZERO || frame->role == FRAME_POISONED || (frame->role == FRAME_FILE && in_image) || frame->role == FRAME_KERNEL)
		frame->nr_refs++;
	if (frame->role != FRAME_KERNEL || frame->raw.order >= NR_ORDERS)
		return 0;
	return (1UL << frame->raw.order) - 1;
}

void count_references(struct build *b)
{
	struct model_mm *mms = b->mms.items;
	const struct leaf *leaf = b->leaves.items, *held = b->held.items;

	for (uint64_t i = 0; i < b->mms.n; i++) {
		for (uint32_t j = 0; j < mms[i].nr_leaves; j++)
			count_leaf(b, &mms[i], leaf++);
		for (uint32_t j = 0; j < mms[i].nr_held; j++)
			count_leaf(b, &mms[i], held++);
	}
	count_tables(b);
	for (uint64_t pfn = 0; pfn < b->model->nr_touched; pfn++)
		pfn += count_owner(&b->model->frames[pfn], pfn < b->model->lab.mem_map_start_pfn);
	if (!b->marks_left)
		add_damage(b, DAMAGE_LIMIT, 0, -1,
			   "more frames behind leaves and free blocks than the host counts");
}

/* --- contents ------------------------------------------------------------------------------------- */

/** The page to be hashed, or NULL. */
static const void *user_page(const struct model *model, uint64_t pfn)
{
	const struct model_frame *frame = &model->frames[pfn];

	if ((frame->role != FRAME_ANON && frame->role != FRAME_FILE) || (!frame->nr_maps && !frame->nr_cache))
		return NULL;
	return image_ptr(model->image, (gpa_t){pfn << PAGE_SHIFT}, PAGE_SIZE);
}

void model_hash_since(struct model *model, struct page_hashes *last, const uint64_t *written)
{
	if (!model->nr_touched)
		return;
	if (model->nr_touched > last->nr) {
		last->hash = xrealloc(last->hash, model->nr_touched * sizeof(*last->hash));
		memset(last->hash + last->nr, 0, (model->nr_touched - last->nr) * sizeof(*last->hash));
	}
	last->nr = model->nr_touched;
	for (uint64_t pfn = 0; pfn < model->nr_touched; pfn++) {
		const void *page = user_page(model, pfn);
		uint64_t known = written && !(written[pfn / 64] >> pfn % 64 & 1) ? last->hash[pfn] : 0;

		last->hash[pfn] = !page ? 0 : known ? known : view_hash(page);
	}
	model->hashes = xrealloc(model->hashes, model->nr_touched * sizeof(*model->hashes));
	memcpy(model->hashes, last->hash, model->nr_touched * sizeof(*model->hashes));
}

void model_hash(struct model *model)
{
	struct page_hashes none = {0};

	model_hash_since(model, &none, NULL);
	free(none.hash);
}

uint64_t model_wrong_hash(const struct model *model)
{
	for (uint64_t pfn = 0; pfn < model->nr_touched; pfn++) {
		const void *page = user_page(model, pfn);

		if (model->hashes[pfn] != (page ? view_hash(page) : 0))
			return pfn;
	}
	return NO_FRAME;
}
