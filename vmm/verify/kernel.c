/* SPDX-License-Identifier: MIT */
/* The kernel's half of the tables, its image, the zero page and the event ring. */
#include <string.h>
#include "verify/check.h"

static uint64_t leaf_bytes(const struct leaf *leaf)
{
	return PAGE_SIZE << 9 * (leaf->level - 1);
}

void check_kernel_wx(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t i = 0; i < now->nr_kernel_leaves; i++) {
		const struct leaf *leaf = &now->kernel_leaves[i];

		if (!holds(c, !leaf->writable || leaf->nx))
			report(c, self, AT_LEAF(0, leaf),
			       "kernel address %#lx (level %u) is writable and executable", leaf->va,
			       leaf->level);
	}
}

void check_kernel_user(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t i = 0; i < now->nr_kernel_leaves; i++) {
		const struct leaf *leaf = &now->kernel_leaves[i];

		if (!holds(c, !leaf->user))
			report(c, self, AT_LEAF(0, leaf),
			       "kernel address %#lx (level %u) can be reached from ring 3", leaf->va,
			       leaf->level);
	}
}

void check_kernel_linear(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t i = 0; i < now->nr_kernel_leaves; i++) {
		const struct leaf *leaf = &now->kernel_leaves[i];
		uint64_t offset = leaf->va - leaf->pa;

		if (!holds(c, offset == now->lab.page_offset || offset == now->lab.kernel_map))
			report(c, self, AT_LEAF(0, leaf),
			       "kernel address %#lx maps physical %#lx, neither by the direct map nor by the "
			       "image's",
			       leaf->va, leaf->pa);
	}
}

/** The leaf of the kernel half that maps va, or NULL. */
static const struct leaf *kernel_leaf(const struct model *model, uint64_t va)
{
	uint32_t low = 0, high = model->nr_kernel_leaves;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (model->kernel_leaves[mid].va <= va)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0 || va - model->kernel_leaves[low - 1].va >= leaf_bytes(&model->kernel_leaves[low - 1]))
		return NULL;
	return &model->kernel_leaves[low - 1];
}

/** Pages of one section of the image: mapped, with exactly these rights. */
static void check_section(struct verify_context *c, const struct invariant *self, const char *name,
			  uint64_t start, uint64_t end, bool writable, bool nx)
{
	if (!holds(c, start <= end && end - start <= IMAGE_REGION)) {
		report(c, self, (struct site){NOWHERE, .va = start}, "%s of the image is %#lx to %#lx", name,
		       start, end);
		return;
	}
	for (uint64_t va = start & ~(PAGE_SIZE - 1); va < end; va += PAGE_SIZE) {
		const struct leaf *leaf = kernel_leaf(c->now, va);

		if (!holds(c, leaf && leaf->writable == writable && leaf->nx == nx))
			report(c, self, (struct site){NOWHERE, .va = va},
			       "%s of the image at %#lx is %s%s%s, expected r%c%c", name, va,
			       leaf ? "r" : "not mapped", leaf && leaf->writable ? "w" : "",
			       leaf && !leaf->nx ? "x" : "", writable ? 'w' : '-', nx ? '-' : 'x');
	}
}

void check_kernel_image(struct verify_context *c, const struct invariant *self)
{
	const struct lab_image *image = &c->now->lab.image;

	check_section(c, self, "text", image->text_start, image->text_end, /* writable = */ false,
		      /* nx = */ false);
	check_section(c, self, "rodata", image->rodata_start, image->rodata_end, /* writable = */ false,
		      /* nx = */ true);
	check_section(c, self, "data", image->data_start, image->data_end, /* writable = */ true,
		      /* nx = */ true);
}

void check_kernel_whole(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;
	uint64_t pa = 0;

	while (pa < now->nr_frames << PAGE_SHIFT) {
		const struct leaf *leaf = kernel_leaf(now, now->lab.page_offset + pa);
		bool image = pa < IMAGE_REGION;

		if (!holds(c, leaf && leaf->nx && leaf->writable == !image))
			report(c, self,
			       (struct site){.mm = -1, .va = now->lab.page_offset + pa, .pfn = PFN(pa)},
			       "direct map of physical %#lx is %s, expected r%c-", pa,
			       !leaf	   ? "missing"
			       : !leaf->nx ? "executable"
			       : image	   ? "writable"
					   : "read-only",
			       image ? '-' : 'w');
		pa += leaf ? leaf_bytes(leaf) - (pa & (leaf_bytes(leaf) - 1)) : PAGE_SIZE;
	}
}

/** Entries for tables have P, RW and A; leaves what boot gives them, and no address bits inside the page. */
void check_kernel_bits(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;
	const uint64_t leaf_bits = PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX;

	for (uint32_t i = 0; i < now->nr_kernel_leaves; i++) {
		const struct leaf *leaf = &now->kernel_leaves[i];
		uint64_t address = PTE_PFN_MASK & ~(leaf_bytes(leaf) - 1);
		uint64_t strange = leaf->entry & ~(leaf_bits | address | (leaf->level > 1 ? PTE_PS : 0));

		if (!holds(c, !strange))
			report(c, self, AT_LEAF(0, leaf),
			       "kernel address %#lx: its entry %#lx has bits %#lx that it should not",
			       leaf->va, leaf->entry, strange);
	}
	for (uint32_t i = 0; i < now->nr_kernel_tables; i++) {
		const struct table *table = &now->kernel_tables[i];
		uint64_t entry;

		if (!table->parent_pa || !image_read(now->image, (gpa_t){table->parent_pa}, &entry, 8))
			continue;
		if (!holds(c, (entry & ~(PTE_PFN_MASK | PTE_A)) == (PTE_P | PTE_RW)))
			report(c, self, (struct site){.mm = 0, .va = table->va, .pfn = PFN(table->pa)},
			       "entry %#lx for the kernel's level %u table at %#lx has other bits than P, "
			       "RW, A",
			       entry, table->level, table->va);
	}
}

bool all_zero(const void *bytes, size_t n)
{
	const uint64_t *word = bytes;
	uint64_t any = 0;

	for (size_t i = 0; i < n / 8; i++)
		any |= word[i];
	return any == 0;
}

bool is_constant(const struct lab_constants *kind, gva_t va)
{
	return kind->size && va.va >= kind->start && va.va < kind->end && (va.va - kind->start) % kind->size == 0;
}

void check_zero_content(struct verify_context *c, const struct invariant *self)
{
	uint64_t pfn = c->now->lab.zero_pfn;
	const void *page = image_ptr(c->now->image, (gpa_t){pfn << PAGE_SHIFT}, PAGE_SIZE);

	if (pfn && page && !holds(c, all_zero(page, PAGE_SIZE)))
		report(c, self, AT_FRAME(pfn), "the zero page, frame %#lx, holds something else than zeros",
		       pfn);
}

void check_events(struct verify_context *c, const struct invariant *self)
{
	uint64_t head = c->now->lab.event_head, tail = c->now->lab.event_tail;

	if (!holds(c, head - tail <= LAB_NR_EVENTS))
		report(c, self, (struct site){NOWHERE},
		       "the event ring holds events %lu to %lu, more than its %d", tail, head, LAB_NR_EVENTS);
}
