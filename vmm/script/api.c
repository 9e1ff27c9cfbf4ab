/* SPDX-License-Identifier: MIT */
/* Registering the language, and its two kinds of objects: tasks and handles. */
#include <string.h>

#include "script/api.h"
#include "script/injecting.h"

/* --- tasks and handles ---------------------------------------------------------------------------- */

struct task *check_task(lua_State *L, int index)
{
	struct task **t = luaL_testudata(L, index, TASK_TYPE);

	if (!t)
		luaL_error(
			L,
			"argument %d must be a task, not a %s (methods are called with a colon: a:read(p))",
			index, luaL_typename(L, index));
	return *t;
}

void push_task(lua_State *L, struct task *task)
{
	struct task **t = lua_newuserdatauv(L, sizeof(*t), 0);

	*t = task;
	luaL_setmetatable(L, TASK_TYPE);
}

static int task_index(lua_State *L)
{
	const char *name = lua_tostring(L, 2);
	struct task *task = check_task(L, 1);

	if (!name)
		return luaL_error(L, "a task has methods and no %s keys", luaL_typename(L, 2));
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
		return 1;
	if (strcmp(name, "pid") == 0) {
		lua_pushinteger(L, task->pid);
		return 1;
	}
	if (strcmp(name, "name") == 0) {
		lua_pushstring(L, task->name);
		return 1;
	}
	return luaL_error(L, "a task has no method '%s' (help(a) lists them)", name);
}

static int task_tostring(lua_State *L)
{
	lua_pushstring(L, check_task(L, 1)->name);
	return 1;
}

static int task_eq(lua_State *L)
{
	lua_pushboolean(L, check_task(L, 1) == check_task(L, 2));
	return 1;
}

struct pending *check_handle(lua_State *L, int index)
{
	struct pending **p = luaL_testudata(L, index, HANDLE_TYPE);

	if (!p)
		luaL_error(L, "argument %d must be a handle from a:start, not a %s", index,
			   luaL_typename(L, index));
	return *p;
}

void push_handle(lua_State *L, struct pending *p)
{
	struct pending **to = lua_newuserdatauv(L, sizeof(*to), 0);

	*to = p;
	luaL_setmetatable(L, HANDLE_TYPE);
}

static int handle_gc(lua_State *L)
{
	struct pending **p = lua_touserdata(L, 1);

	pending_put(*p);
	*p = NULL;
	return 0;
}

static int handle_tostring(lua_State *L)
{
	lua_pushfstring(L, "handle of %s", check_handle(L, 1)->op);
	return 1;
}

/* --- registering ---------------------------------------------------------------------------------- */

static void add_rows(lua_State *L, const struct api_row *rows)
{
	for (; rows->name; rows++) {
		lua_pushcfunction(L, rows->fn);
		lua_setfield(L, -2, rows->name);
	}
}

static void open_task_type(lua_State *L)
{
	luaL_newmetatable(L, TASK_TYPE);
	lua_newtable(L);
	add_rows(L, call_rows);
	add_rows(L, mem_rows);
	add_rows(L, file_rows);
	add_rows(L, name_rows);
	add_rows(L, ipc_rows);
	add_rows(L, life_rows);
	add_rows(L, access_rows);
	add_rows(L, look_rows);
	add_rows(L, proc_rows);
	lua_pushcclosure(L, task_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, task_tostring);
	lua_setfield(L, -2, "__tostring");
	lua_pushcfunction(L, task_eq);
	lua_setfield(L, -2, "__eq");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
}

static void open_handle_type(lua_State *L)
{
	luaL_newmetatable(L, HANDLE_TYPE);
	lua_newtable(L);
	add_rows(L, handle_rows);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, handle_gc);
	lua_setfield(L, -2, "__gc");
	lua_pushcfunction(L, handle_tostring);
	lua_setfield(L, -2, "__tostring");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
}

/* expect(cond, msg) is expect.that; expect.eq and the like are its fields. */
static int call_expect(lua_State *L)
{
	lua_remove(L, 1);
	return expect_rows[0].fn(L);
}

static void open_expect(lua_State *L)
{
	lua_newtable(L);
	add_rows(L, expect_rows);
	lua_newtable(L);
	lua_pushcfunction(L, call_expect);
	lua_setfield(L, -2, "__call");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	lua_setglobal(L, "expect");
}

static void open_inject(lua_State *L)
{
	open_object_type(L);
	lua_newtable(L);
	add_rows(L, inject_rows);
	lua_setglobal(L, "inject");
}

void api_open(lua_State *L)
{
	lua_pushglobaltable(L);
	add_rows(L, run_rows);
	add_rows(L, see_rows);
	add_rows(L, state_rows);
	add_rows(L, help_rows);
	lua_pop(L, 1);
	open_task_type(L);
	open_handle_type(L);
	open_state_type(L);
	open_expect(L);
	open_inject(L);
	lua_pushinteger(L, PAGE_SIZE);
	lua_setglobal(L, "PAGE");
	sandbox_lock_globals(L);
}
