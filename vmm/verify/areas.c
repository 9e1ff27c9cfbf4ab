/* SPDX-License-Identifier: MIT */
/* Areas one by one and side by side: order, extent, links, rights, and the caches that point at them. */
#include "uapi.h"
#include "verify/check.h"

#define MMAP_MIN_ADDR 65536UL /* mm_profile.mmap_min_addr */

/** Every area of every mm, each with the one before it in address order (or NULL). */
#define for_each_area(model, vma)                                                                            \
	for (const struct model_vma *vma = (model)->all_vmas;                                                \
	     vma < (model)->all_vmas + (model)->nr_all_vmas; vma++)

static const struct model_vma *area_before(const struct model *model, const struct model_vma *vma)
{
	return vma > model->mms[vma->mm].vmas ? vma - 1 : NULL;
}

void check_area_order(struct verify_context *c, const struct invariant *self)
{
	for_each_area(c->now, vma) {
		const struct model_vma *prev = area_before(c->now, vma);

		if (!holds(c, !prev || prev->raw.vm_end <= vma->raw.vm_start))
			report(c, self, AT_AREA(vma), "%s: area %s overlaps %s",
			       mm_label(c->now, vma->mm).text, area_label(prev).text, area_label(vma).text);
	}
}

void check_area_extent(struct verify_context *c, const struct invariant *self)
{
	for_each_area(c->now, vma) {
		uint64_t start = vma->raw.vm_start, end = vma->raw.vm_end;
		uint64_t limit = c->now->mms[vma->mm].raw.task_size;
		const char *wrong = NULL;

		if ((start | end) & (PAGE_SIZE - 1))
			wrong = "is not page-aligned";
		else if (start >= end)
			wrong = "is empty";
		else if (start < MMAP_MIN_ADDR)
			wrong = "begins below mmap_min_addr";
		else if (end > limit || end > TASK_SIZE)
			wrong = "ends beyond task_size";
		if (!holds(c, !wrong))
			report(c, self, AT_AREA(vma), "%s: area %s %s", mm_label(c->now, vma->mm).text,
			       area_label(vma).text, wrong);
	}
}

void check_area_links(struct verify_context *c, const struct invariant *self)
{
	for_each_area(c->now, vma) {
		const struct model_vma *next = vma_at(c->now, vma->raw.vm_next);

		if (!vma->in_list)
			continue;
		if (!holds(c, vma->list_pos > 0 || vma->raw.vm_prev.va == 0))
			report(c, self, AT_AREA(vma), "%s: vm_prev of the first area %s is %#lx, expected 0",
			       mm_label(c->now, vma->mm).text, area_label(vma).text, vma->raw.vm_prev.va);
		if (!holds(c, !next || next->raw.vm_prev.va == vma->addr.va))
			report(c, self, AT_AREA(next), "%s: vm_prev of area %s is %#lx, expected %#lx (%s)",
			       mm_label(c->now, vma->mm).text, area_label(next).text, next->raw.vm_prev.va,
			       vma->addr.va, area_label(vma).text);
		if (!holds(c, !next || next->raw.vm_start >= vma->raw.vm_start))
			report(c, self, AT_AREA(next), "%s: area %s follows %s in the list",
			       mm_label(c->now, vma->mm).text, area_label(next).text, area_label(vma).text);
	}
}

void check_area_members(struct verify_context *c, const struct invariant *self)
{
	for_each_area(c->now, vma) {
		if (!holds(c, vma->in_list && vma->in_tree))
			report(c, self, AT_AREA(vma), "%s: area %s is in the %s but not in the %s",
			       mm_label(c->now, vma->mm).text, area_label(vma).text,
			       vma->in_list ? "list" : "tree", vma->in_list ? "tree" : "list");
		else if (!holds(c, vma->list_pos == vma->tree_pos))
			report(c, self, AT_AREA(vma),
			       "%s: area %s is number %u in the list, number %u in the tree",
			       mm_label(c->now, vma->mm).text, area_label(vma).text, vma->list_pos,
			       vma->tree_pos);
	}
}

