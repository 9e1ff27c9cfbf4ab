/* SPDX-License-Identifier: MIT */
/* The buddy lists: every free block, and which frames lie in one. */
#include "observe/build.h"

#include <stdio.h>

struct buddy_list {
	unsigned int order;
};

static const struct free_block *block_at(const struct build *b, uint64_t i)
{
	return (const struct free_block *)b->free_list.items + i;
}

static bool visit_block(struct build *b, const struct list_walk *list, gva_t node)
{
	const struct buddy_list *buddy = list->ctx;
	int64_t head = pfn_of_page(b->model, (gva_t){node.va - offsetof(struct page, lru)});

	if (head < 0)
		return false;
	b->model->free_blocks[buddy->order]++;
	*(struct free_block *)grow_add(&b->free_list, sizeof(struct free_block)) =
		(struct free_block){.pfn = head, .order = buddy->order};
	return true;
}

static void follow_blocks(struct build *b)
{
	uint64_t areas = b->model->lab.zone.va + offsetof(struct zone, free_area);

	for (unsigned int order = 0; order < NR_ORDERS; order++) {
		struct buddy_list buddy = {.order = order};
		char name[24];

		snprintf(name, sizeof(name), "free_area[%u]", order);
		follow_list(b, &(struct list_walk){.name = name,
						   .what = "struct page",
						   .head = {areas + order * sizeof(struct free_area)},
						   .mm = -1,
						   .max = b->model->nr_touched,
						   .ctx = &buddy,
						   .visit = visit_block});
	}
}

/* --- frames ----------------------------------------------------------------------------------------- */

/** The frames of one free block. A frame in two blocks keeps the first; the second block is damage. */
static void mark_block(struct build *b, const struct free_block *block)
{
	struct model *model = b->model;

	for (uint64_t pfn = block->pfn; pfn < block->pfn + (1UL << block->order) && b->marks_left; pfn++, b->marks_left--) {
		struct model_frame *frame;

		if (pfn >= model->nr_touched || frame_at(model, pfn)->in_block) {
			add_damage(b, DAMAGE_LIST, model->lab.mem_map.va + block->pfn * sizeof(struct page) +
						   offsetof(struct page, lru), -1,
				   "free block %#lx of order %u: frame %#lx is %s", block->pfn, block->order, pfn,
				   pfn >= model->nr_touched ? "above the frontier" : "free twice");
			return;
		}
		frame = frame_own(b, pfn);
		frame->in_block = 1;
		frame->free_order = block->order;
		frame->block_head = pfn == block->pfn;
		model->free_frames++;
	}
}

/** A block of the model before that is none any more. */
static void unmark_block(struct build *b, const struct free_block *block)
{
	for (uint64_t pfn = block->pfn; pfn < block->pfn + (1UL << block->order); pfn++) {
		struct model_frame *frame = frame_own(b, pfn);

		frame->in_block = frame->free_order = frame->block_head = 0;
		b->model->free_frames--;
	}
}

static uint64_t block_key(const struct free_block *block)
{
	return block->pfn << 8 | block->order;
}

/** Mark the blocks that are new, after those that are gone lost their marks. */
static void mark_differences(struct build *b)
{
	const struct model *before = b->before;
	struct addr_map known = {0}, kept = {0};
	uint64_t nr_kept = 0;

	b->model->free_frames = before->free_frames;
	for (uint32_t i = 0; i < before->nr_free_list; i++)
		addr_map_put(&known, block_key(&before->free_list[i]), i);
	for (uint64_t i = 0; i < b->free_list.n; i++)
		if (addr_map_get(&known, block_key(block_at(b, i))) != ADDR_MAP_NONE) {
			b->again |= addr_map_put(&kept, block_key(block_at(b, i)), i) != i; /* listed twice */
			nr_kept++;
		}
	for (uint32_t i = 0; i < before->nr_free_list && nr_kept < before->nr_free_list; i++)
		if (addr_map_get(&kept, block_key(&before->free_list[i])) == ADDR_MAP_NONE)
			unmark_block(b, &before->free_list[i]);
	for (uint64_t i = 0; i < b->free_list.n && nr_kept < b->free_list.n; i++)
		if (addr_map_get(&known, block_key(block_at(b, i))) == ADDR_MAP_NONE)
			mark_block(b, block_at(b, i));
	addr_map_free(&known);
	addr_map_free(&kept);
}

void decode_buddy(struct build *b)
{
	follow_blocks(b);
	if (b->before)
		mark_differences(b);
	for (uint64_t i = 0; i < b->free_list.n && !b->before; i++)
		mark_block(b, block_at(b, i));
}
