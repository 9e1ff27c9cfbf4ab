/* SPDX-License-Identifier: MIT */
/* See edit.h. */
#include "inject/edit.h"

#include <string.h>

static bool in_ram(const struct edits *edits, uint64_t pa, uint64_t size)
{
	return size <= 8 && pa <= edits->ram_size && size <= edits->ram_size - pa;
}

bool edit_get(const struct edits *edits, uint64_t pa, uint8_t size, uint64_t *value)
{
	*value = 0;
	if (!in_ram(edits, pa, size))
		return false;
	memcpy(value, edits->ram + pa, size);
	return true;
}

bool edit_put(struct edits *edits, uint64_t pa, uint8_t size, uint64_t value)
{
	struct edit *edit = &edits->items[edits->n];

	if (edits->n == MAX_EDITS || !edit_get(edits, pa, size, &edit->before))
		return false;
	edit->pa = pa;
	edit->size = size;
	memcpy(edits->ram + pa, &value, size);
	edits->n++;
	return true;
}

bool edit_get_va(const struct edits *edits, uint64_t va, uint8_t size, uint64_t *value)
{
	gpa_t pa;

	return image_linear(edits->image, (gva_t){va}, size, &pa) && edit_get(edits, pa.pa, size, value);
}

bool edit_put_va(struct edits *edits, uint64_t va, uint8_t size, uint64_t value)
{
	gpa_t pa;

	return image_linear(edits->image, (gva_t){va}, size, &pa) && edit_put(edits, pa.pa, size, value);
}

bool edits_matter(const struct edits *edits)
{
	for (uint32_t i = 0; i < edits->n; i++)
		if (memcmp(edits->ram + edits->items[i].pa, &edits->items[i].before, edits->items[i].size))
			return true;
	return false;
}

void edits_undo(struct edits *edits)
{
	while (edits->n) {
		const struct edit *edit = &edits->items[--edits->n];

		memcpy(edits->ram + edit->pa, &edit->before, edit->size);
	}
}
