/* SPDX-License-Identifier: MIT */
/* The scenario's Lua; see sandbox.h. */
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "script/sandbox.h"
#include "script/sorted.h"

#define HOOK_INSTRUCTIONS 1000000

volatile int sandbox_interrupt;

/* The registry's memory account, and the way back to the session. */
struct sandbox {
	struct session *session;
	size_t used;
};

static struct sandbox *sandbox_of(lua_State *L)
{
	void *ud;

	lua_getallocf(L, &ud);
	return ud;
}

struct session *sandbox_session(lua_State *L)
{
	return sandbox_of(L)->session;
}

/* lua_Alloc with a limit; osize is a type tag and no size when ptr is NULL. */
static void *limited_alloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
	struct sandbox *box = ud;
	size_t old = ptr ? osize : 0;
	void *new;

	if (nsize == 0) {
		box->used -= old;
		free(ptr);
		return NULL;
	}
	if (nsize > old && box->used + (nsize - old) > SCRIPT_MEMORY_LIMIT)
		return NULL;
	new = realloc(ptr, nsize);
	if (new)
		box->used += nsize - old;
	return new;
}

static void on_instructions(lua_State *L, lua_Debug *ar)
{
	struct session *s = sandbox_session(L);
	double limit = s->options->time_limit;

	(void)ar;
	if (sandbox_interrupt) {
		sandbox_interrupt = 0;
		luaL_error(L, "interrupted");
	}
	if (limit <= 0 || seconds_now() - s->last_op_at < limit)
		return;
	error_set(&s->error, EXIT_TIME, "the script ran %g seconds without an operation (--time-limit)",
		  limit);
	session_over(s);
	raise_over(L);
}

int raise_over(lua_State *L)
{
	return luaL_error(L, "%s", sandbox_session(L)->error.text);
}

/* --- text without host addresses ------------------------------------------------------------------ */

const char *to_text(lua_State *L, int index)
{
	int type = lua_type(L, index);

	index = lua_absindex(L, index);
	if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
		lua_pop(L, 1);
		return luaL_tolstring(L, index, NULL);
	}
	if (type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TUSERDATA ||
	    type == LUA_TLIGHTUSERDATA || type == LUA_TTHREAD)
		return lua_pushstring(L, lua_typename(L, type));
	return luaL_tolstring(L, index, NULL);
}

static int box_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	to_text(L, 1);
	return 1;
}

static int box_print(lua_State *L)
{
	struct session *s = sandbox_session(L);
	struct buf b = {0};
	int n = lua_gettop(L), failed;

	for (int i = 1; i <= n; i++) {
		buf_puts(&b, i > 1 ? "\t" : "");
		buf_puts(&b, to_text(L, i));
		lua_pop(L, 1);
	}
	/* Before the machine runs there is no document yet: saying something starts it. */
	failed = session_start(s) || report_print(s->report, buf_text(&b), &s->error);
	buf_free(&b);
	if (failed && !s->over)
		session_over(s);
	return failed ? raise_over(L) : 0;
}

/* string.format without host addresses, for %p, tables and functions. Upvalue 1: the original. */
static int box_format(lua_State *L)
{
	const char *f = luaL_checkstring(L, 1);
	int n = lua_gettop(L), arg = 1;

	for (; *f; f++) {
		if (*f != '%')
			continue;
		f++;
		if (*f == '%')
			continue;
		while (*f && strchr("-+ #0123456789.", *f))
			f++;
		if (*f == 'p')
			return luaL_error(
				L,
				"string.format: %%p would tell host addresses, which differ from run to run");
		arg++;
		if (*f == 's' && arg <= n) {
			to_text(L, arg);
			lua_replace(L, arg);
		}
		if (!*f)
			break;
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, n, 1);
	return 1;
}

/* --- errors --------------------------------------------------------------------------------------- */

/* pcall that lets the end of the run through: a script cannot go on without its machine. */
static int box_pcall(lua_State *L)
{
	int status;

	luaL_checkany(L, 1);
	status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
	if (status != LUA_OK && sandbox_session(L)->over)
		return lua_error(L);
	lua_pushboolean(L, status == LUA_OK);
	lua_insert(L, 1);
	return lua_gettop(L);
}

