/* SPDX-License-Identifier: MIT */
/* Operations of `vmm fuzz` between tasks: System V segments, the memory of others, futexes, pipes. */
#include <stdio.h>

#include "explore/fuzz/ops.h"

/* --- System V shared memory -------------------------------------------------------------------------- */

static void render_shmget(const struct fuzz_step *s, struct buf *b)
{
	static const char *const flags[] = {"creat", "creat", "creat,excl", "", "creat,noreserve"};
	static const char *const lengths[] = {"4*PAGE", "PAGE", "16*PAGE", "0x123", "0"};

	buf_printf(b, "S[#S + 1] = on(%u, \"shmget\", %u, %s, \"%s\")", s->task, s->choice[0] % 4, ONE_OF(lengths, s->choice[1]),
		   ONE_OF(flags, s->choice[2]));
}

static void render_shmat(const struct fuzz_step *s, struct buf *b)
{
	static const char *const flags[] = {"", "remap", "rdonly", "rnd", "exec", "remap,rdonly", "remap,rnd", "remap,exec"};

	buf_printf(b, "on(%u, \"shmat\", segment(%u), 0x%" PRIx64 ", \"%s\")", s->task, s->choice[1] % 8,
		   s->choice[3] % 8 == 7 ? 0 : fuzz_address(s->choice[0]), ONE_OF(flags, s->choice[2]));
}

static struct fuzz_range shmat_range(const struct fuzz_step *s)
{
	return (struct fuzz_range){fuzz_address(s->choice[0]), 4 * PAGE_SIZE};
}

static void render_shmdt(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"shmdt\", 0x%" PRIx64 ")", s->task, fuzz_address(s->choice[0]));
}

static void render_shmctl(const struct fuzz_step *s, struct buf *b)
{
	static const char *const commands[] = {"stat", "rmid", "lock", "unlock"};

	buf_printf(b, "on(%u, \"shmctl\", segment(%u), \"%s\")", s->task, s->choice[1] % 8, ONE_OF(commands, s->choice[0]));
}

/* --- the memory of others ---------------------------------------------------------------------------- */

static void render_vm_text(const struct fuzz_step *s, struct buf *b)
{
	uint64_t at = fuzz_address(s->choice[0]) + s->choice[1] % 2 * 0xff8;

	if (s->choice[2] % 2)
		buf_printf(b, "on(%u, \"vm_write\", pick(%u), 0x%" PRIx64 ", \"sixteen of bytes\")", s->task, s->choice[3] % 8, at);
	else
		buf_printf(b, "on(%u, \"vm_read\", pick(%u), 0x%" PRIx64 ", 16)", s->task, s->choice[3] % 8, at);
}

/* From arena to arena: one range here, two there. */
static void render_vm_copy(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"syscall\", \"process_vm_%s\", pick(%u), ", s->task, s->choice[4] % 2 ? "writev" : "readv",
		   s->choice[4] / 2 % 8);
	put_iovecs(s, b, 0, 1);
	buf_printf(b, ", 1, ");
	put_iovecs(s, b, 2, 1);
	buf_printf(b, ", 1, %u)", s->choice[5] % 16 == 15);
}

static struct fuzz_range vm_range(const struct fuzz_step *s)
{
	return (struct fuzz_range){fuzz_address(s->choice[0]), s->choice[1] % 4 * 4096 + 8};
}

/* --- futexes ----------------------------------------------------------------------------------------- */

static uint64_t futex_address(uint16_t choice)
{
	return fuzz_address(choice) + choice / 512 % 2 * 8 + (choice / 1024 % 16 == 15);
}

/* Waits that come back at once: another value, or no time at all. */
static void render_futex(const struct fuzz_step *s, struct buf *b)
{
	static const char *const ways[] = {"%u, %u", "0x%x, 0x7000%04x", "%u, %u, iov(0, 0)"};
	static const unsigned int calls[] = {1, 0, 0};
	unsigned int way = s->choice[1] % COUNT(ways);

	buf_printf(b, "on(%u, \"syscall\", \"futex\", 0x%" PRIx64 ", ", s->task, futex_address(s->choice[0]));
	buf_printf(b, ways[way], calls[way] | (s->choice[2] % 2 ? 128 : 0), way ? s->choice[3] % 3 : s->choice[3] % 3 + 1);
	buf_puts(b, ")");
}

static void render_futex_requeue(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "on(%u, \"syscall\", \"futex\", 0x%" PRIx64 ", %u, %u, %u, 0x%" PRIx64 ", 0)", s->task,
		   futex_address(s->choice[0]), 3 + s->choice[1] % 2 + (s->choice[2] % 2 ? 128 : 0), s->choice[3] % 2,
		   s->choice[3] / 2 % 3, futex_address(s->choice[4]));
}

/* One that may sleep until another task wakes it. */
static void render_futex_wait(const struct fuzz_step *s, struct buf *b)
{
	buf_printf(b, "go(%u, \"futex\", 0x%" PRIx64 ", %u, 0)", s->task, futex_address(s->choice[0]), s->choice[1] % 2 ? 128 : 0);
}

static struct fuzz_range futex_range(const struct fuzz_step *s)
{
	return (struct fuzz_range){futex_address(s->choice[0]), 4};
}

const struct fuzz_op fuzz_ops_ipc[] = {
	{.name = "shmget", .weight = 2, .choices = 3, .render = render_shmget},
	{.name = "shmat", .weight = 4, .choices = 4, .render = render_shmat, .range = shmat_range},
	{.name = "shmdt", .weight = 2, .choices = 1, .render = render_shmdt, .range = first_page},
	{.name = "shmctl", .weight = 2, .choices = 2, .render = render_shmctl},
	{.name = "vm_text", .weight = 2, .choices = 4, .render = render_vm_text, .range = first_page},
	{.name = "vm_copy", .weight = 3, .choices = 6, .render = render_vm_copy, .range = vm_range},
	{.name = "futex", .weight = 2, .choices = 4, .render = render_futex, .range = futex_range},
	{.name = "futex_requeue", .weight = 1, .choices = 5, .render = render_futex_requeue, .range = futex_range},
	{.name = "futex_wait", .weight = 1, .choices = 2, .render = render_futex_wait, .range = futex_range, .may = FUZZ_BLOCKS},
	{.name = NULL},
};
