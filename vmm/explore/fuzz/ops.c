/* SPDX-License-Identifier: MIT */
/* The table of operations as a whole, and choices to values. */
#include <stdio.h>

#include "explore/fuzz/ops.h"

static const struct fuzz_op *const groups[] = {fuzz_ops_mem, fuzz_ops_files, fuzz_ops_ipc, fuzz_ops_tasks};

const struct fuzz_op *fuzz_op(unsigned int index)
{
	for (size_t g = 0; g < COUNT(groups); g++)
		for (const struct fuzz_op *op = groups[g]; op->name; op++)
			if (!index--)
				return op;
	return NULL;
}

void fuzz_render(const struct fuzz_step *step, struct buf *b)
{
	fuzz_op(step->op)->render(step, b);
	buf_puts(b, "\n");
}

uint64_t fuzz_address(uint16_t choice)
{
	static const uint64_t odd[] = {0, 0x10000, ARENA + 0x123, 0x7ffffffdd000, 0x7ffffffff000,
				       0xffff888000000000, 0x800000000000, ARENA - PAGE_SIZE};

	choice %= 8 * ARENA_PAGES + COUNT(odd);
	if (choice < 8 * ARENA_PAGES)
		return ARENA + (choice % ARENA_PAGES) * PAGE_SIZE;
	return odd[choice - 8 * ARENA_PAGES];
}

/* None reaches the agent's own memory: a program that unmaps its tester ends there. */
uint64_t fuzz_length(uint16_t choice)
{
	static const uint64_t lengths[] = {PAGE_SIZE, 2 * PAGE_SIZE, 3 * PAGE_SIZE, 4 * PAGE_SIZE, 8 * PAGE_SIZE,
					   PAGE_SIZE, 2 * PAGE_SIZE, 5 * PAGE_SIZE, 16 * PAGE_SIZE, PAGE_SIZE,
					   3 * PAGE_SIZE, 32 * PAGE_SIZE, 0x123, 0, 64 * PAGE_SIZE, -PAGE_SIZE};

	return lengths[choice % COUNT(lengths)];
}

unsigned int fuzz_fd(uint16_t choice)
{
	return FIRST_FD + (choice % 3 ? choice / 3 % 2 : choice / 3 % NR_FDS);
}

void put_length(struct buf *b, uint64_t len)
{
	if (len && len % PAGE_SIZE == 0 && len < 1024 * PAGE_SIZE)
		buf_printf(b, len == PAGE_SIZE ? "PAGE" : "%" PRIu64 "*PAGE", len / PAGE_SIZE);
	else
		buf_printf(b, "0x%" PRIx64, len);
}

void put_range_call(const struct fuzz_step *s, struct buf *b, const char *method)
{
	buf_printf(b, "on(%u, \"%s\", 0x%" PRIx64 ", ", s->task, method, fuzz_address(s->choice[0]));
	put_length(b, fuzz_length(s->choice[1]));
}

void put_iovecs(const struct fuzz_step *s, struct buf *b, unsigned int c, unsigned int n)
{
	buf_puts(b, "iov(");
	for (unsigned int i = 0; i < n; i++)
		buf_printf(b, "%s0x%" PRIx64 ", %u", i ? ", " : "",
			   fuzz_address(s->choice[c + 2 * i]) + s->choice[c + 2 * i + 1] / 8 % 2 * 0xff8,
			   (s->choice[c + 2 * i + 1] % 4 == 3 ? 0 : s->choice[c + 2 * i + 1] % 4 * 4096 + 8));
	buf_puts(b, ")");
}

struct fuzz_range first_two(const struct fuzz_step *s)
{
	return (struct fuzz_range){fuzz_address(s->choice[0]), fuzz_length(s->choice[1])};
}

struct fuzz_range first_page(const struct fuzz_step *s)
{
	return (struct fuzz_range){fuzz_address(s->choice[0]) & ~(PAGE_SIZE - 1), PAGE_SIZE};
}
