/* SPDX-License-Identifier: MIT */
/* Operations of `vmm fuzz` that make tasks, end them, and reach them by signals. */
#include <stdio.h>

#include "explore/fuzz/ops.h"

/* --- beginning and end ------------------------------------------------------------------------------- */

static void render_fork(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "T[#T + 1] = on(%u, \"%s\")", s->task, s->choice[0] % 4 == 3 ? "thread" : "fork");
}

static void render_spawn(const struct fuzz_step *s, struct buf *b)
{
	(void)s;
	buf_puts(b, "begin()");
}

/*
 * A child that makes one call and ends: in its parent's memory (vfork), or with files, file system or neither shared. Its parent's
 * stack is the agent's, so the child touches no memory itself.
 */
static void render_child(const struct fuzz_step *s, struct buf *b)
{
	static const unsigned int flags[] = {0x4100 | 17, 17, 0x400 | 17, 0x200 | 17, 0x4000 | 17, 0x4600 | 17, 0x4100};
	static const char *const calls[] = {"28, 0x%" PRIx64 ", PAGE, 4", "11, 0x%" PRIx64 ", PAGE, 0", "10, 0x%" PRIx64 ", PAGE, 1",
					    "149, 0x%" PRIx64 ", PAGE, 0", "1, 4, 0x%" PRIx64 ", 8", "3, 3 + (0x%" PRIx64 " >> 12) % 8, 0, 0"};
	uint64_t at = fuzz_address(s->choice[2] % (8 * ARENA_PAGES));

	buf_printf(b, "child(%u, 0x%x, ", s->task, flags[s->choice[0] % COUNT(flags)]);
	buf_printf(b, ONE_OF(calls, s->choice[1]), at);
	buf_puts(b, ")");
}

static void render_exec(const struct fuzz_step *s, struct buf *b)
{
	static const char *const paths[] = {"/agent", "/agent", "/agent", "/f", "/d", "/none"};
	const char *path = ONE_OF(paths, s->choice[0]);

	buf_printf(b, "exec(%u, \"%s\")", s->task, path);
}

static void render_exit(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"exit\", %u)", s->task, s->choice[0] % 4);
}

static void render_wait(const struct fuzz_step *s, struct buf *b)
{
	static const unsigned int options[] = {1, 3, 9, 0x40000001};

	buf_printf(b, "on(%u, \"syscall\", \"wait4\", -1, iov(0), 0x%x, 0)", s->task, options[s->choice[0] % COUNT(options)]);
}

/* --- signals ----------------------------------------------------------------------------------------- */

static const unsigned int signals[] = {10, 12, 15, 17, 25, 34, 13, 10};

static void render_sigaction(const struct fuzz_step *s, struct buf *b)
{
	static const char *const handlers[] = {"CODE", "1", "0", "CODE", "CODE"};
	static const unsigned int flags[] = {0x04000000, 0x14000000, 0x44000000, 0x0c000004, 0x84000000, 0x04000002, 0x54000000};

	buf_printf(b, "on(%u, \"syscall\", \"rt_sigaction\", %u, iov(%s, 0x%x, CODE + 16, 0x%x), iov(0, 0, 0, 0), 8)", s->task,
		   signals[s->choice[0] % COUNT(signals)], ONE_OF(handlers, s->choice[1]), flags[s->choice[2] % COUNT(flags)],
		   s->choice[3] % 4 == 3 ? 0x800 : 0);
}

static void render_sigprocmask(const struct fuzz_step *s, struct buf *b)
{
	static const unsigned int sets[] = {0x200, 0x800, 0x4a00, 0x40000200, 0x0};

	if (s->choice[2] % 4 == 3)
		buf_printf(b, "on(%u, \"syscall\", \"rt_sigpending\", iov(0), 8)", s->task);
	else
		buf_printf(b, "on(%u, \"syscall\", \"rt_sigprocmask\", %u, iov(0x%x), iov(0), 8)", s->task, s->choice[0] % 3,
			   sets[s->choice[1] % COUNT(sets)]);
}

/* To whom, among the living. */
static uint16_t kill_victim(const struct fuzz_step *s)
{
	return s->choice[0] % 8;
}

static void render_kill(const struct fuzz_step *s, struct buf *b)
{
	static const char *const calls[] = {"kill", "kill", "tkill"};
	unsigned int signo = s->choice[1] % 16 == 15 ? 9 : signals[s->choice[1] % COUNT(signals)];

	buf_printf(b, "on(%u, \"syscall\", \"%s\", pick(%u), %u)", s->task, ONE_OF(calls, s->choice[2]), kill_victim(s), signo);
}

/* Never one in the arena: a frame there shows how much the processor's registers are, which is no affair of memory management. */
static void render_sigaltstack(const struct fuzz_step *s, struct buf *b)
{
	static const char *const stacks[] = {"0", "iov(0x%" PRIx64 ", 0, 0x400)", "iov(0x%" PRIx64 ", 3, 0x4000)"};

	buf_printf(b, "on(%u, \"syscall\", \"sigaltstack\", ", s->task);
	buf_printf(b, ONE_OF(stacks, s->choice[1]), fuzz_address(s->choice[0]));
	buf_puts(b, ", iov(0, 0, 0))");
}

/* --- time -------------------------------------------------------------------------------------------- */

static void render_sleep(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "go(%u, \"nanosleep\", iov(0, %u000), 0)", s->task, s->choice[0] % 4 + 1);
}

static void render_tick(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "tick(%u000)", s->choice[0] % 4 + 1);
}

const struct fuzz_op fuzz_ops_tasks[] = {
	{.name = "fork", .weight = 4, .choices = 1, .render = render_fork, .may = FUZZ_ADDS},
	{.name = "spawn", .weight = 1, .choices = 0, .render = render_spawn, .may = FUZZ_BEGINS},
	{.name = "child", .weight = 2, .choices = 3, .render = render_child},
	{.name = "exec", .weight = 1, .choices = 1, .render = render_exec},
	{.name = "exit", .weight = 2, .choices = 1, .render = render_exit, .may = FUZZ_ENDS},
	{.name = "wait4", .weight = 3, .choices = 1, .render = render_wait},
	{.name = "sigaction", .weight = 2, .choices = 4, .render = render_sigaction},
	{.name = "sigprocmask", .weight = 1, .choices = 3, .render = render_sigprocmask},
	{.name = "kill", .weight = 2, .choices = 3, .render = render_kill, .may = FUZZ_ENDS, .victim = kill_victim},
	{.name = "sigaltstack", .weight = 1, .choices = 2, .render = render_sigaltstack},
	{.name = "sleep", .weight = 1, .choices = 1, .render = render_sleep, .may = FUZZ_BLOCKS},
	{.name = "tick", .weight = 2, .choices = 1, .render = render_tick},
	{.name = NULL},
};
