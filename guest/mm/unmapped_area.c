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

/* --- the gaps, in O(log n) -------------------------------------------------------------------------- */

static inline struct rb_node *child(struct rb_node *node, bool right)
{
	return right ? node->rb_right : node->rb_left;
}

static inline bool subtree_has(struct rb_node *node, uint64_t length)
{
	return node && rb_vma(node)->rb_subtree_gap >= length;
}

static bool has_gap(struct vm_area_struct *vma, uint64_t length)
{
	uint64_t start = vma->vm_prev ? vma->vm_prev->vm_end : 0;
	uint64_t end = vm_start_gap(vma);

	return end > start && end - start >= length;
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

/* The place in the gap [start, end) as the limits cut it, or 0. */
static uint64_t place_in_gap(uint64_t start, uint64_t end, const struct vm_unmapped_area_info *info)
{
	start = max(start, info->low_limit);
	end = min(end, info->high_limit);
	if (end < start || end - start < info->length)
		return 0;
	return info->topdown ? end - info->length : start;
}

uint64_t vm_unmapped_area(struct mm_struct *mm, const struct vm_unmapped_area_info *info)
{
	/* Gaps of areas beyond this one, seen from where the search begins, lie outside the limits. */
	struct rb_node *node = first_from(mm, info->topdown ? info->high_limit
							    : info->low_limit + info->length);
	uint64_t addr = 0;

	if (!node && info->topdown) {
		addr = place_in_gap(mm->highest_vm_end, info->high_limit, info);
		node = addr ? NULL : rb_last(&mm->mm_rb);
	}
	/* At most two gaps that are long enough can fail: those that a limit cuts. */
	for (; node && !addr; node = next_gap(node, info->length, !info->topdown)) {
		struct vm_area_struct *vma = rb_vma(node);

		if (info->topdown && vma->vm_start < info->low_limit)
			break;
		addr = place_in_gap(vma->vm_prev ? vma->vm_prev->vm_end : 0, vm_start_gap(vma), info);
	}
	if (!addr && !info->topdown)
		addr = place_in_gap(mm->highest_vm_end, info->high_limit, info);
	return addr ? addr : (uint64_t)-LX_ENOMEM;
}

/* --- the layouts ------------------------------------------------------------------------------------ */

/* May addr, asked for, be had? */
static bool hint_is_free(struct mm_struct *mm, uint64_t addr, uint64_t len, uint64_t end)
{
	struct vm_area_struct *vma;

	if (!addr || end < len || end - len < addr)
		return false;
	vma = find_vma(mm, addr);
	return !vma || addr + len <= vm_start_gap(vma);
}

static uint64_t arch_get_unmapped_area(struct mm_struct *mm, uint64_t addr, uint64_t len, uint64_t flags)
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

static uint64_t arch_get_unmapped_area_topdown(struct mm_struct *mm, uint64_t addr, uint64_t len, uint64_t flags)
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

uint64_t mm_get_unmapped_area(struct mm_struct *mm, struct file *file, uint64_t addr, uint64_t len, uint64_t pgoff,
			      uint64_t flags)
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
	/* A stack without a limit leaves no top to start from. */
	if (stack_limit == UINT64_MAX) {
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
