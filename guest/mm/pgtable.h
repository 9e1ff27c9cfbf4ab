/* SPDX-License-Identifier: MIT */
/* Page-table entries as the mm reads and makes them (Linux arch/x86/include/asm/pgtable.h). */
#ifndef GUEST_MM_PGTABLE_H
#define GUEST_MM_PGTABLE_H

#include "kernel.h"
#include "mm_env.h"
#include "x86.h"

/*
 * An entry that points to a table: rights are decided at the leaf. Accessed, so that the MMU need
 * not set it.
 */
#define TABLE_ENTRY	(PTE_P | PTE_RW | PTE_US | PTE_A)

/* What survives a change of rights (_PAGE_CHG_MASK). */
#define PTE_CHG_MASK	(PTE_PFN_MASK | PTE_PCD | PTE_PWT | PTE_A | PTE_D | PTE_SPECIAL | PTE_SOFT_DIRTY)

static inline bool pte_none(uint64_t pte) { return pte == 0; }
/** A page stands behind it, whether or not the MMU may use it. */
static inline bool pte_present(uint64_t pte) { return pte & (PTE_P | PTE_PROTNONE); }
static inline bool pte_protnone(uint64_t pte) { return (pte & (PTE_P | PTE_PROTNONE)) == PTE_PROTNONE; }
static inline uint64_t pte_pfn(uint64_t pte) { return (pte & PTE_PFN_MASK) >> PAGE_SHIFT; }
/** Not present: it stands for a page that went bad. */
static inline uint64_t make_hwpoison_entry(uint64_t pfn) { return pfn << PAGE_SHIFT | PTE_HWPOISON; }
static inline bool is_hwpoison_entry(uint64_t pte) { return !pte_present(pte) && pte >> SWP_TYPE_SHIFT == SWP_HWPOISON; }
static inline uint64_t mk_pte(uint64_t pfn, uint64_t prot) { return pfn << PAGE_SHIFT | prot; }
/** Written by the kernel's account: the MMU sets D alone, and so never where soft-dirty is to be told. */
static inline uint64_t pte_mkdirty(uint64_t pte) { return pte | PTE_D | PTE_SOFT_DIRTY; }
static inline uint64_t pte_modify(uint64_t pte, uint64_t prot)
{
	return (pte & PTE_CHG_MASK) | (prot & ~PTE_CHG_MASK);
}

/*
 * Levels as the verifier counts them: 1 is a PTE table, 4 the top. An entry of level l covers
 * 2^level_shift(l).
 */
static inline unsigned int level_shift(unsigned int level) { return PAGE_SHIFT + 9 * (level - 1); }
static inline unsigned int level_index(uint64_t addr, unsigned int level)
{
	return (addr >> level_shift(level)) & (PTRS_PER_TABLE - 1);
}

static inline uint64_t *table_of(uint64_t entry) { return __va(entry & PTE_PFN_MASK); }

#endif
