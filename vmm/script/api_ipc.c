/* SPDX-License-Identifier: MIT */
/* Methods of a task for pipes, System V shared memory, futexes and the memory of others. */
#include <inttypes.h>
#include <string.h>

#include "script/api.h"
#include "script/named.h"
#include "uapi.h"

static const struct named shmget_flags[] = {
	{"creat", 01000}, {"excl", 02000}, {"hugetlb", 04000}, {"noreserve", 010000}, {NULL, 0},
};

static const struct named shmat_flags[] = {
	{"rdonly", 010000}, {"rnd", 020000}, {"remap", 040000}, {"exec", 0100000}, {NULL, 0},
};

static const struct named shmctl_commands[] = {
	{"rmid", 0}, {"set", 1}, {"stat", 2}, {"lock", 11}, {"unlock", 12}, {NULL, 0},
};

static const struct named pipe_flags[] = {
	{"nonblock", LX_O_NONBLOCK}, {"packets", LX_O_DIRECT}, {"cloexec", LX_O_CLOEXEC}, {NULL, 0},
};

/* --- pipes ---------------------------------------------------------------------------------------- */

static int task_pipe(lua_State *L)
{
	struct task *task = op_begin(L, "pipe");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_pipe2);
	struct agent_report report;
	int32_t fds[2] = {-1, -1};
	int n;

	if (!lua_isnoneornil(L, 2)) {
		cmd.args[1] = check_named_set(L, 2, "pipe", pipe_flags);
		put_named_set(&s->args, pipe_flags, cmd.args[1]);
	}
	cmd.in_data = 1u;
	cmd.len = sizeof(fds);
	n = call_round(L, task, "pipe", &cmd, &report);
	if (n)
		return n;
	if (report.len >= sizeof(fds))
		memcpy(fds, report.data, sizeof(fds));
	buf_printf(&s->result, "reads %d, writes %d", fds[0], fds[1]);
	op_end(L, task, "pipe", "ok", NULL, NULL);
	lua_pushinteger(L, fds[0]);
	lua_pushinteger(L, fds[1]);
	return 2;
}

/* --- System V shared memory ----------------------------------------------------------------------- */

static int task_shmget(lua_State *L)
{
	struct task *task = op_begin(L, "shmget");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_shmget);

	cmd.args[0] = luaL_checkinteger(L, 2);
	cmd.args[1] = luaL_checkinteger(L, 3);
	cmd.args[2] = 0600 | (lua_isnoneornil(L, 4) ? 0 : check_named_set(L, 4, "shmget", shmget_flags));
	buf_printf(&s->args, "key=%" PRId64 " len=", (int64_t)cmd.args[0]);
	put_len(&s->args, cmd.args[1]);
	if (cmd.args[2] & ~0600ULL) {
		buf_puts(&s->args, " ");
		put_named_set(&s->args, shmget_flags, cmd.args[2] & ~0600ULL);
	}
	return finish_call(L, task, "shmget", &cmd);
}

static int task_shmat(lua_State *L)
{
	struct task *task = op_begin(L, "shmat");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_shmat);

	cmd.args[0] = luaL_checkinteger(L, 2);
	cmd.args[1] = luaL_optinteger(L, 3, 0);
	cmd.args[2] = lua_isnoneornil(L, 4) ? 0 : check_named_set(L, 4, "shmat", shmat_flags);
	buf_printf(&s->args, "id=%" PRId64, (int64_t)cmd.args[0]);
	if (cmd.args[1])
		buf_printf(&s->args, " addr=%" PRIx64, cmd.args[1]);
	if (cmd.args[2]) {
		buf_puts(&s->args, " ");
		put_named_set(&s->args, shmat_flags, cmd.args[2]);
	}
	return finish_call(L, task, "shmat", &cmd);
}

static int task_shmdt(lua_State *L)
{
	struct task *task = op_begin(L, "shmdt");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_shmdt);

	cmd.args[0] = luaL_checkinteger(L, 2);
	buf_printf(&s->args, "%" PRIx64, cmd.args[0]);
	return finish_call(L, task, "shmdt", &cmd);
}

/* shmctl(id, cmd, buf): of struct shmid64_ds size and attachments are shown. */
#define SHMID_DS_SIZE 112
#define SHM_SEGSZ     48
#define SHM_NATTCH    88

