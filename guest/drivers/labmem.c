/* SPDX-License-Identifier: MIT */
/*
 * /dev/lab: a device whose memory is mapped, as a driver of Linux does it. The memory is two pages of the image, so it is
 * there on every machine, and it has no struct page that anybody could count.
 *
 * A shared mapping is filled in by faults, frame by frame (vmf_insert_pfn). A private one that may be written must not be
 * (its pages are copied on write): it is mapped whole at once (remap_pfn_range).
 */
#include "labdev.h"
#include "labmem.h"
#include "mm_env.h"

char lab_device[LAB_DEVICE_SIZE] __attribute__((aligned(PAGE_SIZE))) = LAB_DEVICE_ID;

static uint64_t device_pfn(uint64_t page)
{
	return (__pa_symbol(lab_device) >> PAGE_SHIFT) + page;
}

/* An area more that maps the device: by fork, by a split, by mremap. Who maps it first says so itself. */
static void lab_mem_open(struct vm_area_struct *vma)
{
	(void)vma;
	lab.nr_device_areas++;
}

static void lab_mem_close(struct vm_area_struct *vma)
{
	(void)vma;
	lab.nr_device_areas--;
}

static int lab_mem_fault(struct vm_fault *vmf)
{
	/* All there is of a private mapping was mapped at its start. */
	if (!(vmf->vma->vm_flags & VM_SHARED) || vmf->pgoff >= LAB_DEVICE_SIZE >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vmf->vma, vmf->address, device_pfn(vmf->pgoff));
}

static const struct vm_operations_struct lab_mem_vm_ops __vm_ops = {
	.open = lab_mem_open,
	.close = lab_mem_close,
	.fault = lab_mem_fault,
	.access = generic_access_phys,
};

static int lab_mem_mmap(struct file *file, struct vm_area_struct *vma)
{
	uint64_t len = vma->vm_end - vma->vm_start, pages = len >> PAGE_SHIFT;
	int error = 0;

	(void)file;
	if (vma->vm_pgoff > LAB_DEVICE_SIZE >> PAGE_SHIFT ||
	    pages > (LAB_DEVICE_SIZE >> PAGE_SHIFT) - vma->vm_pgoff)
		return -LX_EINVAL;
	vma->vm_ops = &lab_mem_vm_ops;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	if (!(vma->vm_flags & VM_SHARED))
		error = remap_pfn_range(vma, vma->vm_start, device_pfn(vma->vm_pgoff), len, vma->vm_page_prot);
	if (!error)
		lab_mem_open(vma);
	return error;
}

const struct file_operations lab_mem_fops __file_ops = { .mmap = lab_mem_mmap, .write = provoke_crash };
