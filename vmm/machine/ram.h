/* SPDX-License-Identifier: MIT */
/*
 * Where RAM lies in guest-physical space, on every machine: from 0 up to the hole for devices
 * (the local and I/O APIC, PCI and the like sit below 4 GiB on a PC), the rest from 4 GiB up.
 */
#ifndef VMM_MACHINE_RAM_H
#define VMM_MACHINE_RAM_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

#define MMIO_HOLE_START 0xc0000000ULL  /* 3 GiB */
#define MMIO_HOLE_END	0x100000000ULL /* 4 GiB */

/* The loader's own: the PVH start information and the command line. No segment may lie here. */
#define LOADER_AREA_END 0x10000ULL

/** Bytes of RAM below the hole. */
static inline uint64_t ram_low_size(uint64_t mem_size)
{
	return mem_size < MMIO_HOLE_START ? mem_size : MMIO_HOLE_START;
}

/** Bytes of RAM from MMIO_HOLE_END on. */
static inline uint64_t ram_high_size(uint64_t mem_size)
{
	return mem_size - ram_low_size(mem_size);
}

/** First guest-physical address past all RAM. */
static inline uint64_t ram_end(uint64_t mem_size)
{
	return ram_high_size(mem_size) ? MMIO_HOLE_END + ram_high_size(mem_size) : mem_size;
}

/** True if [pa, pa + n) is RAM, all of it on one side of the hole. */
static inline bool ram_holds(uint64_t mem_size, uint64_t pa, uint64_t n)
{
	if (pa < MMIO_HOLE_START)
		return pa <= ram_low_size(mem_size) && n <= ram_low_size(mem_size) - pa;
	return pa >= MMIO_HOLE_END && pa <= ram_end(mem_size) && n <= ram_end(mem_size) - pa;
}

/** RAM of one machine: a memfd, mapped so that bytes[pa] is guest-physical pa. */
struct guest_ram {
	int fd;
	uint64_t mem_size;
	uint8_t *bytes; /* ram_end(mem_size) long; the hole between reads as zeros and cannot be written */
};

/** Fresh RAM, zero, shared, none of it touched yet. mem_size: page-aligned, not 0. 0 or -1 with *e. */
int ram_create(struct guest_ram *ram, uint64_t mem_size, struct error *e);
void ram_destroy(struct guest_ram *ram);

/** A piece of RAM that was in use: bytes [pa, pa + size). */
struct ram_extent {
	uint64_t pa, size;
};

/** What RAM held: only pages that had ever been written take room. Zero-initialise. */
struct ram_copy {
	struct ram_extent *extents; /* ascending, apart */
	uint32_t nr_extents;
	uint8_t *bytes; /* of all extents, one behind the other */
	uint64_t size;
};

/** Copy all that is in use. 0 or -1 with *e; *copy is the caller's (ram_copy_free). */
int ram_save(const struct guest_ram *ram, struct ram_copy *copy, struct error *e);
/** Make RAM hold just that again: what came into use since reads as zeros. 0 or -1 with *e. */
int ram_restore(struct guest_ram *ram, const struct ram_copy *copy, struct error *e);
void ram_copy_free(struct ram_copy *copy);

#endif
