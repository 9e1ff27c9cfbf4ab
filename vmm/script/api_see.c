/* SPDX-License-Identifier: MIT */
/* What the host sees, as Lua values: none of these runs the guest. */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "report/render.h"
#include "report/segments.h"
#include "script/api.h"

/* The picture of now. Raises where there is none. */
static const struct picture *look(lua_State *L)
{
	struct session *s = sandbox_session(L);

	if (s->over || session_look(s))
		raise_over(L);
	return report_picture(s->report);
}

static const struct pic_mm *look_at_mm(lua_State *L, const struct picture **p)
{
	struct task *task = check_task(L, 1);
	const struct pic_mm *mm;

	*p = look(L);
	mm = picture_mm_of(*p, task->pid);
	if (!mm)
		luaL_error(L, "%s has no address space (any more)", task->name);
	return mm;
}

/* The same where only areas and counters are wanted, which Linux shows as well. */
static const struct pic_mm *look_at_areas(lua_State *L)
{
	struct session *s = sandbox_session(L);
	struct task *task = check_task(L, 1);
	const struct picture *p;
	struct view *view;

	if (!s->over && s->target && !s->target->ops->observe) {
		view = s->target->ops->view(s->target, task->process->pid, &s->error);
		if (!view) {
			session_over(s);
			luaL_error(L, "%s", s->error.text);
		}
		picture_free(s->shown);
		s->shown = picture_of_view(view);
		view_free(view);
		if (s->shown->nr_mms)
			return s->shown->mms;
		luaL_error(L, "%s has no address space (any more)", task->name);
	}
	return look_at_mm(L, &p);
}

static void set_integer(lua_State *L, const char *field, uint64_t value)
{
	lua_pushinteger(L, (lua_Integer)value);
	lua_setfield(L, -2, field);
}

static void set_boolean(lua_State *L, const char *field, bool value)
{
	lua_pushboolean(L, value);
	lua_setfield(L, -2, field);
}

/* Push a short text and free its buffer, which Lua's error jumps would leak. */
static void push_buf(lua_State *L, struct buf *b)
{
	char text[512];
	size_t n = b->len < sizeof(text) ? b->len : sizeof(text) - 1;

	memcpy(text, buf_text(b), n);
	buf_free(b);
	lua_pushlstring(L, text, n);
}

static void push_area(lua_State *L, const struct pic_area *area)
{
	struct buf b = {0};

	lua_newtable(L);
	set_integer(L, "start", area->start);
	set_integer(L, "stop", area->end);
	set_integer(L, "len", area->end - area->start);
	set_integer(L, "pgoff", area->pgoff);
	set_integer(L, "present", area->present);
	set_integer(L, "vm_flags", area->flags);
	lua_pushstring(L, area->name);
	lua_setfield(L, -2, "name");
	put_prot(&b, area->flags);
	push_buf(L, &b);
	lua_setfield(L, -2, "prot");
	put_vm_flags(&b, area->flags, ",", /* quoted = */ false);
	push_buf(L, &b);
	lua_setfield(L, -2, "flags");
}

static int task_maps(lua_State *L)
{
	const struct pic_mm *mm = look_at_areas(L);

	lua_createtable(L, mm->nr_areas, 0);
	for (uint32_t i = 0; i < mm->nr_areas; i++) {
		push_area(L, &mm->areas[i]);
		lua_seti(L, -2, i + 1);
	}
	return 1;
}

static int task_vma(lua_State *L)
{
	const struct pic_mm *mm = look_at_areas(L);
	const struct pic_area *area = pic_find_area(mm, luaL_checkinteger(L, 2));

	if (!area)
		return 0;
	push_area(L, area);
	return 1;
}

