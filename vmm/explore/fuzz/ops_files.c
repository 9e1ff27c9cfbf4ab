/* SPDX-License-Identifier: MIT */
/* Operations of `vmm fuzz` on files: a few names, a few descriptors, contents by text and from and to the arena. */
#include <stdio.h>

#include "explore/fuzz/ops.h"

static const char *const names[] = {"/f", "/g", "/f", "/d/x", "/d", "/l", "/g/y"};

/* Up to a page beyond 16, at and inside of a page. */
static unsigned int place(uint16_t choice)
{
	return choice % 17 * 0x1000 + choice / 17 % 3 * 0x123;
}

/* --- sizes and contents ------------------------------------------------------------------------------ */

static void render_ftruncate(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"ftruncate\", %u, 0x%x)", s->task, fuzz_fd(s->choice[0]), place(s->choice[1]));
}

static void render_truncate(const struct fuzz_step *s, struct buf *b)
{
	static const char *const odd[] = {"-1", "1 << 62"};

	buf_printf(b, "on(%u, \"syscall\", \"truncate\", \"%s\", ", s->task, ONE_OF(names, s->choice[0]));
	if (s->choice[2] % 16 == 15)
		buf_printf(b, "%s)", ONE_OF(odd, s->choice[1]));
	else
		buf_printf(b, "0x%x)", place(s->choice[1]));
}

static void render_fallocate(const struct fuzz_step *s, struct buf *b)
{
	static const char *const modes[] = {"0", "3", "1", "2", "3", "0x10", "8", "0x20", "0x40"};
	static const char *const lengths[] = {"PAGE", "3*PAGE", "0x123", "0", "-1", "8*PAGE"};

	buf_printf(b, "on(%u, \"syscall\", \"fallocate\", %u, %s, 0x%x, %s)", s->task, fuzz_fd(s->choice[0]),
		   ONE_OF(modes, s->choice[1]), place(s->choice[2]), ONE_OF(lengths, s->choice[3]));
}

static void render_pwrite(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"pwrite\", %u, \"%c%c\", 0x%x)", s->task, fuzz_fd(s->choice[0]), 'a' + s->choice[1] % 26,
		   'a' + s->choice[2] % 26, (s->choice[3] % 17) * 0x1000 + (s->choice[4] % 2) * 0xfff);
}

static void render_pread(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"pread\", %u, 8, 0x%x)", s->task, fuzz_fd(s->choice[0]), place(s->choice[1]));
}

/* The kernel's own accesses: into the arena from a file, out of it into one; at a place, or where the file stands. */
static void render_copy(const struct fuzz_step *s, struct buf *b)
{
	static const char *const calls[] = {"pread64", "pwrite64", "read", "write"};
	unsigned int call = s->choice[2] % COUNT(calls);

	buf_printf(b, "on(%u, \"syscall\", \"%s\", %u, 0x%" PRIx64 ", %u", s->task, calls[call], fuzz_fd(s->choice[3]),
		   fuzz_address(s->choice[0]), s->choice[1] % 3 * 4096 + 8);
	if (call < 2)
		buf_printf(b, ", 0x%x", s->choice[4] % 8 * 0x1000);
	buf_puts(b, ")");
}

static struct fuzz_range copy_range(const struct fuzz_step *s)
{
	return (struct fuzz_range){fuzz_address(s->choice[0]), s->choice[1] % 3 * 4096 + 8};
}

static void render_vector(const struct fuzz_step *s, struct buf *b)
{
	unsigned int n = s->choice[5] % 2 + 1;

	buf_printf(b, "on(%u, \"syscall\", \"%s\", %u, ", s->task, s->choice[4] % 2 ? "writev" : "readv",
		   fuzz_fd(s->choice[5] / 2));
	put_iovecs(s, b, 0, n);
	buf_printf(b, ", %u)", n);
}

static void render_lseek(const struct fuzz_step *s, struct buf *b)
{
	static const int64_t places[] = {0, 0x1000, -0x1000, 0x3123, 8, -8, 0x20000};

	buf_printf(b, "on(%u, \"lseek\", %u, %" PRId64 ", %u)", s->task, fuzz_fd(s->choice[0]), NUMBER_OF(places, s->choice[1]),
		   s->choice[2] % 6);
}

/* --- descriptors and names --------------------------------------------------------------------------- */

static void render_open(const struct fuzz_step *s, struct buf *b)
{
	static const char *const flags[] = {"rw,creat", "r", "rw", "w,trunc", "rw,creat,excl", "w,append", "r,directory",
					    "rw,nofollow", "rw,creat,trunc,cloexec"};
	static const char *const others[] = {"/dev/zero", "/agent", "/dev/null", "/d", "/none"};

	buf_printf(b, "on(%u, \"open\", \"%s\", \"%s\")", s->task,
		   s->choice[2] % 4 == 3 ? ONE_OF(others, s->choice[0]) : ONE_OF(names, s->choice[0]), ONE_OF(flags, s->choice[1]));
}

