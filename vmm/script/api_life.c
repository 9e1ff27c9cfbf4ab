/* SPDX-License-Identifier: MIT */
/* Methods of a task that make, end and await tasks, and those of handles. */
#include <inttypes.h>
#include <string.h>

#include "script/api.h"
#include "uapi.h"

static int no_channel(lua_State *L)
{
	return luaL_error(L, "%d tasks live already, which is as many as a scenario can have",
			  AGENT_CHANNELS);
}

static const char *opt_name(lua_State *L, int index)
{
	const char *name = luaL_optstring(L, index, NULL);

	if (name && (!*name || strlen(name) > 15 ||
		     strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_-") != strlen(name)))
		luaL_error(L, "a task's name has 1 to 15 letters, digits, '_' or '-'");
	return name;
}

/* Fork and thread differ in the command and in whose slots the child uses. */
static int make_child(lua_State *L, struct task *task, const char *op, struct agent_cmd *cmd,
		      struct task *process)
{
	struct session *s = sandbox_session(L);
	const char *name = opt_name(L, 2);
	struct outcome out;
	struct task *child;

	op_round(L, task, op, cmd, &out);
	if (out.kind == OUTCOME_GONE)
		return op_gone(L, task, op);
	if (out.report.value <= 0 || out.report.value > INT32_MAX) {
		put_value(&s->result, 0, out.report.value);
		op_end(L, task, op, "errno", NULL, NULL);
		return push_value(L, out.report.value);
	}
	child = session_add_task(s, cmd->channel, out.report.value, name, process);
	child->slot = process ? cmd->slot : task->slot;
	child->process->slots |= 1u << child->slot;
	session_meet(s, child);
	buf_printf(&s->result, "%s, pid %d", child->name, child->pid);
	push_task(L, child);
	op_end(L, task, op, "ok", NULL, NULL);
	return 1;
}

static int task_fork(lua_State *L)
{
	struct task *task = op_begin(L, "fork");
	struct session *s = sandbox_session(L);
	int channel = s->target->ops->free_channel(s->target);
	struct agent_cmd cmd = {.op = AGENT_FORK, .channel = channel};

	return channel < 0 ? no_channel(L) : make_child(L, task, "fork", &cmd, NULL);
}

static int task_thread(lua_State *L)
{
	struct task *task = op_begin(L, "thread");
	struct session *s = sandbox_session(L);
	int channel = s->target->ops->free_channel(s->target);
	struct agent_cmd cmd = {.op = AGENT_THREAD, .channel = channel};

	while (cmd.slot < AGENT_CHANNELS && (task->process->slots >> cmd.slot & 1))
		cmd.slot++;
	return channel < 0 || cmd.slot == AGENT_CHANNELS ? no_channel(L)
							 : make_child(L, task, "thread", &cmd, task->process);
}

static int task_exit(lua_State *L)
{
	struct task *task = op_begin(L, "exit");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = {.op = AGENT_EXIT};
	struct outcome out;

	cmd.args[0] = luaL_optinteger(L, 2, 0);
	buf_printf(&s->args, "%" PRId64, (int64_t)cmd.args[0]);
	op_round(L, task, "exit", &cmd, &out);
	if (out.kind != OUTCOME_GONE)
		return luaL_error(L, "%s made exit_group and lives on", task->name);
	op_gone(L, task, "exit");
	return 0;
}

/* {exited=0}, {signal="SIGKILL", core=false} or {status=raw}. */
static void push_wait_status(lua_State *L, int status)
{
	lua_newtable(L);
	lua_pushinteger(L, status);
	lua_setfield(L, -2, "status");
	if ((status & 0x7f) == 0) {
		lua_pushinteger(L, status >> 8 & 0xff);
		lua_setfield(L, -2, "exited");
	} else if ((status & 0x7f) != 0x7f) {
		if (signal_name(status & 0x7f))
			lua_pushstring(L, signal_name(status & 0x7f));
		else
			lua_pushinteger(L, status & 0x7f);
		lua_setfield(L, -2, "signal");
		lua_pushboolean(L, status >> 7 & 1);
		lua_setfield(L, -2, "core");
	}
}

static int task_wait(lua_State *L)
{
	struct task *task = op_begin(L, "wait");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = {.op = AGENT_SYSCALL, .nr = NR_wait4, .in_data = 1u << 1, .len = 8};
	struct outcome out;
	int32_t status;

	cmd.args[0] = lua_isnoneornil(L, 2) ? -1 : check_task(L, 2)->pid;
	if (!lua_isnoneornil(L, 2))
		buf_printf(&s->args, "for %s", check_task(L, 2)->name);
	op_round(L, task, "wait", &cmd, &out);
	if (out.kind == OUTCOME_GONE)
		return op_gone(L, task, "wait");
	if (out.report.value <= 0) {
		put_value(&s->result, 0, out.report.value);
		op_end(L, task, "wait", "errno", NULL, NULL);
		return push_value(L, out.report.value);
	}
	memcpy(&status, out.report.data, sizeof(status));
	buf_printf(&s->result, "%s, ", report_task_name(s->report, out.report.value));
	put_wait_status(&s->result, status);
	op_end(L, task, "wait", "ok", NULL, NULL);
	lua_pushinteger(L, out.report.value);
	push_wait_status(L, status);
	return 2;
}

static int task_alive(lua_State *L)
{
	lua_pushboolean(L, !check_task(L, 1)->gone);
	return 1;
}

const struct api_row life_rows[] = {
	{"fork", task_fork, "b = a:fork([name])",
	 "A new process, a copy of a. Gives the task, or nil and an errno name."},
	{"thread", task_thread, "t = a:thread([name])", "A new thread in a's process, sharing its mm."},
	{"exit", task_exit, "a:exit([code])", "The whole process of a ends."},
	{"wait", task_wait, "pid, status = a:wait([b])",
	 "Reap a dead child: gives its pid and {exited=code} or {signal=name, core=dumped}. If none is dead yet use "
	 "a:start(\"wait4\", …)."},
	{"alive", task_alive, "a:alive()", "Is the task alive?"},
	{NULL, NULL, NULL, NULL},
};

/* --- handles -------------------------------------------------------------------------------------- */

/* The handle's operation, which a restore() may have undone. */
static struct pending *check_begun(lua_State *L)
{
	struct pending *p = check_handle(L, 1);

	if (p->vanished)
		luaL_error(L, "this %s has vanished: restore() went back to before it was begun", p->op);
	return p;
}

static int handle_done(lua_State *L)
{
	lua_pushboolean(L, check_begun(L)->done);
	return 1;
}

static int handle_result(lua_State *L)
{
	struct pending *p = check_begun(L);

	if (!p->done)
		return luaL_error(L, "%s has not returned yet (h:done() tells)", p->op);
	if (!p->gone) {
		int n = push_value(L, p->report.value);

		return n == 1 ? n + push_texts(L, &p->report, &p->texts) : n;
	}
	lua_pushnil(L);
	lua_pushstring(L, "gone");
	return 2;
}

const struct api_row handle_rows[] = {
	{"done", handle_done, "h:done()", "Has the operation returned?"},
	{"result", handle_result, "h:result()",
	 "What it returned: a value and what it left in each text, or nil and an errno name (\"gone\": its task died first). An error "
	 "while pending."},
	{NULL, NULL, NULL, NULL},
};
