/* SPDX-License-Identifier: MIT */
/* Methods of a task for names: directories, links, and what stands in an inode. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "script/api.h"
#include "script/api_data.h"
#include "uapi.h"

/* --- calls that take a path or two ---------------------------------------------------------------- */

static int path_call(lua_State *L, const char *name, uint64_t nr, lua_Integer mode)
{
	struct task *task = op_begin(L, name);
	struct agent_cmd cmd = syscall_cmd(nr);

	add_text(L, &cmd, 0, name, 2);
	cmd.args[1] = mode;
	return finish_call(L, task, name, &cmd);
}

static int task_mkdir(lua_State *L)
{
	return path_call(L, "mkdir", NR_mkdir, luaL_optinteger(L, 3, 0755));
}

static int task_rmdir(lua_State *L)
{
	return path_call(L, "rmdir", NR_rmdir, 0);
}

static int task_unlink(lua_State *L)
{
	return path_call(L, "unlink", NR_unlink, 0);
}

static int task_chdir(lua_State *L)
{
	return path_call(L, "chdir", NR_chdir, 0);
}

static int task_chmod(lua_State *L)
{
	lua_Integer mode = luaL_checkinteger(L, 3);

	return path_call(L, "chmod", NR_chmod, mode);
}

static int two_paths(lua_State *L, const char *name, uint64_t nr)
{
	struct task *task = op_begin(L, name);
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(nr);

	add_text(L, &cmd, 0, name, 2);
	buf_puts(&s->args, " ");
	add_text(L, &cmd, 1, name, 3);
	return finish_call(L, task, name, &cmd);
}

static int task_rename(lua_State *L)
{
	return two_paths(L, "rename", NR_rename);
}

static int task_link(lua_State *L)
{
	return two_paths(L, "link", NR_link);
}

static int task_symlink(lua_State *L)
{
	return two_paths(L, "symlink", NR_symlink);
}

/* --- calls that give a text ------------------------------------------------------------------------ */

#define TEXT_MAX 200

/* The text that stands in the command's data at offset; `len` bytes of it, or up to its end if len < 0. */
static int end_with_text(lua_State *L, struct task *task, const char *name, const struct agent_report *report,
			 size_t offset, ptrdiff_t len)
{
	struct session *s = sandbox_session(L);
	const char *text = (const char *)report->data + offset;
	size_t room = report->len > offset ? report->len - offset : 0, n;

	n = len < 0 ? strnlen(text, room) : (size_t)len < room ? (size_t)len : room;
	buf_printf(&s->result, "%.*s", (int)n, text);
	op_end(L, task, name, "ok", NULL, NULL);
	lua_pushlstring(L, text, n);
	return 1;
}

static int task_getcwd(lua_State *L)
{
	struct task *task = op_begin(L, "getcwd");
	struct agent_cmd cmd = syscall_cmd(NR_getcwd);
	struct agent_report report;
	int n;

	cmd.in_data = 1u;
	cmd.args[1] = cmd.len = TEXT_MAX;
	n = call_round(L, task, "getcwd", &cmd, &report);
	return n ? n : end_with_text(L, task, "getcwd", &report, 0, -1);
}

static int task_readlink(lua_State *L)
{
	struct task *task = op_begin(L, "readlink");
	struct agent_cmd cmd = syscall_cmd(NR_readlink);
	struct agent_report report;
	uint32_t offset;
	int n;

	add_text(L, &cmd, 0, "readlink", 2);
	offset = cmd.len;
	cmd.args[1] = offset;
	cmd.in_data |= 1u << 1;
	cmd.args[2] = TEXT_MAX;
	if (offset + TEXT_MAX > AGENT_DATA)
		return luaL_error(L, "readlink: the name is too long");
	cmd.len += TEXT_MAX;
	n = call_round(L, task, "readlink", &cmd, &report);
	return n ? n : end_with_text(L, task, "readlink", &report, offset, report.value);
}

/* --- directories ----------------------------------------------------------------------------------- */

/* struct linux_dirent64, as far as it is read. */
#define DIRENT_RECLEN 16
#define DIRENT_NAME   19

/* Add the names in n bytes of entries to the table on top of the stack. false: they make no sense. */
static bool add_names(lua_State *L, struct buf *result, const uint8_t *bytes, size_t n)
{
	for (size_t at = 0; at < n;) {
		uint16_t reclen;

		if (n - at <= DIRENT_NAME)
			return false;
		memcpy(&reclen, bytes + at + DIRENT_RECLEN, sizeof(reclen));
		if (reclen <= DIRENT_NAME || reclen > n - at)
			return false;
		lua_pushlstring(L, (const char *)bytes + at + DIRENT_NAME,
				strnlen((const char *)bytes + at + DIRENT_NAME, reclen - DIRENT_NAME));
		buf_printf(result, "%s%s", result->len ? " " : "", lua_tostring(L, -1));
		lua_seti(L, -2, luaL_len(L, -2) + 1);
		at += reclen;
	}
	return true;
}

/* One getdents64(), which the whole of most directories fits. The names stay on the stack; 0: there was nothing left. */
static int read_some(lua_State *L, struct task *task, uint64_t fd, int *values)
{
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_getdents64);
	struct agent_report report;
	uint64_t got;

	cmd.args[0] = fd;
	cmd.in_data = 1u << 1;
	cmd.args[2] = cmd.len = AGENT_DATA;
	*values = call_round(L, task, "readdir", &cmd, &report);
	if (*values)
		return -1;
	got = (uint64_t)report.value < report.len ? (uint64_t)report.value : report.len;
	if (!add_names(L, &s->result, report.data, got))
		return luaL_error(L, "readdir: the entries that came back are none");
	return got > 0;
}