static int box_randomseed(lua_State *L)
{
	luaL_checkinteger(L, 1); /* without an argument Lua would take time and an address */
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 0);
	return 0;
}

/* --- strict globals ------------------------------------------------------------------------------- */

static int unknown_global(lua_State *L)
{
	return luaL_error(L, "unknown global '%s'%s", to_text(L, 2),
			  " (help() lists what there is; a local needs its declaration first)");
}

static bool assigned_in_main_chunk(lua_State *L)
{
	lua_Debug ar;

	return lua_getstack(L, 1, &ar) && lua_getinfo(L, "S", &ar) && strcmp(ar.what, "main") == 0;
}

static int new_global(lua_State *L)
{
	if (!assigned_in_main_chunk(L))
		return luaL_error(L,
				  "assignment to unknown global '%s' inside a function (did you mean local?)",
				  to_text(L, 2));
	lua_rawset(L, 1);
	return 0;
}

void sandbox_lock_globals(lua_State *L)
{
	static const luaL_Reg strict[] = {
		{"__index", unknown_global}, {"__newindex", new_global}, {NULL, NULL}};

	lua_pushglobaltable(L);
	luaL_newlib(L, strict);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	lua_pop(L, 1);
}

/* --- making one ----------------------------------------------------------------------------------- */

static void wrap(lua_State *L, const char *library, const char *name, lua_CFunction fn)
{
	lua_getglobal(L, library);
	lua_getfield(L, -1, name);
	lua_pushcclosure(L, fn, 1);
	lua_setfield(L, -2, name);
	lua_pop(L, 1);
}

static void forget(lua_State *L, const char *library, const char *name)
{
	lua_getglobal(L, library);
	lua_pushnil(L);
	lua_setfield(L, -2, name);
	lua_pop(L, 1);
}

static void open_libraries(lua_State *L)
{
	static const luaL_Reg libraries[] = {
		{LUA_GNAME, luaopen_base},	  {LUA_TABLIBNAME, luaopen_table},
		{LUA_STRLIBNAME, luaopen_string}, {LUA_MATHLIBNAME, luaopen_math},
		{LUA_UTF8LIBNAME, luaopen_utf8},
	};
	static const char *const removed[] = {
		"collectgarbage", "dofile", "load", "loadfile", "next", "require", "warn", "xpcall",
	};

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
		lua_pop(L, 1);
	}
	for (size_t i = 0; i < sizeof(removed) / sizeof(removed[0]); i++) {
		lua_pushnil(L);
		lua_setglobal(L, removed[i]);
	}
	/* What pairs sorts with, wherever the script's own table.sort may point. */
	lua_getglobal(L, LUA_TABLIBNAME);
	lua_getfield(L, -1, "sort");
	lua_setfield(L, LUA_REGISTRYINDEX, SORT_KEY);
	lua_pop(L, 1);
}

static void seed_random(lua_State *L, uint64_t seed)
{
	lua_getglobal(L, "math");
	lua_getfield(L, -1, "randomseed");
	lua_pushinteger(L, (lua_Integer)seed);
	lua_call(L, 1, 0);
	lua_pop(L, 1);
}

lua_State *sandbox_new(struct session *s, uint64_t seed)
{
	struct sandbox *box = xcalloc(1, sizeof(*box));
	lua_State *L;

	box->session = s;
	L = lua_newstate(limited_alloc, box);
	if (!L) {
		free(box);
		return NULL;
	}
	open_libraries(L);
	wrap(L, LUA_STRLIBNAME, "format", box_format);
	wrap(L, LUA_MATHLIBNAME, "randomseed", box_randomseed);
	forget(L, LUA_STRLIBNAME, "dump");
	lua_register(L, "tostring", box_tostring);
	lua_register(L, "print", box_print);
	lua_register(L, "pcall", box_pcall);
	lua_register(L, "pairs", sorted_pairs);
	seed_random(L, seed);
	lua_sethook(L, on_instructions, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
	return L;
}

void sandbox_close(lua_State *L)
{
	struct sandbox *box = sandbox_of(L);

	lua_close(L);
	free(box);
}
