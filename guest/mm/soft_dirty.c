// SPDX-License-Identifier: MIT
/*
 * Which pages were written since somebody last asked (Linux fs/proc/task_mmu.c, CONFIG_MEM_SOFT_DIRTY). The MMU's D bit
 * is the mm's own and is not given away for that: so asking again clears a bit of ours, and the right to write; the
 * fault of the next write sets both. Areas that came to be since have VM_SOFTDIRTY, whatever their entries say.
 */
#include "internal.h"

/* Entries that follow each other in one table. page_table_lock held. */
static void clear_soft_dirty_ptes(uint64_t *pte, uint64_t nr)
{
	for (; nr; nr--, pte++)
		if (pte_present(*pte) && (*pte & (PTE_RW | PTE_SOFT_DIRTY)))
			set_pte(pte, *pte & ~(PTE_RW | PTE_SOFT_DIRTY));
}

static void clear_soft_dirty_area(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t next;

	for (uint64_t addr = vma->vm_start; addr < vma->vm_end; addr = next) {
		uint64_t *pte = pte_lookup(mm, addr, &next);

		next = min(next, vma->vm_end);
		if (!pte)
			continue;
		spin_lock(&mm->page_table_lock);
		clear_soft_dirty_ptes(pte, (next - addr) >> PAGE_SHIFT);
		spin_unlock(&mm->page_table_lock);
	}
}

void clear_soft_dirty(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	mmap_assert_write_locked(mm);
	if (!mm_profile.soft_dirty)
		return;
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		vma_set_flags(vma, vma->vm_flags & ~VM_SOFTDIRTY);
	/* Entries of a device stay as they are: it does not say what is written to it. */
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		if (!(vma->vm_flags & VM_PFNMAP))
			clear_soft_dirty_area(vma);
	flush_tlb_mm(mm);
}

bool page_soft_dirty(const struct vm_area_struct *vma, uint64_t pte)
{
	return mm_profile.soft_dirty &&
	       ((vma->vm_flags & VM_SOFTDIRTY) || (pte_present(pte) && (pte & PTE_SOFT_DIRTY)));
}
