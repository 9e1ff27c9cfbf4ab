// SPDX-License-Identifier: MIT
/*
 * Frames that no struct page speaks for: memory of devices (Linux mm/memory.c: remap_pfn_range, vmf_insert_pfn,
 * generic_access_phys). Their entries are PTE_SPECIAL: nothing counts them, no reverse map finds them, and whoever wants
 * a struct page of them (get_user_pages, the zapping of pages) is told that there is none.
 */
#include "internal.h"

/* An entry that is free becomes pfn's; -LX_EBUSY: it is not, -LX_ENOMEM: no table. */
static int insert_pfn(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn, uint64_t prot)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t *pte = pte_alloc(mm, addr);
	int error = 0;

	if (!pte)
		return -LX_ENOMEM;
	spin_lock(&mm->page_table_lock);
	if (pte_none(*pte))
		set_pte(pte, mk_pte(pfn, prot) | PTE_SPECIAL);
	else
		error = -LX_EBUSY;
	spin_unlock(&mm->page_table_lock);
	return error;
}

/*
 * Copied on write, an entry no longer tells which frame it once had: the area must then be one piece of the device, and
 * vm_pgoff remembers where it begins.
 */
int remap_pfn_range(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn, uint64_t len, uint64_t prot)
{
	uint64_t end = addr + ALIGN_UP(len, PAGE_SIZE);
	int error = 0;

	if (is_cow_mapping(vma->vm_flags)) {
		if (addr != vma->vm_start || end != vma->vm_end)
			return -LX_EINVAL;
		vma->vm_pgoff = pfn;
	}
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	for (; addr < end && !error; addr += PAGE_SIZE, pfn++)
		error = insert_pfn(vma, addr, pfn, prot);
	return error;
}

int vmf_insert_pfn(struct vm_area_struct *vma, uint64_t addr, uint64_t pfn)
{
	BUG_ON(!(vma->vm_flags & VM_PFNMAP) || is_cow_mapping(vma->vm_flags));
	/* An entry that is there already: another fault was faster. */
	return insert_pfn(vma, addr, pfn, vma->vm_page_prot) == -LX_ENOMEM ? VM_FAULT_OOM : VM_FAULT_NOPAGE;
}

int generic_access_phys(struct vm_area_struct *vma, uint64_t addr, void *buf, uint64_t len, bool write)
{
	uint64_t in_page = addr % PAGE_SIZE, span_end;
	uint64_t *pte = pte_lookup(vma->vm_mm, addr, &span_end);
	char *bytes;

	if (!(vma->vm_flags & (VM_IO | VM_PFNMAP)) || !pte || !pte_present(*pte) || (write && !(*pte & PTE_RW)))
		return -LX_EINVAL;
	len = min(len, PAGE_SIZE - in_page);
	bytes = (char *)memremap(*pte & PTE_PFN_MASK) + in_page;
	if (write)
		memcpy(bytes, buf, len);
	else
		memcpy(buf, bytes, len);
	return len;
}
