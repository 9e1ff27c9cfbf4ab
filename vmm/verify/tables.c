/* SPDX-License-Identifier: MIT */
/* Page tables as frames and as trees: each referenced once, owned, needed, and the kernel's half the same. */
#include <string.h>
#include "verify/frame.h"

static bool is_root(const struct table *table)
{
	return table->parent_pa == 0;
}

static void each_trouble(struct verify_context *c, const struct invariant *self, enum walk_trouble what,
			 const char *words)
{
	const struct model *now = c->now;

	c->checks++;
	for (uint32_t i = 0; i < now->nr_troubles; i++) {
		const struct model_trouble *t = &now->troubles[i];
		struct site site = {.mm = t->mm, .va = t->va, .pfn = PFN(t->entry & PTE_PFN_MASK)};

		if (t->what == what)
			report(c, self, site, "%s: entry %#lx of level %d at physical %#lx, for %#lx, %s",
			       mm_label(now, t->mm).text, t->entry, t->level, t->entry_pa, t->va, words);
	}
}

void check_entry_garbage(struct verify_context *c, const struct invariant *self)
{
	each_trouble(c, self, TROUBLE_NONZERO, "is not present, yet not zero");
}

void check_reserved_bits(struct verify_context *c, const struct invariant *self)
{
	each_trouble(c, self, TROUBLE_RESERVED, "has a reserved bit set");
}

void check_table_ram(struct verify_context *c, const struct invariant *self)
{
	each_trouble(c, self, TROUBLE_OUTSIDE, "points to a table outside RAM");
}

void check_table_once(struct verify_context *c, const struct invariant *self)
{
	each_trouble(c, self, TROUBLE_REPEATED, "points to a table that another entry points to, too");
	for_each_suspect_frame(c, pfn, frame)
		if (!frame_table_once(frame))
			report(c, self, AT_FRAME(pfn),
			       "table in frame %#lx (level %lu of mm %#lx) is referenced %u times, expected "
			       "once",
			       pfn, frame->raw.pt_level, frame->raw.pt_mm.va, frame->nr_tables);
}

void check_table_owner(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t i = 0; i < now->nr_mms; i++) {
		for (uint32_t j = 0; j < now->mms[i].nr_tables; j++) {
			const struct table *table = &now->mms[i].tables[j];
			uint64_t pfn = PFN(table->pa);
			struct site site = {.mm = (int)i, .va = table->va, .pfn = pfn};
			const struct page *page = &model_frame(now, pfn)->raw;

			if (model_frame_role(now, pfn) != FRAME_TABLE)
				continue;
			if (!holds(c, page->pt_mm.va == now->mms[i].addr.va))
				report(c, self, site, "%s: table in frame %#lx has pt_mm %#lx, expected %#lx",
				       mm_label(now, i).text, pfn, page->pt_mm.va, now->mms[i].addr.va);
			if (!holds(c, page->pt_level == table->level))
				report(c, self, site, "%s: table in frame %#lx has pt_level %lu, expected %u",
				       mm_label(now, i).text, pfn, page->pt_level, table->level);
		}
	}
}

/** Tables of tasks come from the allocator; those of the kernel stand in the image. */
void check_table_pages(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t i = 0; i < now->nr_mms; i++)
		for (uint32_t j = 0; j < now->mms[i].nr_tables; j++) {
			const struct table *table = &now->mms[i].tables[j];
			enum frame_role role = model_frame_role(now, PFN(table->pa));
			struct site site = {.mm = (int)i, .va = table->va, .pfn = PFN(table->pa)};

			if (!holds(c, role == FRAME_TABLE || (i == 0 && role == FRAME_IMAGE)))
				report(c, self, site,
				       "%s: level %u table for %#lx stands in %s, expected a table frame",
				       mm_label(now, i).text, table->level, table->va,
				       frame_label(now, PFN(table->pa)).text);
		}
	for (uint32_t j = 0; j < now->nr_kernel_tables; j++) {
		uint64_t pfn = PFN(now->kernel_tables[j].pa);

		if (!holds(c, model_frame_role(now, pfn) == FRAME_IMAGE))
			report(c, self, AT_FRAME(pfn),
			       "kernel table of level %u for %#lx stands in %s, expected the image",
			       now->kernel_tables[j].level, now->kernel_tables[j].va,
			       frame_label(now, pfn).text);
	}
}

void check_table_entry(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t i = 0; i < now->nr_mms; i++) {
		for (uint32_t j = 0; j < now->mms[i].nr_tables; j++) {
			const struct table *table = &now->mms[i].tables[j];
			uint64_t entry, rights;
			struct site site = {.mm = (int)i, .va = table->va, .pfn = PFN(table->pa)};

			if (is_root(table) || !image_read(now->image, (gpa_t){table->parent_pa}, &entry, 8))
				continue;
			rights = entry & ~(PTE_PFN_MASK | PTE_A);
			if (!holds(c, rights == (PTE_P | PTE_RW | PTE_US)))
				report(c, self, site,
				       "%s: entry %#lx for the level %u table at %#lx has bits %#lx, "
				       "expected P, RW, US",
				       mm_label(now, i).text, entry, table->level, table->va, rights);
		}
	}
}

/** Does an area of mm lie, in part at least, in [start, end)? */
static bool area_in(const struct model_mm *mm, uint64_t start, uint64_t end)
{
	uint32_t low = 0, high = mm->nr_vmas;

	while (low < high) { /* first area that ends beyond start */
		uint32_t mid = low + (high - low) / 2;

		if (mm->vmas[mid].raw.vm_end <= start)
			low = mid + 1;
		else
			high = mid;
	}
	return low < mm->nr_vmas && mm->vmas[low].raw.vm_start < end;
}

void check_table_needed(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t i = 0; i < now->nr_mms; i++) {
		for (uint32_t j = 0; j < now->mms[i].nr_tables; j++) {
			const struct table *table = &now->mms[i].tables[j];
			uint64_t end = table->va + (PAGE_SIZE << 9 * table->level);
			struct site site = {.mm = (int)i, .va = table->va, .pfn = PFN(table->pa)};

			if (!is_root(table) && !holds(c, area_in(&now->mms[i], table->va, end)))
				report(c, self, site,
				       "%s: the level %u table for %#lx-%#lx has %u entries and no area in "
				       "its span",
				       mm_label(now, i).text, table->level, table->va, end, table->present);
		}
	}
}

void check_upper_half(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;
	const uint64_t *kernel, *own;

	if (now->nr_mms == 0 || now->mms[0].pgd_pa == UINT64_MAX)
		return;
	kernel = image_ptr(now->image, (gpa_t){now->mms[0].pgd_pa}, PAGE_SIZE);
	for (uint32_t i = 1; i < now->nr_mms && kernel; i++) {
		own = image_ptr(now->image, (gpa_t){now->mms[i].pgd_pa}, PAGE_SIZE);
		if (!own || holds(c, !memcmp(own + 256, kernel + 256, PAGE_SIZE / 2)))
			continue;
		for (unsigned int j = 256; j < PTRS_PER_TABLE; j++)
			if (own[j] != kernel[j])
				report(c, self, AT_MM(i), "%s: pgd[%u] is %#lx, expected init_mm's %#lx",
				       mm_label(now, i).text, j, own[j], kernel[j]);
	}
}
