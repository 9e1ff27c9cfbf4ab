/* SPDX-License-Identifier: MIT */
/* See amend.h. */
#include <errno.h>
#include <string.h>

#include "target/amend.h"
#include "uapi.h"
#include "x86.h"

/* No user may read it, whatever is mapped where. */
#define KERNEL_ADDRESS 0xffff800000000000UL

static bool is_write(const struct agent_cmd *cmd)
{
	return cmd->nr == NR_write || cmd->nr == NR_pwrite64 || cmd->nr == NR_writev;
}

bool amend_wanted(const struct rules *rules, const struct agent_cmd *cmd)
{
	if (cmd->op != AGENT_SYSCALL)
		return false;
	if (cmd->nr == NR_mremap)
		return rule_holds(rules, PROFILE_MREMAP_REFUSED);
	return is_write(cmd) && !(cmd->in_data & 2) && rule_holds(rules, PROFILE_WRITE_FAULT);
}

/* --- mremap ----------------------------------------------------------------------------------------- */

static uint64_t pages_up(uint64_t len)
{
	return (len + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

static bool is_mapped(const struct view *view, uint64_t va)
{
	for (uint32_t i = 0; view && i < view->nr_areas; i++)
		if (view->areas[i].start <= va && va < view->areas[i].end)
			return true;
	return false;
}

static void add_unmap(struct amends *first, uint64_t start, uint64_t len)
{
	first->unmap[first->nr].start = start;
	first->unmap[first->nr++].len = len;
}

/*
 * 6.1 clears the place and cuts the old range before it finds that this cannot be moved there. The checks that it makes before
 * that, in its order.
 */
static void unmap_as_6_1(const struct agent_cmd *cmd, const struct view *view, struct amends *first)
{
	uint64_t addr = cmd->args[0], old_len = pages_up(cmd->args[1]), new_len = pages_up(cmd->args[2]);
	uint64_t flags = cmd->args[3], to = cmd->args[4];

	if (!(flags & LX_MREMAP_FIXED) || !(flags & LX_MREMAP_MAYMOVE) || (flags & ~7UL) || addr % PAGE_SIZE || !new_len ||
	    ((flags & LX_MREMAP_DONTUNMAP) && cmd->args[1] != cmd->args[2]) || !is_mapped(view, addr))
		return;
	if (to % PAGE_SIZE || new_len > TASK_SIZE || to > TASK_SIZE - new_len || (addr + old_len > to && to + new_len > addr))
		return;
	add_unmap(first, to, new_len);
	if (old_len > new_len)
		add_unmap(first, addr + new_len, old_len - new_len);
}

/* The same refusal, by a call that no kernel takes any other way. */
static void refuse(struct agent_cmd *cmd, int64_t error)
{
	memset(cmd->args, 0, sizeof(cmd->args));
	cmd->args[1] = cmd->args[2] = PAGE_SIZE; /* of nothing: address 0 is never mapped */
	cmd->args[3] = error == -EFAULT ? LX_MREMAP_MAYMOVE : UINT64_MAX;
}

static void amend_mremap(struct rules *rules, struct agent_cmd *cmd, int64_t value, const struct view *view,
			 struct amends *first)
{
	if (value >= 0 || value < -4095 || !rule_excuses(rules, PROFILE_MREMAP_REFUSED))
		return;
	unmap_as_6_1(cmd, view, first);
	if (value == -EFAULT || value == -EINVAL)
		refuse(cmd, value);
}

/* --- write ------------------------------------------------------------------------------------------- */

/* A write that met an unreadable page: before it, Linux is asked for what the guest could write, or for nothing. */
static void amend_write(struct rules *rules, struct agent_cmd *cmd, int64_t value)
{
	if (value == -EFAULT && rule_excuses(rules, PROFILE_WRITE_FAULT))
		cmd->args[1] = KERNEL_ADDRESS;
	else if (cmd->nr != NR_writev && value > 0 && (uint64_t)value < cmd->args[2] && rule_excuses(rules, PROFILE_WRITE_FAULT))
		cmd->args[2] = value;
}

void amend(struct rules *rules, struct agent_cmd *cmd, const struct agent_report *guest, const struct view *linux_side,
	   struct amends *first)
{
	first->nr = 0;
	if (cmd->nr == NR_mremap)
		amend_mremap(rules, cmd, guest->value, linux_side, first);
	else
		amend_write(rules, cmd, guest->value);
}
