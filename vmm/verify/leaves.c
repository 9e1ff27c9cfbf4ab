/* SPDX-License-Identifier: MIT */
/* Each leaf of a task's page tables against the area it lies in and the frame it maps. */
#include "verify/check.h"

#define WHO(c, mm) mm_label((c)->now, (int)(mm)).text

static bool is_private(const struct model_vma *area)
{
	return !(area->raw.vm_flags & VM_SHARED);
}

static void leaf_area(struct verify_context *c, const struct invariant *self, uint32_t mm,
		      const struct leaf *leaf, const struct model_vma *area)
{
	uint64_t size = PAGE_SIZE << 9 * (leaf->level - 1);

	if (!holds(c, area && size <= area->raw.vm_end - leaf->va))
		report(c, self, AT_LEAF(mm, leaf), "%s: %#lx maps %s, but no area is there", WHO(c, mm),
		       leaf->va, frame_label(c->now, PFN(leaf->pa)).text);
}

void check_leaf_area(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_area);
	each_held(c, self, leaf_area);
}

static void leaf_write(struct verify_context *c, const struct invariant *self, uint32_t mm,
		       const struct leaf *leaf, const struct model_vma *area)
{
	if (area && !holds(c, !leaf->writable || (area->raw.vm_flags & VM_WRITE)))
		report(c, self, AT_LEAF(mm, leaf), "%s: %#lx is writable in area %s", WHO(c, mm), leaf->va,
		       area_label(area).text);
}

void check_leaf_write(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_write);
}

static void leaf_exclusive(struct verify_context *c, const struct invariant *self, uint32_t mm,
			   const struct leaf *leaf, const struct model_vma *area)
{
	const struct model_frame *frame = frame_of_leaf(c->now, leaf);

	if (!area || !is_private(area) || !leaf->writable || !frame)
		return;
	if (!holds(c, frame->role == FRAME_ANON && (frame->raw.flags & PG_anon_exclusive)))
		report(c, self, AT_LEAF(mm, leaf),
		       "%s: %#lx is writable, but %s is not exclusive to anyone (flags %#lx)", WHO(c, mm),
		       leaf->va, frame_label(c->now, PFN(leaf->pa)).text, frame->raw.flags);
	if (!holds(c, frame->nr_maps == 1))
		report(c, self, AT_LEAF(mm, leaf),
		       "%s: %#lx is writable and private, but %s is mapped %u times", WHO(c, mm), leaf->va,
		       frame_label(c->now, PFN(leaf->pa)).text, frame->nr_maps);
}

void check_leaf_exclusive(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_exclusive);
}

static void leaf_exec(struct verify_context *c, const struct invariant *self, uint32_t mm,
		      const struct leaf *leaf, const struct model_vma *area)
{
	if (area && !holds(c, leaf->nx == !(area->raw.vm_flags & VM_EXEC)))
		report(c, self, AT_LEAF(mm, leaf), "%s: %#lx is %sexecutable in area %s", WHO(c, mm),
		       leaf->va, leaf->nx ? "not " : "", area_label(area).text);
}

void check_leaf_exec(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_exec);
}

static void leaf_read(struct verify_context *c, const struct invariant *self, uint32_t mm,
		      const struct leaf *leaf, const struct model_vma *area)
{
	if (area && !holds(c, area->raw.vm_flags & VM_ACCESS))
		report(c, self, AT_LEAF(mm, leaf), "%s: %#lx is present in area %s, which gives no right",
		       WHO(c, mm), leaf->va, area_label(area).text);
}

void check_leaf_read(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_read);
}

static void leaf_user(struct verify_context *c, const struct invariant *self, uint32_t mm,
		      const struct leaf *leaf, const struct model_vma *area)
{
	(void)area;
	if (!holds(c, leaf->user))
		report(c, self, AT_LEAF(mm, leaf), "%s: %#lx is mapped for the kernel only (entry %#lx)",
		       WHO(c, mm), leaf->va, leaf->entry);
}

void check_leaf_user(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_user);
}

