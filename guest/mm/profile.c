// SPDX-License-Identifier: MIT
/* What differs between versions and configurations of Linux; the defaults are those of a stock 6.1. */
#include "internal.h"

struct mm_profile mm_profile = {
	.mmap_min_addr = 65536,
	.max_map_count = 65530,
	.stack_guard_gap = 256,
	.soft_dirty = true,
	.overcommit_memory = OVERCOMMIT_GUESS,
	.overcommit_ratio = 50,
};

int security_mmap_addr(uint64_t addr)
{
	return addr < mm_profile.mmap_min_addr ? -LX_EPERM : 0;
}
