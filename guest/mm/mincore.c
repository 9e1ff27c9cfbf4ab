// SPDX-License-Identifier: MIT
/* Which pages are in memory (Linux mm/mincore.c): for the caller's own eyes, a byte each. */
#include "internal.h"

/* A page nobody has mapped: of a file, it is there if the file has it; of anonymous memory, it does not exist. */
static bool unmapped_page_in_core(const struct vm_area_struct *vma, uint64_t addr)
{
	uint64_t index = linear_page_index(vma, addr);
	struct address_space *mapping;
	struct page *page;

	if (!vma->vm_file)
		return false;
	mapping = vma->vm_file->f_mapping;
	if (mapping->host->i_flags & S_IMAGE)
		return index < ALIGN_UP(mapping->host->i_size, PAGE_SIZE) >> PAGE_SHIFT;
	page = xa_load(&mapping->i_pages, index);
	return page && !(page->flags & PG_fallocated);
}

/**
 * Tell of up to `nr` pages from addr on, as far as their area reaches: 1 in vec, in memory; 0, not. How many were told;
 * -LX_ENOMEM: no area. mmap_lock held.
 */
static long do_mincore(struct mm_struct *mm, uint64_t addr, uint64_t nr, uint8_t *vec)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	uint64_t end, next;

	if (!vma || vma->vm_start > addr)
		return -LX_ENOMEM;
	nr = min(nr, (vma->vm_end - addr) >> PAGE_SHIFT);
	end = addr + (nr << PAGE_SHIFT);
	while (addr < end) {
		uint64_t *pte = pte_lookup(mm, addr, &next);

		for (next = min(next, end); addr < next; addr += PAGE_SIZE) {
			*vec++ = pte && !pte_none(*pte) ? 1 : unmapped_page_in_core(vma, addr);
			pte += pte != NULL;
		}
	}
	return nr;
}

long mincore_pages(uint64_t addr, uint64_t nr, uint8_t *vec)
{
	struct mm_struct *mm = get_current()->mm;
	long told;

	mmap_read_lock(mm);
	told = do_mincore(mm, addr, nr, vec);
	mmap_read_unlock(mm);
	return told;
}
