/* SPDX-License-Identifier: MIT */
/* Corruptions of page-table entries: leaves of every kind of page, and tables of every level. */
#include "inject/catalogue.h"

#define BIT(n) (1UL << (n))

static const struct leaf *leaf_of(const struct inject_object *o)
{
	return &o->leaf;
}

static const struct model_vma *area_of(const struct model *m, const struct inject_object *o)
{
	return o->mm > 0 ? model_find_vma(&m->mms[o->mm], leaf_of(o)->va) : NULL;
}

static const struct model_frame *frame_of(const struct model *m, const struct inject_object *o)
{
	const uint64_t pfn = leaf_of(o)->pa >> PAGE_SHIFT;

	return pfn < m->nr_touched ? frame_at(m, pfn) : NULL;
}

static bool has_role(const struct model *m, const struct inject_object *o, enum frame_role role)
{
	return o->place == ENTRY_LEAF && area_of(m, o) && frame_of(m, o) && frame_of(m, o)->role == role;
}

/* --- which leaves --------------------------------------------------------------------------------- */

/** An anonymous page in a private area. */
static bool anon(const struct model *m, const struct inject_object *o)
{
	return has_role(m, o, FRAME_ANON) && !(area_of(m, o)->raw.vm_flags & VM_SHARED);
}

/** One whose neighbour in RAM is no page of user memory. */
static bool anon_data(const struct model *m, const struct inject_object *o)
{
	return anon(m, o) && !(area_of(m, o)->raw.vm_flags & VM_EXEC);
}

/** Writable and written: the fault that allowed it marked it soft-dirty. */
static bool written(const struct model *m, const struct inject_object *o)
{
	const uint64_t bits = PTE_RW | PTE_D | PTE_SW3;

	return anon(m, o) && (leaf_of(o)->entry & bits) == bits;
}

/** Shared for a moment: writable in no mm until it is copied. */
static bool cow(const struct model *m, const struct inject_object *o)
{
	return anon(m, o) && (area_of(m, o)->raw.vm_flags & VM_WRITE) && !(leaf_of(o)->entry & PTE_RW) &&
	       frame_of(m, o)->nr_maps > 1;
}

/** Of an area that may not be written. */
static bool read_only(const struct model *m, const struct inject_object *o)
{
	return o->place == ENTRY_LEAF && area_of(m, o) && !(area_of(m, o)->raw.vm_flags & VM_WRITE) &&
	       leaf_of(o)->pa >> PAGE_SHIFT != m->lab.zero_pfn;
}

static bool code(const struct model *m, const struct inject_object *o)
{
	return o->place == ENTRY_LEAF && area_of(m, o) && (area_of(m, o)->raw.vm_flags & VM_EXEC);
}

static bool zero(const struct model *m, const struct inject_object *o)
{
	return o->place == ENTRY_LEAF && leaf_of(o)->pa >> PAGE_SHIFT == m->lab.zero_pfn;
}

/** A page of a file's cache. */
static bool file(const struct model *m, const struct inject_object *o)
{
	return has_role(m, o, FRAME_FILE);
}

static bool file_private(const struct model *m, const struct inject_object *o)
{
	return file(m, o) && !(area_of(m, o)->raw.vm_flags & VM_SHARED) && (area_of(m, o)->raw.vm_flags & VM_WRITE);
}

static bool held(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return o->place == ENTRY_HELD && !is_hwpoison_entry(leaf_of(o)->entry);
}

/** What stands for a page that went bad. */
static bool poisoned(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return o->place == ENTRY_HELD && is_hwpoison_entry(leaf_of(o)->entry);
}

/* --- which tables --------------------------------------------------------------------------------- */

#define TABLE_OF(n)                                                                                                    \
	static bool level##n(const struct model *m, const struct inject_object *o)                                     \
	{                                                                                                              \
		(void)m;                                                                                               \
		return o->place == ENTRY_TABLE && o->level == (n);                                                     \
	}
TABLE_OF(2)
TABLE_OF(3)
TABLE_OF(4)

#define FLIP(name, fits, bit, by)     {name, OBJ_ENTRY, fits, NULL, HOW_XOR, bit, by, NULL}
#define ZERO(name, fits, by)	      {name, OBJ_ENTRY, fits, NULL, HOW_SET, 0, by, NULL}
#define OTHER(name, fits, how, by)    {name, OBJ_ENTRY, fits, NULL, how, 0, by, NULL}

