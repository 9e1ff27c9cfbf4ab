/* SPDX-License-Identifier: MIT */
/* PVH start information, in one page of low RAM: the fewer pages the host touches, the sooner it starts. */
#include "machine/pvh.h"

#include <stdio.h>
#include <string.h>

#define HVM_START_MAGIC	    0x336ec578U
#define HVM_MEMMAP_RAM	    1 /* the types are those of e820 */
#define HVM_MEMMAP_RESERVED 2

/* Version 1: with a memory map. */
struct hvm_start_info {
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t nr_modules;
	uint64_t modlist_paddr;
	uint64_t cmdline_paddr;
	uint64_t rsdp_paddr;
	uint64_t memmap_paddr;
	uint32_t memmap_entries;
	uint32_t reserved;
};

struct hvm_memmap_entry {
	uint64_t addr;
	uint64_t size;
	uint32_t type;
	uint32_t reserved;
};

struct hvm_modlist_entry {
	uint64_t paddr;
	uint64_t size;
	uint64_t cmdline_paddr;
	uint64_t reserved;
};

struct pvh_page {
	struct hvm_start_info info;
	struct hvm_memmap_entry memmap[3];
	struct hvm_modlist_entry module;
	char cmdline[4096 - sizeof(struct hvm_start_info) - 3 * sizeof(struct hvm_memmap_entry) -
		     sizeof(struct hvm_modlist_entry)];
};
_Static_assert(sizeof(struct pvh_page) == 4096, "one page");
_Static_assert(PVH_START_INFO + sizeof(struct pvh_page) <= LOADER_AREA_END, "inside the loader's area");

#define PVH_PADDR(field) (PVH_START_INFO + __builtin_offsetof(struct pvh_page, field))

static uint32_t fill_memmap(struct hvm_memmap_entry *map, uint64_t mem_size)
{
	uint64_t high = ram_high_size(mem_size);

	map[0] = (struct hvm_memmap_entry){0, ram_low_size(mem_size), HVM_MEMMAP_RAM, 0};
	if (!high)
		return 1;
	map[1] = (struct hvm_memmap_entry){MMIO_HOLE_START, MMIO_HOLE_END - MMIO_HOLE_START,
					   HVM_MEMMAP_RESERVED, 0};
	map[2] = (struct hvm_memmap_entry){MMIO_HOLE_END, high, HVM_MEMMAP_RAM, 0};
	return 3;
}

int pvh_write_start_info(struct guest_ram *ram, const char *own, const char *cmdline, struct error *e)
{
	struct pvh_page *page = (struct pvh_page *)(ram->bytes + PVH_START_INFO);
	const size_t room = sizeof(page->cmdline);
	size_t length = strlen(own) + strlen(cmdline) + 2;

	if (length > room)
		return error_set(
			e, EXIT_USAGE,
			"the guest's command line has %zu bytes, there is room for %zu: shorten --cmdline",
			length, room);
	page->info = (struct hvm_start_info){
		.magic = HVM_START_MAGIC,
		.version = 1,
		.cmdline_paddr = PVH_PADDR(cmdline),
		.memmap_paddr = PVH_PADDR(memmap),
		.memmap_entries = fill_memmap(page->memmap, ram->mem_size),
	};
	snprintf(page->cmdline, room, "%s%s%s", own, *own && *cmdline ? " " : "", cmdline);
	return 0;
}

void pvh_add_module(struct guest_ram *ram, uint64_t pa, uint64_t size)
{
	struct pvh_page *page = (struct pvh_page *)(ram->bytes + PVH_START_INFO);

	page->module = (struct hvm_modlist_entry){.paddr = pa, .size = size};
	page->info.nr_modules = 1;
	page->info.modlist_paddr = PVH_PADDR(module);
}
