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

/* Left on the stack: so a text lives until the next call. False: no such global, or of another type. */
static bool push_global(struct program *p, const char *global, int type)
{
	lua_settop(p->L, 0);
	lua_pushglobaltable(p->L);
	lua_pushstring(p->L, global);
	return lua_rawget(p->L, 1) == type;
}

bool program_number(struct program *p, const char *global, int64_t *value)
{
	if (!push_global(p, global, LUA_TNUMBER))
		return false;
	*value = lua_tointeger(p->L, -1);
	return true;
}

const char *program_text(struct program *p, const char *global, size_t *size)
{
	return push_global(p, global, LUA_TSTRING) ? lua_tolstring(p->L, -1, size) : NULL;
}

void program_close(struct program *p)
{
	sandbox_close(p->L);
	session_free(&p->session);
	free(p);
}
