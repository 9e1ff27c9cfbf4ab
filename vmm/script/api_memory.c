/* SPDX-License-Identifier: MIT */
/* inject.slot and inject.poison: memory that goes away or bad. */
#include <inttypes.h>

#include "script/injecting.h"

/* The frame of a task's page (task and address at 1 and 2), or by its name or number (at 1); *next: the argument behind. */
static uint64_t check_frame_of(lua_State *L, struct session *s, int *next)
{
	const struct model_mm *mm;
	struct leaf leaf;
	uint64_t va, pfn;

	*next = 2;
	if (lua_isinteger(L, 1) || lua_type(L, 1) == LUA_TSTRING) {
		pfn = check_frame(L);
		if (pfn >= s->model->nr_frames)
			luaL_error(L, "RAM has no such frame");
		return pfn;
	}
	mm = mm_of(L, check_task(L, 1));
	va = (uint64_t)luaL_checkinteger(L, 2) & ~(PAGE_SIZE - 1);
	*next = 3;
	if (!model_find_entry(mm, va, &leaf))
		luaL_error(L, "no page is mapped there");
	return leaf.pa >> PAGE_SHIFT;
}

static void put_frame_of(lua_State *L, struct session *s, uint64_t pfn)
{
	if (lua_type(L, 1) == LUA_TSTRING)
		buf_printf(&s->args, "%s", lua_tostring(L, 1));
	else if (lua_isinteger(L, 1))
		/* Which one it is depends on the machine. */
		buf_printf(&s->args, "a frame (%s)", frame_role_name(model_frame_role(s->model, pfn)));
	else
		buf_printf(&s->args, "%s %" PRIx64, check_task(L, 1)->name, (uint64_t)lua_tointeger(L, 2));
}

int inject_slot(lua_State *L)
{
	static const char *const words[] = {[SLOT_RAM] = "ram", [SLOT_READONLY] = "readonly", [SLOT_MISSING] = "missing", NULL};
	struct session *s = look_inside(L);
	int kind_at, kind;
	uint64_t pfn = check_frame_of(L, s, &kind_at);

	kind = luaL_checkoption(L, kind_at, NULL, words);
	op_begin_global(L, "inject");
	if (s->target->ops->set_slot(s->target, pfn, kind, &s->error)) {
		session_over(s);
		return raise_over(L);
	}
	buf_puts(&s->args, "slot ");
	put_frame_of(L, s, pfn);
	buf_printf(&s->args, " %s", words[kind]);
	return injected(L);
}

int inject_poison(lua_State *L)
{
	struct session *s = look_inside(L);
	int next;
	uint64_t pfn = check_frame_of(L, s, &next);

	op_begin_global(L, "poison");
	put_frame_of(L, s, pfn);
	if (session_poison(s, pfn))
		return raise_over(L);
	buf_puts(&s->result, "ok");
	op_end(L, NULL, "poison", "ok", NULL, NULL);
	return 0;
}
