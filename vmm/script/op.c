/* SPDX-License-Identifier: MIT */
/* What all operations share: beginning, one round, ending a step, and values in words. */
#include <inttypes.h>
#include <string.h>

#include "script/api.h"
#include "uapi.h"

/* "cow.lua:12", without the directory: where a script lies is no part of a run. */
static void note_where(lua_State *L, struct session *s)
{
	const char *where, *slash;
	char *colon;

	luaL_where(L, 1);
	where = lua_tostring(L, -1);
	slash = strrchr(where, '/');
	snprintf(s->where, sizeof(s->where), "%s", slash ? slash + 1 : where);
	colon = strrchr(s->where, ':');
	if (colon)
		*colon = 0; /* luaL_where ends with ": " */
	lua_pop(L, 1);
}

struct session *op_begin_global(lua_State *L, const char *name)
{
	struct session *s = sandbox_session(L);

	if (s->over)
		raise_over(L);
	note_where(L, s);
	buf_clear(&s->args);
	buf_clear(&s->result);
	snprintf(s->doing, sizeof(s->doing), "step %u, %s", s->steps + 1, name);
	return s;
}

struct task *op_begin(lua_State *L, const char *name)
{
	struct task *task = check_task(L, 1);
	struct session *s = op_begin_global(L, name);

	if (task->vanished)
		luaL_error(L, "%s has vanished: restore() went back to before it was", task->name);
	if (task->gone) {
		put_wait_status(&s->result, task->exit_code);
		luaL_error(L, "%s is dead (it %s%s) and cannot %s", task->name,
			   task->exit_code & 0x7f ? "was " : "", buf_text(&s->result), name);
	}
	if (task->pending)
		luaL_error(L, "%s is blocked in %s and cannot %s before that returns", task->name,
			   task->pending->op, name);
	snprintf(s->doing, sizeof(s->doing), "step %u, %s %s", s->steps + 1, task->name, name);
	return task;
}

/* The blocked task stays so; the script is told how it should have been done. */
static int blocked(lua_State *L, struct task *task, const char *name, const struct agent_cmd *cmd)
{
	struct session *s = sandbox_session(L);

	pending_put(session_leave_pending(s, task, cmd->nr, name)); /* no handle holds it */
	buf_clear(&s->result);
	buf_puts(&s->result, "pending");
	op_end(L, task, name, "pending", NULL, NULL);
	return luaL_error(L,
			  "%s of %s blocks: begin it with h = %s:start(…) and ask h:done() "
			  "after later steps",
			  name, task->name, task->name);
}

void op_round(lua_State *L, struct task *task, const char *name, struct agent_cmd *cmd, struct outcome *out)
{
	struct session *s = sandbox_session(L);

	if (s->args.len)
		snprintf(s->doing, sizeof(s->doing), "step %u, %s %s %s", s->steps + 1, task->name, name,
			 buf_text(&s->args));
	if (session_round(s, task, cmd, out))
		raise_over(L);
	if (out->kind == OUTCOME_PENDING)
		blocked(L, task, name, cmd);
	if (out->kind == OUTCOME_REPORT && out->report.status == AGENT_BAD) {
		error_set(&s->error, EXIT_GUEST_DIED, "the agent of %s did not understand '%s'", task->name,
			  name);
		session_over(s);
		raise_over(L);
	}
}

void op_end(lua_State *L, const struct task *task, const char *name, const char *status,
	    const struct touch *access, const struct agent_report *fault)
{
	struct session *s = sandbox_session(L);
	struct step_words words = {
		.op = name,
		.args = buf_text(&s->args),
		.result = buf_text(&s->result),
		.status = status,
	};

	if (access)
		words.access = *access;
	if (fault) {
		words.own_fault = true;
		words.signo = fault->signo;
		words.fault_addr = fault->si_addr;
	}
	s->doing[0] = 0;
	if (session_finish(s, task, &words))
		raise_over(L);
}

int op_gone(lua_State *L, struct task *task, const char *name)
{
	struct session *s = sandbox_session(L);

	buf_clear(&s->result);
	put_wait_status(&s->result, task->exit_code);
	lua_pushnil(L);
	lua_pushstring(L, buf_text(&s->result));
	op_end(L, task, name, "gone", NULL, NULL);
	return 2;
}

static void set_field(lua_State *L, const char *field, const char *name, int number)
{
	if (name)
		lua_pushstring(L, name);
	else
		lua_pushinteger(L, number);
	lua_setfield(L, -2, field);
}

