// SPDX-License-Identifier: MIT
/*
 * Page tables of user space: made on demand, from the top down, and freed with the last area that
 * needs them (Linux mm/memory.c, arch/x86/mm/pgtable.c). Each table is a frame of type PGTY_table
 * with one reference, that of its parent's entry (of mm->pgd for the top).
 *
 * A table is freed empty, so its frame is known to be zero and the next table that is made of it
 * needs no clearing.
 */
#include "internal.h"

/* --- rights ----------------------------------------------------------------------------------- */

/**
 * PTE bits for a page of an area with these flags (Linux protection_map): private pages are never writable
 * until a write fault says so; what may be written or executed may be read; no rights at all is PROTNONE. Nor are
 * shared ones, once soft-dirty marks were cleared: each first write is to be told (vma_wants_writenotify).
 */
uint64_t vm_get_page_prot(uint64_t vm_flags)
{
	uint64_t prot = PTE_P | PTE_US | PTE_A;

	if (!(vm_flags & VM_ACCESS_FLAGS))
		return PTE_PROTNONE | PTE_A;
	if (!(~vm_flags & (VM_WRITE | VM_SHARED | VM_SOFTDIRTY)))
		prot |= PTE_RW;
	if (!(vm_flags & VM_EXEC))
		prot |= PTE_NX;
	return prot;
}

/* --- tables ----------------------------------------------------------------------------------- */

static struct page *table_alloc(struct mm_struct *mm, unsigned int level)
{
	struct page *page = alloc_pages(__GFP_ZERO, 0);

	if (page) {
		page->page_type = PGTY_table;
		page->pt_mm = mm;
		page->pt_level = level;
	}
	return page;
}

/* Make the missing table of `level` that *entry shall point to. */
static bool table_populate(struct mm_struct *mm, uint64_t *entry, unsigned int level)
{
	struct page *page = table_alloc(mm, level);

	if (!page)
		return false;
	spin_lock(&mm->page_table_lock);
	mm->pgtables_bytes += PAGE_SIZE;
	set_pte(entry, page_to_pfn(page) << PAGE_SHIFT | TABLE_ENTRY);
	spin_unlock(&mm->page_table_lock);
	return true;
}

/* The entry for addr in its table of `level`, with all tables above. */
static uint64_t *entry_alloc(struct mm_struct *mm, uint64_t addr, unsigned int level)
{
	uint64_t *entry = &mm->pgd[level_index(addr, 4)];

	for (unsigned int l = 3; l >= level; l--) {
		if (!(*entry & PTE_P) && !table_populate(mm, entry, l))
			return NULL;
		entry = &table_of(*entry)[level_index(addr, l)];
	}
	return entry;
}

uint64_t *pmd_alloc(struct mm_struct *mm, uint64_t addr) { return entry_alloc(mm, addr, 2); }
uint64_t *pte_alloc(struct mm_struct *mm, uint64_t addr) { return entry_alloc(mm, addr, 1); }

uint64_t *pte_lookup(struct mm_struct *mm, uint64_t addr, uint64_t *span_end)
{
	uint64_t *table = mm->pgd;

	for (unsigned int level = 4; level > 1; level--) {
		uint64_t entry = table[level_index(addr, level)];

		if (!(entry & PTE_P)) {
			*span_end = (addr | ((1UL << level_shift(level)) - 1)) + 1;
			return NULL;
		}
		table = table_of(entry);
	}
	*span_end = (addr | (PMD_SIZE - 1)) + 1;
	return &table[level_index(addr, 1)];
}

/* --- the top ---------------------------------------------------------------------------------- */

/* boot/paging.c: all that the kernel maps hangs below these two, and they never change. */
static const unsigned int kernel_entries[] = {
	(PAGE_OFFSET >> PGDIR_SHIFT) % PTRS_PER_TABLE,
	(KERNEL_MAP >> PGDIR_SHIFT) % PTRS_PER_TABLE,
};

