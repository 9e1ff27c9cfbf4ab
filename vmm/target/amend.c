/* SPDX-License-Identifier: MIT */
/* See amend.h. */
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

/* A write of bytes of the task's own. Those of a command's data are always there. */
static bool reads_memory(const struct agent_cmd *cmd)
{
	return is_write(cmd) && (cmd->nr == NR_writev || !(cmd->in_data & 2));
}

static bool is_populate(const struct agent_cmd *cmd)
{
	return cmd->nr == NR_madvise && (cmd->args[2] == LX_MADV_POPULATE_READ || cmd->args[2] == LX_MADV_POPULATE_WRITE);
}

bool amend_wanted(const struct rules *rules, const struct agent_cmd *cmd)
{
	if (cmd->op != AGENT_SYSCALL)
		return false;
	if (cmd->nr == NR_mremap)
		return rule_holds(rules, PROFILE_MREMAP_REFUSED);
	if (is_populate(cmd))
		return rule_holds(rules, PROFILE_POPULATE);
	return reads_memory(cmd) && rule_holds(rules, PROFILE_WRITE_FAULT);
}

bool amend_needs_view(const struct agent_cmd *cmd)
{
	return cmd->nr == NR_mremap || is_populate(cmd);
}

static void ask_first(struct amends *first, uint64_t nr, uint64_t start, uint64_t len, uint64_t more)
{
	first->calls[first->nr++] = (struct amend_call){.nr = nr, .args = {start, len, more}};
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
	ask_first(first, NR_munmap, to, new_len, 0);
	if (old_len > new_len)
		ask_first(first, NR_munmap, addr + new_len, old_len - new_len, 0);
}

/* The same refusal, by a call that no kernel takes any other way. Address 0 is never mapped, and the agent's program always. */
static void refuse(struct agent_cmd *cmd, int64_t error)
{
	memset(cmd->args, 0, sizeof(cmd->args));
	cmd->args[1] = cmd->args[2] = PAGE_SIZE;
	if (error == -LX_EFAULT || error == -LX_EINVAL) {
		cmd->args[3] = error == -LX_EFAULT ? LX_MREMAP_MAYMOVE : UINT64_MAX;
	} else if (error == -LX_ENOMEM) {
		cmd->nr = NR_madvise;
		cmd->args[2] = LX_MADV_NORMAL;
	} else if (error == -LX_EAGAIN) {
		cmd->nr = NR_futex;
		cmd->args[0] = AGENT_TEXT;
		cmd->args[1] = LX_FUTEX_WAIT | LX_FUTEX_PRIVATE_FLAG;
		cmd->args[2] = 0; /* which the first word of a program is not */
	}
}

static void amend_mremap(struct rules *rules, struct agent_cmd *cmd, int64_t value, const struct view *view,
			 struct amends *first)
{
	if (value >= 0 || value < -4095 || !rule_excuses(rules, PROFILE_MREMAP_REFUSED))
		return;
	unmap_as_6_1(cmd, view, first);
	if (value == -LX_EFAULT || value == -LX_EINVAL || value == -LX_ENOMEM || value == -LX_EAGAIN)
		refuse(cmd, value);
}

/* --- madvise ----------------------------------------------------------------------------------------- */

/*
 * 6.1 goes from area to area, until one cannot be populated; a hole is ENOMEM in the end. Later kernels stop there. So Linux is
 * asked area by area, and where all can be, for the hole.
 */
static void amend_populate(struct rules *rules, struct agent_cmd *cmd, const struct view *view, struct amends *first)
{
	uint64_t start = cmd->args[0], end = start + pages_up(cmd->args[1]), hole = 0, at = start;

	if (start % PAGE_SIZE || end <= start)
		return;
	first->until_error = true;
	for (uint32_t i = 0; view && i < view->nr_areas && first->nr < MAX_AMENDS; i++) {
		uint64_t from = view->areas[i].start, to = view->areas[i].end < end ? view->areas[i].end : end;

		if (to <= at || from >= end)
			continue;
		if (from > at && !hole)
			hole = at;
		ask_first(first, NR_madvise, from > at ? from : at, to - (from > at ? from : at), cmd->args[2]);
		at = to;
	}
	if (at < end && !hole)
		hole = at;
	if (!hole || first->nr == MAX_AMENDS || !rule_excuses(rules, PROFILE_POPULATE)) {
		first->nr = 0;
		return;
	}
	cmd->args[0] = hole;
	cmd->args[1] = PAGE_SIZE;
}

/* --- write ------------------------------------------------------------------------------------------- */

/* Is its file one of tmpfs? Of all files these alone find no data before their beginning: ENXIO. */
static void ask_for_tmpfs(const struct agent_cmd *cmd, struct amends *first)
{
	ask_first(first, NR_lseek, cmd->args[0], -1, LX_SEEK_DATA);
	first->if_error = -LX_ENXIO;
}

/* The first bytes that a write wants: 0, they are unknown. */
static uint64_t first_bytes(const struct agent_cmd *cmd)
{
	uint64_t base, len;

	if (cmd->nr != NR_writev)
		return cmd->args[1];
	for (uint64_t at = cmd->args[1]; (cmd->in_data & 2) && at + 16 <= cmd->len; at += 16) {
		memcpy(&base, cmd->data + at, sizeof(base));
		memcpy(&len, cmd->data + at + 8, sizeof(len));
		if (len)
			return base;
	}
	return 0;
}

/*
 * A write that met an unreadable page: Linux is asked for what the guest could write, or for nothing, once somebody else has
 * looked for the bytes there (a stack may grow by that).
 */
static void amend_write(struct rules *rules, struct agent_cmd *cmd, int64_t value, struct amends *first)
{
	if (value == -LX_EFAULT && rule_excuses(rules, PROFILE_WRITE_FAULT)) {
		ask_for_tmpfs(cmd, first);
		ask_first(first, NR_stat, first_bytes(cmd), KERNEL_ADDRESS, 0);
		cmd->args[1] = KERNEL_ADDRESS;
		cmd->in_data &= ~2u;
	} else if (value > 0 && cmd->nr != NR_writev && (uint64_t)value < cmd->args[2] &&
		   rule_excuses(rules, PROFILE_WRITE_FAULT)) {
		ask_for_tmpfs(cmd, first);
		cmd->args[2] = value;
	}
}

void amend(struct rules *rules, struct agent_cmd *cmd, const struct agent_report *guest, const struct view *linux_side,
	   struct amends *first)
{
	first->nr = 0;
	first->until_error = false;
	first->if_error = 0;
	if (is_populate(cmd))
		amend_populate(rules, cmd, linux_side, first);
	else if (cmd->nr == NR_mremap)
		amend_mremap(rules, cmd, guest->value, linux_side, first);
	else
		amend_write(rules, cmd, guest->value, first);
}