static int task_shmctl(lua_State *L)
{
	struct task *task = op_begin(L, "shmctl");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_shmctl);
	struct agent_report report;
	uint64_t size = 0, nattch = 0;
	int n;

	cmd.args[0] = luaL_checkinteger(L, 2);
	cmd.args[1] = check_named(L, 3, "shmctl", shmctl_commands);
	cmd.in_data = 1u << 2;
	cmd.len = SHMID_DS_SIZE;
	buf_printf(&s->args, "id=%" PRId64 " ", (int64_t)cmd.args[0]);
	put_named(&s->args, shmctl_commands, cmd.args[1]);
	if (cmd.args[1] != 2)
		return finish_call(L, task, "shmctl", &cmd);
	n = call_round(L, task, "shmctl", &cmd, &report);
	if (n)
		return n;
	if (report.len >= SHMID_DS_SIZE) {
		memcpy(&size, report.data + SHM_SEGSZ, 8);
		memcpy(&nattch, report.data + SHM_NATTCH, 8);
	}
	buf_printf(&s->result, "size %" PRIu64 ", attached %" PRIu64, size, nattch);
	op_end(L, task, "shmctl", "ok", NULL, NULL);
	lua_newtable(L);
	lua_pushinteger(L, size);
	lua_setfield(L, -2, "size");
	lua_pushinteger(L, nattch);
	lua_setfield(L, -2, "attached");
	return 1;
}

/* --- futexes -------------------------------------------------------------------------------------- */

static uint64_t futex_op(lua_State *L, int index, uint64_t op)
{
	static const struct named kinds[] = {
		{"private", LX_FUTEX_PRIVATE_FLAG}, {"shared", 0}, {NULL, 0},
	};

	return op | (lua_isnoneornil(L, index) ? 0 : check_named(L, index, "futex", kinds));
}

/* futex(p, FUTEX_WAIT, value, timeout): the timespec goes along in the command's data. */
static int task_futex_wait(lua_State *L)
{
	struct task *task = op_begin(L, "futex_wait");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_futex);
	struct text_args none = {0};
	uint64_t span[2];

	cmd.args[0] = luaL_checkinteger(L, 2);
	cmd.args[1] = futex_op(L, 5, LX_FUTEX_WAIT);
	cmd.args[2] = luaL_checkinteger(L, 3);
	buf_printf(&s->args, "%" PRIx64 " while %" PRIu32, cmd.args[0], (uint32_t)cmd.args[2]);
	if (!lua_isnoneornil(L, 4)) {
		span[0] = luaL_checkinteger(L, 4) / 1000000000;
		span[1] = luaL_checkinteger(L, 4) % 1000000000;
		buf_printf(&s->args, " at most %lld ns", (long long)lua_tointeger(L, 4));
		cmd.in_data = 1u << 3;
		cmd.len = sizeof(span);
		memcpy(cmd.data, span, sizeof(span));
	}
	if (cmd.args[1] & LX_FUTEX_PRIVATE_FLAG)
		buf_puts(&s->args, " private");
	return start_call(L, task, "futex_wait", &cmd, &none);
}

static int task_futex_wake(lua_State *L)
{
	struct task *task = op_begin(L, "futex_wake");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_futex);

	cmd.args[0] = luaL_checkinteger(L, 2);
	cmd.args[1] = futex_op(L, 4, LX_FUTEX_WAKE);
	cmd.args[2] = luaL_optinteger(L, 3, 1);
	buf_printf(&s->args, "%" PRIx64 " n=%" PRId32, cmd.args[0], (int32_t)cmd.args[2]);
	if (cmd.args[1] & LX_FUTEX_PRIVATE_FLAG)
		buf_puts(&s->args, " private");
	return finish_call(L, task, "futex_wake", &cmd);
}

/* --- the memory of others ------------------------------------------------------------------------- */

#define VM_IOVECS 32 /* bytes: one struct iovec for each side, before the bytes themselves */

/* process_vm_readv or writev of n bytes, which stand behind the two iovecs in the command's data. */
static struct agent_cmd vm_cmd(lua_State *L, const struct task *task, uint64_t nr, uint64_t n)
{
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(nr);
	struct task *other = check_task(L, 2);
	uint64_t iovecs[4] = {data_address(task, VM_IOVECS), n, luaL_checkinteger(L, 3), n};

