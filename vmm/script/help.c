/* SPDX-License-Identifier: MIT */
/* help(): the rows that register the language, printed. */
#include <string.h>

#include "script/api.h"

static const struct {
	const char *title;
	const struct api_row *rows;
} groups[] = {
	{"Running", run_rows},
	{"Going back", state_rows},
	{"Looking", see_rows},
	{"Expecting", expect_rows},
	{"Breaking things", inject_rows},
	{"Help", help_rows},
	{"A task: system calls", call_rows},
	{"A task: its areas", mem_rows},
	{"A task: files", file_rows},
	{"A task: names and directories", name_rows},
	{"A task: pipes, shared memory, futexes", ipc_rows},
	{"A task: its life", life_rows},
	{"A task: memory", access_rows},
	{"A task: looking", look_rows},
	{"A task: /proc", proc_rows},
	{"A handle", handle_rows},
};
#define NR_GROUPS (sizeof(groups) / sizeof(groups[0]))

static void put_row(struct buf *b, const struct api_row *row)
{
	buf_printf(b, "  %s\n      %s\n", row->usage, row->help);
}

static void put_group(struct buf *b, size_t g)
{
	buf_printf(b, "%s\n", groups[g].title);
	for (const struct api_row *row = groups[g].rows; row->name; row++)
		put_row(b, row);
}

/* Rows that match a name or a function. */
static void put_matching(struct buf *b, const char *name, lua_CFunction fn)
{
	for (size_t g = 0; g < NR_GROUPS; g++)
		for (const struct api_row *row = groups[g].rows; row->name; row++)
			if ((name && strcmp(row->name, name) == 0) || (fn && row->fn == fn))
				put_row(b, row);
}

static size_t group_of(const struct api_row *rows)
{
	size_t g = 0;

	while (groups[g].rows != rows)
		g++;
	return g;
}

static void put_help(lua_State *L, struct buf *b)
{
	size_t first = 0, last = NR_GROUPS - 1;

	if (luaL_testudata(L, 1, TASK_TYPE))
		first = group_of(call_rows), last = group_of(look_rows);
	else if (luaL_testudata(L, 1, HANDLE_TYPE))
		first = last = group_of(handle_rows);
	else if (lua_type(L, 1) == LUA_TTABLE)
		first = last = group_of(expect_rows);
	else if (!lua_isnoneornil(L, 1)) {
		put_matching(b, lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : NULL,
			     lua_tocfunction(L, 1));
		if (!b->len)
			buf_puts(b, "  nothing is known of that; help() lists everything\n");
		return;
	}
	for (size_t g = first; g <= last; g++)
		put_group(b, g);
	if (lua_isnoneornil(L, 1))
		buf_puts(b, "Also: PAGE is 4096; string, table, math, utf8 and the plain functions of Lua "
			    "5.4.\n");
}

static int help(lua_State *L)
{
	struct session *s = sandbox_session(L);
	struct buf b = {0};
	int failed;

	put_help(L, &b);
	if (b.len)
		b.text[--b.len] = 0;
	/* At the prompt help must not wait for a machine. */
	failed = 0;
	if (s->interactive)
		fprintf(s->to, "%s\n", buf_text(&b));
	else
		failed = session_start(s) || report_print(s->report, buf_text(&b), &s->error);
	buf_free(&b);
	if (failed && !s->over)
		session_over(s);
	return failed ? raise_over(L) : 0;
}

const struct api_row help_rows[] = {
	{"help", help, "help([x])",
	 "All of the language; or of a task, a handle, expect, a function or a name."},
	{NULL, NULL, NULL, NULL},
};