uint64_t *pgd_alloc(struct mm_struct *mm)
{
	struct page *page = table_alloc(mm, 4);
	uint64_t *pgd;

	if (!page)
		return NULL;
	pgd = __va(page_to_pfn(page) << PAGE_SHIFT);
	for (unsigned int i = 0; i < ARRAY_SIZE(kernel_entries); i++)
		set_pte(&pgd[kernel_entries[i]], init_mm.pgd[kernel_entries[i]]);
	return pgd;
}

void pgd_free(uint64_t *pgd)
{
	struct page *page = pfn_to_page(__pa(pgd) >> PAGE_SHIFT);

	for (unsigned int i = 0; i < ARRAY_SIZE(kernel_entries); i++)
		set_pte(&pgd[kernel_entries[i]], 0);
	page->flags |= PG_zeroed;
	put_page(page);
}

/* --- freeing ---------------------------------------------------------------------------------- */

/* The table of `level` below *entry has no user left: cut it off. */
static void table_remove(struct mmu_gather *tlb, uint64_t *entry, uint64_t addr)
{
	struct page *page = pfn_to_page(pte_pfn(*entry));

	set_pte(entry, 0);
	tlb->mm->pgtables_bytes -= PAGE_SIZE;
	page->flags |= PG_zeroed;
	tlb_remove_entry(tlb, addr);
	tlb_remove_page(tlb, page);
}

/*
 * [addr, end) lies within what *entry covers, and nothing is mapped in it. Free the tables below;
 * and the one of `level` that *entry points to, unless it reaches below floor or above ceiling,
 * where other areas may use it.
 */
static void free_table_range(struct mmu_gather *tlb, uint64_t *entry, unsigned int level, uint64_t addr,
			     uint64_t end, uint64_t floor, uint64_t ceiling)
{
	uint64_t span = 1UL << level_shift(level + 1);
	uint64_t step = 1UL << level_shift(level);
	uint64_t *table = table_of(*entry);
	uint64_t next;

	for (uint64_t a = addr; level > 1 && a < end; a = next) {
		uint64_t *child = &table[level_index(a, level)];

		next = min((a | (step - 1)) + 1, end);
		if (*child & PTE_P)
			free_table_range(tlb, child, level - 1, a, next, floor, ceiling);
	}
	if ((addr & ~(span - 1)) < floor)
		return;
	if (ceiling) {
		ceiling &= ~(span - 1);
		if (!ceiling)
			return;
	}
	if (end - 1 <= ceiling - 1)		/* ceiling 0 is the top: wraps around */
		table_remove(tlb, entry, addr);
}

void free_pgd_range(struct mmu_gather *tlb, uint64_t addr, uint64_t end, uint64_t floor, uint64_t ceiling)
{
	uint64_t next;

	for (; addr < end; addr = next) {
		uint64_t *entry = &tlb->mm->pgd[level_index(addr, 4)];

		next = min((addr | ((1UL << PGDIR_SHIFT) - 1)) + 1, end);
		if (*entry & PTE_P)
			free_table_range(tlb, entry, 3, addr, next, floor, ceiling);
	}
}

void free_pgtables(struct mmu_gather *tlb, struct vm_area_struct *vma, uint64_t floor, uint64_t ceiling)
{
	while (vma) {
		uint64_t addr = vma->vm_start;
		struct vm_area_struct *next = vma->vm_next;

		unlink_anon_vmas(vma);
		unlink_file_vma(vma);
		/* Areas close together likely share tables: one pass for all of them. */
		while (next && next->vm_start <= vma->vm_end + PMD_SIZE) {
			vma = next;
			next = vma->vm_next;
			unlink_anon_vmas(vma);
			unlink_file_vma(vma);
		}
		free_pgd_range(tlb, addr, vma->vm_end, floor, next ? next->vm_start : ceiling);
		vma = next;
	}
}