/* a:readdir(fd): one step, one call; the caller goes on while it gives names. */
static int task_readdir(lua_State *L)
{
	struct task *task = op_begin(L, "readdir");
	struct session *s = sandbox_session(L);
	uint64_t fd = luaL_checkinteger(L, 2);
	int values;

	buf_printf(&s->args, "fd=%d", (int)fd);
	lua_newtable(L);
	if (read_some(L, task, fd, &values) < 0)
		return values;
	op_end(L, task, "readdir", "ok", NULL, NULL);
	return 1;
}

/* --- about a file ---------------------------------------------------------------------------------- */

/* Linux's struct stat of x86-64, as far as it is shown. */
struct user_stat {
	uint64_t st_dev, st_ino, st_nlink;
	uint32_t st_mode, st_uid, st_gid, pad;
	uint64_t st_rdev;
	int64_t st_size, st_blksize, st_blocks;
	int64_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
	int64_t unused[3];
};

static void set_field(lua_State *L, const char *name, int64_t value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, name);
}

static int64_t nanoseconds(int64_t seconds, int64_t ns)
{
	return (int64_t)((uint64_t)seconds * 1000000000u + (uint64_t)ns);
}

/* The call is made: its struct stat, at offset of the data, to a table. */
static int end_with_stat(lua_State *L, struct task *task, const char *name, struct agent_cmd *cmd, uint32_t offset)
{
	struct session *s = sandbox_session(L);
	struct agent_report report;
	struct user_stat st = {0};
	int n = call_round(L, task, name, cmd, &report);

	if (n)
		return n;
	if (report.len >= offset + sizeof(st))
		memcpy(&st, report.data + offset, sizeof(st));
	lua_newtable(L);
	set_field(L, "size", st.st_size);
	set_field(L, "ino", st.st_ino);
	set_field(L, "nlink", st.st_nlink);
	set_field(L, "blocks", st.st_blocks);
	set_field(L, "mode", st.st_mode);
	set_field(L, "rdev", st.st_rdev);
	set_field(L, "atime", nanoseconds(st.atime, st.atime_ns));
	set_field(L, "mtime", nanoseconds(st.mtime, st.mtime_ns));
	set_field(L, "ctime", nanoseconds(st.ctime, st.ctime_ns));
	buf_printf(&s->result, "size %" PRId64 ", mode %o, links %" PRIu64, st.st_size, st.st_mode,
		   st.st_nlink);
	op_end(L, task, name, "ok", NULL, NULL);
	return 1;
}

static int task_fstat(lua_State *L)
{
	struct task *task = op_begin(L, "fstat");
	struct session *s = sandbox_session(L);
	struct agent_cmd cmd = syscall_cmd(NR_fstat);

	cmd.args[0] = luaL_checkinteger(L, 2);
	buf_printf(&s->args, "fd=%d", (int)cmd.args[0]);
	cmd.in_data = 1u << 1;
	cmd.len = sizeof(struct user_stat);
	return end_with_stat(L, task, "fstat", &cmd, 0);
}

static int stat_path(lua_State *L, const char *name, uint64_t nr)
{
	struct task *task = op_begin(L, name);
	struct agent_cmd cmd = syscall_cmd(nr);
	uint32_t offset;

	add_text(L, &cmd, 0, name, 2);
	offset = (cmd.len + 7) & ~7u;
	if (offset + sizeof(struct user_stat) > AGENT_DATA)
		return luaL_error(L, "%s: the name is too long", name);
	cmd.args[1] = offset;
	cmd.in_data |= 1u << 1;
	cmd.len = offset + sizeof(struct user_stat);
	return end_with_stat(L, task, name, &cmd, offset);
}

static int task_stat(lua_State *L)
{
	return stat_path(L, "stat", NR_stat);
}

static int task_lstat(lua_State *L)
{
	return stat_path(L, "lstat", NR_lstat);
}

const struct api_row name_rows[] = {
	{"mkdir", task_mkdir, "a:mkdir(path [, mode])", "Make a directory."},
	{"rmdir", task_rmdir, "a:rmdir(path)", "Remove an empty directory."},
	{"unlink", task_unlink, "a:unlink(path)", "Remove a name."},
	{"rename", task_rename, "a:rename(old, new)", "Give a file another name, or another place."},
	{"link", task_link, "a:link(old, new)", "Give a file one more name."},
	{"symlink", task_symlink, "a:symlink(target, path)", "A symbolic link to a path."},
	{"readlink", task_readlink, "text = a:readlink(path)", "Where a symbolic link leads."},
	{"chdir", task_chdir, "a:chdir(path)", "Where relative paths begin from now on."},
	{"getcwd", task_getcwd, "path = a:getcwd()", "Where relative paths begin."},
	{"readdir", task_readdir, "names = a:readdir(fd)",
	 "The next entries of an open directory, as many as fit 512 bytes; an empty table: there are no more."},
	{"chmod", task_chmod, "a:chmod(path, mode)", "Change a file's rights."},
	{"stat", task_stat, "t = a:stat(path)", "About a file, as fstat; links are followed."},
	{"lstat", task_lstat, "t = a:lstat(path)", "About a file, or about the symbolic link itself."},
	{"fstat", task_fstat, "t = a:fstat(fd)",
	 "About an open file: {size=, mode=, nlink=, ino=, blocks=, rdev=, atime=, mtime=, ctime=}; times in virtual ns."},
	{NULL, NULL, NULL, NULL},
};
