// SPDX-License-Identifier: MIT
/*
 * Forgetting translations (Linux arch/x86/mm/tlb.c, mm/mmu_gather.c). Every flush of the kernel
 * happens here. An mm knows which CPUs hold its tables in CR3 (cpu_bitmap); only those can have
 * cached anything of it.
 */
#include "internal.h"

/* Beyond so many pages a CR3 load is cheaper than one invlpg for each. */
#define SINGLE_PAGE_FLUSH_CEILING 33

/* Does this CPU hold mm? Another CPU would have to be interrupted; there is none (NR_CPUS). */
static bool must_flush(const struct mm_struct *mm)
{
	uint64_t self = 1UL << this_cpu()->cpu;

	BUG_ON(mm->cpu_bitmap & ~self);
	return mm->cpu_bitmap & self;
}

void flush_tlb_mm(struct mm_struct *mm)
{
	if (must_flush(mm))
		load_cr3(__pa(mm->pgd));
}

void flush_tlb_range(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	if ((end - start) >> PAGE_SHIFT > SINGLE_PAGE_FLUSH_CEILING) {
		flush_tlb_mm(mm);
		return;
	}
	if (!must_flush(mm))
		return;
	for (; start < end; start += PAGE_SIZE)
		invlpg(start);
}

void flush_tlb_page(struct mm_struct *mm, uint64_t address)
{
	if (must_flush(mm))
		invlpg(address);
}

/* --- gathering what is to be freed ------------------------------------------------------------ */

static void reset_range(struct mmu_gather *tlb)
{
	tlb->start = UINT64_MAX;
	tlb->end = 0;
}

void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm, bool fullmm)
{
	tlb->mm = mm;
	tlb->fullmm = fullmm;
	tlb->keep_cows = false;
	tlb->nr = 0;
	reset_range(tlb);
}

static void tlb_flush_mmu(struct mmu_gather *tlb)
{
	if (tlb->end) {
		if (tlb->fullmm)
			flush_tlb_mm(tlb->mm);
		else
			flush_tlb_range(tlb->mm, tlb->start, tlb->end);
		reset_range(tlb);
	}
	for (unsigned int i = 0; i < tlb->nr; i++)
		put_page(tlb->pages[i]);
	tlb->nr = 0;
}

void tlb_remove_page(struct mmu_gather *tlb, struct page *page)
{
	tlb->pages[tlb->nr++] = page;
	if (tlb->nr == MMU_GATHER_BATCH)
		tlb_flush_mmu(tlb);
}

void tlb_finish_mmu(struct mmu_gather *tlb)
{
	tlb_flush_mmu(tlb);
}
