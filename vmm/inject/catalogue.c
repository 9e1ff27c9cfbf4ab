/* SPDX-License-Identifier: MIT */
/* See catalogue.h: finding rows, and doing what one says. */
#include "inject/catalogue.h"

#include <stdlib.h>
#include <string.h>
#include "inject/field.h"

static const struct corruption *const families[] = {entry_corruptions, area_corruptions, mm_corruptions,
						    frame_corruptions, rmap_corruptions, file_corruptions,
						    task_corruptions,  kernel_corruptions};
#define NR_FAMILIES (sizeof(families) / sizeof(families[0]))

const struct corruption *catalogue_row(unsigned int i)
{
	for (size_t f = 0; f < NR_FAMILIES; f++)
		for (const struct corruption *c = families[f]; c->name; c++)
			if (i-- == 0)
				return c;
	return NULL;
}

unsigned int catalogue_size(void)
{
	unsigned int n = 0;

	while (catalogue_row(n))
		n++;
	return n;
}

const struct corruption *catalogue_find(const char *name)
{
	const struct corruption *c;

	for (unsigned int i = 0; (c = catalogue_row(i)); i++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

/* Where a field of an object lies: a physical address and a size. */
struct place {
	uint64_t pa;
	uint8_t size;
};

static bool find_place(const struct corruption *c, const char *field, const struct edits *edits,
		       const struct inject_object *object, struct place *place)
{
	const char *structure = inject_kind_structure(c->kind);
	struct inject_field f = {.size = 8};
	gpa_t pa;

	if (field && field[0] == '+')
		f.offset = strtoul(field + 1, NULL, 10);
	else if (field && !(structure && find_field(structure, field, &f)))
		return false;
	place->size = f.size;
	if (c->kind == OBJ_ENTRY || c->kind == OBJ_FRAME) {
		place->pa = object->addr + f.offset;
		return true;
	}
	if (!image_linear(edits->image, (gva_t){object->addr + f.offset}, f.size, &pa))
		return false;
	place->pa = pa.pa;
	return true;
}

/* Exchange two places; false where nothing would change. */
static bool swap(struct edits *edits, const struct place *a, const struct place *b)
{
	uint64_t x, y;

	return edit_get(edits, a->pa, a->size, &x) && edit_get(edits, b->pa, b->size, &y) && x != y &&
	       edit_put(edits, a->pa, a->size, y) && edit_put(edits, b->pa, b->size, x);
}

static bool do_alone(const struct corruption *c, const struct inject_object *object, const struct place *at,
		     struct edits *edits)
{
	uint64_t value;
	struct place second;

	if (!edit_get(edits, at->pa, at->size, &value))
		return false;
	switch (c->how) {
	case HOW_SET:
		return edit_put(edits, at->pa, at->size, c->value);
	case HOW_ADD:
		return edit_put(edits, at->pa, at->size, value + c->value);
	case HOW_XOR:
		return edit_put(edits, at->pa, at->size, value ^ c->value);
	case HOW_SELF:
		return edit_put(edits, at->pa, at->size, PAGE_OFFSET + at->pa + c->value);
	case HOW_SWAP_FIELDS:
		return find_place(c, c->other, edits, object, &second) && swap(edits, at, &second);
	default:
		return false;
	}
}

static bool do_with(const struct corruption *c, const struct inject_object *other, const struct place *at,
		    struct edits *edits)
{
	struct place there;
	uint64_t value;

	if (!find_place(c, c->field, edits, other, &there))
		return false;
	switch (c->how) {
	case HOW_COPY_OTHER:
		return edit_get(edits, there.pa, there.size, &value) && edit_put(edits, at->pa, at->size, value);
	case HOW_POINT_OTHER:
		return edit_put(edits, at->pa, at->size, other->addr + c->value);
	case HOW_SWAP_OTHER:
		return swap(edits, at, &there);
	default:
		return false;
	}
}

static bool needs_other(const struct corruption *c)
{
	return c->how == HOW_COPY_OTHER || c->how == HOW_POINT_OTHER || c->how == HOW_SWAP_OTHER;
}

static bool fits(const struct corruption *c, const struct model *model, const struct inject_object *object)
{
	return !c->fits || c->fits(model, object);
}

/* Entries of tables are exchanged within one mm, so that only their place is wrong. */
static bool may_pair(const struct inject_object *a, const struct inject_object *b)
{
	return a != b && (a->kind != OBJ_ENTRY || (a->mm == b->mm && a->level == b->level));
}

/* Do it to list[i], with the first other object that makes a difference where one is needed. */
static bool do_to(const struct corruption *c, const struct model *model, const struct inject_objects *list, uint32_t i,
		  struct edits *edits)
{
	const struct inject_object *object = &list->items[i];
	struct place at;

	if (!fits(c, model, object) || !find_place(c, c->field, edits, object, &at))
		return false;
	if (!needs_other(c)) {
		if (do_alone(c, object, &at, edits) && edits_matter(edits))
			return true;
		edits_undo(edits);
		return false;
	}
	for (uint32_t step = 1; step < list->n; step++) {
		const struct inject_object *other = &list->items[(i + step) % list->n];

		if (!may_pair(object, other) || !fits(c, model, other))
			continue;
		if (do_with(c, other, &at, edits) && edits_matter(edits))
			return true;
		edits_undo(edits);
	}
	return false;
}

bool catalogue_apply(const struct corruption *c, const struct model *model, unsigned int nth, struct edits *edits,
		     struct inject_object *object)
{
	struct inject_objects list = inject_list(model, c->kind);
	bool done = false;

	for (uint32_t i = 0; i < list.n && !done; i++) {
		if (!do_to(c, model, &list, i, edits))
			continue;
		done = nth-- == 0;
		if (done)
			*object = list.items[i];
		else
			edits_undo(edits);
	}
	free(list.items);
	return done;
}
