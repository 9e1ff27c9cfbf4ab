/* SPDX-License-Identifier: MIT */
/*
 * The Lua that a scenario sees: the language, string, table, math and utf8, made repeatable (sorted pairs,
 * seeded random, no host addresses in text) and harmless (text chunks only, no files, bounded memory and
 * time).
 */
#ifndef VMM_SCRIPT_SANDBOX_H
#define VMM_SCRIPT_SANDBOX_H

#include <lauxlib.h>
#include <lua.h>
#include "script/session.h"

#define SCRIPT_MEMORY_LIMIT (256UL << 20)

/** A state with the sandbox in it, tied to the session; math.random starts from `seed`. NULL: no memory. */
lua_State *sandbox_new(struct session *s, uint64_t seed);
void sandbox_close(lua_State *L);
struct session *sandbox_session(lua_State *L);
/** From now on reading or assigning an unknown global is an error (assigning only inside functions). */
void sandbox_lock_globals(lua_State *L);
/** Raise the session's fatal error as a Lua error that pcall does not catch. */
int raise_over(lua_State *L);
/** Ask the script to stop at its next instruction (from a signal handler). */
extern volatile int sandbox_interrupt;
/** luaL_tolstring without host addresses: "table", "function". Leaves the string on the stack. */
const char *to_text(lua_State *L, int index);

#endif
