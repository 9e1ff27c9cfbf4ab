/* SPDX-License-Identifier: MIT */
/* The tools of a build: growing arrays, damage, typed reads, and lists followed with care. */
#include "observe/build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void grow_more(struct grow *g, uint64_t size)
{
	g->capacity = g->capacity ? g->capacity * 2 : 32;
	g->items = xrealloc(g->items, g->capacity * size);
}

void *grow_add(struct grow *g, uint64_t size)
{
	if (g->n == g->capacity)
		grow_more(g, size);
	return memset((char *)g->items + g->n++ * size, 0, size);
}

void add_damage(struct build *b, enum damage_kind kind, uint64_t where, int mm, const char *format, ...)
{
	struct damage *damage;
	va_list args;

	if (b->damage.n >= MAX_DAMAGE)
		return;
	damage = grow_add(&b->damage, sizeof(*damage));
	damage->kind = kind;
	damage->where.va = where;
	damage->mm = mm;
	if (b->damage.n == MAX_DAMAGE) {
		damage->kind = DAMAGE_LIMIT;
		snprintf(damage->text, sizeof(damage->text),
			 "more damage than %d entries: the rest is not listed", MAX_DAMAGE);
		return;
	}
	va_start(args, format);
	vsnprintf(damage->text, sizeof(damage->text), format, args);
	va_end(args);
}

bool read_struct(const struct build *b, gva_t va, void *to, uint64_t size)
{
	return va.va % 8 == 0 && image_read_va(b->image, va, to, size);
}

bool frame_of_va(const struct build *b, gva_t va, uint64_t *pfn)
{
	gpa_t pa;

	if (va.va % PAGE_SIZE || !image_linear(b->image, va, PAGE_SIZE, &pa) || pa.pa % PAGE_SIZE)
		return false;
	*pfn = pa.pa >> PAGE_SHIFT;
	return *pfn < b->model->nr_frames;
}

int64_t pfn_of_page(const struct model *model, gva_t va)
{
	uint64_t offset = va.va - model->lab.mem_map.va;

	if (va.va < model->lab.mem_map.va || offset % sizeof(struct page))
		return -1;
	return offset / sizeof(struct page) < model->nr_touched ? (int64_t)(offset / sizeof(struct page))
								: -1;
}

static void list_bad_node(struct build *b, const struct list_walk *list, gva_t node, gva_t prev)
{
	add_damage(b, DAMAGE_BAD_POINTER, prev.va, list->mm,
		   "%s: the entry at %#lx points to %#lx, which is no %s", list->name, prev.va, node.va,
		   list->what);
}

uint64_t follow_list(struct build *b, const struct list_walk *list)
{
	struct addr_map seen = {0};
	struct list_head head, here;
	gva_t node, prev = list->head;
	uint64_t n = 0;

	if (!read_struct(b, list->head, &head, sizeof(head))) {
		add_damage(b, DAMAGE_BAD_POINTER, list->head.va, list->mm,
			   "%s: its head at %#lx cannot be read", list->name, list->head.va);
		return 0;
	}
	for (node = head.next; node.va != list->head.va; node = here.next) {
		if (n >= list->max || addr_map_put(&seen, node.va, n) != n) {
			add_damage(b, DAMAGE_LIST, node.va, list->mm, "%s: %s at %#lx after %lu entries",
				   list->name,
				   n >= list->max ? "still not at its end" : "a cycle without the head",
				   node.va, n);
			break;
		}
		if (!read_struct(b, node, &here, sizeof(here)) || !list->visit(b, list, node)) {
			list_bad_node(b, list, node, prev);
			break;
		}
		if (here.prev.va != prev.va)
			add_damage(b, DAMAGE_LIST, node.va, list->mm,
				   "%s: prev of %#lx is %#lx, expected %#lx", list->name, node.va,
				   here.prev.va, prev.va);
		prev = node;
		n++;
	}
	if (node.va == list->head.va && head.prev.va != prev.va)
		add_damage(b, DAMAGE_LIST, list->head.va, list->mm,
			   "%s: prev of the head %#lx is %#lx, expected %#lx", list->name, list->head.va,
			   head.prev.va, prev.va);
	addr_map_free(&seen);
	return n;
}
