/* SPDX-License-Identifier: MIT */
/*
 * Guest-physical memory behind one bounds-checked door. All arithmetic is written so that no sum
 * of hostile numbers can wrap: sizes are compared with what is left, never added to an address.
 */
#include "observe/image.h"

#include <string.h>

const void *image_ptr(const struct guest_image *image, gpa_t pa, uint64_t n)
{
	for (unsigned int i = 0; i < image->nr_regions; i++) {
		const struct guest_region *region = &image->regions[i];
		uint64_t offset = pa.pa - region->pa;

		if (pa.pa >= region->pa && offset <= region->size && n <= region->size - offset)
			return region->bytes + offset;
	}
	return NULL;
}

bool image_read(const struct guest_image *image, gpa_t pa, void *to, uint64_t n)
{
	const void *from = image_ptr(image, pa, n);

	if (!from)
		return false;
	memcpy(to, from, n);
	return true;
}

bool image_linear(const struct guest_image *image, gva_t va, uint64_t n, gpa_t *pa)
{
	for (unsigned int i = 0; i < image->nr_linear; i++) {
		const struct guest_linear *linear = &image->linear[i];
		uint64_t offset = va.va - linear->va;

		if (va.va >= linear->va && offset <= linear->size && n <= linear->size - offset) {
			pa->pa = linear->pa + offset;
			return true;
		}
	}
	return false;
}

bool image_read_va(const struct guest_image *image, gva_t va, void *to, uint64_t n)
{
	gpa_t pa;

	return image_linear(image, va, n, &pa) && image_read(image, pa, to, n);
}

void ram_image_init(struct ram_image *r, const uint8_t *ram, uint64_t size, uint64_t lab_pa)
{
	struct lab_page lab;
	uint64_t image_size = size < IMAGE_REGION ? size : IMAGE_REGION;

	r->region = (struct guest_region){.pa = 0, .size = size, .bytes = ram};
	r->image = (struct guest_image){
		.regions = &r->region, .nr_regions = 1, .linear = r->linear, .lab_pa = lab_pa};
	if (!image_read(&r->image, (gpa_t){lab_pa}, &lab, offsetof(struct lab_page, init_mm)))
		return;
	r->linear[0] = (struct guest_linear){.va = lab.page_offset, .pa = 0, .size = size};
	r->linear[1] = (struct guest_linear){.va = lab.kernel_map, .pa = 0, .size = image_size};
	r->image.nr_linear = 2;
}
