/* SPDX-License-Identifier: MIT */
/* inject.fail_alloc and inject.sweep: allocations of the guest that fail when told to. */
#include <inttypes.h>
#include <string.h>

#include "script/injecting.h"
#include "script/snapshot.h"
#include "script/sweep.h"

/* More allocations than any operation makes: beyond it something is wrong. */
#define MAX_FAILURES 4096

static const struct named alloc_kinds[] = {{"pages", FAULT_PAGES}, {"slab", FAULT_SLAB}, {NULL, 0}};

static uint64_t knob(const struct session *s, size_t field)
{
	return s->model->image->lab_pa + offsetof(struct lab_page, fail_alloc) + field;
}

static void set_knob(struct session *s, size_t field, uint8_t size, uint64_t value)
{
	struct edits edits = inject_edits(s);

	edit_put(&edits, knob(s, field), size, value);
}

static uint64_t get_knob(struct session *s, size_t field)
{
	struct edits edits = inject_edits(s);
	uint64_t value;

	edit_get(&edits, knob(s, field), 8, &value);
	return value;
}

#define KNOB(field) offsetof(struct fault_attr, field)

/* nth says last whether the knob is on. */
static void set_failures(struct session *s, uint64_t nth, uint64_t interval, uint64_t times, uint64_t kinds,
			 const struct guest_function *site)
{
	set_knob(s, KNOB(nth), 8, 0);
	set_knob(s, KNOB(interval), 8, interval);
	set_knob(s, KNOB(times), 8, times);
	set_knob(s, KNOB(kinds), 4, kinds);
	set_knob(s, KNOB(require_start), 8, site->start);
	set_knob(s, KNOB(require_end), 8, site->end);
	set_knob(s, KNOB(seen), 8, 0);
	set_knob(s, KNOB(failed), 8, 0);
	set_knob(s, KNOB(nr_callers), 4, 0);
	set_knob(s, KNOB(nth), 8, nth);
}

/* Field "site" of the table at index: a function of the guest's by name; without it all. */
static struct guest_function check_site(lua_State *L, struct session *s, int index)
{
	struct guest_function site = {0};
	const char *name;

	if (lua_getfield(L, index, "site") != LUA_TNIL) {
		name = luaL_checkstring(L, -1);
		if (!guest_elf_function(&s->elf, name, &site))
			luaL_error(L, "the guest has no function \"%s\" of its own (it may have become a part of its callers)",
				   name);
	}
	lua_pop(L, 1);
	return site;
}

static uint64_t check_kinds(lua_State *L, int index)
{
	uint64_t kinds = 0;

	if (lua_getfield(L, index, "kinds") != LUA_TNIL)
		kinds = check_named_set(L, -1, "kinds", alloc_kinds);
	lua_pop(L, 1);
	return kinds;
}

static uint64_t number(lua_State *L, const char *field, lua_Integer otherwise)
{
	lua_Integer value = otherwise;

	if (lua_getfield(L, 1, field) != LUA_TNIL)
		value = luaL_checkinteger(L, -1);
	lua_pop(L, 1);
	if (value < 0)
		luaL_error(L, "inject.fail_alloc: %s is negative", field);
	return value;
}

int inject_fail_alloc(lua_State *L)
{
	static const char *const fields[] = {"nth", "interval", "times", "kinds", "site", NULL};
	struct session *s = look_inside(L);
	struct guest_function site;
	uint64_t nth, kinds;

	check_fields(L, 1, "inject.fail_alloc", fields);
	op_begin_global(L, "inject");
	site = check_site(L, s, 1);
	kinds = check_kinds(L, 1);
	nth = number(L, "nth", 1);
	set_failures(s, nth, number(L, "interval", 0), number(L, "times", 1), kinds, &site);
	if (nth)
		buf_printf(&s->args, "fail allocation %" PRIu64, nth);
	else
		buf_puts(&s->args, "fail no allocation");
	return injected(L);
}

