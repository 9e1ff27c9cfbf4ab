/* SPDX-License-Identifier: MIT */
/* Sorted iteration; see sorted.h. */
#include <lauxlib.h>
#include <stdbool.h>

#include "script/sorted.h"

/* Order of types among keys. */
static int rank(lua_State *L, int index)
{
	switch (lua_type(L, index)) {
	case LUA_TNUMBER:
		return 0;
	case LUA_TSTRING:
		return 1;
	case LUA_TBOOLEAN:
		return 2;
	default:
		return luaL_error(
			L, "pairs: a key is a %s, and those have no order that is the same in every run",
			luaL_typename(L, index));
	}
}

/* The comparison function of table.sort. */
static int less(lua_State *L)
{
	int a = rank(L, 1), b = rank(L, 2);
	bool result;

	if (a != b)
		result = a < b;
	else if (a == 2)
		result = !lua_toboolean(L, 1) && lua_toboolean(L, 2);
	else
		result = lua_compare(L, 1, 2, LUA_OPLT);
	lua_pushboolean(L, result);
	return 1;
}

/* The iterator: upvalues are the keys and how many were given. Keys that have gone since are skipped. */
static int next_key(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));

	lua_settop(L, 1);
	for (;;) {
		lua_pushinteger(L, ++i);
		lua_copy(L, -1, lua_upvalueindex(2));
		lua_pop(L, 1);
		if (lua_geti(L, lua_upvalueindex(1), i) == LUA_TNIL)
			return 1;
		lua_pushvalue(L, -1);
		if (lua_rawget(L, 1) != LUA_TNIL)
			return 2;
		lua_settop(L, 1);
	}
}

int sorted_pairs(lua_State *L)
{
	lua_Integer n = 0;

	luaL_checkany(L, 1);
	if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
		lua_pushvalue(L, 1);
		lua_call(L, 1, 3);
		return 3;
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, 1);) {
		lua_pop(L, 1);
		rank(L, -1);
		lua_pushvalue(L, -1);
		lua_seti(L, 2, ++n);
	}
	lua_getfield(L, LUA_REGISTRYINDEX, SORT_KEY);
	lua_pushvalue(L, 2);
	lua_pushcfunction(L, less);
	lua_call(L, 2, 0);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_key, 2);
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	return 3;
}
