// SPDX-License-Identifier: MIT
/* System calls on memory that also write to it: what the mm tells, copied out. */
#include "mm.h"
#include "uaccess.h"
#include "vmcalls.h"

/** mincore(start, len, vec): through a page of the kernel's, since mmap_lock cannot be held over a copy. */
long ksys_mincore(struct pt_regs *regs)
{
	uint64_t start = regs->di, len = regs->si, vec = regs->dx;
	uint64_t pages = len / PAGE_SIZE + (len % PAGE_SIZE != 0);
	struct page *page;
	uint8_t *told;
	long nr = 0;

	if (start % PAGE_SIZE)
		return -LX_EINVAL;
	if (!access_ok(start, len))
		return -LX_ENOMEM;
	if (!access_ok(vec, pages))
		return -LX_EFAULT;
	page = alloc_pages(GFP_KERNEL, 0);
	if (!page)
		return -LX_EAGAIN;
	page->page_type = PGTY_kernel;
	told = __va(page_to_pfn(page) << PAGE_SHIFT);
	for (; pages; pages -= nr, vec += nr, start += nr << PAGE_SHIFT) {
		nr = mincore_pages(start, min(pages, PAGE_SIZE), told);
		if (nr >= 0 && copy_to_user(vec, told, nr))
			nr = -LX_EFAULT;
		if (nr < 0)
			break;
	}
	put_page(page);
	return nr < 0 ? nr : 0;
}
