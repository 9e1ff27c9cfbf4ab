/* SPDX-License-Identifier: MIT */
/* Methods of a task for files and new programs. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "script/api.h"
#include "script/api_data.h"
#include "script/named.h"
#include "uapi.h"

static const struct named open_flags[] = {
	{"r", 0},
	{"w", 01},
	{"rw", 02},
	{"creat", 0100},
	{"excl", 0200},
	{"trunc", 01000},
	{"append", 02000},
	{"nonblock", 04000},
	{"directory", 0200000},
	{"nofollow", 0400000},
	{"cloexec", 02000000},
	{NULL, 0},
};

static const struct named memfd_flags[] = {
	{"cloexec", 1},
	{"sealing", 2},
	{"hugetlb", 4},
	{NULL, 0},
};

static const struct named whences[] = {
	{"set", 0}, {"cur", 1}, {"end", 2}, {"data", 3}, {"hole", 4}, {NULL, 0},
};

void add_data(lua_State *L, struct agent_cmd *cmd, int i, const char *what, const void *bytes, size_t n)
{
	if (n + 1 > AGENT_DATA - cmd->len)
		luaL_error(L, "%s: at most %d bytes at a time", what, AGENT_DATA - 1);
	memcpy(cmd->data + cmd->len, bytes, n);
	cmd->data[cmd->len + n] = 0;
	cmd->args[i] = cmd->len;
	cmd->in_data |= 1u << i;
	cmd->len += n + 1;
}

const char *add_text(lua_State *L, struct agent_cmd *cmd, int i, const char *what, int index)
{
	struct session *s = sandbox_session(L);
	size_t n;
	const char *text;

	if (lua_type(L, index) != LUA_TSTRING)
		luaL_error(L, "%s: a name in quotes is wanted, not a %s", what, luaL_typename(L, index));
	text = lua_tolstring(L, index, &n);
	add_data(L, cmd, i, what, text, n);
	buf_printf(&s->args, "%s", text);
	return text;
}

/* fd and a whole-number argument or two, told by name. */
static struct agent_cmd fd_cmd(lua_State *L, uint64_t nr)
{
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(nr);

	cmd.args[0] = luaL_checkinteger(L, 2);
	buf_printf(&s->args, "fd=%d", (int)cmd.args[0]);
	return cmd;
}

/* --- names and descriptors ------------------------------------------------------------------------ */

static int task_open(lua_State *L)
{
	struct task *task = op_begin(L, "open");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_open);

	add_text(L, &cmd, 0, "open", 2);
	cmd.args[1] = lua_isnoneornil(L, 3) ? 0 : check_named_set(L, 3, "open", open_flags);
	cmd.args[2] = luaL_optinteger(L, 4, 0644);
	buf_puts(&s->args, " ");
	if (!(cmd.args[1] & 3))
		buf_puts(&s->args, cmd.args[1] ? "r," : "r");
	if (cmd.args[1])
		put_named_set(&s->args, open_flags, cmd.args[1]);
	return finish_call(L, task, "open", &cmd);
}

static int task_close(lua_State *L)
{
	struct task *task = op_begin(L, "close");
	struct agent_cmd cmd = fd_cmd(L, NR_close);

	return finish_call(L, task, "close", &cmd);
}

static int task_memfd(lua_State *L)
{
	struct task *task = op_begin(L, "memfd");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_memfd_create);

	add_text(L, &cmd, 0, "memfd", 2);
	if (!lua_isnoneornil(L, 3)) {
		cmd.args[1] = check_named_set(L, 3, "memfd", memfd_flags);
		buf_puts(&s->args, " ");
		put_named_set(&s->args, memfd_flags, cmd.args[1]);
	}
	return finish_call(L, task, "memfd", &cmd);
}