int op_fault(lua_State *L, struct task *task, const char *name, const struct agent_report *report,
	     const struct touch *access)
{
	struct session *s = sandbox_session(L);
	const char *code = signal_code_name(report->signo, report->si_code);

	buf_clear(&s->result);
	put_signal(&s->result, report->signo);
	if (code)
		buf_printf(&s->result, " %s", code);
	buf_printf(&s->result, " at %" PRIx64, report->si_addr);
	lua_pushnil(L);
	lua_newtable(L);
	set_field(L, "signal", signal_name(report->signo), report->signo);
	set_field(L, "code", code, report->si_code);
	lua_pushinteger(L, (lua_Integer)report->si_addr);
	lua_setfield(L, -2, "addr");
	if (report->si_addr_lsb) {
		lua_pushinteger(L, report->si_addr_lsb);
		lua_setfield(L, -2, "lsb");
	}
	lua_pushinteger(L, (lua_Integer)report->done);
	lua_setfield(L, -2, "done");
	op_end(L, task, name, "fault", access, report);
	return 2;
}

/* --- one system call ----------------------------------------------------------------------------- */

struct agent_cmd syscall_cmd(uint64_t nr)
{
	return (struct agent_cmd){.op = AGENT_SYSCALL, .nr = nr};
}

/* Calls whose 0 is a value and not a mere success. */
static bool cmd_gives_number(uint64_t nr)
{
	return nr == NR_mmap || nr == NR_brk || nr == NR_pread64 || nr == NR_pwrite64 || nr == NR_read ||
	       nr == NR_write || nr == NR_lseek || nr == NR_open || nr == NR_shmget ||
	       nr == NR_futex;
}

int call_round(lua_State *L, struct task *task, const char *name, struct agent_cmd *cmd,
	       struct agent_report *report)
{
	struct session *s = sandbox_session(L);
	struct outcome out;
	int64_t value;

	op_round(L, task, name, cmd, &out);
	if (out.kind == OUTCOME_GONE)
		return op_gone(L, task, name);
	*report = out.report;
	value = report->value;
	if (value >= 0 || value < -4095)
		return 0;
	put_value(&s->result, cmd->nr, value);
	op_end(L, task, name, "errno", NULL, NULL);
	return push_value(L, value);
}

int finish_call(lua_State *L, struct task *task, const char *name, struct agent_cmd *cmd)
{
	struct session *s = sandbox_session(L);
	struct outcome out;
	int64_t value;

	op_round(L, task, name, cmd, &out);
	if (out.kind == OUTCOME_GONE)
		return op_gone(L, task, name);
	value = out.report.value;
	if (value == 0 && !cmd_gives_number(cmd->nr))
		buf_puts(&s->result, "ok");
	else
		put_value(&s->result, cmd->nr, value);
	op_end(L, task, name, value < 0 && value >= -4095 ? "errno" : "ok", NULL, NULL);
	return push_value(L, value);
}

lua_Integer integer_field(lua_State *L, const char *what, const char *field, lua_Integer otherwise)
{
	lua_Integer value = otherwise;
	int is_integer;

	if (lua_getfield(L, 2, field) != LUA_TNIL) {
		value = lua_tointegerx(L, -1, &is_integer);
		if (!is_integer)
			luaL_error(L, "%s: %s must be an integer, not a %s", what, field,
				   luaL_typename(L, -1));
	}
	lua_pop(L, 1);
	return value;
}

/* --- values --------------------------------------------------------------------------------------- */

void put_value(struct buf *b, uint64_t nr, int64_t value)
{
	if (value < 0 && value >= -4095) {
		if (errno_name(-value))
			buf_puts(b, errno_name(-value));
		else
			buf_printf(b, "error %" PRId64, -value);
		return;
	}
	if (nr == NR_mmap || nr == NR_brk || nr == NR_mremap || value > 0xffff || value < 0)
		buf_printf(b, "%" PRIx64, value);
	else
		buf_printf(b, "%" PRId64, value);
}

int push_value(lua_State *L, int64_t value)
{
	if (value >= 0 || value < -4095) {
		lua_pushinteger(L, value);
		return 1;
	}
	lua_pushnil(L);
	if (errno_name(-value))
		lua_pushstring(L, errno_name(-value));
	else
		lua_pushfstring(L, "error %d", (int)-value);
	return 2;
}

void put_bytes(struct buf *b, const char *bytes, size_t n)
{
	buf_puts(b, "\"");
	for (size_t i = 0; i < n && i < 16; i++) {
		unsigned char c = bytes[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			buf_printf(b, "\\x%02x", c);
		else
			buf_add(b, bytes + i, 1);
	}
	buf_puts(b, n > 16 ? "\"…" : "\"");
}

void put_len(struct buf *b, uint64_t len)
{
	if (len && len % PAGE_SIZE == 0 && len / PAGE_SIZE < 1UL << 24)
		buf_printf(b, "%" PRIu64 "p", len / PAGE_SIZE);
	else if (len < 10 * PAGE_SIZE)
		buf_printf(b, "%" PRIu64, len);
	else
		buf_printf(b, "%#" PRIx64, len);
}
