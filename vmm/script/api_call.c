/* SPDX-License-Identifier: MIT */
/* Methods of a task that make system calls. Each is one step. */
#include <inttypes.h>
#include <string.h>

#include "script/api.h"
#include "uapi.h"

static int task_mmap(lua_State *L)
{
	static const char *const fields[] = {"len", "prot", "flags", "addr", "fd", "off", NULL};
	struct task *task = op_begin(L, "mmap");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_mmap);

	check_fields(L, 2, "mmap", fields);
	if (lua_getfield(L, 2, "len") == LUA_TNIL)
		return luaL_error(L, "mmap: len is missing");
	lua_pop(L, 1);
	cmd.args[0] = integer_field(L, "mmap", "addr", 0);
	cmd.args[1] = integer_field(L, "mmap", "len", 0);
	cmd.args[2] = LX_PROT_READ | LX_PROT_WRITE;
	cmd.args[3] = LX_MAP_PRIVATE | LX_MAP_ANONYMOUS;
	cmd.args[4] = integer_field(L, "mmap", "fd", -1);
	cmd.args[5] = integer_field(L, "mmap", "off", 0);
	if (lua_getfield(L, 2, "prot") != LUA_TNIL)
		cmd.args[2] = check_prot(L, -1);
	if (lua_getfield(L, 2, "flags") != LUA_TNIL)
		cmd.args[3] = check_map_flags(L, -1);
	buf_puts(&s->args, "len=");
	put_len(&s->args, cmd.args[1]);
	buf_puts(&s->args, " ");
	put_prot_words(&s->args, cmd.args[2]);
	buf_puts(&s->args, " ");
	put_map_flags(&s->args, cmd.args[3]);
	if (cmd.args[0])
		buf_printf(&s->args, " addr=%" PRIx64, cmd.args[0]);
	if (cmd.args[4] != (uint64_t)-1)
		buf_printf(&s->args, " fd=%" PRId64, (int64_t)cmd.args[4]);
	if (cmd.args[5])
		buf_printf(&s->args, " off=%#" PRIx64, cmd.args[5]);
	return finish_call(L, task, "mmap", &cmd);
}

static int task_munmap(lua_State *L)
{
	struct task *task = op_begin(L, "munmap");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_munmap);

	cmd.args[0] = luaL_checkinteger(L, 2);
	cmd.args[1] = luaL_checkinteger(L, 3);
	buf_printf(&s->args, "%" PRIx64 " len=", cmd.args[0]);
	put_len(&s->args, cmd.args[1]);
	return finish_call(L, task, "munmap", &cmd);
}

static int task_mprotect(lua_State *L)
{
	struct task *task = op_begin(L, "mprotect");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_mprotect);

	cmd.args[0] = luaL_checkinteger(L, 2);
	cmd.args[1] = luaL_checkinteger(L, 3);
	cmd.args[2] = check_prot(L, 4);
	buf_printf(&s->args, "%" PRIx64 " len=", cmd.args[0]);
	put_len(&s->args, cmd.args[1]);
	buf_puts(&s->args, " ");
	put_prot_words(&s->args, cmd.args[2]);
	return finish_call(L, task, "mprotect", &cmd);
}

static int task_brk(lua_State *L)
{
	struct task *task = op_begin(L, "brk");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_brk);

	cmd.args[0] = luaL_optinteger(L, 2, 0);
	buf_printf(&s->args, "%" PRIx64, cmd.args[0]);
	return finish_call(L, task, "brk", &cmd);
}

static int task_kill(lua_State *L)
{
	struct task *task = op_begin(L, "kill"), *target;
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_kill);
	int signo = check_signal(L, 2);

	target = lua_isnoneornil(L, 3) ? task : check_task(L, 3);
	cmd.args[0] = target->pid;
	cmd.args[1] = signo;
	put_signal(&s->args, signo);
	if (target != task)
		buf_printf(&s->args, " to %s", target->name);
	return finish_call(L, task, "kill", &cmd);
}

/* --- any call ------------------------------------------------------------------------------------- */

static void add_text_arg(lua_State *L, int index, int i, struct agent_cmd *cmd, struct text_args *texts)
{
	size_t len;
	const char *text = lua_tolstring(L, index, &len);

	if (len + 1 > AGENT_DATA - cmd->len)
		luaL_error(L,
			   "the texts of one call may have %d bytes in all, a terminating zero each included",
			   AGENT_DATA);
	texts->in_data |= 1u << i;
	texts->offset[i] = cmd->len;
	texts->len[i] = len;
	cmd->args[i] = cmd->len;
	cmd->in_data |= 1u << i;
	memcpy(cmd->data + cmd->len, text, len);
	cmd->data[cmd->len + len] = 0;
	cmd->len += (len + 1 + 7) & ~7u; /* structures in text want their alignment */
	if (cmd->len > AGENT_DATA)
		cmd->len = AGENT_DATA;
}

