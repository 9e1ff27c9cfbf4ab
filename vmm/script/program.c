/* SPDX-License-Identifier: MIT */
/* Chunks of Lua from C; see program.h. */
#include <stdlib.h>
#include <string.h>

#include "script/api.h"
#include "script/program.h"

struct program {
	struct session session;
	lua_State *L;
};

struct program *program_open(const struct options *options, const char *name, FILE *to)
{
	struct program *p = xcalloc(1, sizeof(*p));

	session_init(&p->session, options, name, to);
	p->L = sandbox_new(&p->session, options->seed);
	if (!p->L) {
		session_free(&p->session);
		free(p);
		return NULL;
	}
	api_open(p->L);
	return p;
}

struct session *program_session(struct program *p)
{
	return &p->session;
}

int program_line(struct program *p, const char *text, const char **why)
{
	int status;

	lua_settop(p->L, 0);
	status = luaL_loadbufferx(p->L, text, strlen(text), "=program", "t");
	if (status == LUA_OK)
		status = lua_pcall(p->L, 0, 0, 0);
	if (status == LUA_OK)
		return 0;
	*why = status == LUA_ERRMEM ? "the script wants more memory than it may have" : to_text(p->L, -1);
	return -1;
}

void program_close(struct program *p)
{
	sandbox_close(p->L);
	session_free(&p->session);
	free(p);
}
