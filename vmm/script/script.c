/* SPDX-License-Identifier: MIT */
/* script_main: what of scenario, tour and prompt it is, from start to exit status. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "script/api.h"
#include "script/run.h"
#include "script/script.h"
#include "target/guest.h"

/* After the shared headers: it makes a macro of si_addr, which is a field of theirs. */
#include <signal.h>

/* A scenario is written by hand. */
#define MAX_SCRIPT_SIZE (4 << 20)

/* Far more than any boot takes; beyond it the guest hangs. */
#define MAX_COUNTED_INSTRUCTIONS 10000000

/* --- how a run is repeated ------------------------------------------------------------------------ */

static void put_word(FILE *to, const char *word)
{
	if (*word &&
	    strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%") ==
		    strlen(word)) {
		fputs(word, to);
		return;
	}
	fputc('\'', to);
	for (; *word; word++)
		if (*word == '\'')
			fputs("'\\''", to);
		else
			fputc(*word, to);
	fputc('\'', to);
}

static bool says_seed(const struct options *o)
{
	for (int i = 1; i < o->argc; i++)
		if (strcmp(o->argv[i], "--seed") == 0 || strncmp(o->argv[i], "--seed=", 7) == 0)
			return true;
	return false;
}

static void tell_how_to_repeat(const struct options *o)
{
	fputs("repeat with: ", stderr);
	put_word(stderr, o->argc ? o->argv[0] : "vmm");
	if (!says_seed(o))
		fprintf(stderr, " --seed %" PRIu64, o->seed);
	for (int i = 1; i < o->argc; i++) {
		fputc(' ', stderr);
		put_word(stderr, o->argv[i]);
	}
	fputc('\n', stderr);
}

/* --- one chunk ------------------------------------------------------------------------------------ */

void tell_error(lua_State *L, struct session *s, int lua_status)
{
	const char *text = lua_status == LUA_ERRMEM
				   ? "the script wants more memory than it may have (256 MiB)"
				   : to_text(L, -1);

	fflush(s->to);
	fprintf(stderr, "vmm: %s\n", text);
	if (s->over && s->doing[0])
		fprintf(stderr, "  in %s\n", s->doing);
	/* A failed expectation has its status already, and so has an error that ended the run. */
	if (!s->over && strstr(text, "expectation failed: ") == NULL)
		s->status = status_max(s->status, s->interactive ? EXIT_HELD : EXIT_USAGE);
	lua_settop(L, 0);
}

static char *read_script(const char *path, size_t *size, struct error *e)
{
	FILE *f = fopen(path, "rb");
	struct buf text = {0};
	char part[16384];
	size_t n;

	if (!f) {
		error_set(e, EXIT_USAGE, "cannot open the scenario %s: %s", path, strerror(errno));
		return NULL;
	}
	buf_puts(&text, "");
	while (text.len <= MAX_SCRIPT_SIZE && (n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&text, part, n);
	if (!ferror(f) && text.len <= MAX_SCRIPT_SIZE) {
		fclose(f);
		*size = text.len;
		return text.text;
	}
	if (ferror(f))
		error_set(e, EXIT_USAGE, "cannot read the scenario %s: %s", path, strerror(errno));
	else
		error_set(e, EXIT_USAGE, "%s is no scenario: more than 4 MiB", path);
	fclose(f);
	buf_free(&text);
	return NULL;
}

static void run_chunk(lua_State *L, struct session *s, const char *text, size_t size, const char *name)
{
	int status = luaL_loadbufferx(L, text, size, name, "t");

	if (status == LUA_OK)
		status = lua_pcall(L, 0, 0, 0);
	if (status != LUA_OK)
		tell_error(L, s, status);
}

static void run_file(lua_State *L, struct session *s, const char *path)
{
	char name[4096 + 2];
	size_t size;
	char *text = read_script(path, &size, &s->error);

	if (!text) {
		fprintf(stderr, "vmm: %s\n", s->error.text);
		session_over(s);
		return;
	}
	/* A first line for the shell is none of Lua's. */
	if (size > 1 && text[0] == '#' && text[1] == '!')
		text[0] = text[1] = '-';
	snprintf(name, sizeof(name), "@%s", path);
	run_chunk(L, s, text, size, name);
	free(text);
}

/* --- counting instructions ------------------------------------------------------------------------ */

static void count_instructions(struct session *s)
{
	int guest_errno;

	s->max_instructions = MAX_COUNTED_INSTRUCTIONS;
	/* The first instruction of ring 3 is the first task's. */
	if (session_start(s) == 0 && session_spawn(s, NULL, &guest_errno))
		fprintf(s->to,
			"%" PRIu64
			" ring-0 instructions from the PVH entry to the first ring-3 instruction\n",
			target_guest_machine(s->target)->instructions);
	else
		fprintf(stderr, "vmm: %s\n", s->over ? s->error.text : "the guest did not spawn a task");
}

/* --- all of it ------------------------------------------------------------------------------------ */

/* Unlike the rest of the run, what fails here has no line of a script to name. */
static void finish(struct session *s)
{
	bool was_over = s->over;

	session_end(s);
	if (s->over && !was_over)
		fprintf(stderr, "vmm: %s\n", s->error.text);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void run_session(const struct options *o, struct session *s)
{
	bool prompt = !o->scenario && !o->tour && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	lua_State *L = sandbox_new(s, o->seed);

	if (!L) {
		error_set(&s->error, EXIT_HOST, "the host has no memory for a Lua state");
		fprintf(stderr, "vmm: %s\n", s->error.text);
		session_over(s);
		return;
	}
	api_open(L);
	s->interactive = prompt;
	if (prompt)
		prompt_run(L, s);
	else if (o->scenario)
		run_file(L, s, o->scenario);
	else
		run_chunk(L, s, tour_script, tour_script_size, "@tour.lua");
	if (s->watch && s->target)
		s->watch->end(s->watch->ctx, s);
	/* A script that did not even load has nothing to verify. */
	else if (s->status != EXIT_USAGE || s->target)
		finish(s);
	sandbox_close(L);
}

int script_main(const struct options *o)
{
	struct session s;

	/* Whoever reads the report may go first: that is an error to report, not a death. */
	signal(SIGPIPE, SIG_IGN);
	session_init(&s, o, o->scenario ? base_name(o->scenario) : NULL, stdout);
	if (o->count_instructions)
		count_instructions(&s);
	else
		run_session(o, &s);
	session_free(&s);
	if (s.status != EXIT_HELD && !s.interactive)
		tell_how_to_repeat(o);
	return s.status;
}

int script_watch(const struct options *o, const struct session_watch *watch)
{
	struct session s;
	FILE *nowhere = fopen("/dev/null", "w");

	if (!nowhere)
		return EXIT_HOST;
	session_init(&s, o, o->scenario ? base_name(o->scenario) : NULL, nowhere);
	s.watch = watch;
	run_session(o, &s);
	session_free(&s);
	fclose(nowhere);
	return s.status;
}