/* Arguments from stack index `first` on, into the command and into words. */
static void read_args(lua_State *L, int first, struct agent_cmd *cmd, struct text_args *texts)
{
	struct session *s = sandbox_session(L);
	int n = lua_gettop(L) - first + 1;

	if (n > 6)
		luaL_error(L, "a system call takes at most 6 arguments");
	for (int i = 0; i < n; i++) {
		int index = first + i;

		buf_puts(&s->args, s->args.len ? " " : "");
		if (luaL_testudata(L, index, TASK_TYPE)) {
			cmd->args[i] = check_task(L, index)->pid;
			buf_puts(&s->args, check_task(L, index)->name);
		} else if (lua_type(L, index) == LUA_TSTRING) {
			add_text_arg(L, index, i, cmd, texts);
			put_bytes(&s->args, lua_tostring(L, index), texts->len[i]);
		} else {
			int64_t value = luaL_checkinteger(L, index);

			cmd->args[i] = value;
			buf_printf(&s->args, value > 0xffff || value < -0xffff ? "%" PRIx64 : "%" PRId64,
				   value);
		}
	}
}

int push_texts(lua_State *L, const struct agent_report *report, const struct text_args *texts)
{
	int n = 0;

	for (int i = 0; i < 6; i++) {
		if (!(texts->in_data >> i & 1) || texts->offset[i] + texts->len[i] > report->len)
			continue;
		lua_pushlstring(L, (const char *)report->data + texts->offset[i], texts->len[i]);
		n++;
	}
	return n;
}

static const char *call_name(lua_State *L, uint64_t nr)
{
	const char *name = syscall_name(nr);

	return name ? name : lua_pushfstring(L, "syscall %d", (int)nr);
}

static int task_syscall(lua_State *L)
{
	struct task *task = op_begin(L, "syscall");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(check_syscall(L, 2));
	struct text_args texts = {0};
	struct outcome out;
	const char *name;
	int n;

	read_args(L, 3, &cmd, &texts);
	name = call_name(L, cmd.nr);
	op_round(L, task, name, &cmd, &out);
	if (out.kind == OUTCOME_GONE)
		return op_gone(L, task, name);
	put_value(&s->result, cmd.nr, out.report.value);
	op_end(L, task, name, out.report.value < 0 && out.report.value >= -4095 ? "errno" : "ok", NULL, NULL);
	n = push_value(L, out.report.value);
	return n == 1 ? n + push_texts(L, &out.report, &texts) : n;
}

int start_call(lua_State *L, struct task *task, const char *name, struct agent_cmd *cmd,
	       const struct text_args *texts)
{
	struct session *s = sandbox_session(L);
	struct pending *p;
	struct outcome out;

	if (session_round(s, task, cmd, &out))
		return raise_over(L);
	p = session_leave_pending(s, task, cmd->nr, name);
	p->texts = *texts;
	push_handle(L, p);
	if (out.kind != OUTCOME_PENDING) { /* it returned at once, or killed its task */
		p->done = true;
		p->gone = out.kind == OUTCOME_GONE;
		if (!p->gone)
			p->report = out.report;
		task->pending = NULL;
		pending_put(p);
	}
	if (out.kind == OUTCOME_REPORT)
		put_value(&s->result, cmd->nr, out.report.value);
	else if (out.kind == OUTCOME_GONE)
		put_wait_status(&s->result, task->exit_code);
	else
		buf_puts(&s->result, "pending");
	op_end(L, task, name,
	       out.kind == OUTCOME_PENDING ? "pending"
	       : out.kind == OUTCOME_GONE  ? "gone"
					   : "ok",
	       NULL, NULL);
	return 1;
}

static int task_start(lua_State *L)
{
	struct task *task = op_begin(L, "start");
	struct agent_cmd cmd = syscall_cmd(check_syscall(L, 2));
	struct text_args texts = {0};

	read_args(L, 3, &cmd, &texts);
	return start_call(L, task, call_name(L, cmd.nr), &cmd, &texts);
}

const struct api_row call_rows[] = {
	{"mmap", task_mmap, "a:mmap{len=, prot=\"rw\", flags=\"private,anon\", addr=, fd=, off=}",
	 "Map memory. Gives the address, or nil and an errno name."},
	{"munmap", task_munmap, "a:munmap(p, len)", "Unmap [p, p+len)."},
	{"mprotect", task_mprotect, "a:mprotect(p, len, \"r\")", "Change the rights of [p, p+len)."},
	{"brk", task_brk, "a:brk([p])",
	 "Move the end of the heap. Gives the raw value: where the end is now."},
	{"kill", task_kill, "a:kill(sig [, b])",
	 "a sends signal sig (\"SIGUSR1\" or a number) to b, or to itself."},
	{"syscall", task_syscall, "a:syscall(name, …)",
	 "Any system call, by name or number. Integers go as they are, a task as its pid, text as a pointer "
	 "to a copy of it; "
	 "gives the value and what the call left in each text, or nil and an errno name."},
	{"start", task_start, "a:start(name, …)",
	 "A system call that may block: gives a handle at once. While it is pending the task can do nothing "
	 "else."},
	{NULL, NULL, NULL, NULL},
};
