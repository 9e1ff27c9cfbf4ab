// SPDX-License-Identifier: MIT
/*
 * Where a new mapping goes (Linux get_unmapped_area, vm_unmapped_area, arch/x86/kernel/sys_x86_64.c).
 *
 *	0   mmap_min_addr    heap -->      mmap_legacy_base       <-- mmap_base     stack
 *	|........|=======|====|............|.............................|=====|=====|
 *
 * Normally the highest gap below mmap_base that is large enough; when there is none, or where the layout or
 * MAP_32BIT says so, the lowest one above mmap_legacy_base (or in the second gigabyte, for MAP_32BIT).
 */
#include "internal.h"

#define MIN_GAP		(128UL << 20)	/* between mmap_base and the top: room for a stack that grows */
#define MAP32_BEGIN	0x40000000UL
#define MAP32_END	0x80000000UL

typedef uint64_t (*get_area_fn)(struct mm_struct *mm, uint64_t addr, uint64_t len, uint64_t flags);

/* --- the gaps, in O(log n) -------------------------------------------------------------------- */

static inline struct rb_node *child(struct rb_node *node, bool right)
{
	return right ? node->rb_right : node->rb_left;
}

static inline bool subtree_has(struct rb_node *node, uint64_t length)
{
	return node && rb_vma(node)->rb_subtree_gap >= length;
}

/* Does enough free space lie right below vma? */
static bool has_gap(struct vm_area_struct *vma, uint64_t length)
{
	return vma->vm_start - (vma->vm_prev ? vma->vm_prev->vm_end : 0) >= length;
}

/* Of a subtree known to have a gap that long: the highest area with one (up: the lowest). */
static struct rb_node *first_in_subtree(struct rb_node *node, uint64_t length, bool up)
{
	for (;;) {
		if (subtree_has(child(node, !up), length))
			node = child(node, !up);
		else if (has_gap(rb_vma(node), length))
			return node;
		else
			node = child(node, up);
	}
}

/* The nearest area below node (up: above it) with a gap that long, or NULL. */
static struct rb_node *next_gap(struct rb_node *node, uint64_t length, bool up)
{
	struct rb_node *from;

	if (subtree_has(child(node, up), length))
		return first_in_subtree(child(node, up), length, up);
	while ((from = node, node = rb_parent(node))) {
		if (child(node, up) == from)
			continue;
		if (has_gap(rb_vma(node), length))
			return node;
		if (subtree_has(child(node, up), length))
			return first_in_subtree(child(node, up), length, up);
	}
	return NULL;
}

/* First area that starts at or above addr, or NULL. */
static struct rb_node *first_from(struct mm_struct *mm, uint64_t addr)
{
	struct rb_node *node = mm->mm_rb.rb_node, *found = NULL;

	while (node) {
		bool above = rb_vma(node)->vm_start >= addr;

		if (above)
			found = node;
		node = child(node, !above);
	}
	return found;
}

/** Free space as the limits cut it, and the area above it (NULL: none). */
struct gap {
	uint64_t start, end;
	struct vm_area_struct *next;
};

/* The gap below next, cut. Is it long enough? */
static bool cut_gap(struct mm_struct *mm, struct vm_area_struct *next,
		    const struct vm_unmapped_area_info *info, struct gap *gap)
{
	struct vm_area_struct *prev = next ? next->vm_prev : NULL;
	uint64_t start = prev ? prev->vm_end : next ? 0 : mm->highest_vm_end;

	gap->start = max(start, info->low_limit);
	gap->end = min(next ? next->vm_start : UINT64_MAX, info->high_limit);
	gap->next = next;
	return gap->end >= gap->start && gap->end - gap->start >= info->length;
}

/* The highest (topdown) or lowest gap within the limits that is long enough. */
static bool find_gap(struct mm_struct *mm, const struct vm_unmapped_area_info *info, struct gap *gap)
{
	bool up = !info->topdown;
	/* Gaps of areas before this one, in the direction of the search, lie outside the limits. */
	struct rb_node *node = first_from(mm, up ? info->low_limit + info->length : info->high_limit);

	if (!node && !up) {
		if (cut_gap(mm, NULL, info, gap))
			return true;
		node = rb_last(&mm->mm_rb);
	}
	/* At most two gaps that are long enough can fail: those that a limit cuts. */
	for (; node; node = next_gap(node, info->length, up)) {
		if (!up && rb_vma(node)->vm_start < info->low_limit)
			return false;
		if (cut_gap(mm, rb_vma(node), info, gap))
			return true;
	}
	return up && cut_gap(mm, NULL, info, gap);
}

/*
 * As Linux since 6.1: the gap is found first, and then a stack above it may claim its guard gap.
 * The search goes on beyond that guard gap, whatever else there is in between. (The tree that Linux
 * had before kept gaps less guard gaps, and would find a place between a stack and an area close
 * below it.)
 */
