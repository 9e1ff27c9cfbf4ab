/* SPDX-License-Identifier: MIT */
/*
 * RAM saved and put back. It is a sparse file: what nobody ever wrote is a hole, costs nothing here, and reads
 * as zeros. A small guest in a large RAM is copied in a fraction of a millisecond.
 */
#include "machine/ram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where byte `offset` of the file lies in guest-physical space. */
static uint64_t pa_of_offset(uint64_t offset)
{
	return offset < MMIO_HOLE_START ? offset : offset - MMIO_HOLE_START + MMIO_HOLE_END;
}

static void add_extent(struct ram_copy *copy, uint64_t start, uint64_t end)
{
	if ((copy->nr_extents & (copy->nr_extents - 1)) == 0)
		copy->extents = xrealloc(copy->extents, (copy->nr_extents ? 2 * copy->nr_extents : 1) *
								sizeof(*copy->extents));
	copy->extents[copy->nr_extents++] = (struct ram_extent){.pa = pa_of_offset(start), .size = end - start};
	copy->size += end - start;
}

/* Find the pieces in use, without their bytes. No piece reaches across the hole for devices. */
static int find_extents(const struct guest_ram *ram, struct ram_copy *copy, struct error *e)
{
	off_t start = 0, end = 0;

	*copy = (struct ram_copy){0};
	while ((start = lseek(ram->fd, end, SEEK_DATA)) >= 0) {
		end = lseek(ram->fd, start, SEEK_HOLE);
		if (end < 0)
			break;
		if (start < (off_t)MMIO_HOLE_START && end > (off_t)MMIO_HOLE_START)
			end = MMIO_HOLE_START;
		add_extent(copy, start, end);
	}
	if (errno == ENXIO) /* no data behind the last piece */
		return 0;
	ram_copy_free(copy);
	return error_set(e, EXIT_HOST, "what is in use of the guest's RAM cannot be told: %s", strerror(errno));
}

int ram_save(const struct guest_ram *ram, struct ram_copy *copy, struct error *e)
{
	uint8_t *to;

	if (find_extents(ram, copy, e))
		return -1;
	to = copy->bytes = xmalloc(copy->size ? copy->size : 1);
	for (uint32_t i = 0; i < copy->nr_extents; to += copy->extents[i++].size)
		memcpy(to, ram->bytes + copy->extents[i].pa, copy->extents[i].size);
	return 0;
}

/* Zero what of `now` lies in no extent of `copy`. */
static void clear_the_rest(struct guest_ram *ram, const struct ram_copy *now, const struct ram_copy *copy)
{
	uint32_t j = 0;

	for (uint32_t i = 0; i < now->nr_extents; i++) {
		uint64_t at = now->extents[i].pa, end = at + now->extents[i].size;

		while (at < end) {
			const struct ram_extent *kept;
			uint64_t next;

			while (j < copy->nr_extents && copy->extents[j].pa + copy->extents[j].size <= at)
				j++;
			kept = j < copy->nr_extents ? &copy->extents[j] : NULL;
			next = kept && kept->pa < end ? kept->pa : end;
			if (next > at)
				memset(ram->bytes + at, 0, next - at);
			at = kept && kept->pa < end ? kept->pa + kept->size : end;
		}
	}
}

int ram_restore(struct guest_ram *ram, const struct ram_copy *copy, struct error *e)
{
	const uint8_t *from = copy->bytes;
	struct ram_copy now;

	if (find_extents(ram, &now, e))
		return -1;
	clear_the_rest(ram, &now, copy);
	ram_copy_free(&now);
	for (uint32_t i = 0; i < copy->nr_extents; from += copy->extents[i++].size)
		memcpy(ram->bytes + copy->extents[i].pa, from, copy->extents[i].size);
	return 0;
}

void ram_copy_free(struct ram_copy *copy)
{
	free(copy->extents);
	free(copy->bytes);
	*copy = (struct ram_copy){0};
}
