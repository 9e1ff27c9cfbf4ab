/* SPDX-License-Identifier: MIT */
/* inject.flush: a flush of the TLB that is dropped, or late. */
#include <inttypes.h>

#include "script/injecting.h"

/* Field "site": the code of one function; without it all of the kernel's. */
static void check_site(lua_State *L, struct session *s, struct hardware_plan *plan)
{
	struct guest_function site = {0, UINT64_MAX};
	const char *name;

	if (lua_getfield(L, 1, "site") != LUA_TNIL) {
		name = luaL_checkstring(L, -1);
		if (!guest_elf_function(&s->elf, name, &site))
			luaL_error(L, "the guest has no function \"%s\" of its own (it may have become a part of its callers)", name);
	}
	lua_pop(L, 1);
	plan->start = site.start;
	plan->end = site.end;
}

static uint32_t count(lua_State *L, const char *field, lua_Integer otherwise)
{
	lua_Integer value = integer_field(L, "inject.flush", field, otherwise);

	if (value < 0 || value > UINT32_MAX)
		luaL_error(L, "inject.flush: %s is no count", field);
	return value;
}

int inject_flush(lua_State *L)
{
	static const char *const fields[] = {"nth", "times", "site", "late", NULL};
	struct session *s = look_inside(L);
	struct hardware_plan plan = {.what = PLAN_FLUSH};

	check_fields(L, 1, "inject.flush", fields);
	lua_settop(L, 1);
	lua_pushvalue(L, 1); /* where a method has its options */
	op_begin_global(L, "inject");
	check_site(L, s, &plan);
	plan.nth = count(L, "nth", 1);
	plan.times = count(L, "times", 1);
	plan.late = count(L, "late", 0);
	if (plan.late && !guest_elf_find(&s->elf, "user_iretq", &plan.iretq))
		return luaL_error(L, "the guest has no label user_iretq, where it returns to ring 3");
	if (s->target->ops->plan(s->target, plan.nth ? &plan : NULL, &s->error)) {
		session_over(s);
		return raise_over(L);
	}
	if (plan.nth)
		buf_printf(&s->args, "%s flush %" PRIu32, plan.late ? "delay" : "drop", plan.nth);
	else
		buf_puts(&s->args, "drop no flush");
	return injected(L);
}
