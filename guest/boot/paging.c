// SPDX-License-Identifier: MIT
/*
 * The kernel's own page tables, built at run time (SDM vol. 3A, 4.5):
 *
 *	swapper_pg_dir[273] -> direct_pud -> direct_pmd (and more beyond 1 GiB): all RAM at PAGE_OFFSET,
 *		2 MiB leaves, NX; the first, where the image lies, read-only
 *	swapper_pg_dir[511] -> image_pud[510] -> image_pmd[0] -> image_pt: the image at KERNEL_MAP, 4 KiB
 *		leaves: text RX, rodata R, data and stacks RW, and nothing where no image is
 *
 * So nothing is writable and executable, and of the image each byte has at most one writable address.
 * The static tables stand in bss, which the loader zeroed: only present entries are written.
 */
#include "boot.h"
#include "mm_env.h"
#include "sections.h"

#define __page_table	__attribute__((section(".bss.page_tables"), aligned(PAGE_SIZE)))

uint64_t swapper_pg_dir[PTRS_PER_TABLE] __page_table;
uint64_t direct_pud[PTRS_PER_TABLE] __page_table;
uint64_t direct_pmd[PTRS_PER_TABLE] __page_table;
uint64_t image_pud[PTRS_PER_TABLE] __page_table;
uint64_t image_pmd[PTRS_PER_TABLE] __page_table;
uint64_t image_pt[PTRS_PER_TABLE] __page_table;

/* A store and an addition each: the empty asm keeps the sum in one register. n is a constant, at most 8. */
static inline uint64_t fill_few(uint64_t *table, uint64_t entry, uint64_t step, unsigned int n)
{
#pragma GCC unroll 8
	for (unsigned int i = 0; i < n; i++, entry += step) {
		table[i] = entry;
		asm("" : "+r"(entry));
	}
	return entry;
}

/* n entries from *table on: entry, entry + step … Boot is counted in instructions: no loop of single ones. */
static void fill_entries(uint64_t *table, uint64_t entry, uint64_t step, uint64_t n)
{
	for (; n >= 8; n -= 8, table += 8)
		entry = fill_few(table, entry, step, 8);
	if (n & 4) {
		entry = fill_few(table, entry, step, 4);
		table += 4;
	}
	if (n & 2) {
		entry = fill_few(table, entry, step, 2);
		table += 2;
	}
	if (n & 1)
		*table = entry;
}

/* Both ends are page-aligned addresses of the image. */
static void map_section(const char *start, const char *end, uint64_t flags)
{
	uint64_t pa = __pa_symbol(start);

	fill_entries(&image_pt[pa >> PAGE_SHIFT], pa | flags, PAGE_SIZE, (end - start) >> PAGE_SHIFT);
}

/*
 * The PMD table of gigabyte i: the first is static, the others come from free RAM, which may hold anything.
 */
static uint64_t *direct_map_pmd(uint64_t i, uint64_t *free_start)
{
	uint64_t *pmd;

	if (i == 0)
		return direct_pmd;
	pmd = __va(*free_start);
	memset(pmd, 0, PAGE_SIZE);
	direct_pud[i] = *free_start | KERNEL_TABLE;
	*free_start += PAGE_SIZE;
	return pmd;
}

static void map_ram(uint64_t ram_end, uint64_t *free_start)
{
	for (uint64_t pa = 0; pa < ram_end; pa += PUD_SIZE) {
		uint64_t *pmd = direct_map_pmd(pa >> PUD_SHIFT, free_start);
		uint64_t size = min(ram_end - pa, PUD_SIZE);

		fill_entries(pmd, pa | PTE_PS | KERNEL_RW, PMD_SIZE, size >> PMD_SHIFT);
	}
	direct_pmd[0] = PTE_PS | KERNEL_RO;
}

void map_kernel(uint64_t ram_end, uint64_t *free_start)
{
	map_section(__text_start, __text_end, KERNEL_RX);
	map_section(__rodata_start, __rodata_end, KERNEL_RO);
	map_section(__data_start, __data_end, KERNEL_RW);
	/*
	 * The code that runs goes from a 2 MiB leaf to a table that says the same: nothing to flush in
	 * between.
	 */
	image_pmd[0] = __pa_symbol(image_pt) | KERNEL_TABLE;
	map_ram(ram_end, free_start);
	swapper_pg_dir[0] = 0;
	load_cr3(__pa_symbol(swapper_pg_dir));
}