void check_area_mm(struct verify_context *c, const struct invariant *self)
{
	for_each_area(c->now, vma) if (!holds(c, vma->raw.vm_mm.va == c->now->mms[vma->mm].addr.va))
		report(c, self, AT_AREA(vma), "%s: vm_mm of area %s is %#lx, expected %#lx",
		       mm_label(c->now, vma->mm).text, area_label(vma).text, vma->raw.vm_mm.va,
		       c->now->mms[vma->mm].addr.va);
}

/**
 * Linux vm_get_page_prot: writable from the start only where shared; private pages wait for the fault, and so do shared
 * ones where a first write is to be told (vma_wants_writenotify).
 */
static uint64_t prot_of_flags(uint64_t flags)
{
	uint64_t prot = PTE_US | PTE_A | PTE_P;

	if (!(flags & VM_ACCESS))
		return PTE_A | PTE_PROTNONE; /* PAGE_NONE has no NX: there is nothing to execute */
	if (!(~flags & (VM_SHARED | VM_WRITE | VM_SOFTDIRTY)))
		prot |= PTE_RW;
	if (!(flags & VM_EXEC))
		prot |= PTE_NX;
	return prot;
}

void check_area_prot(struct verify_context *c, const struct invariant *self)
{
	for_each_area(c->now, vma) {
		uint64_t expected = prot_of_flags(vma->raw.vm_flags), found = vma->raw.vm_page_prot;

		/* Whether A is set from the start is the mm's own affair: the MMU sets it anyway. */
		if (!holds(c, ((expected ^ found) & ~PTE_A) == 0))
			report(c, self, AT_AREA(vma),
			       "%s: vm_page_prot of area %s is %#lx, expected %#lx for vm_flags %#lx",
			       mm_label(c->now, vma->mm).text, area_label(vma).text, found, expected,
			       vma->raw.vm_flags);
	}
}

/** Those that exist here. */
#define KNOWN_FLAGS                                                                                          \
	(VM_READ | VM_WRITE | VM_EXEC | VM_SHARED | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_MAYSHARE |    \
	 VM_GROWSDOWN | VM_LOCKED | VM_SEQ_READ | VM_RAND_READ | VM_DONTCOPY | VM_DONTEXPAND |               \
	 VM_IO | VM_PFNMAP | VM_LOCKONFAULT | VM_ACCOUNT | VM_NORESERVE | VM_SYNC | VM_WIPEONFORK | VM_DONTDUMP | VM_SOFTDIRTY)

/** do_mmap() allows all to come, but not to write through a shared mapping of what was opened to be read. */
static const char *may_trouble(uint64_t flags)
{
	const bool read_only = (flags & (VM_SHARED | VM_MAYSHARE)) == VM_MAYSHARE;

	if (~flags & (VM_MAYREAD | VM_MAYEXEC))
		return "not all of VM_MAYREAD and VM_MAYEXEC";
	if (!(flags & VM_MAYWRITE) != read_only)
		return "VM_MAYWRITE without what it stands for, or the other way round";
	if ((flags & VM_DONTEXPAND) && !(flags & VM_PFNMAP))
		return "VM_DONTEXPAND, though it is no device's";
	if (!(~flags & (VM_ACCOUNT | VM_NORESERVE)))
		return "VM_ACCOUNT and VM_NORESERVE";
	return NULL;
}

