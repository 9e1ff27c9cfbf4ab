/* SPDX-License-Identifier: MIT */
/* The counters of an mm against what its areas and page tables add up to. */
#include "verify/check.h"

#define VM_STACK VM_GROWSDOWN /* Linux on x86: stacks grow down */

/** Report counter `name` of mm i unless it is `expected`. */
static void compare(struct verify_context *c, const struct invariant *self, uint32_t i, const char *name,
		    uint64_t found, uint64_t expected)
{
	if (!holds(c, found == expected))
		report(c, self, AT_MM(i), "%s: %s is %ld, expected %ld", mm_label(c->now, i).text, name,
		       (long)found, (long)expected);
}

/** Pages of those areas of mm whose flags, under mask, are value. */
static uint64_t pages_where(const struct model_mm *mm, uint64_t mask, uint64_t value)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < mm->nr_vmas; i++)
		if ((mm->vmas[i].raw.vm_flags & mask) == value)
			pages += (mm->vmas[i].raw.vm_end - mm->vmas[i].raw.vm_start) >> PAGE_SHIFT;
	return pages;
}

void check_map_count(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++)
		compare(c, self, i, "map_count", c->now->mms[i].raw.map_count, c->now->mms[i].nr_vmas);
}

void check_total_vm(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++)
		compare(c, self, i, "total_vm", c->now->mms[i].raw.total_vm,
			pages_where(&c->now->mms[i], 0, 0));
}

/* The three kinds are Linux's is_data_mapping, is_exec_mapping, is_stack_mapping. */

void check_data_vm(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++)
		compare(c, self, i, "data_vm", c->now->mms[i].raw.data_vm,
			pages_where(&c->now->mms[i], VM_WRITE | VM_SHARED | VM_STACK, VM_WRITE));
}

void check_exec_vm(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++)
		compare(c, self, i, "exec_vm", c->now->mms[i].raw.exec_vm,
			pages_where(&c->now->mms[i], VM_EXEC | VM_WRITE | VM_STACK, VM_EXEC));
}

void check_stack_vm(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++)
		compare(c, self, i, "stack_vm", c->now->mms[i].raw.stack_vm,
			pages_where(&c->now->mms[i], VM_STACK, VM_STACK));
}

void check_locked_vm(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++)
		compare(c, self, i, "locked_vm", c->now->mms[i].raw.locked_vm,
			pages_where(&c->now->mms[i], VM_LOCKED, VM_LOCKED));
}

void check_rss(struct verify_context *c, const struct invariant *self)
{
	static const char *const names[NR_MM_COUNTERS] = {
		[MM_FILEPAGES] = "rss_stat[MM_FILEPAGES]",
		[MM_ANONPAGES] = "rss_stat[MM_ANONPAGES]",
		[MM_SWAPENTS] = "rss_stat[MM_SWAPENTS]",
		[MM_SHMEMPAGES] = "rss_stat[MM_SHMEMPAGES]",
	};

	for (uint32_t i = 0; i < c->now->nr_mms; i++)
		for (int kind = 0; kind < NR_MM_COUNTERS; kind++)
			compare(c, self, i, names[kind], c->now->mms[i].raw.rss_stat[kind],
				c->now->mms[i].rss[kind]);
}

/** As Linux: PTE, PMD and PUD tables (and P4D with five levels), without the top-level table. */
void check_pgtables_bytes(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++) {
		uint64_t nr = c->now->mms[i].nr_tables;

		compare(c, self, i, "pgtables_bytes", c->now->mms[i].raw.pgtables_bytes,
			nr ? (nr - 1) * PAGE_SIZE : 0);
	}
}

/** The pairs of mm_struct that exec and brk keep in order. */
void check_layout(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++) {
		const struct mm_struct *raw = &c->now->mms[i].raw;
		const struct {
			const char *name;
			uint64_t start, end;
		} pairs[] = {
			{"code", raw->start_code, raw->end_code}, {"data", raw->start_data, raw->end_data},
			{"brk", raw->start_brk, raw->brk},	  {"arg", raw->arg_start, raw->arg_end},
			{"env", raw->env_start, raw->env_end},
		};

		for (unsigned int j = 0; j < sizeof(pairs) / sizeof(pairs[0]); j++)
			if (!holds(c, pairs[j].start <= pairs[j].end && pairs[j].end <= TASK_SIZE))
				report(c, self, AT_MM(i), "%s: %s is %#lx to %#lx", mm_label(c->now, i).text,
				       pairs[j].name, pairs[j].start, pairs[j].end);
	}
}
