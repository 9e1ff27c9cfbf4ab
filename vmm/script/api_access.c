/* SPDX-License-Identifier: MIT */
/* Methods of a task that touch memory: real accesses in ring 3. Each is one step. */
#include <inttypes.h>
#include <string.h>

#include "script/api.h"
#include "script/injecting.h"

static bool is_word_size(lua_Integer size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static struct touch touched(const struct task *task, uint64_t at, uint64_t n)
{
	return (struct touch){.pid = task->pid, .start = at, .end = at + n < at ? at : at + n};
}

/* A report of an access: NULL if it went well; otherwise the step has ended and *values are on the stack. */
static bool access_failed(lua_State *L, struct task *task, const char *name, const struct outcome *out,
			  uint64_t at, int *values)
{
	struct touch done = touched(task, at, out->kind == OUTCOME_REPORT ? out->report.done : 0);

	if (out->kind == OUTCOME_GONE)
		*values = op_gone(L, task, name);
	else if (out->report.status == AGENT_FAULT)
		*values = op_fault(L, task, name, &out->report, &done);
	else
		return false;
	return true;
}

/* --- one word ------------------------------------------------------------------------------------- */

static int read_word(lua_State *L, struct task *task, uint64_t at, int size)
{
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = {.op = AGENT_READ, .size = size, .args = {at}};
	struct touch access = touched(task, at, size);
	struct outcome out;
	int values;

	buf_printf(&s->args, size == 1 ? "%" PRIx64 : "%" PRIx64 " size=%d", at, size);
	op_round(L, task, "read", &cmd, &out);
	if (access_failed(L, task, "read", &out, at, &values))
		return values;
	buf_printf(&s->result, "%" PRIx64, (uint64_t)out.report.value);
	op_end(L, task, "read", "ok", &access, NULL);
	lua_pushinteger(L, out.report.value);
	return 1;
}

static int write_word(lua_State *L, struct task *task, uint64_t at, uint64_t value, int size)
{
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = {.op = AGENT_WRITE, .size = size, .args = {at, value}};
	struct touch access = touched(task, at, size);
	struct outcome out;
	int values;

	if (size < 8 && value >> (8 * size) != 0 && (int64_t)value >> (8 * size - 1) != -1)
		luaL_error(L, "%I does not fit in %d byte%s: say the size, a:write(p, value, 8)",
			   (lua_Integer)value, size, size == 1 ? "" : "s");
	buf_printf(&s->args, "%" PRIx64 " %" PRIx64, at, size == 8 ? value : value & ((1UL << 8 * size) - 1));
	if (size > 1)
		buf_printf(&s->args, " size=%d", size);
	op_round(L, task, "write", &cmd, &out);
	if (access_failed(L, task, "write", &out, at, &values))
		return values;
	buf_puts(&s->result, "ok");
	op_end(L, task, "write", "ok", &access, NULL);
	lua_pushboolean(L, true);
	return 1;
}

/* --- bytes: as many commands as it takes, one step -------------------------------------------------- */

static int read_bytes(lua_State *L, struct task *task, uint64_t at, lua_Integer n)
{
	struct session *s = sandbox_session(L);
	struct touch access = touched(task, at, n);
	struct outcome out;
	luaL_Buffer bytes;
	int values;

	if (n < 0 || n > 1 << 20)
		luaL_error(L, "read: 0 to 1048576 bytes at a time");
	buf_printf(&s->args, "%" PRIx64 " len=%d", at, (int)n);
	luaL_buffinit(L, &bytes);
	for (lua_Integer done = 0; done < n;) {
		uint32_t part = n - done < AGENT_DATA ? n - done : AGENT_DATA;
		struct agent_cmd cmd = {.op = AGENT_READ_BYTES, .args = {at + done}, .len = part};

		op_round(L, task, "read", &cmd, &out);
		if (access_failed(L, task, "read", &out, at + done, &values))
			return values;
		luaL_addlstring(&bytes, (const char *)out.report.data,
				out.report.len < part ? out.report.len : part);
		done += part;
	}
	luaL_pushresult(&bytes);
	put_bytes(&s->result, lua_tostring(L, -1), lua_rawlen(L, -1));
	op_end(L, task, "read", "ok", &access, NULL);
	return 1;
}

static int write_bytes(lua_State *L, struct task *task, uint64_t at, const char *bytes, size_t n)
{
	struct session *s = sandbox_session(L);
	struct touch access = touched(task, at, n);
	struct outcome out;
	int values;

	buf_printf(&s->args, "%" PRIx64 " ", at);
	put_bytes(&s->args, bytes, n);
	for (size_t done = 0; done < n;) {
		uint32_t part = n - done < AGENT_DATA ? n - done : AGENT_DATA;
		struct agent_cmd cmd = {.op = AGENT_WRITE_BYTES, .args = {at + done}, .len = part};

		memcpy(cmd.data, bytes + done, part);
		op_round(L, task, "write", &cmd, &out);
		if (access_failed(L, task, "write", &out, at + done, &values))
			return values;
		done += part;
	}
	buf_puts(&s->result, "ok");
	op_end(L, task, "write", "ok", &access, NULL);
	lua_pushboolean(L, true);
	return 1;
}

/* --- the methods ---------------------------------------------------------------------------------- */

static int task_read(lua_State *L)
{
	struct task *task = op_begin(L, "read");
	uint64_t at = luaL_checkinteger(L, 2);
	lua_Integer size = luaL_optinteger(L, 3, 1);
	static const char *const forms[] = {"word", "bytes", NULL};
	bool bytes = luaL_checkoption(L, 4, is_word_size(size) ? "word" : "bytes", forms);

	if (!bytes && !is_word_size(size))
		return luaL_error(L, "read: a word has 1, 2, 4 or 8 bytes");
	return bytes ? read_bytes(L, task, at, size) : read_word(L, task, at, size);
}

static int task_write(lua_State *L)
{
	struct task *task = op_begin(L, "write");
	uint64_t at = luaL_checkinteger(L, 2);
	lua_Integer size;
	size_t n;

	if (lua_type(L, 3) == LUA_TSTRING) {
		const char *bytes = lua_tolstring(L, 3, &n);

		if (!lua_isnoneornil(L, 4))
			return luaL_error(L, "write: text has its own size");
		return write_bytes(L, task, at, bytes, n);
	}
	size = luaL_optinteger(L, 4, 1);
	if (!is_word_size(size))
		return luaL_error(L, "write: a word has 1, 2, 4 or 8 bytes");
	return write_word(L, task, at, luaL_checkinteger(L, 3), size);
}

static int task_fill(lua_State *L)
{
	struct task *task = op_begin(L, "fill");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = {.op = AGENT_FILL};
	struct touch access;
	struct outcome out;
	int values;

	cmd.args[0] = luaL_checkinteger(L, 2);
	cmd.args[2] = luaL_checkinteger(L, 3);
	cmd.args[1] = luaL_checkinteger(L, 4);
	if (cmd.args[1] > 255)
		return luaL_error(L, "fill: the last argument is one byte, 0 to 255");
	buf_printf(&s->args, "%" PRIx64 " len=", cmd.args[0]);
	put_len(&s->args, cmd.args[2]);
	buf_printf(&s->args, " %" PRIx64, cmd.args[1]);
	access = touched(task, cmd.args[0], cmd.args[2]);
	op_round(L, task, "fill", &cmd, &out);
	if (access_failed(L, task, "fill", &out, cmd.args[0], &values))
		return values;
	buf_puts(&s->result, "ok");
	op_end(L, task, "fill", "ok", &access, NULL);
	lua_pushboolean(L, true);
	return 1;
}

static int task_run(lua_State *L)
{
	struct task *task = op_begin(L, "run");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = {.op = AGENT_RUN};
	struct touch access;
	struct outcome out;
	int values;

	cmd.args[0] = luaL_checkinteger(L, 2);
	buf_printf(&s->args, "%" PRIx64, cmd.args[0]);
	access = touched(task, cmd.args[0], 1);
	op_round(L, task, "run", &cmd, &out);
	if (access_failed(L, task, "run", &out, cmd.args[0], &values))
		return values;
	buf_printf(&s->result, "returned %" PRIx64, (uint64_t)out.report.value);
	op_end(L, task, "run", "ok", &access, NULL);
	lua_pushinteger(L, out.report.value);
	return 1;
}

const struct api_row access_rows[] = {
	{"read", task_read, "v = a:read(p [, size [, \"bytes\"]])",
	 "Read a word of 1 (default), 2, 4 or 8 bytes as an integer, any other size as text. On a fault nil "
	 "and "
	 "{signal=, code=, addr=, done=}."},
	{"write", task_write, "a:write(p, 0x41 | \"bytes\" [, size])",
	 "Write a word of 1 (default), 2, 4 or 8 bytes, or text. Gives true, or on a fault nil and the fault "
	 "table."},
	{"fill", task_fill, "a:fill(p, len, byte)", "Fill [p, p+len) upwards."},
	{"run", task_run, "a:run(p)", "Call p, which must hold code that returns. Gives RAX."},
	{"probe", task_probe, "a:probe{max = 64}",
	 "Read and write, from ring 3, the ends of a's areas, what lies beside them and the pages that are there, and hold each against what the walk of "
	 "the tables foretells; then set the guest back. Gives {accesses=, claimed=, stale=}: addresses where the TLB may hold something else, and "
	 "accesses that met it."},
	{NULL, NULL, NULL, NULL},
};
