// SPDX-License-Identifier: MIT
/* Faulting pages in on the kernel's own account (Linux mm/gup.c: populate_vma_page_range, get_user_pages). */
#include "internal.h"

/* Make address usable for reading, or for writing, in an area that allows it. 0 or VM_FAULT_*. */
static int fault_in_page(struct vm_area_struct *vma, uint64_t address, bool write)
{
	uint64_t needed = PTE_P | (write ? PTE_RW : 0);
	struct vm_fault vmf;
	uint64_t span_end;
	uint64_t *pte;
	int fault;

	for (;;) {
		pte = pte_lookup(vma->vm_mm, address, &span_end);
		if (pte && (*pte & needed) == needed)
			return 0;
		fault = handle_mm_fault(&vmf, vma, address, write ? FAULT_FLAG_WRITE : 0);
		if (fault)
			return fault;
	}
}

void populate_vma_range(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	/* Private and writable: break COW now. Shared: writing would only make pages dirty. */
	bool write = (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE;

	if ((vma->vm_flags & (VM_LOCKONFAULT | VM_IO | VM_PFNMAP)) || !vma_is_accessible(vma))
		return;
	for (; start < end; start += PAGE_SIZE)
		if (fault_in_page(vma, start, write))
			return;
}

void mm_populate(struct mm_struct *mm, uint64_t start, uint64_t len)
{
	uint64_t end = start + ALIGN_UP(len, PAGE_SIZE);
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	for (vma = find_vma_intersection(mm, start, end); vma && vma->vm_start < end; vma = vma->vm_next)
		populate_vma_range(vma, max(vma->vm_start, start), min(vma->vm_end, end));
	mmap_read_unlock(mm);
}

void *fault_in_user(struct mm_struct *mm, uint64_t address, bool write)
{
	struct vm_area_struct *vma;
	uint64_t span_end;
	void *byte = NULL;

	mmap_read_lock(mm);
	vma = find_vma(mm, address);
	if (vma && vma->vm_start <= address && vma_is_accessible(vma) &&
	    (!write || (vma->vm_flags & VM_WRITE)) && !fault_in_page(vma, address, write))
		byte = __va(*pte_lookup(mm, address, &span_end) & PTE_PFN_MASK) + address % PAGE_SIZE;
	mmap_read_unlock(mm);
	return byte;
}