static int task_ftruncate(lua_State *L)
{
	struct task *task = op_begin(L, "ftruncate");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = fd_cmd(L, NR_ftruncate);

	cmd.args[1] = luaL_checkinteger(L, 3);
	buf_puts(&s->args, " len=");
	put_len(&s->args, cmd.args[1]);
	return finish_call(L, task, "ftruncate", &cmd);
}

static int task_lseek(lua_State *L)
{
	struct task *task = op_begin(L, "lseek");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = fd_cmd(L, NR_lseek);

	cmd.args[1] = luaL_checkinteger(L, 3);
	cmd.args[2] = lua_isnoneornil(L, 4) ? 0 : check_named(L, 4, "lseek", whences);
	buf_printf(&s->args, " %" PRId64 " ", (int64_t)cmd.args[1]);
	put_named(&s->args, whences, cmd.args[2]);
	return finish_call(L, task, "lseek", &cmd);
}

/* --- contents ------------------------------------------------------------------------------------- */

/* read or pread into the command's data. */
static int get_contents(lua_State *L, const char *name, uint64_t nr, bool positioned)
{
	struct task *task = op_begin(L, name);
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = fd_cmd(L, nr);
	lua_Integer len = luaL_checkinteger(L, 3);
	struct agent_report report;
	uint64_t got;
	int n;

	if (len < 0 || len > AGENT_DATA)
		return luaL_error(L, "%s: 0 to %d bytes at a time", name, AGENT_DATA);
	buf_printf(&s->args, " len=%d", (int)len);
	cmd.in_data = 1u << 1;
	cmd.args[2] = cmd.len = len;
	if (positioned) {
		cmd.args[3] = luaL_checkinteger(L, 4);
		buf_printf(&s->args, " off=%#" PRIx64, cmd.args[3]);
	}
	n = call_round(L, task, name, &cmd, &report);
	if (n)
		return n;
	got = (uint64_t)report.value < report.len ? (uint64_t)report.value : report.len;
	put_bytes(&s->result, (const char *)report.data, got);
	op_end(L, task, name, "ok", NULL, NULL);
	lua_pushlstring(L, (const char *)report.data, got);
	return 1;
}

/* write or pwrite of a text. */
static int put_contents(lua_State *L, const char *name, uint64_t nr, bool positioned)
{
	struct task *task = op_begin(L, name);
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = fd_cmd(L, nr);
	size_t n;
	const char *text;

	if (lua_type(L, 3) != LUA_TSTRING)
		return luaL_error(L, "%s: text is wanted, not a %s", name, luaL_typename(L, 3));
	text = lua_tolstring(L, 3, &n);
	add_data(L, &cmd, 1, name, text, n);
	cmd.args[2] = n;
	buf_puts(&s->args, " ");
	put_bytes(&s->args, text, n);
	if (positioned) {
		cmd.args[3] = luaL_checkinteger(L, 4);
		buf_printf(&s->args, " off=%#" PRIx64, cmd.args[3]);
	}
	return finish_call(L, task, name, &cmd);
}

static int task_pread(lua_State *L)
{
	return get_contents(L, "pread", NR_pread64, true);
}

static int task_pwrite(lua_State *L)
{
	return put_contents(L, "pwrite", NR_pwrite64, true);
}

static int task_read_fd(lua_State *L)
{
	return get_contents(L, "read_fd", NR_read, false);
}

static int task_write_fd(lua_State *L)
{
	return put_contents(L, "write_fd", NR_write, false);
}

/* --- a new program -------------------------------------------------------------------------------- */

uint64_t data_address(const struct task *task, uint32_t offset)
{
	return AGENT_SLOTS + task->slot * AGENT_SLOT_SIZE + AGENT_HOT + AGENT_STACK_TOP +
	       offsetof(struct agent_slot, cmd) + offsetof(struct agent_cmd, data) + offset;
}

