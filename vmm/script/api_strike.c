/* SPDX-License-Identifier: MIT */
/* inject.nmi, pf, gp, irq: what comes without a cause, at every instruction of a function of the guest's, or of ring 3's returns. */
#include <inttypes.h>
#include <string.h>

#include "base/insn_length.h"
#include "script/injecting.h"
#include "script/snapshot.h"
#include "x86.h"

/* A label of assembly has no size: so much behind it is taken. */
#define LABEL_BYTES 96
/* More returns to ring 3 than any operation makes. */
#define MAX_RETURNS 256

static const struct named error_bits[] = {
	{"p", PF_P}, {"w", PF_W}, {"u", PF_U}, {"rsvd", PF_RSVD}, {"i", PF_I}, {NULL, 0},
};

struct strike_sweep {
	const char *op;			/* as in inject.pf */
	struct snapshot *start;
	struct hardware_plan plan;
	struct guest_function where;	/* not of ring 3 */
	uint32_t hits, harmless;
	bool gives;			/* index 4 of Lua's stack is what it may give instead */
	struct buf given;		/* what it gave instead, each once */
};

/* Set the guest back, and with the plan (NULL: none) call the function at index 2: its result is at 3. */
static bool attempt(lua_State *L, struct session *s, struct strike_sweep *w, const struct hardware_plan *plan)
{
	if (session_set_back(s, w->start) || s->target->ops->plan(s->target, plan, &s->error)) {
		session_over(s);
		raise_over(L);
	}
	lua_settop(L, 4);
	lua_pushvalue(L, 2);
	lua_call(L, 0, 1);
	lua_replace(L, 3);
	return plan && s->target->ops->plan_came(s->target);
}

/* Is the result at 3 one that the caller has named: index 4, or one of its items? */
static bool is_allowed(lua_State *L)
{
	bool found = lua_compare(L, 3, 4, LUA_OPEQ);

	if (found || !lua_istable(L, 4))
		return found;
	for (lua_Integer i = 1; !found && lua_geti(L, 4, i) != LUA_TNIL; i++) {
		found = lua_compare(L, 3, -1, LUA_OPEQ);
		lua_pop(L, 1);
	}
	lua_settop(L, 4);
	return found;
}

/* It came, at the place that `format` tells: undisturbed result at 1, this one at 3. */
static void judge(lua_State *L, struct session *s, struct strike_sweep *w, const char *place)
{
	w->hits++;
	if (lua_compare(L, 1, 3, LUA_OPEQ)) {
		w->harmless++;
		return;
	}
	if (w->gives && is_allowed(L)) {
		const char *text = to_text(L, 3);

		if (!id_among(buf_text(&w->given), text))
			buf_printf(&w->given, "%s%s", w->given.len ? ", " : "", text);
		lua_settop(L, 4);
		return;
	}
	session_failure(s);
	luaL_error(L, "expectation failed: with %s %s the operation gives %s and not %s", w->op, place, to_text(L, 3), to_text(L, 1));
}

/* At each instruction of the function: their bytes are the guest's as it stands. */
static void sweep_function(lua_State *L, struct session *s, struct strike_sweep *w)
{
	uint8_t code[15];
	size_t length = 0;
	gpa_t pa;

	for (uint64_t va = w->where.start; va < w->where.end; va += length) {
		if (!image_linear(s->model->image, (gva_t){va}, sizeof(code), &pa) ||
		    !image_read(s->model->image, pa, code, sizeof(code)) || !(length = insn_length(code, sizeof(code))))
			luaL_error(L, "there is no instruction at offset %d of it", (int)(va - w->where.start));
		w->plan.at = va;
		if (attempt(L, s, w, &w->plan))
			judge(L, s, w, lua_pushfstring(L, "at offset %d of it", (int)(va - w->where.start)));
	}
}

/* At each return to ring 3 that the operation makes. */
static void sweep_ring_3(lua_State *L, struct session *s, struct strike_sweep *w)
{
	for (w->plan.nth = 1; attempt(L, s, w, &w->plan); w->plan.nth++) {
		judge(L, s, w, lua_pushfstring(L, "after %d returns to ring 3", (int)w->plan.nth));
		if (w->plan.nth == MAX_RETURNS)
			luaL_error(L, "there is no end of returns to ring 3");
	}
}

/* At 1 the sweep, and later what the function gives undisturbed; at 2 the function; at 4 what else it may give. */
static int sweep_inside(lua_State *L)
{
	struct session *s = sandbox_session(L);
	struct strike_sweep *w = lua_touserdata(L, 1);

	attempt(L, s, w, NULL);
	lua_pushvalue(L, 3);
	lua_replace(L, 1);
	if (w->plan.behind_iretq)
		sweep_ring_3(L, s, w);
	else
		sweep_function(L, s, w);
	attempt(L, s, w, NULL);
	return 0;
}

/* "ring 3", "function", "function+0x10": where it comes. */
static void check_where(lua_State *L, struct session *s, struct strike_sweep *w)
{
	const char *name = luaL_checkstring(L, 1);
	const char *plus = strchr(name, '+');
	lua_Integer offset;

	w->plan.behind_iretq = strcmp(name, "ring 3") == 0;
	if (w->plan.behind_iretq) {
		if (!guest_elf_find(&s->elf, "user_iretq", &w->plan.at))
			luaL_error(L, "the guest has no label user_iretq, where it returns to ring 3");
		return;
	}
	lua_pushlstring(L, name, plus ? (size_t)(plus - name) : strlen(name));
	if (!guest_elf_function(&s->elf, lua_tostring(L, -1), &w->where))
		luaL_error(L, "the guest has no function \"%s\" of its own", lua_tostring(L, -1));
	lua_pop(L, 1);
	if (w->where.start == w->where.end)
		w->where.end += LABEL_BYTES;
	if (!plus)
		return;
	if (!lua_stringtonumber(L, plus + 1) || !lua_isinteger(L, -1))
		luaL_error(L, "\"%s\": behind the + an offset is wanted", name);
	offset = lua_tointeger(L, -1);
	lua_pop(L, 1);
	if (offset < 0 || (uint64_t)offset >= w->where.end - w->where.start)
		luaL_error(L, "\"%s\" lies outside the function", name);
	w->where.start += offset;
	w->where.end = w->where.start + 1;
}