void check_area_flags(struct verify_context *c, const struct invariant *self)
{
	for_each_area(c->now, vma) {
		uint64_t flags = vma->raw.vm_flags,
			 may = (flags >> 4) & VM_ACCESS; /* VM_MAYREAD is VM_READ << 4 */
		const char *wrong = NULL;

		if (flags & ~KNOWN_FLAGS)
			wrong = "a flag that does not exist";
		else if (flags & VM_ACCESS & ~may)
			wrong = "a right without its VM_MAY flag";
		else if ((flags & VM_SHARED) && !(flags & VM_MAYSHARE))
			wrong = "VM_SHARED without VM_MAYSHARE";
		else if (!vma->raw.vm_file.va && !(flags & VM_SHARED) != !(flags & VM_MAYSHARE))
			wrong = "VM_MAYSHARE, though no file is shared";
		else if ((flags & VM_SEQ_READ) && (flags & VM_RAND_READ))
			wrong = "VM_SEQ_READ and VM_RAND_READ";
		else if ((flags & VM_GROWSDOWN) && (flags & VM_SHARED))
			wrong = "VM_GROWSDOWN and VM_SHARED";
		else if ((flags & VM_LOCKONFAULT) && !(flags & VM_LOCKED))
			wrong = "VM_LOCKONFAULT without VM_LOCKED";
		else if ((flags & VM_WIPEONFORK) && (vma->raw.vm_file.va || (flags & VM_SHARED)))
			wrong = "VM_WIPEONFORK, though it is not private anonymous memory";
		if (!wrong)
			wrong = may_trouble(flags);
		if (!holds(c, !wrong))
			report(c, self, AT_AREA(vma), "%s: vm_flags %#lx of area %s have %s",
			       mm_label(c->now, vma->mm).text, flags, area_label(vma).text, wrong);
	}
}

#define DEVICE_FLAGS (VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP)

/** What remap_pfn_range() and drivers set; and get_user_pages() has nothing there to lock. */
void check_area_device(struct verify_context *c, const struct invariant *self)
{
	for_each_area(c->now, vma) {
		const struct vm_area_struct *raw = &vma->raw;
		const char *wrong = NULL;

		if (!(raw->vm_flags & (VM_IO | VM_PFNMAP)))
			continue;
		if ((raw->vm_flags & DEVICE_FLAGS) != DEVICE_FLAGS)
			wrong = "lacks a flag of a device's";
		else if (raw->vm_flags & VM_LOCKED)
			wrong = "is locked";
		else if (!raw->vm_file.va || !raw->vm_ops.va)
			wrong = "has no file or no vm_ops";
		if (!holds(c, !wrong))
			report(c, self, AT_AREA(vma), "%s: area %s maps a device and %s (vm_flags %#lx)",
			       mm_label(c->now, vma->mm).text, area_label(vma).text, wrong, raw->vm_flags);
	}
}

/** By the device's own open and close: one too many or too few would leave it mapped, or gone, for ever. */
void check_device_areas(struct verify_context *c, const struct invariant *self)
{
	uint64_t found = 0;

	for_each_area(c->now, vma) found += !!(vma->raw.vm_flags & VM_PFNMAP);
	if (!holds(c, c->now->lab.nr_device_areas == found))
		report(c, self, (struct site){NOWHERE}, "the device counts %lu areas that map it, %lu do",
		       c->now->lab.nr_device_areas, found);
}

/** Linux accountable_mapping, and mprotect that makes writable: such memory has been committed. */
void check_area_account(struct verify_context *c, const struct invariant *self)
{
	for_each_area(c->now, vma) {
		uint64_t flags = vma->raw.vm_flags;

		if ((flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) != VM_WRITE)
			continue;
		if (!holds(c, flags & VM_ACCOUNT))
			report(c, self, AT_AREA(vma),
			       "%s: area %s is private and writable, but not VM_ACCOUNT (vm_flags %#lx)",
			       mm_label(c->now, vma->mm).text, area_label(vma).text, flags);
	}
}

/** A pointer to something of the kernel's: in the direct map or in the image. */
static bool is_kernel_pointer(const struct model *model, gva_t va)
{
	gpa_t pa;

	return va.va && va.va % 8 == 0 && image_linear(model->image, va, 8, &pa);
}

#define DEV_ZERO (1u << 8 | 5) /* i_rdev: major 1, minor 5 */

/** A private mapping of /dev/zero: anonymous memory, which a file names. */
static bool maps_zero_device(const struct model *model, const struct model_vma *vma)
{
	const struct inode *inode = vma->inode < 0 ? NULL : &model->inodes[vma->inode].raw;

	return inode && !(vma->raw.vm_flags & VM_SHARED) && (inode->i_mode & LX_S_IFMT) == LX_S_IFCHR &&
	       inode->i_rdev == DEV_ZERO;
}

