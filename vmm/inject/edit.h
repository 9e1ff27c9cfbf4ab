/* SPDX-License-Identifier: MIT */
/* Changes to guest memory that can be taken back: the old bytes are kept. */
#ifndef VMM_INJECT_EDIT_H
#define VMM_INJECT_EDIT_H

#include <stdbool.h>
#include <stdint.h>
#include "observe/image.h"

struct edit {
	uint64_t pa;
	uint8_t size; /* bytes, at most 8 */
	uint64_t before;
};

#define MAX_EDITS 16

/** One corruption under way. `ram` is guest-physical memory from 0, the caller's. */
struct edits {
	uint8_t *ram;
	uint64_t ram_size;
	const struct guest_image *image; /* the same memory, for its linear maps */
	struct edit items[MAX_EDITS];
	uint32_t n;
};

/** The number of 1, 2, 4 or 8 bytes at physical pa; false: not in RAM. */
bool edit_get(const struct edits *edits, uint64_t pa, uint8_t size, uint64_t *value);
/** Write it; false: not in RAM, or MAX_EDITS are under way. */
bool edit_put(struct edits *edits, uint64_t pa, uint8_t size, uint64_t value);
/** The same at a kernel virtual address. */
bool edit_get_va(const struct edits *edits, uint64_t va, uint8_t size, uint64_t *value);
bool edit_put_va(struct edits *edits, uint64_t va, uint8_t size, uint64_t value);
/** Did anything change at all? */
bool edits_matter(const struct edits *edits);
/** Put every byte back, the last first. */
void edits_undo(struct edits *edits);

#endif
