/* SPDX-License-Identifier: MIT */
/* snapshot() and restore(). */
#include <inttypes.h>
#include <stdlib.h>

#include "script/api.h"
#include "script/snapshot.h"

/* Each holds a copy of the guest's memory, which Lua's limit does not see. */
#define MAX_SNAPSHOTS 64

static struct snapshot *check_snapshot(lua_State *L, int index)
{
	struct snapshot **snapshot = luaL_testudata(L, index, STATE_TYPE);

	if (!snapshot)
		luaL_error(L, "argument %d must be what snapshot() gave, not a %s", index,
			   luaL_typename(L, index));
	return *snapshot;
}

static int take_snapshot(lua_State *L)
{
	struct session *s = op_begin_global(L, "snapshot");
	struct snapshot **to;

	if (s->nr_snapshots >= MAX_SNAPSHOTS)
		lua_gc(L, LUA_GCCOLLECT);
	if (s->nr_snapshots >= MAX_SNAPSHOTS)
		return luaL_error(L, "%d snapshots are held already, which is as many as there can be",
				  MAX_SNAPSHOTS);
	to = lua_newuserdatauv(L, sizeof(*to), 0);
	*to = session_snapshot(s);
	if (!*to)
		return raise_over(L);
	s->nr_snapshots++;
	s->doing[0] = 0;
	luaL_setmetatable(L, STATE_TYPE);
	return 1;
}

static int restore_snapshot(lua_State *L)
{
	const struct snapshot *snapshot = check_snapshot(L, 1);
	struct session *s = op_begin_global(L, "restore");

	if (session_restore(s, snapshot))
		return raise_over(L);
	buf_printf(&s->args, "to step %" PRIu32, snapshot_step(snapshot));
	buf_puts(&s->result, "ok");
	op_end(L, NULL, "restore", "ok", NULL, NULL);
	return 0;
}

static int snapshot_gc(lua_State *L)
{
	struct snapshot **snapshot = lua_touserdata(L, 1);

	sandbox_session(L)->nr_snapshots--;
	snapshot_free(*snapshot);
	return 0;
}

static int snapshot_tostring(lua_State *L)
{
	lua_pushfstring(L, "snapshot of step %d", (int)snapshot_step(check_snapshot(L, 1)));
	return 1;
}

void open_state_type(lua_State *L)
{
	luaL_newmetatable(L, STATE_TYPE);
	lua_pushcfunction(L, snapshot_gc);
	lua_setfield(L, -2, "__gc");
	lua_pushcfunction(L, snapshot_tostring);
	lua_setfield(L, -2, "__tostring");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
}

const struct api_row state_rows[] = {
	{"snapshot", take_snapshot, "s = snapshot()",
	 "Keep the whole guest as it is now: memory, registers, tasks."},
	{"restore", restore_snapshot, "restore(s)",
	 "The guest is again as it was when s was taken. Lua's variables stay; tasks that came since have vanished."},
	{NULL, NULL, NULL, NULL},
};
