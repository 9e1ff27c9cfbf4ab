// SPDX-License-Identifier: MIT
/*
 * Fork's copy of an address space (Linux kernel/fork.c: dup_mm, dup_mmap; mm/memory.c:
 * copy_page_range). Areas are copied; pages are not: private ones become read-only in both, and
 * belong to no one alone. What a fault can fill in again (areas without an anon_vma) is not copied
 * at all.
 */
#include "internal.h"

/* PTEs of one table, from src to dst. Both locks held. */
static void copy_ptes(uint64_t *dst_pte, uint64_t *src_pte, uint64_t nr, int64_t *rss, uint64_t vm_flags)
{
	uint64_t wrprotect = is_cow_mapping(vm_flags) ? PTE_RW : 0;
	/* The child has not accessed it; of a shared page, the parent's D tells enough. */
	uint64_t not_inherited = vm_flags & VM_SHARED ? PTE_A | PTE_D : PTE_A;

	for (; nr; nr--, src_pte++, dst_pte++) {
		uint64_t pte = *src_pte;

		if (pte_none(pte))
			continue;
		if (!(pte & PTE_SPECIAL)) {
			struct page *page = pfn_to_page(pte_pfn(pte));

			get_page(page);
			page_dup_rmap(page);
			page->flags &= ~PG_anon_exclusive;
			rss[mm_counter(page)]++;
		}
		if (pte & wrprotect) {
			pte &= ~wrprotect;
			set_pte(src_pte, pte);
		}
		set_pte(dst_pte, pte & ~not_inherited);
	}
}

static int copy_page_range(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	struct mm_struct *dst_mm = dst->vm_mm, *src_mm = src->vm_mm;
	uint64_t next;

	/* Frames of a device were perhaps mapped once and for all: no fault would bring them back. */
	if (!src->anon_vma && !(src->vm_flags & VM_PFNMAP))
		return 0;
	for (uint64_t addr = src->vm_start; addr < src->vm_end; addr = next) {
		uint64_t *src_pte = pte_lookup(src_mm, addr, &next);
		uint64_t *dst_pte;

		next = min(next, src->vm_end);
		if (!src_pte)
			continue;
		dst_pte = pte_alloc(dst_mm, addr);
		if (!dst_pte)
			return -LX_ENOMEM;
		spin_lock(&dst_mm->page_table_lock);
		spin_lock(&src_mm->page_table_lock);
		copy_ptes(dst_pte, src_pte, (next - addr) >> PAGE_SHIFT, dst_mm->rss_stat, src->vm_flags);
		spin_unlock(&src_mm->page_table_lock);
		spin_unlock(&dst_mm->page_table_lock);
	}
	return 0;
}

/* A copy of the area for mm, with its anon_vmas, not linked; NULL: no memory. */
static struct vm_area_struct *dup_area(struct mm_struct *mm, struct vm_area_struct *src)
{
	struct vm_area_struct *vma = vm_area_dup(src);

	if (!vma)
		return NULL;
	vma->vm_mm = mm;
	if (vma->vm_flags & VM_WIPEONFORK) {
		vma->anon_vma = NULL;
	} else if (anon_vma_fork(vma, src)) {
		vm_area_free(vma);
		return NULL;
	}
	vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	if (vma->vm_file)
		get_file(vma->vm_file);
	return vma;
}

/*
 * One area of the parent, to come after *prev. 0 or -LX_ENOMEM: what is linked then is undone by
 * exit_mmap().
 */
static int dup_one(struct mm_struct *mm, struct vm_area_struct *src, struct vm_area_struct **prev)
{
	uint64_t charge = src->vm_flags & VM_ACCOUNT ? vma_pages(src) : 0;
	struct vm_area_struct *vma;
	int error = 0;

	if (charge && vm_enough_memory(charge))
		return -LX_ENOMEM;
	vma = dup_area(mm, src);
	if (!vma) {
		vm_unacct_memory(charge);
		return -LX_ENOMEM;
	}
	vma_link(mm, vma, *prev);
	*prev = vma;
	if (!(vma->vm_flags & VM_WIPEONFORK))
		error = copy_page_range(vma, src);
	if (vma->vm_ops && vma->vm_ops->open)
		vma->vm_ops->open(vma);
	return error;
}

static int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm)
{
	struct vm_area_struct *src, *prev = NULL;
	int error = 0;

	mmap_write_lock(oldmm);
	mmap_write_lock(mm);
	for (src = oldmm->mmap; src && !error; src = src->vm_next) {
		if (src->vm_flags & VM_DONTCOPY)
			vm_stat_account(mm, src->vm_flags, -(int64_t)vma_pages(src));
		else
			error = dup_one(mm, src, &prev);
	}
	mmap_write_unlock(mm);
	/* Pages became read-only under the parent's feet. */
	flush_tlb_mm(oldmm);
	mmap_write_unlock(oldmm);
	return error;
}

struct mm_struct *dup_mm(struct mm_struct *oldmm)
{
	struct mm_struct *mm = mm_alloc_like(oldmm);

	if (!mm)
		return NULL;
	if (dup_mmap(mm, oldmm)) {
		mmput(mm);
		return NULL;
	}
	mm->hiwater_rss = get_mm_rss(mm);
	mm->hiwater_vm = mm->total_vm;
	return mm;
}