static const char *kind_trouble(const struct model *model, const struct model_vma *vma)
{
	const struct vm_area_struct *raw = &vma->raw;

	if (raw->vm_file.va && !is_kernel_pointer(model, raw->vm_file))
		return "its vm_file points nowhere";
	if (raw->vm_ops.va && !is_constant(&model->lab.image.vm_ops, raw->vm_ops))
		return "its vm_ops are no such table of the kernel's";
	if (raw->vm_file.va && !raw->vm_ops.va && !maps_zero_device(model, vma))
		return "it maps a file without vm_ops";
	if (!raw->vm_file.va && raw->vm_ops.va && raw->anon_vma.va && (raw->vm_flags & VM_SHARED))
		return "it is shared, without a file, and has an anon_vma";
	if (raw->vm_private_data.va)
		return "it has vm_private_data, which no driver here has";
	if (!raw->vm_file.va && !all_zero(&raw->shared, sizeof(raw->shared)))
		return "it is in no file's tree, yet shared is not empty";
	return NULL;
}

void check_area_kind(struct verify_context *c, const struct invariant *self)
{
	struct addr_map ops = {0}; /* of each file; lower halves tell kernel addresses apart */

	for_each_area(c->now, vma) {
		const struct vm_area_struct *raw = &vma->raw;
		const char *wrong = kind_trouble(c->now, vma);
		uint32_t low = raw->vm_ops.va;

		if (!wrong && raw->vm_file.va && addr_map_put(&ops, raw->vm_file.va, low) != low)
			wrong = "its vm_ops are not those of other areas of this file";
		if (!holds(c, !wrong))
			report(c, self, AT_AREA(vma),
			       "%s: area %s: %s (vm_file %#lx, vm_ops %#lx, vm_flags %#lx)",
			       mm_label(c->now, vma->mm).text, area_label(vma).text, wrong, raw->vm_file.va,
			       raw->vm_ops.va, raw->vm_flags);
	}
	addr_map_free(&ops);
}

void check_highest_end(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++) {
		const struct model_mm *mm = &c->now->mms[i];
		uint64_t expected = mm->nr_vmas ? mm->vmas[mm->nr_vmas - 1].raw.vm_end : 0;

		if (!holds(c, mm->raw.highest_vm_end == expected))
			report(c, self, AT_MM(i), "%s: highest_vm_end is %#lx, expected %#lx",
			       mm_label(c->now, i).text, mm->raw.highest_vm_end, expected);
	}
}

void check_vmacache(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t i = 0; i < now->nr_tasks; i++) {
		const struct model_task *task = &now->tasks[i];

		if (task->mm < 0 || task->raw.vmacache_seqnum != now->mms[task->mm].raw.vmacache_seqnum)
			continue;
		for (unsigned int j = 0; j < VMACACHE_SIZE; j++) {
			gva_t entry = task->raw.vmacache[j];
			const struct model_vma *vma = vma_at(now, entry);

			if (!holds(c, entry.va == 0 || (vma && (int)vma->mm == task->mm)))
				report(c, self, AT_OBJECT(task->addr),
				       "task %d: vmacache[%u] is %#lx, no area of its mm, and "
				       "vmacache_seqnum is current",
				       task->raw.pid, j, entry.va);
		}
	}
}

void check_vmacache_number(struct verify_context *c, const struct invariant *self)
{
	struct addr_map numbers = {0};

	/* init_mm has no areas, nor a number. */
	for (uint32_t i = 1; i < c->now->nr_mms; i++) {
		uint64_t number = c->now->mms[i].raw.vmacache_seqnum;
		uint32_t other = addr_map_put(&numbers, number, i);

		if (!holds(c, other == i))
			report(c, self, AT_MM(i), "%s: vmacache_seqnum is %lu, as that of %s", mm_label(c->now, i).text, number,
			       mm_label(c->now, other).text);
	}
	addr_map_free(&numbers);
}
