/* SPDX-License-Identifier: MIT */
/* Methods of a task for what is mapped already: moving, advising, locking, syncing, and the limits on it. */
#include <inttypes.h>
#include <string.h>

#include "script/api.h"
#include "script/named.h"
#include "uapi.h"

static const struct named mremap_flags[] = {
	{"maymove", 1},
	{"fixed", 2},
	{"dontunmap", 4},
	{NULL, 0},
};

static const struct named advices[] = {
	{"normal", 0},		{"random", 1},	   {"sequential", 2},	{"willneed", 3},
	{"dontneed", 4},	{"free", 8},	   {"remove", 9},	{"dontfork", 10},
	{"dofork", 11},		{"mergeable", 12}, {"unmergeable", 13}, {"hugepage", 14},
	{"nohugepage", 15},	{"dontdump", 16},  {"dodump", 17},	{"wipeonfork", 18},
	{"keeponfork", 19},	{"cold", 20},	   {"pageout", 21},	{"populate_read", 22},
	{"populate_write", 23}, {"dontneed_locked", 24}, {NULL, 0},
};

static const struct named mlock2_flags[] = {
	{"onfault", 1},
	{NULL, 0},
};

static const struct named mlockall_flags[] = {
	{"current", 1},
	{"future", 2},
	{"onfault", 4},
	{NULL, 0},
};

static const struct named msync_flags[] = {
	{"async", 1},
	{"invalidate", 2},
	{"sync", 4},
	{NULL, 0},
};

static const struct named resources[] = {
	{"cpu", 0},	  {"fsize", 1},	 {"data", 2},	 {"stack", 3},	 {"core", 4},	{"rss", 5},
	{"nproc", 6},	  {"nofile", 7}, {"memlock", 8}, {"as", 9},	 {"locks", 10}, {"sigpending", 11},
	{"msgqueue", 12}, {"nice", 13},	 {"rtprio", 14}, {"rttime", 15}, {NULL, 0},
};

/* (p, len) of arguments 2 and 3, for the command and in words. */
static struct agent_cmd range_cmd(lua_State *L, uint64_t nr)
{
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(nr);

	cmd.args[0] = luaL_checkinteger(L, 2);
	cmd.args[1] = luaL_checkinteger(L, 3);
	buf_printf(&s->args, "%" PRIx64 " len=", cmd.args[0]);
	put_len(&s->args, cmd.args[1]);
	return cmd;
}

static uint64_t needed_field(lua_State *L, const char *what, const char *field)
{
	if (lua_getfield(L, 2, field) == LUA_TNIL)
		luaL_error(L, "%s: %s is missing", what, field);
	lua_pop(L, 1);
	return integer_field(L, what, field, 0);
}

static int task_mremap(lua_State *L)
{
	static const char *const fields[] = {"addr", "len", "newlen", "flags", "newaddr", NULL};
	struct task *task = op_begin(L, "mremap");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_mremap);

	check_fields(L, 2, "mremap", fields);
	cmd.args[0] = needed_field(L, "mremap", "addr");
	cmd.args[1] = needed_field(L, "mremap", "len");
	cmd.args[2] = needed_field(L, "mremap", "newlen");
	if (lua_getfield(L, 2, "flags") != LUA_TNIL)
		cmd.args[3] = check_named_set(L, -1, "mremap's flags", mremap_flags);
	cmd.args[4] = integer_field(L, "mremap", "newaddr", 0);
	buf_printf(&s->args, "%" PRIx64 " len=", cmd.args[0]);
	put_len(&s->args, cmd.args[1]);
	buf_puts(&s->args, " newlen=");
	put_len(&s->args, cmd.args[2]);
	buf_puts(&s->args, " ");
	put_named_set(&s->args, mremap_flags, cmd.args[3]);
	if (cmd.args[4])
		buf_printf(&s->args, " newaddr=%" PRIx64, cmd.args[4]);
	return finish_call(L, task, "mremap", &cmd);
}

static int task_madvise(lua_State *L)
{
	struct task *task = op_begin(L, "madvise");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = range_cmd(L, NR_madvise);

	cmd.args[2] = check_named(L, 4, "madvise", advices);
	buf_puts(&s->args, " ");
	put_named(&s->args, advices, cmd.args[2]);
	return finish_call(L, task, "madvise", &cmd);
}

static int task_mlock(lua_State *L)
{
	struct task *task = op_begin(L, "mlock");
	struct agent_cmd cmd = range_cmd(L, NR_mlock);

	return finish_call(L, task, "mlock", &cmd);
}

static int task_mlock2(lua_State *L)
{
	struct task *task = op_begin(L, "mlock2");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = range_cmd(L, NR_mlock2);

	if (!lua_isnoneornil(L, 4))
		cmd.args[2] = check_named_set(L, 4, "mlock2", mlock2_flags);
	buf_puts(&s->args, " ");
	put_named_set(&s->args, mlock2_flags, cmd.args[2]);
	return finish_call(L, task, "mlock2", &cmd);
}

static int task_munlock(lua_State *L)
{
	struct task *task = op_begin(L, "munlock");
	struct agent_cmd cmd = range_cmd(L, NR_munlock);

	return finish_call(L, task, "munlock", &cmd);
}

static int task_mlockall(lua_State *L)
{
	struct task *task = op_begin(L, "mlockall");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_mlockall);

	cmd.args[0] = check_named_set(L, 2, "mlockall", mlockall_flags);
	put_named_set(&s->args, mlockall_flags, cmd.args[0]);
	return finish_call(L, task, "mlockall", &cmd);
}

