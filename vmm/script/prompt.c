/* SPDX-License-Identifier: MIT */
/*
 * The prompt: Lua line by line, with history, completion of globals and methods, and the value of
 * an expression printed. Ctrl-C ends the line or the script that runs, Ctrl-D the session.
 */
#include <editline/readline.h>
#include <stdlib.h>
#include <string.h>

#include "script/api.h"
#include "script/run.h"

/* After the shared headers: it makes a macro of si_addr, which is a field of theirs. */
#include <signal.h>

/* Completion has no argument of its own in this library. */
static lua_State *completing;

/* --- completion ----------------------------------------------------------------------------------- */

struct matches {
	char **items;
	int n;
};

static void add_match(struct matches *m, const char *prefix, size_t prefix_len, const char *name)
{
	char *text = xmalloc(prefix_len + strlen(name) + 1);

	memcpy(text, prefix, prefix_len);
	strcpy(text + prefix_len, name);
	m->items = xrealloc(m->items, (m->n + 1) * sizeof(*m->items));
	m->items[m->n++] = text;
}

static void match_rows(struct matches *m, const struct api_row *rows, const char *prefix, size_t prefix_len,
		       const char *start)
{
	for (; rows->name; rows++)
		if (strncmp(rows->name, start, strlen(start)) == 0)
			add_match(m, prefix, prefix_len, rows->name);
}

static void match_globals(struct matches *m, const char *start)
{
	lua_State *L = completing;

	lua_pushglobaltable(L);
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
		if (lua_type(L, -2) == LUA_TSTRING && strncmp(lua_tostring(L, -2), start, strlen(start)) == 0)
			add_match(m, "", 0, lua_tostring(L, -2));
	lua_pop(L, 1);
}

/* Fields of a global table: expect.eq, string.format. */
static void match_fields(struct matches *m, const char *text, size_t dot)
{
	lua_State *L = completing;

	lua_pushglobaltable(L);
	lua_pushlstring(L, text, dot);
	if (lua_rawget(L, -2) == LUA_TTABLE)
		for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
			if (lua_type(L, -2) == LUA_TSTRING &&
			    strncmp(lua_tostring(L, -2), text + dot + 1, strlen(text + dot + 1)) == 0)
				add_match(m, text, dot + 1, lua_tostring(L, -2));
	lua_pop(L, 2);
}

static void match_methods(struct matches *m, const char *text, size_t colon)
{
	static const struct api_row *const tables[] = {call_rows, life_rows, access_rows, look_rows, handle_rows};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		match_rows(m, tables[i], text, colon + 1, text + colon + 1);
}

/* What all matches begin with. */
static char *common_start(const struct matches *m)
{
	size_t n = strlen(m->items[0]);

	for (int i = 1; i < m->n; i++)
		for (size_t k = 0; k < n; k++)
			if (m->items[i][k] != m->items[0][k])
				n = k;
	return strndup(m->items[0], n);
}

/* The form that the library wants: first the common start, then the matches, then NULL; it frees all. */
static char **complete(const char *text, int start, int end)
{
	struct matches m = {0};
	size_t colon = strcspn(text, ":"), dot = strcspn(text, ".");
	char **list;

	(void)start;
	(void)end;
	rl_attempted_completion_over = 1;	/* never fall back to file names */
	if (text[colon])
		match_methods(&m, text, colon);
	else if (text[dot])
		match_fields(&m, text, dot);
	else
		match_globals(&m, text);
	if (m.n == 0)
		return NULL;
	list = xcalloc(m.n + 2, sizeof(*list));
	list[0] = common_start(&m);
	memcpy(list + 1, m.items, m.n * sizeof(*list));
	free(m.items);
	return list;
}

/* --- lines ---------------------------------------------------------------------------------------- */

/* An expression's value is wanted; what is none is a statement. Leaves function or message on the stack. */
static int load_line(lua_State *L, const char *line)
{
	int status;

	lua_pushfstring(L, "return %s", line);
	status = luaL_loadbufferx(L, lua_tostring(L, -1), lua_rawlen(L, -1), "=prompt", "t");
	if (status == LUA_OK) {
		lua_remove(L, -2);
		return status;
	}
	lua_settop(L, 0);
	return luaL_loadbufferx(L, line, strlen(line), "=prompt", "t");
}

/* Lua says so when a statement goes on in the next line. */
static bool incomplete(lua_State *L, int status)
{
	const char *text = status == LUA_ERRSYNTAX ? lua_tostring(L, -1) : NULL;
	size_t n = text ? strlen(text) : 0;

	return n >= 5 && strcmp(text + n - 5, "<eof>") == 0;
}

static void print_value(lua_State *L, int index)
{
	lua_Integer n;

	if (lua_isinteger(L, index) && ((n = lua_tointeger(L, index)) > 0xffff || n < 0)) {
		printf("%lld (0x%llx)", (long long)n, (unsigned long long)n);
		return;
	}
	if (lua_type(L, index) != LUA_TTABLE || luaL_getmetafield(L, index, "__call") != LUA_TNIL) {
		printf("%s", to_text(L, index));
		return;
	}
	printf("{");
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
		if (lua_type(L, -2) == LUA_TSTRING)
			printf(" %s =", lua_tostring(L, -2));
		printf(" ");
		print_value(L, lua_gettop(L));
		printf(",");
		lua_settop(L, lua_gettop(L) - (lua_gettop(L) > 60));
	}
	printf(" }");
}

static void print_values(lua_State *L)
{
	int n = lua_gettop(L);

	for (int i = 1; i <= n; i++) {
		print_value(L, i);
		printf(i < n ? "\t" : "\n");
		lua_settop(L, n);
	}
	fflush(stdout);
}

static void on_interrupt(int signo)
{
	(void)signo;
	sandbox_interrupt = 1;
}

static void run_line(lua_State *L, struct session *s, int status)
{
	if (status == LUA_OK) {
		s->last_op_at = seconds_now();	/* thinking time is the user's own */
		sandbox_interrupt = 0;
		status = lua_pcall(L, 0, LUA_MULTRET, 0);
	}
	if (status == LUA_OK)
		print_values(L);
	else
		tell_error(L, s, status);
	lua_settop(L, 0);
}

/* One statement, over as many lines as it takes. NULL: end of input. */
static char *read_statement(lua_State *L, int *status)
{
	char *all = readline("> ");

	while (all) {
		char *more, *joined;

		*status = load_line(L, all);
		if (!incomplete(L, *status) || !(more = readline(">> ")))
			break;
		lua_settop(L, 0);
		joined = xmalloc(strlen(all) + strlen(more) + 2);
		sprintf(joined, "%s\n%s", all, more);
		free(all);
		free(more);
		all = joined;
	}
	return all;
}

void prompt_run(lua_State *L, struct session *s)
{
	struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
	char *line;
	int status;

	completing = L;
	rl_initialize();
	rl_readline_name = "vmm";
	rl_attempted_completion_function = complete;
	rl_basic_word_break_characters = " \t\n\"'`@$><=;|&{(,+-*/%~#";
	using_history();
	sigaction(SIGINT, &action, NULL);
	printf("mmscope " MMSCOPE_VERSION ": a = spawn() makes a task; help() tells the rest; Ctrl-D ends.\n");
	if (session_start(s)) {
		fprintf(stderr, "vmm: %s\n", s->error.text);
		return;
	}
	while (!s->over && (line = read_statement(L, &status))) {
		if (*line)
			add_history(line);
		run_line(L, s, status);
		free(line);
	}
	printf("\n");
}
