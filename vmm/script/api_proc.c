/* SPDX-License-Identifier: MIT */
/* /proc twice: as the host makes it of RAM alone, and as the guest tells it through a file. */
#include <stdio.h>
#include <string.h>

#include "report/proc.h"
#include "script/api_data.h"
#include "uapi.h"

/* The mm of a task as it is now. */
static const struct model_mm *model_mm_of(lua_State *L, struct task *task)
{
	struct session *s = sandbox_session(L);
	const struct model_task *found;

	if (s->over || session_look(s))
		raise_over(L);
	found = model_find_task(s->model, task->pid);
	if (!found || found->mm < 0)
		luaL_error(L, "%s has no address space (any more)", task->name);
	return &s->model->mms[found->mm];
}

#define MAX_PAGES (1 << 20) /* of pagemap at a time: 8 MiB of entries */

static int push_pagemap(lua_State *L, const struct model_mm *mm)
{
	uint64_t va = luaL_checkinteger(L, 3);
	lua_Integer pages = luaL_optinteger(L, 4, 1);
	struct buf b = {0};

	luaL_argcheck(L, pages >= 0 && pages <= MAX_PAGES, 4, "too many pages at a time");
	proc_put_pagemap(&b, sandbox_session(L)->model, mm, va, pages);
	lua_pushlstring(L, buf_text(&b), b.len);
	buf_free(&b);
	return 1;
}

static int task_proc(lua_State *L)
{
	struct task *task = check_task(L, 1);
	const char *name = luaL_checkstring(L, 2);
	const struct model_mm *mm = model_mm_of(L, task);
	proc_writer *write = proc_writer_of(name);
	struct buf b = {0};

	if (strcmp(name, "pagemap") == 0)
		return push_pagemap(L, mm);
	if (!write)
		return luaL_error(L,
				  "proc: there is no \"%s\"; maps, smaps, smaps_rollup, status, statm, "
				  "pagemap are there",
				  name);
	write(&b, sandbox_session(L)->model, mm);
	lua_pushlstring(L, buf_text(&b), b.len);
	buf_free(&b);
	return 1;
}

/* --- the guest's word ------------------------------------------------------------------------------- */

/* One read into the agent's own data; its bytes join the buffer. How many, or -errno. */
static int64_t read_chunk(lua_State *L, struct task *task, const char *op, struct agent_cmd cmd,
			  luaL_Buffer *text)
{
	struct outcome out;

	cmd.in_data = 1u << 1;
	cmd.len = cmd.args[2];
	op_round(L, task, op, &cmd, &out);
	if (out.kind == OUTCOME_GONE)
		return -LX_ESRCH;
	if (out.report.value > 0 && out.report.value <= out.report.len)
		luaL_addlstring(text, (const char *)out.report.data, out.report.value);
	return out.report.value;
}

static int64_t call(lua_State *L, struct task *task, const char *op, struct agent_cmd *cmd)
{
	struct outcome out;

	op_round(L, task, op, cmd, &out);
	return out.kind == OUTCOME_GONE ? -LX_ESRCH : out.report.value;
}

static int64_t open_path(lua_State *L, struct task *task, const char *op, const char *path)
{
	struct agent_cmd cmd = syscall_cmd(NR_open);

	add_data(L, &cmd, 0, op, path, strlen(path));
	return call(L, task, op, &cmd);
}

static void close_fd(lua_State *L, struct task *task, const char *op, int64_t fd)
{
	struct agent_cmd cmd = syscall_cmd(NR_close);

	cmd.args[0] = fd;
	if (!task->gone)
		call(L, task, op, &cmd);
}

/* The whole file is pushed as a string; 0, or -errno and what could be read. */
static int64_t push_file(lua_State *L, struct task *task, const char *op, const char *path)
{
	int64_t fd = open_path(L, task, op, path), got = fd;
	struct agent_cmd cmd = syscall_cmd(NR_read);
	luaL_Buffer text;

	cmd.args[0] = fd;
	cmd.args[2] = AGENT_DATA;
	luaL_buffinit(L, &text);
	if (fd >= 0)
		while ((got = read_chunk(L, task, op, cmd, &text)) > 0)
			;
	luaL_pushresult(&text);
	if (fd >= 0)
		close_fd(L, task, op, fd);
	return got;
}

