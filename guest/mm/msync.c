// SPDX-License-Identifier: MIT
/* Writing mapped files back (Linux mm/msync.c). */
#include "internal.h"

/* MS_SYNC of a shared area asks its file, which may not know how. Without mmap_lock, as Linux. 0 or -errno. */
static int sync_file(const struct vm_area_struct *vma)
{
	struct file *file = get_file(vma->vm_file);
	int error;

	mmap_read_unlock(vma->vm_mm);
	error = file->f_op->fsync ? file->f_op->fsync(file) : -LX_EINVAL;
	fput(file);
	mmap_read_lock(vma->vm_mm);
	return error;
}

static int msync_walk(struct mm_struct *mm, uint64_t start, uint64_t end, int flags)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	int holes = 0, error;

	for (;;) {
		if (!vma)
			return -LX_ENOMEM;
		if (start < vma->vm_start) {
			if (flags == LX_MS_ASYNC || vma->vm_start >= end)
				return -LX_ENOMEM;
			holes = -LX_ENOMEM;
		}
		if ((flags & LX_MS_INVALIDATE) && (vma->vm_flags & VM_LOCKED))
			return -LX_EBUSY;
		if ((flags & LX_MS_SYNC) && vma->vm_file && (vma->vm_flags & VM_SHARED)) {
			error = sync_file(vma);
			if (error)
				return error;
		}
		start = vma->vm_end;
		if (start >= end)
			return holes;
		vma = find_vma(mm, start);
	}
}

/** msync(2). Holes are skipped, and told at the end. */
long ksys_msync(uint64_t start, uint64_t len, int flags)
{
	struct mm_struct *mm = get_current()->mm;
	uint64_t end = start + ALIGN_UP(len, PAGE_SIZE);
	int error;

	if (flags & ~(LX_MS_ASYNC | LX_MS_INVALIDATE | LX_MS_SYNC))
		return -LX_EINVAL;
	if (start % PAGE_SIZE || ((flags & LX_MS_ASYNC) && (flags & LX_MS_SYNC)))
		return -LX_EINVAL;
	if (end < start)
		return -LX_ENOMEM;
	if (end == start)
		return 0;
	mmap_read_lock(mm);
	error = msync_walk(mm, start, end, flags);
	mmap_read_unlock(mm);
	return error;
}