static int task_pte(lua_State *L)
{
	const struct picture *p;
	const struct pic_mm *mm = look_at_mm(L, &p);
	const struct pic_page *page = pic_find_page(mm, luaL_checkinteger(L, 2));
	struct buf b = {0};

	if (!page)
		return 0;
	lua_newtable(L);
	set_integer(L, "va", page->va);
	set_integer(L, "size", pic_page_size(page));
	set_integer(L, "level", page->level);
	set_integer(L, "pfn", page->pfn);
	set_boolean(L, "present", !(page->bits & PB_NONE));
	set_boolean(L, "writable", page->bits & PB_W);
	set_boolean(L, "user", page->bits & PB_U);
	set_boolean(L, "exec", page->bits & PB_X);
	set_boolean(L, "accessed", page->bits & PB_A);
	set_boolean(L, "dirty", page->bits & PB_D);
	set_boolean(L, "cow", page->bits & PB_COW);
	set_boolean(L, "zero", page->bits & PB_ZERO);
	put_rights(&b, page->bits);
	push_buf(L, &b);
	lua_setfield(L, -2, "rights");
	if (page->bits & PB_ZERO)
		buf_puts(&b, "zero");
	else
		put_frame(&b, p->raw, page->pfn, page->name);
	push_buf(L, &b);
	lua_setfield(L, -2, "frame");
	return 1;
}

static int task_counters(lua_State *L)
{
	const struct pic_mm *mm = look_at_areas(L);

	lua_newtable(L);
	for (unsigned int row = 0; row < nr_counter_rows; row++)
		set_integer(L, counter_rows[row].name, counter_value(&mm->counters, row));
	set_integer(L, "mm_users", (int64_t)mm->users);
	set_integer(L, "mm_count", (int64_t)mm->count);
	set_integer(L, "start_brk", mm->start_brk);
	set_integer(L, "brk", mm->brk);
	set_integer(L, "mmap_base", mm->mmap_base);
	set_integer(L, "start_stack", mm->start_stack);
	return 1;
}

/* The mm_struct itself, as the guest holds it: the agent's share included. */
static const struct model_mm *raw_mm(lua_State *L, const struct pic_mm *mm)
{
	const struct model *model = sandbox_session(L)->model;

	for (uint32_t i = 0; i < model->nr_mms; i++)
		if (model->mms[i].addr.va == mm->addr)
			return &model->mms[i];
	luaL_error(L, "the mm is not in the model");
	return NULL;
}

static int task_mm(lua_State *L)
{
	static const struct {
		const char *name;
		size_t offset;
	} rows[] = {
		{"mmap_base", offsetof(struct mm_struct, mmap_base)},
		{"mmap_legacy_base", offsetof(struct mm_struct, mmap_legacy_base)},
		{"task_size", offsetof(struct mm_struct, task_size)},
		{"highest_vm_end", offsetof(struct mm_struct, highest_vm_end)},
		{"vmacache_seqnum", offsetof(struct mm_struct, vmacache_seqnum)},
		{"hiwater_rss", offsetof(struct mm_struct, hiwater_rss)},
		{"hiwater_vm", offsetof(struct mm_struct, hiwater_vm)},
		{"total_vm", offsetof(struct mm_struct, total_vm)},
		{"locked_vm", offsetof(struct mm_struct, locked_vm)},
		{"def_flags", offsetof(struct mm_struct, def_flags)},
		{"start_code", offsetof(struct mm_struct, start_code)},
		{"end_code", offsetof(struct mm_struct, end_code)},
		{"start_brk", offsetof(struct mm_struct, start_brk)},
		{"brk", offsetof(struct mm_struct, brk)},
		{"start_stack", offsetof(struct mm_struct, start_stack)},
		{"arg_start", offsetof(struct mm_struct, arg_start)},
		{"arg_end", offsetof(struct mm_struct, arg_end)},
		{"env_start", offsetof(struct mm_struct, env_start)},
		{"env_end", offsetof(struct mm_struct, env_end)},
		{"pgtables_bytes", offsetof(struct mm_struct, pgtables_bytes)},
		{"cpu_bitmap", offsetof(struct mm_struct, cpu_bitmap)},
	};
	const struct picture *p;
	const struct pic_mm *pic = look_at_mm(L, &p);
	const struct model_mm *mm = raw_mm(L, pic);

	lua_newtable(L);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		set_integer(L, rows[i].name, *(const uint64_t *)((const char *)&mm->raw + rows[i].offset));
	set_integer(L, "mm_users", (int64_t)mm->raw.mm_users);
	set_integer(L, "mm_count", (int64_t)mm->raw.mm_count);
	set_integer(L, "map_count", (int64_t)mm->raw.map_count);
	set_integer(L, "lazy", mm->nr_lazy);
	return 1;
}

