/* SPDX-License-Identifier: MIT */
/*
 * The one bounds-checked door into guest memory. A guest_image is guest-physical memory: a live
 * machine's RAM, a saved one, or a byte array in a unit test. Contents are hostile: nothing
 * read here is trusted, every access is checked.
 */
#ifndef VMM_OBSERVE_IMAGE_H
#define VMM_OBSERVE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include "layout.h"
#include "x86.h"

struct guest_region {
	uint64_t pa;			/* guest physical start, page-aligned */
	uint64_t size;
	const uint8_t *bytes;		/* 8-byte aligned */
};

/** A linear piece of the guest's kernel address space: VA [va, va+size) is PA [pa, pa+size). */
struct guest_linear {
	uint64_t va, pa, size;
};

struct guest_image {
	const struct guest_region *regions;
	unsigned int nr_regions;
	const struct guest_linear *linear;	/* direct map and image map; from the ELF note and lab */
	unsigned int nr_linear;
	uint64_t lab_pa;			/* struct lab_page; 0: none (walker tests) */
};

/** Copy n bytes at guest physical pa; false if any byte is outside. */
bool image_read(const struct guest_image *image, gpa_t pa, void *to, uint64_t n);
/** A pointer to n contiguous bytes for bulk reading, or NULL. */
const void *image_ptr(const struct guest_image *image, gpa_t pa, uint64_t n);
/** Guest kernel VA to PA by the linear maps (not by page tables); false if in none. */
bool image_linear(const struct guest_image *image, gva_t va, uint64_t n, gpa_t *pa);
/** Read n bytes at a kernel VA. */
bool image_read_va(const struct guest_image *image, gva_t va, void *to, uint64_t n);

/** The usual image: one piece of RAM from physical 0, the linear maps as the lab page there says. */
struct ram_image {
	struct guest_image image;
	struct guest_region region;
	struct guest_linear linear[2];
};
/** The lab page is read at once, so call it after the guest has booted. *r must not move afterwards. */
void ram_image_init(struct ram_image *r, const uint8_t *ram, uint64_t size, uint64_t lab_pa);

#endif