uint64_t vm_unmapped_area(struct mm_struct *mm, const struct vm_unmapped_area_info *wanted)
{
	struct vm_unmapped_area_info info = *wanted;
	struct gap gap;

	while (find_gap(mm, &info, &gap)) {
		uint64_t addr = info.topdown ? gap.end - info.length : gap.start;

		if (!gap.next || !(gap.next->vm_flags & VM_GROWSDOWN))
			return addr;
		if (info.topdown) {
			if (vm_start_gap(gap.next) > gap.end - 1)
				return addr;
			info.high_limit = vm_start_gap(gap.next);
		} else {
			if (vm_start_gap(gap.next) >= addr + info.length - 1)
				return addr;
			info.low_limit = gap.next->vm_end;
		}
	}
	return -LX_ENOMEM;
}

/* --- the layouts ------------------------------------------------------------------------------ */

/* May addr, asked for, be had? */
static bool hint_is_free(struct mm_struct *mm, uint64_t addr, uint64_t len, uint64_t end)
{
	struct vm_area_struct *vma;

	if (!addr || end < len || end - len < addr)
		return false;
	vma = find_vma(mm, addr);
	return !vma || addr + len <= vm_start_gap(vma);
}

uint64_t arch_get_unmapped_area(struct mm_struct *mm, uint64_t addr, uint64_t len, uint64_t flags)
{
	struct vm_unmapped_area_info info = {
		.length = len,
		.low_limit = flags & LX_MAP_32BIT ? MAP32_BEGIN : mm->mmap_legacy_base,
		.high_limit = flags & LX_MAP_32BIT ? MAP32_END : TASK_SIZE,
	};

	if (flags & LX_MAP_FIXED)
		return addr;
	if (len > info.high_limit)
		return -LX_ENOMEM;
	addr = ALIGN_UP(addr, PAGE_SIZE);
	if (hint_is_free(mm, addr, len, info.high_limit))
		return addr;
	return vm_unmapped_area(mm, &info);
}

uint64_t arch_get_unmapped_area_topdown(struct mm_struct *mm, uint64_t addr, uint64_t len, uint64_t flags)
{
	struct vm_unmapped_area_info info = {
		.topdown = true,
		.length = len,
		.low_limit = PAGE_SIZE,
		.high_limit = mm->mmap_base,
	};
	uint64_t found;

	if (flags & LX_MAP_FIXED)
		return addr;
	if (flags & LX_MAP_32BIT)
		return arch_get_unmapped_area(mm, addr, len, flags);
	if (hint_is_free(mm, ALIGN_DOWN(addr, PAGE_SIZE), len, TASK_SIZE))
		return ALIGN_DOWN(addr, PAGE_SIZE);
	found = vm_unmapped_area(mm, &info);
	if (!IS_ERR_VALUE(found))
		return found;
	/* No room below mmap_base: a stack limit may have set it low, so try from the bottom up. */
	return arch_get_unmapped_area(mm, addr, len, flags);
}

uint64_t mm_get_unmapped_area(struct mm_struct *mm, struct file *file, uint64_t addr, uint64_t len,
			      uint64_t pgoff, uint64_t flags)
{
	int error;

	/* No file of this kernel has wishes of its own. */
	(void)file;
	(void)pgoff;
	if (len > TASK_SIZE)
		return -LX_ENOMEM;
	addr = ((get_area_fn)mm->get_unmapped_area)(mm, addr, len, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	if (addr > TASK_SIZE - len)
		return -LX_ENOMEM;
	if (addr % PAGE_SIZE)
		return -LX_EINVAL;
	error = security_mmap_addr(addr);
	return error ? (uint64_t)error : addr;
}

/** Where `len` bytes may go in current's mm, or -errno. mmap_lock held for writing. */
uint64_t get_unmapped_area(struct file *file, uint64_t addr, uint64_t len, uint64_t pgoff, uint64_t flags)
{
	return mm_get_unmapped_area(get_current()->mm, file, addr, len, pgoff, flags);
}

void arch_pick_mmap_layout(struct mm_struct *mm, uint64_t stack_limit)
{
	uint64_t pad = (uint64_t)mm_profile.stack_guard_gap << PAGE_SHIFT;
	uint64_t gap = stack_limit;

	mm->mmap_legacy_base = ALIGN_UP(TASK_SIZE / 3, PAGE_SIZE);
	/* Not for a stack without a limit: x86 gives that one five sixths of the space and stays top-down. */
	if (mm_profile.legacy_va_layout) {
		mm->mmap_base = mm->mmap_legacy_base;
		mm->get_unmapped_area = arch_get_unmapped_area;
		return;
	}
	if (gap + pad > gap)
		gap += pad;
	gap = min(max(gap, MIN_GAP), TASK_SIZE / 6 * 5);
	mm->mmap_base = ALIGN_UP(TASK_SIZE - gap, PAGE_SIZE);
	mm->get_unmapped_area = arch_get_unmapped_area_topdown;
}
