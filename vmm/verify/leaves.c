/* SPDX-License-Identifier: MIT */
/* Each leaf of a task's page tables against the area it lies in and the frame it maps: of those that the sieve kept. */
#include "verify/leaf.h"

#define WHO(c, v)      mm_label((c)->now, (int)(v)->mm).text
#define FRAME_OF(c, v) frame_label((c)->now, PFN((v)->leaf.pa)).text

void check_leaf_area(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect(c, v)
		if (!leaf_in_area(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf), "%s: %#lx maps %s, but no area is there", WHO(c, v),
			       v->leaf.va, FRAME_OF(c, v));
}

void check_leaf_write(struct verify_context *c, const struct invariant *self)
{
	for_each_present_suspect(c, v)
		if (!leaf_write_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf), "%s: %#lx is writable in area %s", WHO(c, v),
			       v->leaf.va, area_label(v->area).text);
}

void check_leaf_exclusive(struct verify_context *c, const struct invariant *self)
{
	for_each_present_suspect(c, v)
	{
		if (!leaf_exclusive_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf),
			       "%s: %#lx is writable, but %s is not exclusive to anyone (flags %#lx)", WHO(c, v),
			       v->leaf.va, FRAME_OF(c, v), v->frame->raw.flags);
		if (!leaf_alone_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf),
			       "%s: %#lx is writable and private, but %s is mapped %u times", WHO(c, v), v->leaf.va,
			       FRAME_OF(c, v), v->frame->nr_maps);
	}
}

void check_leaf_exec(struct verify_context *c, const struct invariant *self)
{
	for_each_present_suspect(c, v)
		if (!leaf_exec_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf), "%s: %#lx is %sexecutable in area %s", WHO(c, v),
			       v->leaf.va, v->leaf.nx ? "not " : "", area_label(v->area).text);
}

void check_leaf_read(struct verify_context *c, const struct invariant *self)
{
	for_each_present_suspect(c, v)
		if (!leaf_read_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf),
			       "%s: %#lx is present in area %s, which gives no right", WHO(c, v), v->leaf.va,
			       area_label(v->area).text);
}

void check_leaf_user(struct verify_context *c, const struct invariant *self)
{
	for_each_present_suspect(c, v)
		if (!v->leaf.user)
			report(c, self, AT_LEAF(v->mm, &v->leaf), "%s: %#lx is mapped for the kernel only (entry %#lx)",
			       WHO(c, v), v->leaf.va, v->leaf.entry);
}

void check_leaf_frame(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect(c, v)
		if (!leaf_frame_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf), "%s: %#lx reaches %s, expected a page of user memory",
			       WHO(c, v), v->leaf.va, FRAME_OF(c, v));
}

void check_leaf_size(struct verify_context *c, const struct invariant *self)
{
	for_each_present_suspect(c, v)
		if (v->leaf.level != 1)
			report(c, self, AT_LEAF(v->mm, &v->leaf),
			       "%s: %#lx is mapped by a leaf of level %u, expected 4 KiB", WHO(c, v), v->leaf.va,
			       v->leaf.level);
}

void check_leaf_bits(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect(c, v)
		if (!leaf_bits_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf),
			       "%s: the entry %#lx for %#lx has bits %#lx that no page has", WHO(c, v), v->leaf.entry,
			       v->leaf.va, leaf_strange_bits(v));
}

void check_leaf_soft_dirty(struct verify_context *c, const struct invariant *self)
{
	for_each_present_suspect(c, v)
		if (!leaf_soft_dirty_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf),
			       "%s: %#lx can be written without a fault, and is not soft-dirty (entry %#lx)",
			       WHO(c, v), v->leaf.va, v->leaf.entry);
}

void check_leaf_zero(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect(c, v)
	{
		if (!leaf_zero_readonly(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf), "%s: %#lx maps the zero page writable", WHO(c, v),
			       v->leaf.va);
		if (!leaf_zero_area_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf),
			       "%s: %#lx maps the zero page in area %s, which is not private and anonymous", WHO(c, v),
			       v->leaf.va, area_label(v->area).text);
	}
}

void check_leaf_special(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect(c, v)
		if (!leaf_special_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf),
			       "%s: the entry %#lx for %#lx has PTE_SPECIAL %s, and maps %s", WHO(c, v),
			       v->leaf.entry, v->leaf.va, v->leaf.entry & PTE_SPECIAL ? "set" : "clear",
			       FRAME_OF(c, v));
}

void check_leaf_device(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect(c, v)
	{
		if (!leaf_device_area_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf), "%s: %#lx maps %s in area %s, which is no device's",
			       WHO(c, v), v->leaf.va, FRAME_OF(c, v), area_label(v->area).text);
		else if (!leaf_device_page_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf), "%s: %#lx maps %s in the device's area %s", WHO(c, v),
			       v->leaf.va, FRAME_OF(c, v), area_label(v->area).text);
	}
}

void check_prot_none(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect(c, v)
		if (v->held && !held_area_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf), "%s: %#lx is a PROT_NONE entry in area %s",
			       WHO(c, v), v->leaf.va, area_label(v->area).text);
}

void check_leaf_index(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect(c, v)
		if (!leaf_index_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf),
			       "%s: %s, mapped at %#lx, has index %#lx, expected %#lx", WHO(c, v), FRAME_OF(c, v),
			       v->leaf.va, v->frame->raw.index, leaf_expected_index(v));
}

void check_leaf_file(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect(c, v)
	{
		if (!leaf_file_area_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf),
			       "%s: %#lx maps a page of a file in the anonymous area %s", WHO(c, v), v->leaf.va,
			       area_label(v->area).text);
		else if (!leaf_file_readonly(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf),
			       "%s: %#lx maps the file's own page writable in the private area %s", WHO(c, v),
			       v->leaf.va, area_label(v->area).text);
		else if (!leaf_file_mapping_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf),
			       "%s: %#lx maps a page of mapping %#lx, but the area's file has %#lx", WHO(c, v),
			       v->leaf.va, v->frame->raw.mapping.va, v->mapping);
	}
}

void check_leaf_shared(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect(c, v)
		if (!leaf_shared_ok(v))
			report(c, self, AT_LEAF(v->mm, &v->leaf), "%s: %#lx maps %s in the shared area %s", WHO(c, v),
			       v->leaf.va, FRAME_OF(c, v), area_label(v->area).text);
}

void check_poison_entry(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->sieve->nr_poison; i++) {
		const struct leaf_view *v = &c->sieve->poison[i];

		report(c, self, AT_LEAF(v->mm, &v->leaf), "%s: the entry %#lx for %#lx says that its page went bad, but %s%s", WHO(c, v),
		       v->leaf.entry, v->leaf.va, v->area ? "leads to " : "there is no area", v->area ? FRAME_OF(c, v) : "");
	}
}