static uint64_t option(lua_State *L, const char *field, uint64_t otherwise)
{
	uint64_t value = otherwise;

	if (lua_istable(L, 3) && lua_getfield(L, 3, field) != LUA_TNIL)
		value = luaL_checkinteger(L, -1);
	lua_settop(L, 3);
	return value;
}

static void tell(struct session *s, const struct strike_sweep *w, const char *where)
{
	/* How many instructions a function has is the compiler's affair. */
	if (w->plan.behind_iretq)
		buf_puts(&s->args, "at every return to ring 3");
	else
		buf_printf(&s->args, "at %s%s", strchr(where, '+') ? "" : "every instruction of ", where);
	if (!w->hits)
		buf_puts(&s->result, "none is reached");
	else if (w->harmless == w->hits)
		buf_puts(&s->result, "each harmless");
	else
		buf_printf(&s->result, "%s %s", w->harmless ? "gives the same, or" : "each gives", buf_text(&w->given));
}

/* inject.OP(where, function [, options]): the options are read, and at 3. */
static int sweep(lua_State *L, struct session *s, struct strike_sweep *w)
{
	int status;

	check_where(L, s, w);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	if (!s->target->ops->plan)
		return luaL_error(L, "inject.%s needs a machine", w->op);
	if (s->quiet)
		return luaL_error(L, "inject.%s inside another sweep", w->op);
	w->start = session_snapshot(s);
	if (!w->start)
		return raise_over(L);
	s->quiet = true;
	lua_pushcfunction(L, sweep_inside);
	lua_pushlightuserdata(L, w);
	lua_pushvalue(L, 2);
	lua_pushnil(L);
	if (lua_istable(L, 3))
		lua_getfield(L, 3, "gives");
	else
		lua_pushnil(L);
	w->gives = !lua_isnil(L, -1);
	status = lua_pcall(L, 4, 0, 0);
	s->quiet = false;
	snapshot_free(w->start);
	if (status != LUA_OK) {
		buf_free(&w->given);
		return lua_error(L);
	}
	op_begin_global(L, w->op);
	tell(s, w, lua_tostring(L, 1));
	op_end(L, NULL, w->op, "ok", NULL, NULL);
	buf_free(&w->given);
	lua_pushboolean(L, w->hits);
	return 1;
}

static struct session *begin(lua_State *L, const char *op, const char *const *fields)
{
	lua_settop(L, 3);
	if (!lua_isnil(L, 3))
		check_fields(L, 3, op, fields);
	return look_inside(L);
}

/* inject.nmi("do_syscall", function) */
int inject_nmi(lua_State *L)
{
	static const char *const fields[] = {"gives", NULL};
	struct session *s = begin(L, "inject.nmi", fields);
	struct strike_sweep w = {.op = "nmi", .plan.strike = {.kind = STRIKE_NMI}};

	return sweep(L, s, &w);
}

/* inject.pf("do_syscall", function, {addr = p, code = "p,w"}) */
int inject_pf(lua_State *L)
{
	static const char *const fields[] = {"addr", "code", "gives", NULL};
	struct session *s = begin(L, "inject.pf", fields);
	struct strike_sweep w = {.op = "pf", .plan.strike = {.kind = STRIKE_EXCEPTION, .vector = X86_TRAP_PF, .has_error_code = true}};

	luaL_checktype(L, 3, LUA_TTABLE);
	lua_getfield(L, 3, "addr");
	w.plan.strike.cr2 = luaL_checkinteger(L, -1);
	if (lua_getfield(L, 3, "code") != LUA_TNIL)
		w.plan.strike.error_code = check_named_set(L, -1, "code", error_bits);
	lua_settop(L, 3);
	return sweep(L, s, &w);
}

/* inject.gp("do_syscall", function, {code = 0, gives = "SIGSEGV"}) */
int inject_gp(lua_State *L)
{
	static const char *const fields[] = {"code", "gives", NULL};
	struct session *s = begin(L, "inject.gp", fields);
	struct strike_sweep w = {.op = "gp", .plan.strike = {.kind = STRIKE_EXCEPTION, .vector = X86_TRAP_GP, .has_error_code = true}};

	w.plan.strike.error_code = option(L, "code", 0);
	return sweep(L, s, &w);
}

/* inject.irq("do_syscall", function, {vector = 0x31}) */
int inject_irq(lua_State *L)
{
	static const char *const fields[] = {"vector", "gives", NULL};
	struct session *s = begin(L, "inject.irq", fields);
	struct strike_sweep w = {.op = "irq", .plan.strike = {.kind = STRIKE_INTERRUPT}};
	uint64_t vector = option(L, "vector", 0x31);

	/* Those below are the processor's own. */
	if (vector < 32 || vector > 255)
		return luaL_error(L, "inject.irq: a device has a vector of 32 to 255, not %d", (int)vector);
	w.plan.strike.vector = vector;
	return sweep(L, s, &w);
}