/* argv: the texts of the table at index, or the agent's own: its name and its channel. */
static void add_argv(lua_State *L, struct task *task, struct agent_cmd *cmd, int index)
{
	struct session *s = sandbox_session(L);
	lua_Integer count = 2;
	uint64_t pointers[16] = {0};

	if (lua_isnoneornil(L, index)) {
		lua_settop(L, index - 1);
		lua_newtable(L);
		lua_pushstring(L, task->name);
		lua_seti(L, index, 1);
		lua_pushfstring(L, "%d", task->channel);
		lua_seti(L, index, 2);
	} else {
		luaL_checktype(L, index, LUA_TTABLE);
		count = luaL_len(L, index);
	}
	if (count > 15)
		luaL_error(L, "exec: at most 15 arguments");
	for (lua_Integer i = 0; i < count; i++) {
		size_t n;
		const char *text;

		if (lua_geti(L, index, i + 1) != LUA_TSTRING)
			luaL_error(L, "exec: arguments are texts, not a %s", luaL_typename(L, -1));
		text = lua_tolstring(L, -1, &n);
		pointers[i] = data_address(task, cmd->len);
		add_data(L, cmd, 1, "exec", text, n);
		buf_printf(&s->args, " %s", text);
		lua_pop(L, 1);
	}
	cmd->len = (cmd->len + 7) & ~7u;
	add_data(L, cmd, 1, "exec", pointers, (count + 1) * sizeof(pointers[0]));
}

/* The agent that exec loads does not greet: it awaits its first command, and that is how success looks. */
static int task_exec(lua_State *L)
{
	struct task *task = op_begin(L, "exec");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_execve);
	struct outcome out;

	if (lua_isnoneornil(L, 2)) {
		lua_settop(L, 1);
		lua_pushliteral(L, "/agent");
	}
	add_text(L, &cmd, 0, "exec", 2);
	add_argv(L, task, &cmd, 3);
	if (session_round(s, task, &cmd, &out))
		return raise_over(L);
	if (out.kind == OUTCOME_GONE)
		return op_gone(L, task, "exec");
	if (out.kind == OUTCOME_REPORT) {
		put_value(&s->result, NR_execve, out.report.value);
		op_end(L, task, "exec", "errno", NULL, NULL);
		return push_value(L, out.report.value);
	}
	if (!out.awaits)
		return luaL_error(L, "exec: the new program does not await commands");
	task->slot = 0;
	task->process->slots = 1;
	buf_puts(&s->result, "ok");
	op_end(L, task, "exec", "ok", NULL, NULL);
	lua_pushinteger(L, 0);
	return 1;
}

const struct api_row file_rows[] = {
	{"open", task_open, "fd = a:open(path [, \"rw,creat,excl,trunc,append\" [, mode]])",
	 "Open a file, for reading unless told otherwise. Gives the descriptor, or nil and an errno name."},
	{"close", task_close, "a:close(fd)", "Close a descriptor."},
	{"memfd", task_memfd, "fd = a:memfd(name [, \"cloexec,sealing\"])",
	 "A file without a name in any directory."},
	{"ftruncate", task_ftruncate, "a:ftruncate(fd, len)", "Set a file's length."},
	{"lseek", task_lseek, "a:lseek(fd, off [, \"set\" | \"cur\" | \"end\"])", "Move the file position."},
	{"pread", task_pread, "text = a:pread(fd, len, off)", "Read up to 512 bytes at an offset."},
	{"pwrite", task_pwrite, "n = a:pwrite(fd, text, off)", "Write text at an offset."},
	{"read_fd", task_read_fd, "text = a:read_fd(fd, len)", "Read up to 512 bytes where the file stands."},
	{"write_fd", task_write_fd, "n = a:write_fd(fd, text)", "Write text where the file stands."},
	{"exec", task_exec, "a:exec([path [, {args}]])",
	 "A new program in a: the agent, unless told otherwise; it keeps a's channel. Only its failure "
	 "returns "
	 "nil and an errno name."},
	{NULL, NULL, NULL, NULL},
};
