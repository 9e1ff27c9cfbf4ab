/* SPDX-License-Identifier: MIT */
/* inject.*: the guest's objects by name, and changes to them behind the kernel's back. Each change is a step. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inject/catalogue.h"
#include "inject/field.h"
#include "script/api.h"
#include "script/injecting.h"

/* --- objects -------------------------------------------------------------------------------------- */

static struct inject_object *check_object(lua_State *L, int index)
{
	struct inject_object *object = luaL_testudata(L, index, OBJECT_TYPE);

	if (!object)
		luaL_error(L, "argument %d must be an object such as inject.vma(a, p), not a %s", index,
			   luaL_typename(L, index));
	return object;
}

static int push_object(lua_State *L, enum inject_kind kind, uint64_t addr)
{
	struct inject_object *object = lua_newuserdatauv(L, sizeof(*object), 0);

	*object = (struct inject_object){.kind = kind, .addr = addr, .mm = -1};
	luaL_setmetatable(L, OBJECT_TYPE);
	return 1;
}

static int object_tostring(lua_State *L)
{
	lua_pushstring(L, inject_kind_name(check_object(L, 1)->kind));
	return 1;
}

static int object_task(lua_State *L)
{
	struct session *s = look_inside(L);
	const struct model_task *task = model_find_task(s->model, check_task(L, 1)->pid);

	return task ? push_object(L, OBJ_TASK, task->addr.va) : luaL_error(L, "the task is no more");
}

static int object_mm(lua_State *L)
{
	return push_object(L, OBJ_MM, mm_of(L, check_task(L, 1))->addr.va);
}

static const struct model_vma *check_area(lua_State *L)
{
	const struct model_mm *mm = mm_of(L, check_task(L, 1));
	const struct model_vma *vma = model_find_vma(mm, luaL_checkinteger(L, 2));

	if (!vma)
		luaL_error(L, "%s has no area there", check_task(L, 1)->name);
	return vma;
}

static int object_vma(lua_State *L)
{
	return push_object(L, OBJ_AREA, check_area(L)->addr.va);
}

static int object_anon_vma(lua_State *L)
{
	const struct model_vma *vma = check_area(L);

	if (!vma->raw.anon_vma.va)
		return luaL_error(L, "the area has no anon_vma");
	return push_object(L, OBJ_ANON_VMA, vma->raw.anon_vma.va);
}

/* The first chain on the area's list. */
static int object_avc(lua_State *L)
{
	const struct model_vma *vma = check_area(L);

	if (!vma->raw.anon_vma.va)
		return luaL_error(L, "the area has no chain");
	return push_object(L, OBJ_AVC,
			   vma->raw.anon_vma_chain.next.va - offsetof(struct anon_vma_chain, same_vma));
}

static int object_file(lua_State *L)
{
	const struct model_vma *vma = check_area(L);

	return vma->raw.vm_file.va ? push_object(L, OBJ_FILE, vma->raw.vm_file.va)
				   : luaL_error(L, "the area maps no file");
}

static int object_inode(lua_State *L)
{
	const struct model_vma *vma = check_area(L);

	return vma->inode >= 0 ? push_object(L, OBJ_INODE, sandbox_session(L)->model->inodes[vma->inode].addr.va)
			       : luaL_error(L, "the area maps no file");
}

static int object_mapping(lua_State *L)
{
	object_inode(L);
	return push_object(L, OBJ_MAPPING, check_object(L, -1)->addr + offsetof(struct inode, i_data));
}

/* The struct page behind an address of a task, or of a frame by number. */
static int object_page(lua_State *L)
{
	const struct model *model = look_inside(L)->model;
	uint64_t pfn;

	if (lua_isinteger(L, 1)) {
		pfn = lua_tointeger(L, 1);
	} else {
		struct leaf leaf;

		if (!model_find_leaf(mm_of(L, check_task(L, 1)), luaL_checkinteger(L, 2), &leaf))
			return luaL_error(L, "no page is mapped there");
		pfn = leaf.pa >> PAGE_SHIFT;
	}
	if (pfn >= model->nr_touched)
		return luaL_error(L, "inject.page: frame %d has no struct page in use", (int)pfn);
	return push_object(L, OBJ_PAGE, model->lab.mem_map.va + pfn * sizeof(struct page));
}

