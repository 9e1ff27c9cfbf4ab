// SPDX-License-Identifier: MIT
/* Areas that map a file: the page comes from the file's address_space (Linux mm/filemap.c). */
#include "internal.h"

static int filemap_fault(struct vm_fault *vmf)
{
	struct address_space *mapping = vmf->vma->vm_file->f_mapping;

	vmf->page = mapping->get_page(mapping, vmf->pgoff);
	/* Beyond the end: whoever touches it gets SIGBUS. */
	return vmf->page ? 0 : VM_FAULT_SIGBUS;
}

const struct vm_operations_struct generic_file_vm_ops = {
	.fault = filemap_fault,
};