static int task_munlockall(lua_State *L)
{
	struct task *task = op_begin(L, "munlockall");
	struct agent_cmd cmd = syscall_cmd(NR_munlockall);

	return finish_call(L, task, "munlockall", &cmd);
}

static int task_msync(lua_State *L)
{
	struct task *task = op_begin(L, "msync");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = range_cmd(L, NR_msync);

	cmd.args[2] = check_named_set(L, 4, "msync", msync_flags);
	buf_puts(&s->args, " ");
	put_named_set(&s->args, msync_flags, cmd.args[2]);
	return finish_call(L, task, "msync", &cmd);
}

/* One byte per page comes back in the report, so a call covers at most as many pages as that has bytes. */
static int task_mincore(lua_State *L)
{
	struct task *task = op_begin(L, "mincore");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = range_cmd(L, NR_mincore);
	uint64_t pages = cmd.args[1] / PAGE_SIZE + !!(cmd.args[1] % PAGE_SIZE);
	struct agent_report report;
	int n;

	cmd.in_data = 1u << 2;
	cmd.len = pages < AGENT_DATA ? pages : AGENT_DATA;
	n = call_round(L, task, "mincore", &cmd, &report);
	if (n)
		return n;
	if (pages > AGENT_DATA)
		return luaL_error(L, "mincore: at most %d pages at a time", AGENT_DATA);
	lua_createtable(L, pages, 0);
	for (uint32_t i = 0; i < report.len && i < pages; i++) {
		buf_puts(&s->result, report.data[i] & 1 ? "1" : "0");
		lua_pushboolean(L, report.data[i] & 1);
		lua_seti(L, -2, i + 1);
	}
	op_end(L, task, "mincore", "ok", NULL, NULL);
	return 1;
}

static void put_limit(struct buf *b, uint64_t limit)
{
	if (limit == UINT64_MAX)
		buf_puts(b, "unlimited");
	else
		buf_printf(b, "%" PRIu64, limit);
}

static uint64_t check_limit(lua_State *L, int index)
{
	if (lua_type(L, index) == LUA_TSTRING && strcmp(lua_tostring(L, index), "unlimited") == 0)
		return UINT64_MAX;
	if (!lua_isinteger(L, index))
		luaL_error(L, "rlimit: a limit is an integer or \"unlimited\", not a %s",
			   luaL_typename(L, index));
	return lua_tointeger(L, index);
}

/* prlimit64(0, resource, new or NULL, old): both structures in the command's data. */
static int task_rlimit(lua_State *L)
{
	struct task *task = op_begin(L, "rlimit");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_prlimit64);
	uint64_t limits[4] = {0};
	struct agent_report report;
	int n;

	cmd.args[1] = check_named(L, 2, "rlimit", resources);
	put_named(&s->args, resources, cmd.args[1]);
	cmd.in_data = 1u << 3;
	cmd.args[3] = 16;
	cmd.len = 32;
	if (!lua_isnoneornil(L, 3)) {
		limits[0] = check_limit(L, 3);
		limits[1] = lua_isnoneornil(L, 4) ? limits[0] : check_limit(L, 4);
		cmd.in_data |= 1u << 2;
		buf_puts(&s->args, " to ");
		put_limit(&s->args, limits[0]);
		buf_puts(&s->args, "/");
		put_limit(&s->args, limits[1]);
	}
	memcpy(cmd.data, limits, sizeof(limits));
	n = call_round(L, task, "rlimit", &cmd, &report);
	if (n)
		return n;
	if (report.len >= sizeof(limits))
		memcpy(limits, report.data, sizeof(limits));
	buf_puts(&s->result, lua_isnoneornil(L, 3) ? "" : "was ");
	put_limit(&s->result, limits[2]);
	buf_puts(&s->result, "/");
	put_limit(&s->result, limits[3]);
	op_end(L, task, "rlimit", "ok", NULL, NULL);
	lua_pushinteger(L, limits[2]);
	lua_pushinteger(L, limits[3]);
	return 2;
}

const struct api_row mem_rows[] = {
	{"mremap", task_mremap, "a:mremap{addr=, len=, newlen=, flags=\"maymove,fixed,dontunmap\", newaddr=}",
	 "Shrink, grow or move a mapping. Gives the address, or nil and an errno name."},
	{"madvise", task_madvise, "a:madvise(p, len, \"dontneed\")",
	 "Advice by name (normal, willneed, dontneed, free, dontfork, wipeonfork, populate_write …) or "
	 "number."},
	{"mlock", task_mlock, "a:mlock(p, len)", "Lock [p, p+len) in memory, present from now on."},
	{"mlock2", task_mlock2, "a:mlock2(p, len [, \"onfault\"])", "The same; onfault: pages as they come."},
	{"munlock", task_munlock, "a:munlock(p, len)", "Unlock [p, p+len)."},
	{"mlockall", task_mlockall, "a:mlockall(\"current,future,onfault\")",
	 "Lock all that is, or will be, mapped."},
	{"munlockall", task_munlockall, "a:munlockall()",
	 "Unlock everything, what is mapped later included."},
	{"msync", task_msync, "a:msync(p, len, \"sync\" | \"async\" | \"invalidate\")",
	 "Write a file's pages back; words may be joined by commas."},
	{"mincore", task_mincore, "t = a:mincore(p, len)",
	 "Which pages are in memory: a table of booleans, one per page, 512 at most."},
	{"rlimit", task_rlimit, "soft, hard = a:rlimit(name [, soft [, hard]])",
	 "The limit called \"as\", \"data\", \"stack\", \"memlock\", \"core\" …; with numbers (or "
	 "\"unlimited\") "
	 "set, then gives what it was. Unlimited is -1."},
	{NULL, NULL, NULL, NULL},
};
