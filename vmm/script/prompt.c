/* SPDX-License-Identifier: MIT */
/*
 * The prompt: Lua line by line, with history, completion of globals and methods, and the value of
 * an expression printed. Ctrl-C ends the line or the script that runs, Ctrl-D the session.
 */
#include <errno.h>
#include <histedit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "script/api.h"
#include "script/run.h"

/* After the shared headers: it makes a macro of si_addr, which is a field of theirs. */
#include <signal.h>

/* One prompt; what libedit's callbacks find in its client data. */
struct prompt {
	lua_State *L;
	EditLine *el;
	History *history;
	bool more; /* in the middle of a statement */
};

/* --- completion ----------------------------------------------------------------------------------- */

struct matches {
	const char **items; /* names that live in tables or in Lua */
	int n;
};

static void add_match(struct matches *m, const char *name, const char *start)
{
	if (strncmp(name, start, strlen(start)) != 0)
		return;
	m->items = xrealloc(m->items, (m->n + 1) * sizeof(*m->items));
	m->items[m->n++] = name;
}

/* Text keys of the table on top of the stack. Their order is chance; what is shown is sorted. */
static void match_table(lua_State *L, struct matches *m, const char *start)
{
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
		if (lua_type(L, -2) == LUA_TSTRING)
			add_match(m, lua_tostring(L, -2), start);
}

static void match_methods(struct matches *m, const char *start)
{
	static const struct api_row *const tables[] = {call_rows,   mem_rows,  file_rows, name_rows, ipc_rows, life_rows,
						       access_rows, look_rows, proc_rows, handle_rows};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct api_row *row = tables[i]; row->name; row++)
			add_match(m, row->name, start);
}