static void leaf_frame(struct verify_context *c, const struct invariant *self, uint32_t mm,
		       const struct leaf *leaf, const struct model_vma *area)
{
	enum frame_role role = model_frame_role(c->now, PFN(leaf->pa));

	(void)area;
	if (!holds(c, role == FRAME_ANON || role == FRAME_FILE || role == FRAME_ZERO || role == FRAME_DEVICE))
		report(c, self, AT_LEAF(mm, leaf), "%s: %#lx reaches %s, expected a page of user memory",
		       WHO(c, mm), leaf->va, frame_label(c->now, PFN(leaf->pa)).text);
}

void check_leaf_frame(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_frame);
	each_held(c, self, leaf_frame);
}

static void leaf_size(struct verify_context *c, const struct invariant *self, uint32_t mm,
		      const struct leaf *leaf, const struct model_vma *area)
{
	(void)area;
	if (!holds(c, leaf->level == 1))
		report(c, self, AT_LEAF(mm, leaf), "%s: %#lx is mapped by a leaf of level %u, expected 4 KiB",
		       WHO(c, mm), leaf->va, leaf->level);
}

void check_leaf_size(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_size);
}

#define LEAF_BITS (PTE_PFN_MASK | PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | PTE_SPECIAL | PTE_SOFT_DIRTY | PTE_NX)
#define HELD_BITS (PTE_PFN_MASK | PTE_A | PTE_D | PTE_SPECIAL | PTE_SOFT_DIRTY | PTE_PROTNONE)

static void leaf_bits(struct verify_context *c, const struct invariant *self, uint32_t mm,
		      const struct leaf *leaf, const struct model_vma *area)
{
	uint64_t strange = leaf->entry & ~(leaf->entry & PTE_P ? LEAF_BITS : HELD_BITS);

	(void)area;
	if (!holds(c, strange == 0 || leaf->level > 1))
		report(c, self, AT_LEAF(mm, leaf),
		       "%s: the entry %#lx for %#lx has bits %#lx that no page has", WHO(c, mm), leaf->entry,
		       leaf->va, strange);
}

void check_leaf_bits(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_bits);
	each_held(c, self, leaf_bits);
}

/**
 * Of private pages, whose right to write comes with a write fault alone. Shared ones have it from the start while their
 * area is VM_SOFTDIRTY; a merge may take that from the area later, as on Linux 6.1, so nothing can be said of them.
 */
static void leaf_soft_dirty(struct verify_context *c, const struct invariant *self, uint32_t mm,
			    const struct leaf *leaf, const struct model_vma *area)
{
	if (!area || !is_private(area) || !leaf->writable)
		return;
	if (!holds(c, leaf->entry & PTE_SOFT_DIRTY))
		report(c, self, AT_LEAF(mm, leaf),
		       "%s: %#lx can be written without a fault, and is not soft-dirty (entry %#lx)",
		       WHO(c, mm), leaf->va, leaf->entry);
}

void check_leaf_soft_dirty(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_soft_dirty);
}

static void leaf_zero(struct verify_context *c, const struct invariant *self, uint32_t mm,
		      const struct leaf *leaf, const struct model_vma *area)
{
	if (!is_zero_leaf(c->now, leaf))
		return;
	if (!holds(c, !leaf->writable))
		report(c, self, AT_LEAF(mm, leaf), "%s: %#lx maps the zero page writable", WHO(c, mm),
		       leaf->va);
	if (area && !holds(c, is_private(area) && area->raw.vm_ops.va == 0))
		report(c, self, AT_LEAF(mm, leaf),
		       "%s: %#lx maps the zero page in area %s, which is not private and anonymous",
		       WHO(c, mm), leaf->va, area_label(area).text);
}

void check_leaf_zero(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_zero);
	each_held(c, self, leaf_zero);
}

static void leaf_special(struct verify_context *c, const struct invariant *self, uint32_t mm,
			 const struct leaf *leaf, const struct model_vma *area)
{
	bool special = leaf->entry & PTE_SPECIAL;
	bool uncounted =
		is_zero_leaf(c->now, leaf) || model_frame_role(c->now, PFN(leaf->pa)) == FRAME_DEVICE;

	(void)area;
	if (!holds(c, special == uncounted))
		report(c, self, AT_LEAF(mm, leaf),
		       "%s: the entry %#lx for %#lx has PTE_SPECIAL %s, and maps %s", WHO(c, mm), leaf->entry,
		       leaf->va, special ? "set" : "clear", frame_label(c->now, PFN(leaf->pa)).text);
}

