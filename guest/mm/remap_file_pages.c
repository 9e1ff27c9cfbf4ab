// SPDX-License-Identifier: MIT
/*
 * remap_file_pages(2) (Linux mm/mmap.c). Once it gave one area pages of a file in any order; since 4.0 it is mmap in other
 * words: the range of an existing shared mapping shows another part of the same file from now on.
 */
#include "internal.h"

/* Is [start, end) mapped without a hole, by areas like `first`, which holds start? */
static bool one_mapping(const struct vm_area_struct *first, uint64_t end)
{
	const struct vm_area_struct *vma = first;

	while (vma->vm_end < end) {
		const struct vm_area_struct *next = vma->vm_next;

		if (!next || next->vm_start != vma->vm_end || next->vm_file != first->vm_file ||
		    next->vm_flags != first->vm_flags)
			return false;
		vma = next;
	}
	return true;
}

/* mmap_lock held for writing. The address or -errno; *populate: the pages shall be filled in. */
static uint64_t remap(struct mm_struct *mm, uint64_t start, uint64_t size, uint64_t pgoff, uint64_t flags, bool *populate)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	struct file *file;
	uint64_t prot;

	if (!vma || vma->vm_start > start || !(vma->vm_flags & VM_SHARED) || !one_mapping(vma, start + size))
		return -LX_EINVAL;
	prot = vma->vm_flags & VM_ACCESS_FLAGS;		/* the same bits */
	flags = (flags & LX_MAP_NONBLOCK) | LX_MAP_SHARED | LX_MAP_FIXED | LX_MAP_POPULATE;
	if (vma->vm_flags & VM_LOCKED)
		flags |= LX_MAP_LOCKED;
	*populate = (flags & LX_MAP_LOCKED) || !(flags & LX_MAP_NONBLOCK);
	file = get_file(vma->vm_file);
	start = do_mmap(mm, file, start, size, prot, flags, 0, pgoff);
	fput(file);
	return start;
}

/** remap_file_pages(start, size, prot, pgoff, flags); prot must be 0: it stays what it is. */
long ksys_remap_file_pages(uint64_t start, uint64_t size, uint64_t prot, uint64_t pgoff, uint64_t flags)
{
	struct mm_struct *mm = get_current()->mm;
	bool populate = false;
	uint64_t addr;

	if (prot)
		return -LX_EINVAL;
	start = ALIGN_DOWN(start, PAGE_SIZE);
	size = ALIGN_DOWN(size, PAGE_SIZE);
	if (start + size <= start || pgoff + (size >> PAGE_SHIFT) < pgoff)
		return -LX_EINVAL;
	mmap_write_lock(mm);
	addr = remap(mm, start, size, pgoff, flags, &populate);
	mmap_write_unlock(mm);
	if (IS_ERR_VALUE(addr))
		return addr;
	if (populate)
		mm_populate(mm, addr, size);
	return 0;
}