static int task_cat(lua_State *L)
{
	struct task *task = op_begin(L, "cat");
	struct session *s = sandbox_session(L);
	const char *path = luaL_checkstring(L, 2);
	int64_t error;

	buf_puts(&s->args, path);
	error = push_file(L, task, "cat", path);
	if (task->gone)
		return op_gone(L, task, "cat");
	if (error < 0) {
		put_value(&s->result, NR_read, error);
		op_end(L, task, "cat", "errno", NULL, NULL);
		return push_value(L, error);
	}
	buf_printf(&s->result, "%zu bytes", (size_t)lua_rawlen(L, -1));
	op_end(L, task, "cat", "ok", NULL, NULL);
	return 1;
}

/* --- both compared ---------------------------------------------------------------------------------- */

static const char *const compared[] = {"maps", "smaps", "smaps_rollup", "statm", "status"};
#define NR_COMPARED    (sizeof(compared) / sizeof(compared[0]))
#define PAGES_PER_AREA 1024
#define ENTRY_SIZE     8

static uint64_t compared_pages(const struct model_vma *vma)
{
	uint64_t pages = (vma->raw.vm_end - vma->raw.vm_start) >> PAGE_SHIFT;

	return pages < PAGES_PER_AREA ? pages : PAGES_PER_AREA;
}

/* Entries of the area's first pages, from the open file, join the text. 0 or -errno. */
static int64_t read_area(lua_State *L, struct task *task, int64_t fd, const struct model_vma *vma,
			 luaL_Buffer *text)
{
	uint64_t at = vma->raw.vm_start >> PAGE_SHIFT, end = at + compared_pages(vma);
	int64_t got = 0;

	for (; at < end && got >= 0; at += AGENT_DATA / ENTRY_SIZE) {
		struct agent_cmd cmd = syscall_cmd(NR_pread64);
		uint64_t n = end - at < AGENT_DATA / ENTRY_SIZE ? end - at : AGENT_DATA / ENTRY_SIZE;

		cmd.args[0] = fd;
		cmd.args[2] = n * ENTRY_SIZE;
		cmd.args[3] = at * ENTRY_SIZE;
		got = read_chunk(L, task, "proc", cmd, text);
	}
	return got;
}

/* pagemap, area after area, as one string; 0 or -errno. mm is of before the step. */
static int64_t push_guest_pagemap(lua_State *L, struct task *task, const char *path,
				  const struct model_mm *mm)
{
	int64_t fd = open_path(L, task, "proc", path), error = fd;
	luaL_Buffer text;

	luaL_buffinit(L, &text);
	for (uint32_t i = 0; fd >= 0 && error >= 0 && i < mm->nr_vmas; i++)
		error = read_area(L, task, fd, &mm->vmas[i], &text);
	luaL_pushresult(&text);
	if (fd >= 0)
		close_fd(L, task, "proc", fd);
	return error;
}

static void push_host_pagemap(lua_State *L, const struct model *model, const struct model_mm *mm)
{
	struct buf b = {0};

	for (uint32_t i = 0; i < mm->nr_vmas; i++)
		proc_put_pagemap(&b, model, mm, mm->vmas[i].raw.vm_start, compared_pages(&mm->vmas[i]));
	lua_pushlstring(L, buf_text(&b), b.len);
	buf_free(&b);
}

/* Of status on the stack's top only the lines that tell of memory stay. */
static void keep_memory_lines(lua_State *L)
{
	const char *text = lua_tostring(L, -1), *from = strstr(text, "VmPeak:");
	const char *to = from ? strstr(from, "HugetlbPages:") : NULL;

	if (to && strchr(to, '\n')) {
		lua_pushlstring(L, from, strchr(to, '\n') + 1 - from);
		lua_remove(L, -2);
	}
}