static int object_zone(lua_State *L)
{
	return push_object(L, OBJ_ZONE, look_inside(L)->model->lab.zone.va);
}

static int object_cache(lua_State *L)
{
	const struct model *model = look_inside(L)->model;
	const char *name = luaL_checkstring(L, 1);

	for (uint32_t i = 0; i < model->nr_caches; i++)
		if (!strncmp(model->caches[i].raw.name, name, sizeof(model->caches[i].raw.name)))
			return push_object(L, OBJ_CACHE, model->caches[i].addr.va);
	return luaL_error(L, "there is no slab cache called \"%s\"", name);
}

static int object_cpu(lua_State *L)
{
	return push_object(L, OBJ_CPU, look_inside(L)->model->lab.cpus.va);
}

static int object_lab(lua_State *L)
{
	return push_object(L, OBJ_LAB, KERNEL_MAP + look_inside(L)->model->image->lab_pa);
}

/* --- fields --------------------------------------------------------------------------------------- */

static struct inject_field check_field(lua_State *L, const struct inject_object *object, int index)
{
	const char *name = luaL_checkstring(L, index), *structure = inject_kind_structure(object->kind);
	struct inject_field field;

	if (!find_field(structure, name, &field))
		luaL_error(L, "struct %s has no field \"%s\" that is a number (shared/layout.def)", structure, name);
	return field;
}

/* object.vm_end: the field's value now. */
static int object_index(lua_State *L)
{
	const struct inject_object *object = check_object(L, 1);
	struct inject_field field = check_field(L, object, 2);
	struct edits edits = inject_edits(look_inside(L));
	uint64_t value;

	if (!edit_get_va(&edits, object->addr + field.offset, field.size, &value))
		return luaL_error(L, "the object lies outside RAM");
	if (field.is_signed && field.size == 4)
		value = (int32_t)value;
	lua_pushinteger(L, (lua_Integer)value);
	return 1;
}

static int inject_field(lua_State *L)
{
	const struct inject_object *object = check_object(L, 1), *other = luaL_testudata(L, 3, OBJECT_TYPE);
	struct inject_field field = check_field(L, object, 2);
	uint64_t value = other ? other->addr : (uint64_t)luaL_checkinteger(L, 3);
	struct session *s = op_begin_global(L, "inject");
	struct edits edits = inject_edits(s);

	buf_printf(&s->args, "%s.%s", inject_kind_name(object->kind), lua_tostring(L, 2));
	if (!edit_put_va(&edits, object->addr + field.offset, field.size, value))
		return luaL_error(L, "the object lies outside RAM");
	return injected(L);
}

/* --- entries -------------------------------------------------------------------------------------- */

static const struct named entry_bits[] = {
	{"p", PTE_P},	  {"rw", PTE_RW},   {"us", PTE_US},   {"pwt", PTE_PWT}, {"pcd", PTE_PCD},
	{"a", PTE_A},	  {"d", PTE_D},	    {"ps", PTE_PS},   {"g", PTE_G},	{"sw1", PTE_SW1},
	{"sw2", PTE_SW2}, {"sw3", PTE_SW3}, {"nx", PTE_NX},   {"pfn", 1UL << PAGE_SHIFT},
	{NULL, 0},
};

/* The entry of `level` on the way to va. */
static uint64_t entry_address(lua_State *L, struct session *s, const struct model_mm *mm, uint64_t va, int level)
{
	struct walk walk = walk_address(s->model->image, mm->pgd_pa, s->model->mode, va);

	for (unsigned int i = 0; i < walk.nr_steps; i++)
		if (walk.steps[i].level == level)
			return walk.steps[i].entry_pa;
	luaL_error(L, "inject.pte: no table of level %d is there for this address", level);
	return 0;
}

