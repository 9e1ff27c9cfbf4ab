/* SPDX-License-Identifier: MIT */
/* Corruptions of the kernel's own page tables, and of what the lab page publishes. */
#include "inject/rows.h"

static const struct leaf *leaf(const struct inject_object *o)
{
	return &o->leaf;
}

static bool kernel_leaf(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return o->place == ENTRY_KERNEL_LEAF;
}

static bool in_image(const struct model *m, const struct inject_object *o)
{
	return kernel_leaf(m, o) && leaf(o)->va >= KERNEL_MAP;
}

static bool text(const struct model *m, const struct inject_object *o)
{
	return in_image(m, o) && !leaf(o)->nx;
}

static bool writable(const struct model *m, const struct inject_object *o)
{
	return kernel_leaf(m, o) && leaf(o)->writable;
}

static bool direct(const struct model *m, const struct inject_object *o)
{
	return kernel_leaf(m, o) && leaf(o)->va < KERNEL_MAP;
}

static bool table(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return o->place == ENTRY_KERNEL_TABLE;
}

const struct corruption kernel_corruptions[] = {
#define KIND OBJ_ENTRY
	XOR("kernel.text.rw", text, NULL, PTE_RW, "kernel-wx"),
	XOR("kernel.text.nx", text, NULL, PTE_NX, "kernel-image"),
	XOR("kernel.data.nx", writable, NULL, PTE_NX, "kernel-wx"),
	XOR("kernel.leaf.us", kernel_leaf, NULL, PTE_US, "kernel-bits|kernel-user"),
	XOR("kernel.leaf.pwt", kernel_leaf, NULL, PTE_PWT, "kernel-bits"),
	XOR("kernel.image.p", in_image, NULL, PTE_P, "kernel-image"),
	XOR("kernel.image.pfn", in_image, NULL, 1 << 12, "kernel-linear"),
	XOR("kernel.direct.p", direct, NULL, PTE_P, "kernel-direct"),
	XOR("kernel.direct.rw", direct, NULL, PTE_RW, "kernel-direct"),
	XOR("kernel.direct.pfn", direct, NULL, 1 << 21, "kernel-linear"),
	SWAP("kernel.image<>other", in_image, NULL, "kernel-linear"),
	XOR("kernel.table.us", table, NULL, PTE_US, "kernel-bits"),
	XOR("kernel.table.rw", table, NULL, PTE_RW, "kernel-direct|kernel-image|kernel-bits"),
	XOR("kernel.table.p", table, NULL, PTE_P, "kernel-direct|kernel-image"),
	XOR("kernel.table.pfn", table, NULL, 1 << 12, "kernel-direct|kernel-image|kernel-linear|table-frame"),
#undef KIND
#define KIND OBJ_LAB
	XOR("lab.magic", NULL, "magic", 1, "lab-sound"),
	ADD("lab.nr_cpus+1", NULL, "nr_cpus", 1, "lab-sound"),
	ADD("lab.page_offset+page", NULL, "page_offset", PAGE_SIZE, "kernel-linear"),
	ADD("lab.mem_map+page", NULL, "mem_map", PAGE_SIZE, "lab-sound"),
	SET("lab.init_mm=wild", NULL, "init_mm", WILD, "pointers-sound"),
	SET("lab.zone=wild", NULL, "zone", WILD, "lab-sound|pointers-sound"),
	SET("lab.inodes=wild", NULL, "inodes", WILD, "pointers-sound|lists-sound"),
	SET("lab.vm_committed_as=0", NULL, "vm_committed_as", 0, "committed"),
	ADD("lab.event_head+1000", NULL, "event_head", 1000, "events"),
	{0},
};
#undef KIND
