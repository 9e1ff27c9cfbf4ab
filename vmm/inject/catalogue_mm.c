/* SPDX-License-Identifier: MIT */
/* Corruptions of mm_structs: roots of list and tree, counts, layout. */
#include "inject/rows.h"

#define KIND OBJ_MM

static const struct model_mm *mm(const struct inject_object *o)
{
	return o->item;
}

/** Of a living process. */
static bool user(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return o->mm > 0 && mm(o)->nr_users;
}

static bool two_areas(const struct model *m, const struct inject_object *o)
{
	return user(m, o) && mm(o)->nr_vmas > 1;
}

static bool loaded(const struct model *m, const struct inject_object *o)
{
	return user(m, o) && m->nr_cpus && (m->cpus[0].cr3 & PTE_PFN_MASK) == mm(o)->pgd_pa;
}

/** mlockall() has not told it to lock what is to come. */
static bool not_locking(const struct model *m, const struct inject_object *o)
{
	return user(m, o) && !mm(o)->raw.def_flags;
}

/** No process of it ever changed a limit. */
static bool default_limits(const struct model *m, const struct inject_object *o)
{
	for (uint32_t i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].mm == o->mm && m->tasks[i].raw.rlimits.va)
			return false;
	return user(m, o) && mm(o)->raw.get_unmapped_area.va == m->lab.image.topdown;
}

static bool arguments(const struct model *m, const struct inject_object *o)
{
	return user(m, o) && mm(o)->raw.arg_end > mm(o)->raw.arg_start;
}

#define COUNT(field, by) MORE_AND_LESS("mm." field, user, field, by)
#define LAYOUT(field)	 XOR("mm." field, user, field, 1UL << 62, "mm-layout")

const struct corruption mm_corruptions[] = {
	SET("mm.mmap=0", user, "mmap", 0, "area-members"),
	SET("mm.mmap=wild", user, "mmap", WILD, "pointers-sound"),
	SWAP("mm.mmap<>other", user, "mmap", "area-members|area-mm"),
	SET("mm.mm_rb=0", user, "mm_rb.rb_node", 0, "area-members"),
	SWAP("mm.mm_rb<>other", user, "mm_rb.rb_node", "area-members|area-mm"),
	SET("mm.get_unmapped_area=0", user, "get_unmapped_area", 0, "mm-placement"),
	ADD("mm.get_unmapped_area+16", user, "get_unmapped_area", 16, "mm-placement"),
	ADD("mm.mmap_base+8", user, "mmap_base", 8, "mm-placement"),
	ADD("mm.mmap_base-page", default_limits, "mmap_base", -PAGE_SIZE, "mm-placement"),
	SET("mm.mmap_base=0", user, "mmap_base", 0, "mm-placement"),
	XOR("mm.mmap_legacy_base", user, "mmap_legacy_base", 1UL << 62, "mm-placement"),
	ADD("mm.mmap_legacy_base+page", user, "mmap_legacy_base", PAGE_SIZE, "mm-placement"),
	XOR("mm.task_size", user, "task_size", 1UL << 46, "mm-placement"),
	ADD("mm.highest_vm_end-page", user, "highest_vm_end", -PAGE_SIZE, "highest-end"),
	SET("mm.highest_vm_end=0", user, "highest_vm_end", 0, "highest-end"),
	ADD("mm.pgd+8", user, "pgd", 8, "pgd-sound"),
	ADD("mm.pgd+page", user, "pgd", PAGE_SIZE, "table-frame|table-once|table-owner|upper-half"),
	SWAP("mm.pgd<>other", user, "pgd", "table-owner"),
	SET("mm.pgd=wild", user, "pgd", WILD, "pgd-sound"),
	COUNT("mm_users", "mm-users"),
	COUNT("mm_count", "mm-count"),
	ADD("mm.pgtables_bytes+page", user, "pgtables_bytes", PAGE_SIZE, "pgtables-bytes"),
	ADD("mm.pgtables_bytes-page", user, "pgtables_bytes", -PAGE_SIZE, "pgtables-bytes"),
	COUNT("map_count", "map-count"),
	SET("mm.page_table_lock", user, "page_table_lock.locked", 1, "mm-locks"),
	SET("mm.mmap_lock-reader", user, "mmap_lock.count", 1, "mm-locks"),
	ADD("mm.mmap_lock-writer", user, "mmap_lock.count", -1, "mm-locks"),
	SELF("mm.mmlist.next=self", user, "mmlist.next", "lists-sound"),
	SELF("mm.mmlist.prev=self", user, "mmlist.prev", "lists-sound"),
	SET("mm.mmlist.next=wild", user, "mmlist.next", WILD, "pointers-sound|lists-sound"),
	SET("mm.hiwater_rss=huge", user, "hiwater_rss", 1UL << 40, "hiwater"),
	COUNT("total_vm", "total-vm"),
	COUNT("locked_vm", "locked-vm"),
	ADD("mm.pinned_vm+1", user, "pinned_vm", 1, "mm-defaults"),
	COUNT("data_vm", "data-vm"),
	COUNT("exec_vm", "exec-vm"),
	COUNT("stack_vm", "stack-vm"),
	XOR("mm.def_flags.write", user, "def_flags", VM_WRITE, "mm-defaults"),
	XOR("mm.def_flags.lockonfault", not_locking, "def_flags", VM_LOCKONFAULT, "mm-defaults"),
	XOR("mm.flags.bit-40", user, "flags", 1UL << 40, "mm-defaults"),
	ADD("mm.arg_end-1", arguments, "arg_end", -1, "mm-layout"),
	LAYOUT("start_code"),
	LAYOUT("end_code"),
	LAYOUT("start_data"),
	LAYOUT("end_data"),
	LAYOUT("start_brk"),
	LAYOUT("brk"),
	LAYOUT("start_stack"),
	LAYOUT("arg_start"),
	LAYOUT("arg_end"),
	LAYOUT("env_start"),
	LAYOUT("env_end"),
	SWAP2("mm.brk<>start_stack", user, "brk", "start_stack", "mm-layout"),
	COUNT("rss_stat[0]", "rss"),
	COUNT("rss_stat[1]", "rss"),
	COUNT("rss_stat[2]", "rss"),
	COUNT("rss_stat[3]", "rss"),
	SWAP2("mm.rss_stat-kinds", user, "rss_stat[0]", "rss_stat[1]", "rss"),
	SET("mm.exe_file=0", user, "exe_file", 0, "mm-defaults"),
	XOR("mm.cpu_bitmap.0", user, "cpu_bitmap", 1, "cpu-bitmap"),
	XOR("mm.cpu_bitmap.1", loaded, "cpu_bitmap", 2, "cpu-bitmap"),
	COPY("mm.map_count=other", two_areas, "map_count", "map-count"),
	{0},
};