/* Entries that a task's own number would throw away at once are not told. */
static int task_vmacache(lua_State *L)
{
	const struct picture *p;
	const struct model_mm *mm = raw_mm(L, look_at_mm(L, &p));
	const struct model_task *task = model_find_task(sandbox_session(L)->model, check_task(L, 1)->pid);
	int n = 0;

	lua_newtable(L);
	if (!task || task->raw.vmacache_seqnum != mm->raw.vmacache_seqnum)
		return 1;
	for (int i = 0; i < VMACACHE_SIZE; i++)
		for (uint32_t v = 0; v < mm->nr_vmas; v++) {
			if (mm->vmas[v].addr.va != task->raw.vmacache[i].va ||
			    in_agent_footprint(mm->vmas[v].raw.vm_start, mm->vmas[v].raw.vm_end))
				continue;
			lua_pushinteger(L, mm->vmas[v].raw.vm_start);
			lua_seti(L, -2, ++n);
		}
	return 1;
}

static int task_cr3(lua_State *L)
{
	const struct picture *p;
	const struct pic_mm *mm = look_at_mm(L, &p);
	struct buf b = {0};

	put_frame(&b, p->raw, mm->pgd_pfn, mm->nr_tables ? mm->tables[0].name : 0);
	push_buf(L, &b);
	return 1;
}

/* "F31" or a frame number to the number. */
uint64_t check_frame(lua_State *L)
{
	struct session *s = sandbox_session(L);
	const char *text;
	uint64_t pfn;
	char *end;
	unsigned long n;

	if (lua_isinteger(L, 1))
		return lua_tointeger(L, 1);
	text = luaL_checkstring(L, 1);
	if (strcmp(text, "zero") == 0)
		return s->model->lab.zero_pfn;
	n = strtoul(text[0] == 'F' || text[0] == '#' ? text + 1 : text, &end, text[0] == '#' ? 16 : 10);
	if (text[0] == '#' && end != text + 1 && !*end)
		return n;
	if (text[0] != 'F' || end == text + 1 || *end || n > UINT32_MAX ||
	    !names_find(report_names(s->report), n, &pfn))
		luaL_error(L, "there is no frame called \"%s\" now", text);
	return pfn;
}

static void push_owners(lua_State *L, const struct picture *p, uint64_t pfn)
{
	struct buf b = {0};

	for (uint32_t i = 0; i < p->nr_frames; i++)
		if (p->frames[i].pfn == pfn)
			put_owners(&b, p, &p->frames[i]);
	push_buf(L, &b);
}

static int see_frame(lua_State *L)
{
	const struct picture *p = look(L);
	struct session *s = sandbox_session(L);
	uint64_t pfn = check_frame(L);
	const struct model_frame *frame;
	enum frame_role role;

	if (pfn >= s->model->nr_frames)
		return luaL_error(L, "frame(): RAM has no such frame");
	role = model_frame_role(s->model, pfn);
	lua_newtable(L);
	set_integer(L, "pfn", pfn);
	lua_pushstring(L, frame_role_name(role));
	lua_setfield(L, -2, "role");
	if (role == FRAME_UNTOUCHED || role == FRAME_DEVICE)
		return 1; /* its struct page holds nothing */
	frame = model_frame(s->model, pfn);
	set_integer(L, "ref", (int64_t)frame->raw._refcount);
	set_integer(L, "map", (int64_t)frame->raw._mapcount + 1);
	set_integer(L, "maps_found", frame->nr_maps);
	set_integer(L, "refs_found", frame->nr_refs);
	push_owners(L, p, pfn);
	lua_setfield(L, -2, "owners");
	return 1;
}

static int see_frames(lua_State *L)
{
	const struct picture *p = look(L);

	lua_newtable(L);
	for (int role = 0; role < NR_FRAME_ROLES; role++)
		set_integer(L, frame_role_name(role), p->role_count[role]);
	set_integer(L, "all_free", p->free_frames);
	return 1;
}