/* New value of an entry by argument 4: bits to flip, or {set=, clear=, value=}. */
static uint64_t changed_entry(lua_State *L, uint64_t entry)
{
	static const char *const fields[] = {"set", "clear", "value", NULL};

	if (lua_type(L, 4) != LUA_TTABLE)
		return entry ^ check_named_set(L, 4, "inject.pte", entry_bits);
	check_fields(L, 4, "inject.pte", fields);
	if (lua_getfield(L, 4, "value") != LUA_TNIL)
		entry = luaL_checkinteger(L, -1);
	if (lua_getfield(L, 4, "set") != LUA_TNIL)
		entry |= check_named_set(L, -1, "inject.pte", entry_bits);
	if (lua_getfield(L, 4, "clear") != LUA_TNIL)
		entry &= ~check_named_set(L, -1, "inject.pte", entry_bits);
	return entry;
}

static int inject_pte(lua_State *L)
{
	struct task *task = check_task(L, 1);
	const uint64_t va = luaL_checkinteger(L, 2), level = luaL_checkinteger(L, 3);
	const struct model_mm *mm = mm_of(L, task);
	struct session *s = op_begin_global(L, "inject");
	struct edits edits = inject_edits(s);
	uint64_t pa = entry_address(L, s, mm, va, level), before, after;

	if (!edit_get(&edits, pa, 8, &before))
		return luaL_error(L, "inject.pte: the table lies outside RAM");
	after = changed_entry(L, before);
	edit_put(&edits, pa, 8, after);
	buf_printf(&s->args, "pte of %s, %" PRIx64 ", level %d: ", task->name, va, (int)level);
	/* Which frames it leads to is not canonical. */
	if ((before ^ after) & PTE_PFN_MASK)
		buf_puts(&s->args, "another frame");
	else
		put_named_set(&s->args, entry_bits, before ^ after);
	return injected(L);
}

/* --- the catalogue -------------------------------------------------------------------------------- */

static int inject_named(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	const lua_Integer nth = luaL_optinteger(L, 2, 1);
	const struct corruption *c = catalogue_find(name);
	struct session *s = look_inside(L);
	struct edits edits = inject_edits(s);
	struct inject_object object;

	if (!c)
		return luaL_error(L, "there is no corruption called \"%s\" (vmm mutate --list)", name);
	op_begin_global(L, "inject");
	if (nth < 1 || !catalogue_apply(c, s->model, nth - 1, &edits, &object))
		return luaL_error(L, "%s: the guest has no %s that it can be done to", name, inject_kind_name(c->kind));
	buf_puts(&s->args, name);
	return injected(L);
}

/* Name and invariant of every row. */
static int inject_catalogue(lua_State *L)
{
	const struct corruption *c;

	lua_newtable(L);
	for (unsigned int i = 0; (c = catalogue_row(i)); i++) {
		lua_pushstring(L, c->found_by);
		lua_setfield(L, -2, c->name);
	}
	return 1;
}

void open_object_type(lua_State *L)
{
	luaL_newmetatable(L, OBJECT_TYPE);
	lua_pushcfunction(L, object_index);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, object_tostring);
	lua_setfield(L, -2, "__tostring");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
}