/* --- the sweep ------------------------------------------------------------------------------------ */

struct sweep {
	const struct sweep_rule *rule;
	struct snapshot *start;
	struct guest_function site;
	uint64_t kinds;
	struct model *before; /* at the start */
	struct model *clean;  /* after the operation, without a failure */
	struct buf said;      /* errnos met, each once */
	uint32_t failures, deaths, unharmed;
};

static int sweep_failed(lua_State *L, const struct sweep *w, uint64_t nth, const char *what)
{
	struct session *s = sandbox_session(L);

	session_failure(s);
	return luaL_error(L, "expectation failed: sweep of %s, allocation %d fails: %s", w->rule->op, (int)nth, what);
}

/* Set the guest back and tell it to fail the nth allocation (0: none), then call the function at index 2. */
static void attempt(lua_State *L, struct session *s, struct sweep *w, uint64_t nth)
{
	if (session_set_back(s, w->start))
		raise_over(L);
	set_failures(s, nth, 0, 1, w->kinds, &w->site);
	lua_settop(L, 3);
	lua_pushvalue(L, 2);
	lua_call(L, 0, 2);
	if (session_observe(s))
		raise_over(L);
}

static bool said_in(const char *list, const char *word)
{
	return *word && id_among(list, word);
}

/* What the function gave when an allocation failed: is it what the rule allows? Counts it. */
static void judge(lua_State *L, struct sweep *w, uint64_t nth)
{
	const char *error = lua_type(L, 5) == LUA_TSTRING ? lua_tostring(L, 5) : "";

	if (lua_toboolean(L, 4)) {
		if (!w->rule->may_succeed && w->rule->errors[0])
			sweep_failed(L, w, nth, "yet it succeeds");
		w->unharmed++;
		return;
	}
	if (lua_isnil(L, 4) && said_in(w->rule->errors, error)) {
		if (!id_among(buf_text(&w->said), error))
			buf_printf(&w->said, "%s%s", w->said.len ? ", " : "", error);
		return;
	}
	if (!w->rule->may_die || !(lua_istable(L, 5) || strstr(error, "killed") || strstr(error, "exited")))
		sweep_failed(L, w, nth, lua_isnil(L, 4) && *error ? error : "it gives neither a value nor an errno of its rule");
	w->deaths++;
}

/* After a failure: the verifier has found nothing (each step was verified), and what changed is allowed. */
static void check_after(lua_State *L, struct session *s, struct sweep *w, uint64_t nth)
{
	char why[160];

	if (!only_allowed_changes(w->rule, w->before, s->model, why, sizeof(why)))
		sweep_failed(L, w, nth, lua_pushfstring(L, "it may not change that: %s", why));
}

/* Again, now that memory is there: it succeeds, and nothing is left of the failure. */
static void try_again(lua_State *L, struct session *s, struct sweep *w, uint64_t nth)
{
	char why[160];

	set_failures(s, 0, 0, 0, 0, &w->site);
	lua_settop(L, 3);
	lua_pushvalue(L, 2);
	lua_call(L, 0, 2);
	if (session_observe(s))
		raise_over(L);
	if (!lua_toboolean(L, 4))
		sweep_failed(L, w, nth, "tried again it fails, too");
	if (!same_holdings(w->clean, s->model, why, sizeof(why)))
		sweep_failed(L, w, nth, lua_pushfstring(L, "after it was tried again something is left over: %s", why));
}

static struct model *take_model(struct session *s)
{
	struct model *model = s->model;

	s->model = NULL;
	s->stale = true;
	return model;
}

