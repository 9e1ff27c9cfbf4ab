/* SPDX-License-Identifier: MIT */
/* What a later kernel is asked instead of a call, so that it comes to what 6.1 would: and that 6.1 itself is asked the call. */
#include "check.h"
#include "target/amend.h"
#include "uapi.h"
#include "x86.h"

#include <string.h>

#define AT 0x10200000UL
#define PAGES(n) ((n) * PAGE_SIZE)

static struct rules rules;
static struct amends first;
static struct view *view;

static void begin(void)
{
	rules_init(&rules, "6.18.44");
	view = calloc(1, sizeof(*view));
}

static void end(void)
{
	view_free(view);
}

TestSuite(amend, .init = begin, .fini = end);

static void area(uint64_t page, uint64_t pages)
{
	*view_add_area(view) = (struct view_area){.start = AT + PAGES(page), .end = AT + PAGES(page + pages)};
}

static struct agent_cmd call(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return (struct agent_cmd){.op = AGENT_SYSCALL, .nr = nr, .args = {a, b, c, d}};
}

static struct agent_cmd populate(uint64_t page, uint64_t pages)
{
	return call(NR_madvise, AT + PAGES(page), PAGES(pages), LX_MADV_POPULATE_READ, 0);
}

/* The guest answered `value`. */
static void ask(struct agent_cmd *cmd, int64_t value)
{
	struct agent_report report = {.value = value};

	amend(&rules, cmd, &report, view, &first);
}

static void is_call(int i, uint64_t nr, uint64_t start, uint64_t len)
{
	CHECK_THAT(first.calls[i].nr == nr && first.calls[i].args[0] == start && first.calls[i].args[1] == len,
		   "call %d is %lu of %lx, %lx", i, first.calls[i].nr, first.calls[i].args[0], first.calls[i].args[1]);
}

Test(amend, linux_6_1_is_asked_what_the_guest_is)
{
	struct agent_cmd cmd = populate(0, 4);

	CHECK(amend_wanted(&rules, &cmd));
	rules_init(&rules, "6.1.0-56-cloud-amd64");
	CHECK(!amend_wanted(&rules, &cmd));
	cmd = call(NR_mremap, AT, PAGE_SIZE, PAGE_SIZE, 0);
	CHECK(!amend_wanted(&rules, &cmd));
}

Test(amend, a_range_without_holes_is_populated_by_one_call)
{
	struct agent_cmd cmd = populate(1, 4), before = cmd;

	area(0, 2);
	area(2, 6);
	ask(&cmd, 0);
	CHECK(first.nr == 0 && !memcmp(&cmd, &before, sizeof(cmd)));
	CHECK(!rules.applied[PROFILE_POPULATE]);
}

Test(amend, with_a_hole_area_by_area_and_the_hole_last)
{
	struct agent_cmd cmd = populate(1, 8);

	area(0, 3);
	area(4, 1);
	area(5, 2);
	area(20, 1);
	ask(&cmd, -LX_ENOMEM);
	CHECK_EQ(first.nr, 3);
	CHECK(first.until_error);
	is_call(0, NR_madvise, AT + PAGES(1), PAGES(2));
	is_call(1, NR_madvise, AT + PAGES(4), PAGES(1));
	is_call(2, NR_madvise, AT + PAGES(5), PAGES(2));
	CHECK(cmd.args[0] == AT + PAGES(3) && cmd.args[1] == PAGE_SIZE);
	CHECK_EQ(rules.applied[PROFILE_POPULATE], 1);
}

Test(amend, a_hole_at_either_end)
{
	struct agent_cmd cmd = populate(0, 2);

	area(1, 1);
	ask(&cmd, -LX_EINVAL);
	CHECK(first.nr == 1 && cmd.args[0] == AT);
	cmd = populate(1, 2);
	ask(&cmd, -LX_ENOMEM);
	CHECK(first.nr == 1 && cmd.args[0] == AT + PAGES(2));
}

Test(amend, what_is_no_range_stays_as_it_is)
{
	struct agent_cmd cmd = populate(0, 2), before;

	cmd.args[0]++;
	before = cmd;
	ask(&cmd, -LX_EINVAL);
	CHECK(first.nr == 0 && !memcmp(&cmd, &before, sizeof(cmd)));
}

Test(amend, a_refused_mremap_is_refused_by_a_call_that_all_kernels_refuse)
{
	struct agent_cmd cmd = call(NR_mremap, AT, PAGE_SIZE, PAGES(2), LX_MREMAP_MAYMOVE);

	area(0, 1);
	ask(&cmd, -LX_ENOMEM);
	CHECK(cmd.nr == NR_madvise && !cmd.args[0] && cmd.args[1] == PAGE_SIZE && cmd.args[2] == LX_MADV_NORMAL);
	cmd = call(NR_mremap, AT, PAGE_SIZE, PAGES(2), LX_MREMAP_MAYMOVE);
	ask(&cmd, -LX_EAGAIN);
	CHECK(cmd.nr == NR_futex && cmd.args[0] == AGENT_TEXT);
	cmd = call(NR_mremap, AT, PAGE_SIZE, PAGES(2), LX_MREMAP_MAYMOVE);
	ask(&cmd, AT);
	CHECK(cmd.nr == NR_mremap && cmd.args[0] == AT);
}

Test(amend, a_write_of_nothing_is_asked_of_tmpfs_alone)
{
	struct agent_cmd cmd = call(NR_write, 4, AT, 8, 0);

	ask(&cmd, -LX_EFAULT);
	CHECK_EQ(first.if_error, -LX_ENXIO);
	is_call(0, NR_lseek, 4, UINT64_MAX);
	CHECK(first.calls[1].nr == NR_stat && first.calls[1].args[0] == AT);
	CHECK(cmd.nr == NR_write && (int64_t)cmd.args[1] < 0);
}

Test(amend, pieces_that_come_along_are_looked_through_for_the_first_byte)
{
	static const uint64_t iov[4] = {AT, 0, AT + PAGES(3), 8};
	struct agent_cmd cmd = call(NR_writev, 4, 0, 2, 0);

	cmd.in_data = 2;
	cmd.len = sizeof(iov);
	memcpy(cmd.data, iov, sizeof(iov));
	ask(&cmd, -LX_EFAULT);
	CHECK(first.calls[1].nr == NR_stat && first.calls[1].args[0] == AT + PAGES(3));
	CHECK(!cmd.in_data && (int64_t)cmd.args[1] < 0);
}

Test(amend, what_went_in_part_is_asked_for_in_part)
{
	struct agent_cmd cmd = call(NR_write, 4, AT, PAGES(2), 0);

	ask(&cmd, PAGE_SIZE);
	CHECK(first.nr == 1 && first.if_error == -LX_ENXIO && cmd.args[2] == PAGE_SIZE);
}