	if (n > AGENT_DATA - VM_IOVECS)
		luaL_error(L, "at most %d bytes at a time", AGENT_DATA - VM_IOVECS);
	memcpy(cmd.data, iovecs, sizeof(iovecs));
	cmd.len = VM_IOVECS + n;
	cmd.in_data = 1u << 1 | 1u << 3;
	cmd.args[0] = other->pid;
	cmd.args[2] = 1;
	cmd.args[3] = sizeof(iovecs) / 2;
	cmd.args[4] = 1;
	buf_printf(&s->args, "of %s %" PRIx64 " ", other->name, iovecs[2]);
	return cmd;
}

static int task_vm_read(lua_State *L)
{
	struct task *task = op_begin(L, "vm_read");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = vm_cmd(L, task, NR_process_vm_readv, luaL_checkinteger(L, 4));
	struct agent_report report;
	uint64_t got;
	int n;

	buf_printf(&s->args, "len=%d", (int)luaL_checkinteger(L, 4));
	n = call_round(L, task, "vm_read", &cmd, &report);
	if (n)
		return n;
	got = report.len < VM_IOVECS ? 0 : report.len - VM_IOVECS;
	got = (uint64_t)report.value < got ? (uint64_t)report.value : got;
	put_bytes(&s->result, (const char *)report.data + VM_IOVECS, got);
	op_end(L, task, "vm_read", "ok", NULL, NULL);
	lua_pushlstring(L, (const char *)report.data + VM_IOVECS, got);
	return 1;
}

static int task_vm_write(lua_State *L)
{
	struct task *task = op_begin(L, "vm_write");
	struct session *s = sandbox_session(L);
	size_t n;
	const char *text = luaL_checklstring(L, 4, &n);
	struct agent_cmd cmd = vm_cmd(L, task, NR_process_vm_writev, n);

	memcpy(cmd.data + VM_IOVECS, text, n);
	put_bytes(&s->args, text, n);
	return finish_call(L, task, "vm_write", &cmd);
}

static int task_remap_file_pages(lua_State *L)
{
	struct task *task = op_begin(L, "remap_file_pages");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_remap_file_pages);

	cmd.args[0] = luaL_checkinteger(L, 2);
	cmd.args[1] = luaL_checkinteger(L, 3);
	cmd.args[3] = luaL_checkinteger(L, 4);
	cmd.args[4] = lua_isnoneornil(L, 5) ? 0 : check_map_flags(L, 5);
	buf_printf(&s->args, "%" PRIx64 " len=", cmd.args[0]);
	put_len(&s->args, cmd.args[1]);
	buf_printf(&s->args, " pgoff=%#" PRIx64, cmd.args[3]);
	if (cmd.args[4]) {
		buf_puts(&s->args, " ");
		put_map_flags(&s->args, cmd.args[4]);
	}
	return finish_call(L, task, "remap_file_pages", &cmd);
}

const struct api_row ipc_rows[] = {
	{"pipe", task_pipe, "r, w = a:pipe([\"nonblock,packets,cloexec\"])", "A pipe's two descriptors."},
	{"shmget", task_shmget, "id = a:shmget(key, len [, \"creat,excl,noreserve\"])",
	 "A System V shared memory segment; key 0 is always a new one."},
	{"shmat", task_shmat, "p = a:shmat(id [, addr [, \"rdonly,rnd,remap,exec\"]])", "Attach a segment."},
	{"shmdt", task_shmdt, "a:shmdt(p)", "Detach what is attached at p."},
	{"shmctl", task_shmctl, "a:shmctl(id, \"rmid\" | \"stat\" | \"lock\" | \"unlock\")",
	 "Remove, look at, lock a segment; stat gives {size=, attached=}."},
	{"futex_wait", task_futex_wait, "h = a:futex_wait(p, value [, ns [, \"private\"]])",
	 "Sleep while the 32 bits at p are value, ns at most: gives a handle, whose result is 0 when it was woken."},
	{"futex_wake", task_futex_wake, "n = a:futex_wake(p [, n [, \"private\"]])", "Wake up to n who wait at p; how many."},
	{"vm_read", task_vm_read, "text = a:vm_read(b, p, len)", "a reads b's memory (process_vm_readv)."},
	{"vm_write", task_vm_write, "n = a:vm_write(b, p, text)", "a writes b's memory (process_vm_writev)."},
	{"remap_file_pages", task_remap_file_pages, "a:remap_file_pages(p, len, pgoff [, \"nonblock\"])",
	 "A shared mapping's [p, p+len) shows the pages of its file from pgoff on."},
	{NULL, NULL, NULL, NULL},
};