void check_leaf_special(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_special);
	each_held(c, self, leaf_special);
}

static void leaf_device(struct verify_context *c, const struct invariant *self, uint32_t mm,
			const struct leaf *leaf, const struct model_vma *area)
{
	enum frame_role role = model_frame_role(c->now, PFN(leaf->pa));
	bool pfnmap = area && (area->raw.vm_flags & VM_PFNMAP);

	if (!area || (!pfnmap && role != FRAME_DEVICE))
		return;
	if (!holds(c, pfnmap))
		report(c, self, AT_LEAF(mm, leaf), "%s: %#lx maps %s in area %s, which is no device's",
		       WHO(c, mm), leaf->va, frame_label(c->now, PFN(leaf->pa)).text, area_label(area).text);
	else if (!holds(c, role == FRAME_DEVICE || (role == FRAME_ANON && is_private(area))))
		report(c, self, AT_LEAF(mm, leaf), "%s: %#lx maps %s in the device's area %s", WHO(c, mm),
		       leaf->va, frame_label(c->now, PFN(leaf->pa)).text, area_label(area).text);
}

void check_leaf_device(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_device);
	each_held(c, self, leaf_device);
}

static void held_area(struct verify_context *c, const struct invariant *self, uint32_t mm,
		      const struct leaf *leaf, const struct model_vma *area)
{
	if (area && !holds(c, !(area->raw.vm_flags & VM_ACCESS)))
		report(c, self, AT_LEAF(mm, leaf), "%s: %#lx is a PROT_NONE entry in area %s", WHO(c, mm),
		       leaf->va, area_label(area).text);
}

void check_prot_none(struct verify_context *c, const struct invariant *self)
{
	each_held(c, self, held_area);
}

static void leaf_index(struct verify_context *c, const struct invariant *self, uint32_t mm,
		       const struct leaf *leaf, const struct model_vma *area)
{
	const struct model_frame *frame = frame_of_leaf(c->now, leaf);
	uint64_t expected;

	if (!area || !frame || (frame->role != FRAME_ANON && frame->role != FRAME_FILE))
		return;
	expected = ((leaf->va - area->raw.vm_start) >> PAGE_SHIFT) + area->raw.vm_pgoff;
	if (!holds(c, frame->raw.index == expected))
		report(c, self, AT_LEAF(mm, leaf), "%s: %s, mapped at %#lx, has index %#lx, expected %#lx",
		       WHO(c, mm), frame_label(c->now, PFN(leaf->pa)).text, leaf->va, frame->raw.index,
		       expected);
}

void check_leaf_index(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_index);
	each_held(c, self, leaf_index);
}

static void leaf_file(struct verify_context *c, const struct invariant *self, uint32_t mm,
		      const struct leaf *leaf, const struct model_vma *area)
{
	const struct model_frame *frame = frame_of_leaf(c->now, leaf);
	uint64_t mapping;

	if (!area || !frame || frame->role != FRAME_FILE)
		return;
	mapping = area->inode < 0 ? 0 : c->now->inodes[area->inode].addr.va + offsetof(struct inode, i_data);
	if (!holds(c, area->raw.vm_file.va != 0))
		report(c, self, AT_LEAF(mm, leaf), "%s: %#lx maps a page of a file in the anonymous area %s",
		       WHO(c, mm), leaf->va, area_label(area).text);
	else if (!holds(c, !leaf->writable || !is_private(area)))
		report(c, self, AT_LEAF(mm, leaf),
		       "%s: %#lx maps the file's own page writable in the private area %s", WHO(c, mm),
		       leaf->va, area_label(area).text);
	else if (!holds(c, frame->raw.mapping.va == mapping))
		report(c, self, AT_LEAF(mm, leaf),
		       "%s: %#lx maps a page of mapping %#lx, but the area's file has %#lx", WHO(c, mm),
		       leaf->va, frame->raw.mapping.va, mapping);
}

void check_leaf_file(struct verify_context *c, const struct invariant *self)
{
	each_leaf(c, self, leaf_file);
	each_held(c, self, leaf_file);
}
