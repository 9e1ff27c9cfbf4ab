/* SPDX-License-Identifier: MIT */
/* pairs() in one order on every machine: Lua's own order depends on addresses and a random seed. */
#ifndef VMM_SCRIPT_SORTED_H
#define VMM_SCRIPT_SORTED_H

#include <lua.h>

/** Where the registry keeps table.sort. */
#define SORT_KEY "mmscope.sort"

/** pairs(t): numbers ascending, then strings, then booleans. Other keys have no order and are an error. */
int sorted_pairs(lua_State *L);

#endif