static void render_memfd(const struct fuzz_step *s, struct buf *b)
{
	static const char *const flags[] = {"0", "\"cloexec\"", "64"};

	buf_printf(b, "on(%u, \"memfd\", \"n\", %s)", s->task, ONE_OF(flags, s->choice[0]));
}

static void render_close(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"close\", %u)", s->task, FIRST_FD + s->choice[0] % NR_FDS);
}

static void render_dup(const struct fuzz_step *s, struct buf *b)
{
	static const char *const ways[] = {"\"dup\", %u", "\"dup2\", %u, %u", "\"dup3\", %u, %u, 0x80000", "\"fcntl\", %u, 0, %u",
					   "\"fcntl\", %u, 1030, %u", "\"dup3\", %u, %u, 0"};

	buf_printf(b, "on(%u, \"syscall\", ", s->task);
	buf_printf(b, ONE_OF(ways, s->choice[0]), fuzz_fd(s->choice[1]), FIRST_FD + s->choice[2] % NR_FDS);
	buf_puts(b, ")");
}

static void render_name(const struct fuzz_step *s, struct buf *b)
{
	static const char *const calls[] = {"unlink", "mkdir", "rmdir", "stat", "lstat", "readlink"};

	buf_printf(b, "on(%u, \"%s\", \"%s\")", s->task, ONE_OF(calls, s->choice[0]), ONE_OF(names, s->choice[1]));
}

static void render_two_names(const struct fuzz_step *s, struct buf *b)
{
	static const char *const calls[] = {"rename", "link", "symlink"};
	static const unsigned int flags[] = {1, 0, 3};
	unsigned int call = s->choice[0] % 6;

	if (call < COUNT(calls))
		buf_printf(b, "on(%u, \"%s\", \"%s\", \"%s\")", s->task, calls[call], ONE_OF(names, s->choice[1]),
			   ONE_OF(names, s->choice[2]));
	else
		buf_printf(b, "on(%u, \"syscall\", \"renameat2\", -100, \"%s\", -100, \"%s\", %u)", s->task,
			   ONE_OF(names, s->choice[1]), ONE_OF(names, s->choice[2]), flags[call - COUNT(calls)]);
}

static void render_fstat(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"fstat\", %u)", s->task, fuzz_fd(s->choice[0]));
}

/* --- /proc ------------------------------------------------------------------------------------------- */

/* /proc/self/mem: what ptrace may, whatever the area's rights say. */
static void render_proc_mem(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "proc(%u, \"mem\", \"%s\", 0x%" PRIx64 ", %u, 0x%" PRIx64 ")", s->task, s->choice[0] % 2 ? "pwrite64" : "pread64",
		   fuzz_address(s->choice[1]), s->choice[2] % 3 * 4096 + 8, fuzz_address(s->choice[3]));
}

static struct fuzz_range proc_mem_range(const struct fuzz_step *s)
{
	return (struct fuzz_range){fuzz_address(s->choice[3]), s->choice[2] % 3 * 4096 + 8};
}

static void render_clear_refs(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "proc(%u, \"clear_refs\", \"write\", \"%u\", 1)", s->task, s->choice[0] % 4 + 1);
}

const struct fuzz_op fuzz_ops_files[] = {
	{.name = "ftruncate", .weight = 3, .choices = 2, .render = render_ftruncate},
	{.name = "truncate", .weight = 1, .choices = 3, .render = render_truncate},
	{.name = "fallocate", .weight = 2, .choices = 4, .render = render_fallocate},
	{.name = "pwrite", .weight = 3, .choices = 5, .render = render_pwrite},
	{.name = "pread", .weight = 2, .choices = 2, .render = render_pread},
	{.name = "copy", .weight = 6, .choices = 5, .render = render_copy, .range = copy_range},
	{.name = "vector", .weight = 3, .choices = 6, .render = render_vector, .range = copy_range},
	{.name = "lseek", .weight = 1, .choices = 3, .render = render_lseek},
	{.name = "open", .weight = 3, .choices = 3, .render = render_open},
	{.name = "memfd", .weight = 1, .choices = 1, .render = render_memfd},
	{.name = "close", .weight = 2, .choices = 1, .render = render_close},
	{.name = "dup", .weight = 1, .choices = 3, .render = render_dup},
	{.name = "name", .weight = 2, .choices = 2, .render = render_name},
	{.name = "two_names", .weight = 2, .choices = 3, .render = render_two_names},
	{.name = "fstat", .weight = 1, .choices = 1, .render = render_fstat},
	{.name = "proc_mem", .weight = 3, .choices = 4, .render = render_proc_mem, .range = proc_mem_range},
	{.name = "clear_refs", .weight = 1, .choices = 1, .render = render_clear_refs},
	{.name = NULL},
};