/* Fails each allocation in turn; leaves the guest as the operation without a failure does. */
static void sweep_all(lua_State *L, struct session *s, struct sweep *w)
{
	for (uint64_t nth = 1;; nth++) {
		const uint32_t died = w->deaths, unharmed = w->unharmed;

		if (nth > MAX_FAILURES)
			sweep_failed(L, w, nth, "there is no end of allocations");
		attempt(L, s, w, nth);
		if (!get_knob(s, KNOB(failed))) {
			set_failures(s, 0, 0, 0, 0, &w->site);
			return;
		}
		w->failures++;
		judge(L, w, nth);
		if (w->unharmed == unharmed)
			check_after(L, s, w, nth);
		if (w->deaths == died && w->unharmed == unharmed)
			try_again(L, s, w, nth);
	}
}

static int sweep_inside(lua_State *L)
{
	struct session *s = sandbox_session(L);
	struct sweep *w = lua_touserdata(L, 1);

	lua_remove(L, 1);
	attempt(L, s, w, 0);
	if (!lua_toboolean(L, 4))
		return luaL_error(L, "inject.sweep: %s fails even with all allocations: %s", w->rule->op, to_text(L, 5));
	w->clean = take_model(s);
	if (session_observe(s))
		raise_over(L);
	sweep_all(L, s, w);
	return 2; /* what the last attempt gave, at 4 and 5 */
}

static const struct sweep_rule *check_rule(lua_State *L)
{
	const struct sweep_rule *rule = find_sweep_rule(luaL_checkstring(L, 1));
	luaL_Buffer known;

	if (rule)
		return rule;
	luaL_buffinit(L, &known);
	for (unsigned int i = 0; sweep_rule(i); i++) {
		luaL_addstring(&known, i ? ", " : "");
		luaL_addstring(&known, sweep_rule(i)->op);
	}
	luaL_pushresult(&known);
	luaL_error(L, "inject.sweep: there is no rule for \"%s\" (known: %s)", lua_tostring(L, 1), lua_tostring(L, -1));
	return NULL;
}

static void put_sweep(struct session *s, const struct sweep *w)
{
	const uint32_t told = w->failures - w->deaths - w->unharmed;

	buf_printf(&s->args, "%s", w->rule->op);
	buf_printf(&s->result, "%" PRIu32 " failed", w->failures);
	if (told)
		buf_printf(&s->result, ": %" PRIu32 " told (%s), undone, ok when tried again", told, buf_text(&w->said));
	if (w->unharmed)
		buf_printf(&s->result, "%s %" PRIu32 " without harm", told ? ";" : ":", w->unharmed);
	if (w->deaths)
		buf_printf(&s->result, "%s %" PRIu32 " killed the task", told || w->unharmed ? ";" : ":", w->deaths);
}

/* inject.sweep(op, function [, {site=, kinds=}]) */
int inject_sweep(lua_State *L)
{
	static const char *const fields[] = {"site", "kinds", NULL};
	struct session *s = look_inside(L);
	struct sweep w = {.rule = check_rule(L)};
	int status;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 3);
	if (!lua_isnil(L, 3)) {
		check_fields(L, 3, "inject.sweep", fields);
		w.site = check_site(L, s, 3);
		w.kinds = check_kinds(L, 3);
	}
	if (s->quiet)
		return luaL_error(L, "inject.sweep inside inject.sweep");
	w.start = session_snapshot(s);
	if (!w.start)
		return raise_over(L);
	w.before = take_model(s);
	if (session_observe(s))
		return raise_over(L);
	s->quiet = true;
	lua_pushcfunction(L, sweep_inside);
	lua_pushlightuserdata(L, &w);
	lua_pushvalue(L, 1);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, 3);
	status = lua_pcall(L, 4, 2, 0);
	s->quiet = false;
	op_begin_global(L, "sweep");
	put_sweep(s, &w);
	model_free(w.before);
	model_free(w.clean);
	snapshot_free(w.start);
	buf_free(&w.said);
	if (status != LUA_OK)
		return lua_error(L);
	op_end(L, NULL, "sweep", "ok", NULL, NULL);
	return 2;
}
