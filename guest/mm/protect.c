// SPDX-License-Identifier: MIT
/* Changing the rights of pages that are mapped (Linux mm/mprotect.c: change_protection). */
#include "internal.h"

/*
 * A private page that is this mm's alone and was written before needs no fault to be written again.
 * A clean one waits for its fault, which sets D; one that is not soft-dirty waits, too. (Linux lets it off while its area
 * is VM_SOFTDIRTY, and so may miss the write when the area loses the flag in a merge.)
 */
static bool can_change_pte_writable(const struct vm_area_struct *vma, uint64_t pte)
{
	if (!(vma->vm_flags & VM_WRITE) || (vma->vm_flags & VM_SHARED))
		return false;
	if (pte_protnone(pte) || (pte & PTE_SPECIAL) || pte_mkdirty(pte) != pte)
		return false;
	return pfn_to_page(pte_pfn(pte))->flags & PG_anon_exclusive;
}

/* May a TLB hold something that the new entry does not say? Only what was usable is cached. */
static bool pte_needs_flush(uint64_t old, uint64_t new)
{
	return (old & PTE_P) && (((old ^ new) & (PTE_P | PTE_RW | PTE_US | PTE_NX)) ||
				 (old & ~new & (PTE_A | PTE_D)));
}

/* PTEs that follow each other in one table. True: the TLB must be told. */
static bool change_pte_range(struct vm_area_struct *vma, uint64_t *pte, uint64_t nr)
{
	uint64_t prot = vma->vm_page_prot;
	bool flush = false;

	spin_lock(&vma->vm_mm->page_table_lock);
	for (; nr; nr--, pte++) {
		uint64_t old = *pte, new;

		if (!pte_present(old))
			continue;
		new = pte_modify(old, prot);
		if (can_change_pte_writable(vma, new))
			new |= PTE_RW;
		if (new == old)
			continue;
		set_pte(pte, new);
		flush |= pte_needs_flush(old, new);
	}
	spin_unlock(&vma->vm_mm->page_table_lock);
	return flush;
}

void change_protection(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	bool flush = false;
	uint64_t next;

	for (uint64_t addr = start; addr < end; addr = next) {
		uint64_t *pte = pte_lookup(vma->vm_mm, addr, &next);

		next = min(next, end);
		if (pte)
			flush |= change_pte_range(vma, pte, (next - addr) >> PAGE_SHIFT);
	}
	if (flush)
		flush_tlb_range(vma->vm_mm, start, end);
}
