/* SPDX-License-Identifier: MIT */
/* Expectations: what a scenario holds to be true. The first that fails ends the script, status 1. */
#include <inttypes.h>
#include <string.h>

#include "script/api.h"

/* Numbers from here up are likelier addresses than counts. */
#define HEX_FROM 0x10000

int expect_failed(lua_State *L, const char *what, const char *message)
{
	struct session *s = sandbox_session(L);
	struct buf b = {0};

	session_failure(s);
	buf_printf(&b, "expectation failed: %s%s%s", message ? message : "", message ? ": " : "", what);
	if (s->last_step[0])
		buf_printf(&b, "\n  %s", s->last_step);
	if (s->report) {
		size_t before;

		buf_puts(&b, "\n  from the picture before it to the one after:\n");
		before = b.len;
		report_last_changes(s->report, &b);
		if (b.len == before)
			buf_puts(&b, "     no difference");
		else if (b.text[b.len - 1] == '\n')
			b.text[--b.len] = 0;
	}
	luaL_where(L, 1);
	lua_pushlstring(L, buf_text(&b), b.len);
	buf_free(&b);
	lua_concat(L, 2);
	return lua_error(L);
}

static const char *opt_message(lua_State *L, int index)
{
	return lua_isnoneornil(L, index) ? NULL : luaL_checkstring(L, index);
}

/* Leaves the text of a value on the stack. */
static const char *describe(lua_State *L, int index)
{
	lua_Integer n;

	index = lua_absindex(L, index);
	if (lua_type(L, index) == LUA_TSTRING)
		return lua_pushfstring(L, "\"%s\"", lua_tostring(L, index));
	if (!lua_isinteger(L, index))
		return to_text(L, index);
	n = lua_tointeger(L, index);
	if (n >= HEX_FROM || n < -HEX_FROM) {
		char text[24];

		snprintf(text, sizeof(text), "0x%" PRIx64, (uint64_t)n);
		return lua_pushstring(L, text);
	}
	return lua_pushfstring(L, "%I", n);
}

static int expect_that(lua_State *L)
{
	if (!lua_isnone(L, 1) && lua_toboolean(L, 1))
		return 0;
	return expect_failed(L, lua_isnone(L, 1) ? "expect() without a condition" : "the condition does not hold",
		    opt_message(L, 2));
}

static int expect_eq(lua_State *L)
{
	luaL_checkany(L, 2);
	if (lua_compare(L, 1, 2, LUA_OPEQ))
		return 0;
	lua_pushfstring(L, "%s is not %s", describe(L, 1), describe(L, 2));
	return expect_failed(L, lua_tostring(L, -1), opt_message(L, 3));
}

/* Call argument 1, a function; its first two results are left at 4 and 5 of the stack. */
static void call_it(lua_State *L, const char *name)
{
	if (lua_type(L, 1) != LUA_TFUNCTION)
		luaL_error(L, "%s takes a function first: %s(function() return a:read(p) end, …)", name,
			   name);
	lua_settop(L, 3);
	lua_pushvalue(L, 1);
	lua_call(L, 0, 2);
}

static int expect_fault(lua_State *L)
{
	static const char *const fields[] = {"signal", "code", "addr", "done", "lsb", NULL};

	if (!lua_isnoneornil(L, 2))
		check_fields(L, 2, "expect.fault", fields);
	call_it(L, "expect.fault"); /* results at 4 and 5, the message at 3 */
	if (!lua_isnil(L, 4) || lua_type(L, 5) != LUA_TTABLE) {
		lua_pushfstring(L, "no fault, but %s", describe(L, 4));
		return expect_failed(L, lua_tostring(L, -1), opt_message(L, 3));
	}
	for (const char *const *field = fields; *field && lua_istable(L, 2); field++) {
		if (lua_getfield(L, 2, *field) == LUA_TNIL)
			continue;
		lua_getfield(L, 5, *field);
		if (!lua_compare(L, -1, -2, LUA_OPEQ)) {
			lua_pushfstring(L, "the fault's %s is %s and not %s", *field, describe(L, 7),
					describe(L, 6));
			return expect_failed(L, lua_tostring(L, -1), opt_message(L, 3));
		}
		lua_settop(L, 5);
	}
	return 0;
}