/* The first line in which the guest's text and the host's, the two on the stack's top, differ. */
static int report_difference(lua_State *L, const char *name)
{
	size_t n, m, at = 0, line = 0;
	const char *guest = lua_tolstring(L, -2, &n), *host = lua_tolstring(L, -1, &m);

	while (at < n && at < m && guest[at] == host[at])
		if (guest[at++] == '\n')
			line = at;
	if (strcmp(name, "pagemap") == 0) {
		uint64_t e[2] = {0};

		at &= ~(size_t)(ENTRY_SIZE - 1);
		memcpy(&e[0], guest + at, at + ENTRY_SIZE <= n ? ENTRY_SIZE : 0);
		memcpy(&e[1], host + at, at + ENTRY_SIZE <= m ? ENTRY_SIZE : 0);
		lua_pushfstring(L, "pagemap: entry %d is %p, but %p by RAM", (int)(at / ENTRY_SIZE),
				(void *)e[0], (void *)e[1]);
	} else {
		lua_pushlstring(L, guest + line, strcspn(guest + line, "\n"));
		lua_pushlstring(L, host + line, strcspn(host + line, "\n"));
		lua_pushfstring(L, "%s says \"%s\", but by RAM it is \"%s\"", name, lua_tostring(L, -2),
				lua_tostring(L, -1));
	}
	return expect_failed(L, lua_tostring(L, -1), NULL);
}

/* The guest's files lie at `base` of the stack and behind it, in order. */
static void compare_all(lua_State *L, struct task *of, int base)
{
	const struct model_mm *mm = model_mm_of(L, of);
	const struct model *model = sandbox_session(L)->model;

	for (size_t i = 0; i <= NR_COMPARED; i++) {
		struct buf b = {0};

		lua_pushvalue(L, base + i);
		if (i == NR_COMPARED) {
			push_host_pagemap(L, model, mm);
		} else {
			if (strcmp(compared[i], "status") == 0)
				keep_memory_lines(L);
			proc_writer_of(compared[i])(&b, model, mm);
			lua_pushlstring(L, buf_text(&b), b.len);
			buf_free(&b);
		}
		if (!lua_rawequal(L, -1, -2))
			report_difference(L, i == NR_COMPARED ? "pagemap" : compared[i]);
		lua_pop(L, 2);
	}
}

int expect_proc(lua_State *L)
{
	struct task *task = op_begin(L, "proc"), *of = lua_isnoneornil(L, 2) ? task : check_task(L, 2);
	struct session *s = sandbox_session(L);
	const struct model_mm *mm = model_mm_of(L, of);
	uint32_t areas = mm->nr_vmas;
	int64_t error = 0;
	char path[64];
	int base;

	lua_settop(L, 2);
	base = lua_gettop(L) + 1;
	buf_printf(&s->args, "of %s", of->name);
	for (size_t i = 0; i < NR_COMPARED && error >= 0; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", of->pid, compared[i]);
		error = push_file(L, task, "proc", path);
	}
	snprintf(path, sizeof(path), "/proc/%d/pagemap", of->pid);
	if (error >= 0)
		error = push_guest_pagemap(L, task, path, mm);
	if (task->gone)
		return op_gone(L, task, "proc");
	if (error < 0)
		put_value(&s->result, NR_read, error);
	else
		buf_printf(&s->result, "%u areas", areas);
	op_end(L, task, "proc", error < 0 ? "errno" : "ok", NULL, NULL);
	if (error < 0)
		return expect_failed(L, "/proc could not be read", NULL);
	compare_all(L, of, base);
	return 0;
}

const struct api_row proc_rows[] = {
	{"proc", task_proc, "text = a:proc(\"maps\" | \"smaps\" | … | \"pagemap\", p, pages)",
	 "What /proc/PID/maps, smaps, smaps_rollup, status (VmPeak and below), statm must say of a, byte for "
	 "byte, made of RAM "
	 "alone. pagemap: 8 bytes for each page from p on."},
	{"cat", task_cat, "text = a:cat(path)",
	 "a opens a file, reads it to its end and closes it: one step."},
	{NULL, NULL, NULL, NULL},
};
