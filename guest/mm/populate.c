// SPDX-License-Identifier: MIT
/* Faulting pages in on the kernel's own account (Linux mm/gup.c: populate_vma_page_range, get_user_pages). */
#include "internal.h"

/*
 * Make address usable for reading, or for writing, in an area that allows it. 0 and its entry, or
 * VM_FAULT_*.
 */
static int fault_in_page(struct vm_area_struct *vma, uint64_t address, bool write, uint64_t **ptep)
{
	uint64_t needed = PTE_P | (write ? PTE_RW : 0);
	struct vm_fault vmf;
	uint64_t span_end;
	int fault;

	vmf.pte = pte_lookup(vma->vm_mm, address, &span_end);
	while (!vmf.pte || (*vmf.pte & needed) != needed) {
		fault = handle_mm_fault(&vmf, vma, address, write ? FAULT_FLAG_WRITE : 0);
		if (fault)
			return fault;
	}
	*ptep = vmf.pte;
	return 0;
}

/* The range, page after page. 0, or what a fault that fails means to a system call (vm_fault_to_errno). */
static int fault_in_range(struct vm_area_struct *vma, uint64_t start, uint64_t end, bool write)
{
	uint64_t *pte;

	for (; start < end; start += PAGE_SIZE) {
		int fault = fault_in_page(vma, start, write, &pte);

		if (fault & VM_FAULT_HWPOISON)
			return -LX_EHWPOISON;
		if (fault)
			return fault & VM_FAULT_OOM ? -LX_ENOMEM : -LX_EFAULT;
	}
	return 0;
}

int populate_vma_range(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	/* Private and writable: break COW now. Shared: writing would only make pages dirty. */
	bool write = (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE;
	int error;

	if (vma->vm_flags & VM_LOCKONFAULT)
		return 0;
	if ((vma->vm_flags & (VM_IO | VM_PFNMAP)) || !vma_is_accessible(vma))
		return -LX_EFAULT;
	error = fault_in_range(vma, start, end, write);
	return error == -LX_EHWPOISON ? -LX_EFAULT : error;
}

int faultin_vma_page_range(struct vm_area_struct *vma, uint64_t start, uint64_t end, bool write)
{
	if ((vma->vm_flags & (VM_IO | VM_PFNMAP)) || !(vma->vm_flags & (write ? VM_WRITE : VM_READ)))
		return -LX_EINVAL;
	return fault_in_range(vma, start, end, write);
}

int __mm_populate(struct mm_struct *mm, uint64_t start, uint64_t len, bool ignore_errors)
{
	uint64_t end = start + len;
	struct vm_area_struct *vma;
	int error = 0;

	mmap_read_lock(mm);
	/* Of no bytes there is no area, though one may lie around them. */
	for (vma = len ? find_vma_intersection(mm, start, end) : NULL; vma && vma->vm_start < end; vma = vma->vm_next) {
		if (vma->vm_flags & (VM_IO | VM_PFNMAP))
			continue;
		error = populate_vma_range(vma, max(vma->vm_start, start), min(vma->vm_end, end));
		if (error && !ignore_errors)
			break;
		error = 0;
	}
	mmap_read_unlock(mm);
	return error;
}

void mm_populate(struct mm_struct *mm, uint64_t start, uint64_t len)
{
	__mm_populate(mm, start, ALIGN_UP(len, PAGE_SIZE), /* ignore_errors = */ true);
}

void *fault_in_user(struct mm_struct *mm, uint64_t address, bool write)
{
	struct vm_area_struct *vma;
	uint64_t *pte;
	void *byte = NULL;

	mmap_read_lock(mm);
	vma = find_vma(mm, address);
	if (vma && vma->vm_start <= address && vma_is_accessible(vma) &&
	    (!write || (vma->vm_flags & VM_WRITE)) && !fault_in_page(vma, address, write, &pte))
		byte = __va(*pte & PTE_PFN_MASK) + address % PAGE_SIZE;
	mmap_read_unlock(mm);
	return byte;
}
