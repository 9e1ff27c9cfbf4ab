/* SPDX-License-Identifier: MIT */
/* Globals of the language that make or move the run. */
#include <inttypes.h>
#include <string.h>

#include "script/api.h"

static int run_spawn(lua_State *L)
{
	struct session *s;
	const char *name = luaL_optstring(L, 1, NULL);
	struct task *task;
	int error;

	if (name && (!*name || strlen(name) > 15 ||
		     strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_-") != strlen(name)))
		return luaL_error(L, "a task's name has 1 to 15 letters, digits, '_' or '-'");
	s = op_begin_global(L, "spawn");
	task = session_spawn(s, name, &error);
	if (s->over)
		return raise_over(L);
	if (!task) {
		put_value(&s->result, 0, -error);
		op_end(L, NULL, "spawn", "errno", NULL, NULL);
		return push_value(L, -error);
	}
	buf_puts(&s->args, task->name);
	buf_printf(&s->result, "pid %d", task->pid);
	push_task(L, task);
	op_end(L, NULL, "spawn", "ok", NULL, NULL);
	return 1;
}

static int run_tick(lua_State *L)
{
	struct session *s = op_begin_global(L, "tick");
	lua_Integer ns = luaL_checkinteger(L, 1);

	if (ns < 0)
		return luaL_error(L, "tick: time does not go back");
	if (session_tick(s, ns))
		return raise_over(L);
	buf_printf(&s->args, "%" PRId64 " ns", (int64_t)ns);
	buf_puts(&s->result, "ok");
	op_end(L, NULL, "tick", "ok", NULL, NULL);
	return 0;
}

/* What is said between steps goes to the document, which begins with the machine. */
static int say(lua_State *L, int (*how)(struct report *, const char *, struct error *), const char *text)
{
	struct session *s = sandbox_session(L);

	if (s->over || session_start(s))
		return raise_over(L);
	if (how(s->report, text, &s->error)) {
		session_over(s);
		return raise_over(L);
	}
	return 0;
}

static int run_step(lua_State *L)
{
	return say(L, report_label, luaL_checkstring(L, 1));
}

static int run_dump(lua_State *L)
{
	struct session *s = sandbox_session(L);

	if (s->over || session_look(s))
		return raise_over(L);
	if (report_dump(s->report, &s->error)) {
		session_over(s);
		return raise_over(L);
	}
	return 0;
}

static int run_verify(lua_State *L)
{
	struct session *s = sandbox_session(L);
	int64_t n;

	if (s->over)
		return raise_over(L);
	n = session_verify(s);
	if (n < 0)
		return raise_over(L);
	lua_pushinteger(L, n);
	return 1;
}

static int run_scenario(lua_State *L)
{
	static const char *const fields[] = {"name", "tags", "mem", NULL};
	struct session *s = sandbox_session(L);

	check_fields(L, 1, "scenario", fields);
	if (s->target)
		return luaL_error(
			L, "scenario{} must come before the first operation: the machine runs already");
	if (lua_getfield(L, 1, "name") != LUA_TNIL) {
		snprintf(s->scenario_name, sizeof(s->scenario_name), "%s", luaL_checkstring(L, -1));
		s->scenario = s->scenario_name;
	}
	if (lua_getfield(L, 1, "tags") != LUA_TNIL)
		luaL_checktype(L, -1, LUA_TTABLE);
	if (lua_getfield(L, 1, "mem") == LUA_TNIL)
		return 0;
	if (!parse_size(luaL_checkstring(L, -1), &s->mem_size) || s->mem_size % PAGE_SIZE || !s->mem_size)
		return luaL_error(L, "scenario: mem must be a size such as \"64M\", not \"%s\"",
				  lua_tostring(L, -1));
	return 0;
}

const struct api_row run_rows[] = {
	{"scenario", run_scenario, "scenario{name=, tags={}, mem=\"64M\"}",
	 "Name the scenario and say what RAM it wants (--mem wins). Before anything else."},
	{"spawn", run_spawn, "a = spawn([name])",
	 "A new process with an agent in it. Gives the task, or nil and an errno name."},
	{"tick", run_tick, "tick(ns)",
	 "Virtual time moves on by ns nanoseconds; sleepers whose time comes wake."},
	{"step", run_step, "step(\"label\")", "A heading for the steps that follow."},
	{"dump", run_dump, "dump()", "The whole picture now, whatever --dump says."},
	{"verify", run_verify, "verify()", "Check every invariant now. Gives the number of violations."},
	{NULL, NULL, NULL, NULL},
};
