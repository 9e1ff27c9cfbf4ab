/* SPDX-License-Identifier: MIT */
/* One chunk of Lua in a session: loading, running, and telling how it ended. */
#ifndef VMM_SCRIPT_RUN_H
#define VMM_SCRIPT_RUN_H

#include "script/sandbox.h"

/** The tour, embedded. */
extern const char tour_script[];
extern const unsigned int tour_script_size;

/** Tell an error that ended a chunk (on top of the stack) on stderr, and set s->status. Pops it. */
void tell_error(lua_State *L, struct session *s, int lua_status);
/** Interactive: read, run, print until the input ends. */
void prompt_run(lua_State *L, struct session *s);

#endif