/* What can follow: a method after a colon, a field after the dot of a global table, a global. */
static const char *find_matches(lua_State *L, struct matches *m, char *word)
{
	char *colon = strrchr(word, ':'), *dot = strrchr(word, '.');
	const char *start = colon ? colon + 1 : dot ? dot + 1 : word;

	lua_pushglobaltable(L);
	if (colon) {
		match_methods(m, start);
	} else if (dot) {
		lua_pushlstring(L, word, dot - word);
		if (lua_rawget(L, -2) == LUA_TTABLE)
			match_table(L, m, start);
		lua_pop(L, 1);
	} else {
		match_table(L, m, start);
	}
	lua_pop(L, 1);
	return start;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void show_matches(struct matches *m)
{
	qsort(m->items, m->n, sizeof(*m->items), by_name);
	printf("\n");
	for (int i = 0; i < m->n; i++)
		printf("%-16s%s", m->items[i], i % 5 == 4 || i + 1 == m->n ? "\n" : "");
	fflush(stdout);
}

/* How far all matches agree. */
static size_t common_length(const struct matches *m)
{
	size_t n = strlen(m->items[0]);

	for (int i = 1; i < m->n; i++)
		for (size_t k = 0; k < n; k++)
			if (m->items[i][k] != m->items[0][k])
				n = k;
	return n;
}

static unsigned char complete(EditLine *el, int key)
{
	const LineInfo *line = el_line(el);
	const char *from = line->cursor;
	struct matches m = {0};
	unsigned char result = CC_ERROR;
	struct prompt *p;
	const char *start;
	char *word;
	size_t have, common;

	(void)key;
	el_get(el, EL_CLIENTDATA, &p);
	while (from > line->buffer && !strchr(" \t\n\"'`@$><=;|&{}(),+-*/%~#[]", from[-1]))
		from--;
	word = strndup(from, line->cursor - from);
	start = find_matches(p->L, &m, word);
	have = strlen(start);
	common = m.n ? common_length(&m) : 0;
	if (m.n && common > have) {
		char *rest = strndup(m.items[0] + have, common - have);

		result = el_insertstr(el, rest) == 0 ? CC_REFRESH : CC_ERROR;
		free(rest);
	} else if (m.n > 1) {
		show_matches(&m);
		result = CC_REDISPLAY;
	}
	free(m.items);
	free(word);
	return result;
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

#define MAX_PRINT_DEPTH 4

static void print_value(lua_State *L, int index, int depth);

/* Fields in pairs' order: a table's own order is chance. */
static void print_table(lua_State *L, int index, int depth)
{
	const char *separator = "";

	lua_getglobal(L, "pairs");
	lua_pushvalue(L, index);
	if (lua_pcall(L, 1, 3, 0) != LUA_OK) {
		printf("table");
		return;
	}
	printf("{");
	for (;;) {
		/* The iterator, the table and the last key are on top. */
		lua_pushvalue(L, -3);
		lua_pushvalue(L, -3);
		lua_pushvalue(L, -3);
		lua_call(L, 2, 2);
		if (lua_isnil(L, -2))
			break;
		printf("%s", separator);
		if (lua_type(L, -2) == LUA_TSTRING)
			printf("%s = ", lua_tostring(L, -2));
		print_value(L, lua_gettop(L), depth + 1);
		separator = ", ";
		lua_pop(L, 1);
		lua_replace(L, -2);
	}
	printf("}");
}

/* Leaves the stack as it was. */
static void print_value(lua_State *L, int index, int depth)
{
	int top = lua_gettop(L);
	lua_Integer n;

	if (lua_isinteger(L, index) && ((n = lua_tointeger(L, index)) > 0xffff || n < -0xffff))
		printf("0x%llx", (unsigned long long)n);
	else if (lua_type(L, index) == LUA_TTABLE && depth < MAX_PRINT_DEPTH && lua_checkstack(L, 10))
		print_table(L, index, depth);
	else
		printf("%s", to_text(L, index));
	lua_settop(L, top);
}

static void print_values(lua_State *L)
{
	int n = lua_gettop(L);

	for (int i = 1; i <= n; i++) {
		print_value(L, i, 0);
		printf(i < n ? "\t" : "\n");
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
		s->last_op_at = seconds_now(); /* thinking time is the user's own */
		sandbox_interrupt = 0;
		status = lua_pcall(L, 0, LUA_MULTRET, 0);
	}
	if (status == LUA_OK)
		print_values(L);
	else
		tell_error(L, s, status);
	lua_settop(L, 0);
}

static const char *prompt_text(EditLine *el)
{
	struct prompt *p;

	el_get(el, EL_CLIENTDATA, &p);
	return p->more ? ">> " : "> ";
}

/* One statement, over as many lines as it takes, loaded. NULL: end of input. Ctrl-C: begin anew. */
static char *read_statement(struct prompt *p, int *status)
{
	struct buf all = {0};

	p->more = false;
	for (;;) {
		int n;
		const char *line = el_gets(p->el, &n);

		if (!line && sandbox_interrupt) {
			sandbox_interrupt = 0;
			el_reset(p->el);
			printf("\n");
			buf_clear(&all);
			p->more = false;
			continue;
		}
		if (!line || n <= 0) {
			buf_free(&all);
			return NULL;
		}
		buf_puts(&all, line);
		lua_settop(p->L, 0);
		*status = load_line(p->L, all.text);
		if (!incomplete(p->L, *status))
			return all.text;
		p->more = true;
	}
}

static bool open_editor(struct prompt *p)
{
	HistEvent event;

	p->el = el_init("vmm", stdin, stdout, stderr);
	p->history = history_init();
	if (!p->el || !p->history)
		return false;
	history(p->history, &event, H_SETSIZE, 1000);
	el_set(p->el, EL_CLIENTDATA, p);
	el_set(p->el, EL_HIST, history, p->history);
	el_set(p->el, EL_PROMPT, prompt_text);
	el_set(p->el, EL_EDITOR, "emacs");
	el_set(p->el, EL_ADDFN, "complete", "Complete a name", complete);
	el_set(p->el, EL_BIND, "^I", "complete", NULL);
	el_set(p->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	return true;
}

static void close_editor(struct prompt *p)
{
	if (p->el)
		el_end(p->el);
	if (p->history)
		history_end(p->history);
}

void prompt_run(lua_State *L, struct session *s)
{
	/* Without SA_RESTART: Ctrl-C must end the read of the line. */
	struct sigaction action = {.sa_handler = on_interrupt};
	struct prompt p = {.L = L};
	HistEvent event;
	char *line;
	int status;

	if (!open_editor(&p)) {
		error_set(&s->error, EXIT_HOST, "the terminal cannot be edited on");
		fprintf(stderr, "vmm: %s\n", s->error.text);
		session_over(s);
	} else if (session_start(s)) {
		fprintf(stderr, "vmm: %s\n", s->error.text);
	} else {
		sigaction(SIGINT, &action, NULL);
		printf("a = spawn() makes a task; help() tells the rest; Ctrl-D ends.\n");
	}
	while (!s->over && (line = read_statement(&p, &status))) {
		if (line[strspn(line, " \t\n")])
			history(p.history, &event, H_ENTER, line);
		run_line(L, s, status);
		free(line);
	}
	printf("\n");
	close_editor(&p);
}