const struct api_row inject_rows[] = {
	{"pte", inject_pte, "inject.pte(a, p, level, \"rw,nx\" | {set=, clear=, value=})",
	 "Flip bits of the entry of that level (1: the leaf) on the way to p in a's tables, or set and clear them: p rw us "
	 "pwt pcd a d ps g sw1 sw2 sw3 nx pfn, or a number."},
	{"field", inject_field, "inject.field(object, \"vm_end\", value | object)",
	 "Write a field of shared/layout.def: \"mmlist.next\", \"rss_stat[1]\", \"vm_rb.rb_left\". object.vm_end reads it."},
	{"named", inject_named, "inject.named(\"vma.vm_end+page\" [, nth])",
	 "A corruption of the catalogue, done to the first or nth object that it can be done to."},
	{"fail_alloc", inject_fail_alloc, "inject.fail_alloc{nth=, interval=, times=, kinds=\"pages,slab\", site=\"do_mmap\"}",
	 "The nth allocation from now on fails (then each interval-th, so many times in all; nth=0: none); with site= only those made "
	 "for that function of the guest's."},
	{"sweep", inject_sweep, "inject.sweep(\"mmap\", function [, {site=, kinds=}])",
	 "Call the function again and again from here, failing its 1st, 2nd, 3rd … allocation, until none fails. Each time it must "
	 "tell the right errno, change no more than it may, leak nothing, and succeed when tried again."},
	{"nmi", inject_nmi, "inject.nmi(\"sys_mmap\" | \"sys_mmap+16\" | \"ring 3\", function [, {gives=}])",
	 "Call the function again and again from here, with an NMI at each instruction of that function of the guest's in turn, or at each "
	 "return to ring 3: what it gives must be the same, or as gives= says. Gives false if no instruction was ever reached."},
	{"pf", inject_pf, "inject.pf(\"sys_mmap\", function, {addr=, code=\"p,w,u,rsvd,i\" [, gives=]})",
	 "The same with a page fault that nothing has caused, of that address and error code."},
	{"gp", inject_gp, "inject.gp(\"sys_mmap\", function [, {code=, gives=}])", "The same with a general protection fault."},
	{"irq", inject_irq, "inject.irq(\"sys_mmap\", function [, {vector=, gives=}])",
	 "The same with a device's interrupt that no device has raised."},
	{"flush", inject_flush, "inject.flush{nth=, times=, site=\"do_wp_page\", late=}",
	 "The nth flush of the TLB from now on is not done (with times= so many from there), or late: when ring 3 has gone on so often. "
	 "site= counts only those in the code of one function of the guest's; nth=0: none any more."},
	{"slot", inject_slot, "inject.slot(a, p | \"F31\", \"missing\" | \"readonly\" | \"ram\")",
	 "The memory behind that page is not there any more, or takes no stores. An access that meets it is told, and brings a machine check."},
	{"poison", inject_poison, "inject.poison(a, p | \"F31\")",
	 "The memory behind that page goes bad: a machine check tells the guest, before anybody needs it."},
	{"catalogue", inject_catalogue, "inject.catalogue()", "All corruptions: {name = the invariant that finds it}."},
	{"task", object_task, "inject.task(a)", "a's task_struct, as an object for inject.field."},
	{"mm", object_mm, "inject.mm(a)", "a's mm_struct."},
	{"vma", object_vma, "inject.vma(a, p)", "The vm_area_struct of a that holds p."},
	{"anon_vma", object_anon_vma, "inject.anon_vma(a, p)", "That area's anon_vma."},
	{"avc", object_avc, "inject.avc(a, p)", "The first anon_vma_chain of that area."},
	{"file", object_file, "inject.file(a, p)", "The file that the area maps."},
	{"inode", object_inode, "inject.inode(a, p)", "Its inode."},
	{"mapping", object_mapping, "inject.mapping(a, p)", "The address_space in that inode."},
	{"page", object_page, "inject.page(a, p | pfn)", "The struct page behind p in a, or of a frame."},
	{"zone", object_zone, "inject.zone()", "The zone of all frames."},
	{"cache", object_cache, "inject.cache(\"vm_area_struct\")", "A slab cache."},
	{"cpu", object_cpu, "inject.cpu()", "The cpu_info of CPU 0."},
	{"lab", object_lab, "inject.lab()", "The lab page."},
	{NULL, NULL, NULL, NULL},
};
