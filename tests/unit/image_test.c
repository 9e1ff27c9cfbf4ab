/* SPDX-License-Identifier: MIT */
/* The door into guest memory: every border of regions and linear maps, and numbers that would wrap. */
#include "check.h"
#include "observe/addr_map.h"
#include "observe/image.h"

#include <stdlib.h>

TestSuite(image, .timeout = 60);

#define LOW_SIZE  0x3000UL
#define HIGH_PA	  0x100000UL
#define HIGH_SIZE 0x2000UL

static _Alignas(8) uint8_t low[LOW_SIZE], high[HIGH_SIZE];
static const struct guest_region regions[] = {
	{.pa = 0, .size = LOW_SIZE, .bytes = low},
	{.pa = HIGH_PA, .size = HIGH_SIZE, .bytes = high},
};
static const struct guest_linear linear[] = {
	{.va = PAGE_OFFSET, .pa = 0, .size = HIGH_PA + HIGH_SIZE},
	{.va = KERNEL_MAP, .pa = 0x1000, .size = 0x1000},
	{.va = 0xfffffffffffff000, .pa = 0x1000, .size = 0x1000}, /* up to the very end */
};
static const struct guest_image image = {
	.regions = regions, .nr_regions = 2, .linear = linear, .nr_linear = 3};

Test(image, borders_of_regions)
{
	static const struct {
		uint64_t pa, n;
		const uint8_t *expected;
	} cases[] = {
		{0, 1, low},
		{0, LOW_SIZE, low},
		{0, LOW_SIZE + 1, NULL},
		{LOW_SIZE - 1, 1, low + LOW_SIZE - 1},
		{LOW_SIZE - 1, 2, NULL},
		{LOW_SIZE, 0, low + LOW_SIZE},
		{LOW_SIZE, 1, NULL},
		{HIGH_PA - 1, 1, NULL},
		{HIGH_PA - 1, 2, NULL},
		{HIGH_PA, HIGH_SIZE, high},
		{HIGH_PA + 8, HIGH_SIZE - 8, high + 8},
		{HIGH_PA + 8, HIGH_SIZE, NULL},
		{HIGH_PA + HIGH_SIZE, 1, NULL},
		{UINT64_MAX, 1, NULL},
		{UINT64_MAX, UINT64_MAX, NULL},
		{8, UINT64_MAX, NULL},
		{8, UINT64_MAX - 7, NULL},
		{HIGH_PA, UINT64_MAX - HIGH_PA + 1, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const void *found = image_ptr(&image, (gpa_t){cases[i].pa}, cases[i].n);

		CHECK_THAT(found == cases[i].expected, "case %zu: %p, expected %p", i, found,
			   cases[i].expected);
	}
}

Test(image, reads_copy_or_refuse)
{
	uint64_t value = 1;

	low[16] = 0xcd;
	low[17] = 0xab;
	CHECK(image_read(&image, (gpa_t){16}, &value, 8));
	CHECK_EQ(value, 0xabcd);
	value = 7;
	CHECK(!image_read(&image, (gpa_t){LOW_SIZE - 4}, &value, 8));
	CHECK_EQ(value, 7);
}

Test(image, linear_maps)
{
	static const struct {
		uint64_t va, n;
		bool ok;
		uint64_t pa;
	} cases[] = {
		{PAGE_OFFSET, 8, true, 0},
		{PAGE_OFFSET + 0x2345, 1, true, 0x2345},
		{PAGE_OFFSET - 1, 1, false, 0},
		{PAGE_OFFSET + HIGH_PA + HIGH_SIZE - 1, 1, true, HIGH_PA + HIGH_SIZE - 1},
		{PAGE_OFFSET + HIGH_PA + HIGH_SIZE - 1, 2, false, 0},
		{KERNEL_MAP, 0x1000, true, 0x1000},
		{KERNEL_MAP, 0x1001, false, 0},
		{KERNEL_MAP + 0xfff, 1, true, 0x1fff},
		{0, 1, false, 0},
		{UINT64_MAX, 1, true, 0x1fff},
		{UINT64_MAX, 2, false, 0},
		{PAGE_OFFSET, UINT64_MAX, false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		gpa_t pa = {0};
		bool ok = image_linear(&image, (gva_t){cases[i].va}, cases[i].n, &pa);

		CHECK_THAT(ok == cases[i].ok, "case %zu", i);
		CHECK_THAT(!ok || pa.pa == cases[i].pa, "case %zu: %#lx", i, pa.pa);
	}
}

/** The linear map covers a hole in RAM: an address in it translates, and cannot be read. */
Test(image, reads_by_address)
{
	uint32_t value;

	high[4] = 0x5a;
	CHECK(image_read_va(&image, (gva_t){PAGE_OFFSET + HIGH_PA + 4}, &value, 1));
	CHECK_EQ((uint8_t)value, 0x5a);
	CHECK(!image_read_va(&image, (gva_t){PAGE_OFFSET + LOW_SIZE}, &value, 4));
	CHECK(!image_read_va(&image, (gva_t){0x1234}, &value, 4));
}

Test(image, of_ram_takes_its_maps_from_the_lab)
{
	struct lab_page *lab;
	uint8_t *ram = calloc(1, 4UL << 20);
	struct ram_image r;
	gpa_t pa;

	lab = (struct lab_page *)(ram + 0x110000);
	lab->page_offset = PAGE_OFFSET;
	lab->kernel_map = KERNEL_MAP;
	ram_image_init(&r, ram, 4UL << 20, 0x110000);
	CHECK(image_linear(&r.image, (gva_t){PAGE_OFFSET + 0x3fffff}, 1, &pa));
	CHECK_EQ(pa.pa, 0x3fffff);
	CHECK(image_linear(&r.image, (gva_t){KERNEL_MAP + 0x1fffff}, 1, &pa));
	CHECK(!image_linear(&r.image, (gva_t){KERNEL_MAP + 0x200000}, 1, &pa));
	ram_image_init(&r, ram, 4UL << 20, 0x110000 + (4UL << 20));
	CHECK_EQ(r.image.nr_linear, 0);
	free(ram);
}

/* --- addr_map ----------------------------------------------------------------------------------------- */

Test(image, addr_map_keeps_what_was_put_first)
{
	struct addr_map map = {0};

	CHECK_EQ(addr_map_get(&map, 0), ADDR_MAP_NONE);
	CHECK_EQ(addr_map_put(&map, 0, 5), 5);
	CHECK_EQ(addr_map_put(&map, 0, 6), 5);
	addr_map_set(&map, 0, 7);
	CHECK_EQ(addr_map_get(&map, 0), 7);
	CHECK_EQ(map.nr, 1);
	addr_map_free(&map);
	CHECK_EQ(addr_map_get(&map, 0), ADDR_MAP_NONE);
}

/** Past its first slots, with keys that collide in their low bits, among keys that were never put. */
Test(image, addr_map_grows)
{
	struct addr_map map = {0};

	for (uint32_t i = 0; i < 20000; i++)
		CHECK_EQ(addr_map_put(&map, (uint64_t)i << 32 | 0x40, i), i);
	CHECK_EQ(map.nr, 20000);
	for (uint32_t i = 0; i < 20000; i++) {
		CHECK_EQ(addr_map_get(&map, (uint64_t)i << 32 | 0x40), i);
		CHECK_EQ(addr_map_get(&map, (uint64_t)i << 32 | 0x80), ADDR_MAP_NONE);
	}
	addr_map_free(&map);
	CHECK_EQ(addr_map_put(&map, 3, 1), 1);
	addr_map_free(&map);
}
