// SPDX-License-Identifier: MIT
/*
 * Merging (Linux 6.1 vma_merge, and mmap_region's own variant of it). An area and a range beside it
 * become one when flags and file agree, offsets continue, nobody is to be told of the area's end,
 * and their pages can be found by one anon_vma.
 *
 * P is the area that starts before the range (marked *), M one that the range covers or begins, N
 * the one behind:
 *
 *	the range is free (mmap, mremap)        it exists and its flags change (mprotect, mlock, madvise)
 *	1  PPPP****NNNN  ->  PPPPPPPPPPPP       4  PPPP****NNNN, **** the end of P:    ->  PPPPNNNNNNNN
 *	2  PPPP****      ->  PPPPPPPP           5  PPPP****MMMM, **** the start of M:  ->  PPPPPPPPMMMM
 *	3      ****NNNN  ->      NNNNNNNN       6  PPPP****NNNN, **** all of M:        ->  PPPPPPPPPPPP
 *	                                        7  the same, N does not fit:           ->  PPPPPPPPNNNN
 *	                                        8  the same, P does not fit:           ->  PPPPNNNNNNNN
 */
#include "internal.h"

static bool list_is_singular(const struct list_head *head)
{
	return head->next != head && head->next == head->prev;
}

static bool is_mergeable_vma(const struct vm_area_struct *vma, const struct vma_merge *m)
{
	return !((vma->vm_flags ^ m->vm_flags) & ~VM_SOFTDIRTY) && vma->vm_file == m->file &&
	       !(vma->vm_ops && vma->vm_ops->close);
}

/*
 * One without an anon_vma can join `vma`, but not if that came by fork: its chain would grow with every
 * child's child, and rmap with it.
 */
static bool is_mergeable_anon_vma(const struct anon_vma *a, const struct anon_vma *b,
				  const struct vm_area_struct *vma)
{
	if ((!a || !b) && (!vma || list_is_singular(&vma->anon_vma_chain)))
		return true;
	return a == b;
}

static inline uint64_t range_pages(const struct vma_merge *m)
{
	return (m->end - m->start) >> PAGE_SHIFT;
}

/* Does the range, its pages in anon_vma, fit right below vma? */
static bool can_vma_merge_before(const struct vm_area_struct *vma, const struct vma_merge *m,
				 struct anon_vma *anon_vma)
{
	return is_mergeable_vma(vma, m) && is_mergeable_anon_vma(anon_vma, vma->anon_vma, vma) &&
	       vma->vm_pgoff == m->pgoff + range_pages(m);
}

/** Does it fit right above vma? */
bool can_vma_merge_after(const struct vm_area_struct *vma, const struct vma_merge *m,
			 struct anon_vma *anon_vma)
{
	return is_mergeable_vma(vma, m) && is_mergeable_anon_vma(anon_vma, vma->anon_vma, vma) &&
	       vma->vm_pgoff + vma_pages(vma) == m->pgoff;
}

struct vm_area_struct *vma_merge(const struct vma_merge *m)
{
	struct vm_area_struct *prev = m->prev;
	struct vm_area_struct *mid = prev ? prev->vm_next : m->mm->mmap;
	struct vm_area_struct *next = mid;
	bool merge_prev, merge_next;
	int error;

	if (m->vm_flags & VM_SPECIAL)
		return NULL;
	if (mid && mid->vm_end == m->end)		/* cases 6, 7, 8 */
		next = mid->vm_next;
	BUG_ON(prev && m->start <= prev->vm_start);
	BUG_ON(mid && m->end > mid->vm_end);

	merge_prev = prev && prev->vm_end == m->start && can_vma_merge_after(prev, m, m->anon_vma);
	merge_next = next && next->vm_start == m->end && can_vma_merge_before(next, m, m->anon_vma);
	if (merge_prev && merge_next && is_mergeable_anon_vma(prev->anon_vma, next->anon_vma, NULL)) {
		error = __vma_adjust(prev, prev->vm_start, next->vm_end, prev->vm_pgoff, NULL, prev);
		return error ? NULL : prev;		/* cases 1, 6 */
	}
	if (merge_prev) {
		error = __vma_adjust(prev, prev->vm_start, m->end, prev->vm_pgoff, NULL, prev);
		return error ? NULL : prev;		/* cases 2, 5, 7 */
	}
	if (!merge_next)
		return NULL;
	if (prev && m->start < prev->vm_end)		/* case 4 */
		error = __vma_adjust(prev, prev->vm_start, m->start, prev->vm_pgoff, NULL, next);
	else						/* cases 3, 8 */
		error = __vma_adjust(mid, m->start, next->vm_end, next->vm_pgoff - range_pages(m), NULL,
				     next);
	return error ? NULL : next;
}

/*
 * What Linux 6.1 does in mmap_region(), cases 1 to 3. It looks at next first; prev must then fit with next's
 * anon_vma. So where both would do alone but not together, next grows; and a prev without pages does not join
 * a next with pages (its empty chain is not singular). vma_merge() would decide otherwise in both.
 */
struct vm_area_struct *vma_merge_new(const struct vma_merge *m)
{
	struct vm_area_struct *prev = m->prev;
	struct vm_area_struct *next = prev ? prev->vm_next : m->mm->mmap;
	struct anon_vma *anon_vma = NULL;
	uint64_t end = m->end;
	bool merge_next;
	int error;

	if (m->vm_flags & VM_SPECIAL)
		return NULL;
	merge_next = next && next->vm_start == m->end && can_vma_merge_before(next, m, NULL);
	if (merge_next) {
		anon_vma = next->anon_vma;
		end = next->vm_end;
	}
	if (prev && prev->vm_end == m->start && can_vma_merge_after(prev, m, anon_vma)) {
		error = __vma_adjust(prev, prev->vm_start, end, prev->vm_pgoff, NULL, prev);
		return error ? NULL : prev;
	}
	if (!merge_next)
		return NULL;
	error = __vma_adjust(next, m->start, end, next->vm_pgoff - range_pages(m), NULL, next);
	return error ? NULL : next;
}

struct vm_area_struct *vma_isolate(struct vm_area_struct *vma, struct vm_area_struct *prev, uint64_t start,
				   uint64_t end, uint64_t newflags)
{
	struct mm_struct *mm = vma->vm_mm;
	const struct vma_merge m = {
		.mm = mm,
		.prev = prev,
		.start = start,
		.end = end,
		.vm_flags = newflags,
		.anon_vma = vma->anon_vma,
		.file = vma->vm_file,
		.pgoff = linear_page_index(vma, start),
	};
	struct vm_area_struct *merged = vma_merge(&m);

	if (merged)
		return merged;
	if (start != vma->vm_start && split_vma(mm, vma, start, /* new_below = */ true))
		return NULL;
	if (end != vma->vm_end && split_vma(mm, vma, end, /* new_below = */ false))
		return NULL;
	return vma;
}
