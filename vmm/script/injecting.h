/* SPDX-License-Identifier: MIT */
/* What the files of inject.* share: looking inside the guest, and ending a step that changed its memory. */
#ifndef VMM_SCRIPT_INJECTING_H
#define VMM_SCRIPT_INJECTING_H

#include "inject/edit.h"
#include "script/api.h"
#include "script/named.h"

#define OBJECT_TYPE "object"

/** Make the metatable of objects (api_inject.c). */
void open_object_type(lua_State *L);

/* --- api_fail.c: rows of inject ----------------------------------------------------------------------- */

int inject_fail_alloc(lua_State *L);
int inject_sweep(lua_State *L);
/* --- api_strike.c --- */
int inject_nmi(lua_State *L);
int inject_pf(lua_State *L);
int inject_gp(lua_State *L);
int inject_irq(lua_State *L);
/* --- api_memory.c --- */
int inject_slot(lua_State *L);
int inject_poison(lua_State *L);
/* --- api_probe.c: a method of a task --- */
int task_probe(lua_State *L);
/* --- api_flush.c --- */
int inject_flush(lua_State *L);

/* --- injecting.c ------------------------------------------------------------------------------------ */

/** The session with a model of now. Raises where there is no machine to look into. */
struct session *look_inside(lua_State *L);
/** The mm of a living task in that model. */
const struct model_mm *mm_of(lua_State *L, const struct task *task);
/** Changes to the live guest's RAM. */
struct edits inject_edits(struct session *s);
/** End the step: the guest's CPUs see the change. Nothing is left on Lua's stack for the caller: returns 0. */
int injected(lua_State *L);

#endif