static int expect_errno(lua_State *L)
{
	const char *name = luaL_checkstring(L, 2);

	if (!errno_number(name))
		return luaL_error(L, "expect.errno: there is no errno called \"%s\"", name);
	call_it(L, "expect.errno");
	if (!lua_isnil(L, 4)) {
		lua_pushfstring(L, "no error, but %s", describe(L, 4));
		return expect_failed(L, lua_tostring(L, -1), opt_message(L, 3));
	}
	if (lua_type(L, 5) == LUA_TSTRING && strcmp(lua_tostring(L, 5), name) == 0)
		return 0;
	lua_pushfstring(L, "the error is %s and not %s", to_text(L, 5), name);
	return expect_failed(L, lua_tostring(L, -1), opt_message(L, 3));
}

static void check_ids(lua_State *L, const char *ids)
{
	char id[64];

	while (*ids) {
		size_t n = strcspn(ids, ", ");

		snprintf(id, sizeof(id), "%.*s", (int)n, ids);
		if (n && strcmp(id, "*") && !find_invariant(id))
			luaL_error(L, "expect.finding: there is no invariant called \"%s\" (vmm invariants)", id);
		ids += n + !!ids[n];
	}
}

/* What differs between the ids waited for and those found, in words; empty: nothing. */
static void put_difference(const struct session *s, const char *ids, struct buf *b)
{
	const bool others = id_among(ids, "*");

	for (uint32_t i = 0; i < s->nr_expected && !others; i++)
		if (!id_among(ids, s->expected[i]->id))
			buf_printf(b, "%s%s was found, too", b->len ? ", " : "", s->expected[i]->id);
	while (*ids) {
		size_t n = strcspn(ids, ", ");
		bool found = n == 0 || (n == 1 && *ids == '*');

		for (uint32_t i = 0; i < s->nr_expected && !found; i++)
			found = strlen(s->expected[i]->id) == n && !memcmp(s->expected[i]->id, ids, n);
		if (!found)
			buf_printf(b, "%s%.*s was not found", b->len ? ", " : "", (int)n, ids);
		ids += n + !!ids[n];
	}
}

static int expect_finding(lua_State *L)
{
	struct session *s = sandbox_session(L);
	const char *ids = luaL_checkstring(L, 1);
	struct buf difference = {0};
	int status;

	check_ids(L, ids);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	if (s->expecting)
		return luaL_error(L, "expect.finding inside expect.finding: name all in one");
	s->expecting = ids;
	s->nr_expected = 0;
	lua_settop(L, 3);
	lua_pushvalue(L, 2);
	status = lua_pcall(L, 0, 0, 0);
	s->expecting = NULL;
	if (status != LUA_OK)
		return lua_error(L);
	put_difference(s, ids, &difference);
	if (!difference.len)
		return 0;
	lua_pushlstring(L, difference.text, difference.len);
	buf_free(&difference);
	return expect_failed(L, lua_tostring(L, -1), opt_message(L, 3));
}

const struct api_row expect_rows[] = {
	{"that", expect_that, "expect(condition [, message])",
	 "The condition holds (neither nil nor false)."},
	{"eq", expect_eq, "expect.eq(a, b [, message])", "a equals b."},
	{"fault", expect_fault, "expect.fault(function, {signal=, code=, addr=, done=} [, message])",
	 "The access in the function faults, and its fault has these fields."},
	{"errno", expect_errno, "expect.errno(function, \"ENOMEM\" [, message])",
	 "The call in the function fails with this error."},
	{"finding", expect_finding, "expect.finding(\"map-count, total-vm\", function [, message])",
	 "In the function's steps the verifier finds violations of exactly these invariants, which count as no failure; with "
	 "\"map-count, *\" of others, too."},
	{"proc", expect_proc, "expect.proc(a [, b])",
	 "a reads the files of /proc about b's memory (its own without b), as one step; they say byte for byte what b:proc() "
	 "makes of RAM: maps, smaps, smaps_rollup, statm, status, and pagemap for the first 1024 pages of each area."},
	{NULL, NULL, NULL, NULL},
};