static int see_tasks(lua_State *L)
{
	const struct picture *p = look(L);

	lua_newtable(L);
	for (uint32_t i = 0; i < p->nr_tasks; i++) {
		const struct pic_task *task = &p->tasks[i];
		const struct pic_mm *mm = task->mm ? picture_mm(p, task->mm) : NULL;
		const struct pic_mm *active = task->active_mm ? picture_mm(p, task->active_mm) : NULL;

		lua_newtable(L);
		set_integer(L, "pid", (int64_t)task->pid);
		set_integer(L, "parent", (int64_t)task->parent);
		set_boolean(L, "kernel_thread", task->flags & PF_KTHREAD);
		lua_pushstring(L, task->name);
		lua_setfield(L, -2, "name");
		lua_pushstring(L, task_state_name(task->state));
		lua_setfield(L, -2, "state");
		lua_pushstring(L, mm ? mm->label : NULL);
		lua_setfield(L, -2, "mm");
		lua_pushstring(L, active ? active->label : NULL);
		lua_setfield(L, -2, "active_mm");
		lua_seti(L, -2, i + 1);
	}
	return 1;
}

static int see_cpus(lua_State *L)
{
	const struct picture *p = look(L);
	const struct model *model = sandbox_session(L)->model;

	(void)p;
	lua_newtable(L);
	for (uint32_t i = 0; i < model->lab.nr_cpus; i++) {
		lua_newtable(L);
		set_integer(L, "cr3_loads", model->cpu_infos[i].nr_cr3_loads);
		set_integer(L, "switches", model->cpu_infos[i].nr_switches);
		lua_seti(L, -2, i + 1);
	}
	return 1;
}

static int see_mms(lua_State *L)
{
	const struct picture *p = look(L);
	const struct model *model = sandbox_session(L)->model;
	int n = 0;

	lua_newtable(L);
	for (uint32_t i = 0; i < model->nr_mms; i++) {
		const struct pic_mm *mm = picture_mm(p, model->mms[i].id);

		if (!model->mms[i].in_mmlist)
			continue;
		lua_pushstring(L, i == 0 ? "init_mm" : mm ? mm->label : "?");
		lua_seti(L, -2, ++n);
	}
	return 1;
}

static int see_segments(lua_State *L)
{
	const struct picture *p = look(L);

	lua_newtable(L);
	for (uint32_t i = 0; i < p->nr_segments; i++) {
		const struct pic_segment *segment = &p->segments[i];

		lua_newtable(L);
		set_integer(L, "id", segment->id);
		set_integer(L, "key", segment->key);
		set_integer(L, "mode", segment->mode & 0777);
		set_integer(L, "size", segment->size);
		set_integer(L, "pages", segment->pages);
		set_integer(L, "attached", segment->attached);
		set_integer(L, "areas", segment->areas);
		set_boolean(L, "dest", segment->mode & SHM_DEST);
		set_boolean(L, "locked", segment->mode & SHM_LOCKED);
		lua_seti(L, -2, i + 1);
	}
	return 1;
}

static int see_pipes(lua_State *L)
{
	const struct model *model;

	look(L);
	model = sandbox_session(L)->model;
	lua_newtable(L);
	for (uint32_t i = 0; i < model->nr_pipes; i++) {
		lua_newtable(L);
		set_integer(L, "bytes", model->pipes[i].bytes);
		set_integer(L, "buffers", model->pipes[i].nr_buffers);
		set_integer(L, "readers", model->pipes[i].raw.readers);
		set_integer(L, "writers", model->pipes[i].raw.writers);
		set_boolean(L, "keeps_page", model->pipes[i].raw.tmp_page.va);
		lua_seti(L, -2, i + 1);
	}
	return 1;
}

/* Push a text without the end of its last line, and free it. */
static int push_text(lua_State *L, struct buf *b)
{
	size_t n = b->len && b->text[b->len - 1] == '\n' ? b->len - 1 : b->len;

	lua_pushlstring(L, buf_text(b), n);
	buf_free(b);
	return 1;
}