/* Every bit of an entry of level n that leads to a table. */
#define TABLE_ROWS(n, page_size_by)                                                                                    \
	FLIP("pte" #n ".p", level##n, PTE_P, "entry-zero"), FLIP("pte" #n ".rw", level##n, PTE_RW, "table-rights"),      \
		FLIP("pte" #n ".us", level##n, PTE_US, "table-rights"),                                                \
		FLIP("pte" #n ".pwt", level##n, PTE_PWT, "table-rights"),                                              \
		FLIP("pte" #n ".pcd", level##n, PTE_PCD, "table-rights"),                                              \
		FLIP("pte" #n ".d", level##n, PTE_D, "table-rights"),                                                  \
		FLIP("pte" #n ".ps", level##n, PTE_PS, page_size_by),                                                  \
		FLIP("pte" #n ".g", level##n, PTE_G, "table-rights"),                                                  \
		FLIP("pte" #n ".sw1", level##n, PTE_SW1, "table-rights"),                                              \
		FLIP("pte" #n ".sw2", level##n, PTE_SW2, "table-rights"),                                              \
		FLIP("pte" #n ".sw3", level##n, PTE_SW3, "table-rights"),                                              \
		FLIP("pte" #n ".nx", level##n, PTE_NX, "table-rights"),                                                \
		FLIP("pte" #n ".bit52", level##n, BIT(52), "table-rights"),                                            \
		FLIP("pte" #n ".pfn", level##n, BIT(12), "table-once"),                                                \
		FLIP("pte" #n ".beyond-ram", level##n, BIT(38), "table-ram"), ZERO("pte" #n "=0", level##n, "table-once"), \
		OTHER("pte" #n "=other", level##n, HOW_COPY_OTHER, "table-once"),                                      \
		OTHER("pte" #n "<>other", level##n, HOW_SWAP_OTHER, "leaf-area|leaf-index|leaf-exec|table-needed")

const struct corruption entry_corruptions[] = {
	FLIP("pte.p", anon, PTE_P, "entry-zero"),
	FLIP("pte.us", anon, PTE_US, "leaf-user"),
	FLIP("pte.pwt", anon, PTE_PWT, "leaf-bits"),
	FLIP("pte.pcd", anon, PTE_PCD, "leaf-bits"),
	FLIP("pte.pat", anon, PTE_PS, "leaf-bits"),
	FLIP("pte.g", anon, PTE_G, "leaf-bits"),
	FLIP("pte.special", anon, PTE_SPECIAL, "leaf-special"),
	FLIP("pte.sw2", anon, PTE_SW2, "leaf-bits"),
	FLIP("pte.soft-dirty", written, PTE_SW3, "leaf-soft-dirty"),
	FLIP("pte.bit52", anon, BIT(52), "leaf-bits"),
	FLIP("pte.bit59", anon, BIT(59), "leaf-bits"),
	FLIP("pte.bit62", anon, BIT(62), "leaf-bits"),
	FLIP("pte.nx", anon_data, PTE_NX, "leaf-exec"),
	FLIP("pte.pfn", anon, BIT(12), "frame-maps"),
	FLIP("pte.pfn-far", anon, BIT(20), "frame-maps"),
	FLIP("pte.beyond-ram", anon, BIT(38), "leaf-frame"),
	FLIP("pte.reserved", anon, BIT(51), "entry-reserved|leaf-frame"),
	ZERO("pte=0", anon, "frame-maps"),
	OTHER("pte=other", anon, HOW_COPY_OTHER, "frame-maps"),
	OTHER("pte<>other", anon, HOW_SWAP_OTHER, "leaf-index|page-rmap"),
	FLIP("pte.cow.rw", cow, PTE_RW, "leaf-exclusive"),
	FLIP("pte.cow.p", cow, PTE_P, "entry-zero"),
	FLIP("pte.code.nx", code, PTE_NX, "leaf-exec"),
	FLIP("pte.read-only.rw", read_only, PTE_RW, "leaf-write"),
	FLIP("pte.zero.rw", zero, PTE_RW, "leaf-zero"),
	FLIP("pte.zero.special", zero, PTE_SPECIAL, "leaf-special"),
	FLIP("pte.zero.us", zero, PTE_US, "leaf-user"),
	FLIP("pte.zero.pfn", zero, BIT(12), "leaf-special"),
	FLIP("pte.file.us", file, PTE_US, "leaf-user"),
	FLIP("pte.file.pfn", file, BIT(12), "frame-maps"),
	FLIP("pte.file.special", file, PTE_SPECIAL, "leaf-special"),
	FLIP("pte.file-private.rw", file_private, PTE_RW, "leaf-file"),
	ZERO("pte.file=0", file, "frame-maps"),
	OTHER("pte.file<>other", file, HOW_SWAP_OTHER, "leaf-index|leaf-file"),
	FLIP("pte.held.p", held, PTE_P, "leaf-access"),
	FLIP("pte.held.protnone", held, PTE_PROTNONE, "entry-zero"),
	FLIP("pte.held.pfn", held, BIT(12), "frame-maps"),
	ZERO("pte.held=0", held, "frame-maps"),
	FLIP("pte.poisoned.p", poisoned, PTE_P, "leaf-frame"),
	FLIP("pte.poisoned.pfn", poisoned, BIT(12), "poison-entry"),
	FLIP("pte.poisoned.special", poisoned, PTE_SPECIAL, "poison-entry"),
	FLIP("pte.poisoned.rw", poisoned, PTE_RW, "poison-entry"),
	TABLE_ROWS(2, "entry-reserved|leaf-size"),
	TABLE_ROWS(3, "entry-reserved|leaf-size"),
	TABLE_ROWS(4, "entry-reserved"),
	{0},
};
