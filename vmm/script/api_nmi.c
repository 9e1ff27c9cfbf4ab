/* SPDX-License-Identifier: MIT */
/* inject.nmi: an NMI at every instruction of one of the guest's functions. */
#include <inttypes.h>

#include "script/injecting.h"
#include "script/snapshot.h"

/* A label of assembly has no size: so much behind it is taken. */
#define LABEL_BYTES 96

struct nmi_sweep {
	struct snapshot *start;
	struct guest_function where;
	uint32_t hits;
};

/* Set the guest back, an NMI at va (0: none), and call the function at index 2: its result is at 3. */
static void attempt(lua_State *L, struct session *s, const struct nmi_sweep *w, uint64_t va)
{
	if (session_set_back(s, w->start) || s->target->ops->nmi_at(s->target, va, &s->error)) {
		session_over(s);
		raise_over(L);
	}
	lua_settop(L, 2);
	lua_pushvalue(L, 2);
	lua_call(L, 0, 1);
}

/* At 1 the sweep, and later what the function gives undisturbed; at 2 the function. */
static int nmi_inside(lua_State *L)
{
	struct session *s = sandbox_session(L);
	struct nmi_sweep *w = lua_touserdata(L, 1);

	attempt(L, s, w, 0);
	lua_pushvalue(L, 3);
	lua_replace(L, 1);
	/* Where no instruction begins nothing stops. */
	for (uint64_t va = w->where.start; va < w->where.end; va++) {
		attempt(L, s, w, va);
		w->hits += s->target->ops->nmi_came(s->target);
		if (lua_compare(L, 1, 3, LUA_OPEQ))
			continue;
		session_failure(s);
		return luaL_error(L, "expectation failed: with an NMI at offset %d of it the operation gives %s and not %s",
				  (int)(va - w->where.start), to_text(L, 3), to_text(L, 1));
	}
	attempt(L, s, w, 0);
	return 0;
}

/* inject.nmi("sys_mmap", function) */
int inject_nmi(lua_State *L)
{
	struct session *s = look_inside(L);
	const char *name = luaL_checkstring(L, 1);
	struct nmi_sweep w = {0};
	int status;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	if (!guest_elf_function(&s->elf, name, &w.where))
		return luaL_error(L, "the guest has no function \"%s\" of its own", name);
	if (w.where.start == w.where.end)
		w.where.end += LABEL_BYTES;
	if (s->quiet)
		return luaL_error(L, "inject.nmi inside another sweep");
	w.start = session_snapshot(s);
	if (!w.start)
		return raise_over(L);
	s->quiet = true;
	lua_settop(L, 2);
	lua_pushcfunction(L, nmi_inside);
	lua_pushlightuserdata(L, &w);
	lua_pushvalue(L, 2);
	status = lua_pcall(L, 2, 0, 0);
	s->quiet = false;
	snapshot_free(w.start);
	if (status != LUA_OK)
		return lua_error(L);
	op_begin_global(L, "nmi");
	/* How many instructions a function has is the compiler's affair. */
	buf_printf(&s->args, "at every instruction of %s", name);
	buf_puts(&s->result, w.hits ? "each harmless" : "none is reached");
	op_end(L, NULL, "nmi", "ok", NULL, NULL);
	lua_pushboolean(L, w.hits);
	return 1;
}