static int see_why(lua_State *L)
{
	struct session *s = sandbox_session(L);
	struct buf b = {0};
	struct task *task;
	uint64_t where;

	if (lua_gettop(L) < 2) {
		look(L);
		where = check_frame(L);
		report_why_frame(s->report, where, &b);
		return push_text(L, &b);
	}
	task = check_task(L, 1);
	where = luaL_checkinteger(L, 2);
	look(L);
	report_why(s->report, s->model, task->pid, where, &b);
	return push_text(L, &b);
}

static int see_explain(lua_State *L)
{
	struct session *s = sandbox_session(L);
	struct buf b = {0};

	look(L);
	report_explain(s->report, s->before, s->model, &b);
	return push_text(L, &b);
}

static int see_hex(lua_State *L)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, (uint64_t)luaL_checkinteger(L, 1));
	lua_pushstring(L, text);
	return 1;
}

static int see_ult(lua_State *L)
{
	lua_pushboolean(L, (uint64_t)luaL_checkinteger(L, 1) < (uint64_t)luaL_checkinteger(L, 2));
	return 1;
}

const struct api_row look_rows[] = {
	{"maps", task_maps, "a:maps()",
	 "The areas of a's mm, ascending: {start=, stop=, len=, prot=\"rw-p\", name=, flags=, pgoff=, "
	 "present=}."},
	{"vma", task_vma, "a:vma(p)", "The area that holds p, as in a:maps(), or nil."},
	{"pte", task_pte, "a:pte(p)",
	 "The leaf entry for p: {frame=, rights=\"rw-u AD\", writable=, user=, exec=, accessed=, dirty=, "
	 "cow=, zero=, level=, "
	 "size=, va=, pfn=}, or nil."},
	{"counters", task_counters, "a:counters()",
	 "Counters of a's mm without the agent's share: anon, total_vm, tables … (pages), areas, mm_users, "
	 "brk …"},
	{"mm", task_mm, "a:mm()",
	 "a's mm_struct as the guest holds it, the agent's share included: mm_users, mm_count, map_count, "
	 "mmap_base, "
	 "highest_vm_end, vmacache_seqnum, def_flags …; lazy: kernel threads that borrow it."},
	{"vmacache", task_vmacache, "a:vmacache()",
	 "Where the areas begin that the task remembers, without the agent's."},
	{"cr3", task_cr3, "a:cr3()", "The frame of a's top-level table."},
	{NULL, NULL, NULL, NULL},
};

const struct api_row see_rows[] = {
	{"frame", see_frame, "frame(\"F31\" | pfn)",
	 "A frame: {role=, ref=, map=, maps_found=, refs_found=, owners=, pfn=}."},
	{"frames", see_frames, "frames()",
	 "How many frames have each role; all_free: free and never used together."},
	{"tasks", see_tasks, "tasks()",
	 "All tasks: {pid=, name=, state=, parent=, mm=, active_mm=, kernel_thread=}."},
	{"cpus", see_cpus, "cpus()",
	 "Per CPU {cr3_loads=, switches=}: how often CR3 was loaded, and tasks switched."},
	{"mms", see_mms, "mms()", "Whose mms are on mmlist, in its order, init_mm first."},
	{"pipes", see_pipes, "pipes()",
	 "Pipes: {bytes=, buffers=, readers=, writers=, keeps_page= (an emptied one, for the next write)}."},
	{"segments", see_segments, "segments()",
	 "System V segments: {id=, key=, mode=, size=, pages=, attached= (as the guest counts), areas= (as found), "
	 "dest=, locked=}."},
	{"why", see_why, "why(a, p), why(\"F31\")",
	 "Text: area, walk and frame behind p in a, and the steps that changed its entry; or what became of a frame."},
	{"explain", see_explain, "explain()",
	 "Text: the faults of the last step: what the MMU met, which area, how the handler decided, what it did."},
	{"hex", see_hex, "hex(n)", "\"0x…\"."},
	{"ult", see_ult, "ult(m, n)", "m < n as unsigned numbers: for addresses of the upper half."},
	{NULL, NULL, NULL, NULL},
};
