/* SPDX-License-Identifier: MIT */
/* The counters of an mm against what its areas and page tables add up to. */
#include "uapi.h"
#include "verify/check.h"

#define VM_STACK VM_GROWSDOWN /* Linux on x86: stacks grow down */
#define MIN_GAP	 (128UL << 20) /* that mmap_base leaves to the stack (arch/x86/mm/mmap.c) */

#define PAGE_ALIGN(bytes) (((bytes) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1))

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

/* What a file in memory has committed: its pages one by one, or (without VM_NORESERVE) its whole size at once. */
static uint64_t committed_by_file(const struct model_inode *inode)
{
	uint32_t type = inode->raw.i_mode & LX_S_IFMT; /* a symbolic link has its target in a page */

	if ((inode->raw.i_flags & S_IMAGE) || (type != LX_S_IFREG && type != LX_S_IFLNK))
		return 0;
	if (inode->raw.i_vm_flags & VM_NORESERVE)
		return inode->nr_pages;
	return (inode->raw.i_size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/** Of all mms and files together, to the page. */
void check_committed(struct verify_context *c, const struct invariant *self)
{
	uint64_t areas = 0, files = 0;

	for (uint32_t i = 0; i < c->now->nr_mms; i++)
		areas += pages_where(&c->now->mms[i], VM_ACCOUNT, VM_ACCOUNT);
	for (uint32_t i = 0; i < c->now->nr_inodes; i++)
		files += committed_by_file(&c->now->inodes[i]);
	if (!holds(c, c->now->lab.vm_committed_as == areas + files))
		report(c, self, (struct site){NOWHERE}, "vm_committed_as is %ld, expected %lu of areas and %lu of files",
		       c->now->lab.vm_committed_as, areas, files);
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

/** What exec and brk keep in order: each pair, and the stack's contents one above the other. */
void check_layout(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++) {
		const struct mm_struct *raw = &c->now->mms[i].raw;
		const struct {
			const char *name;
			uint64_t start, end;
		} pairs[] = {
			{"start_code to end_code", raw->start_code, raw->end_code},
			{"start_data to end_data", raw->start_data, raw->end_data},
			{"start_brk to brk", raw->start_brk, raw->brk},
			{"brk to start_stack", raw->brk, raw->start_stack},
			{"start_stack to arg_start", raw->start_stack, raw->arg_start},
			{"arg_start to arg_end", raw->arg_start, raw->arg_end},
			{"arg_end to env_start", raw->arg_end, raw->env_start},
			{"env_start to arg_end", raw->env_start, raw->arg_end},
			{"env_start to env_end", raw->env_start, raw->env_end},
		};

		for (unsigned int j = 0; j < sizeof(pairs) / sizeof(pairs[0]); j++)
			if (!holds(c, pairs[j].start <= pairs[j].end && pairs[j].end <= TASK_SIZE))
				report(c, self, AT_MM(i), "%s: %s is %#lx to %#lx", mm_label(c->now, i).text,
				       pairs[j].name, pairs[j].start, pairs[j].end);
	}
}

static const char *placement_trouble(const struct model *model, const struct mm_struct *raw)
{
	const struct lab_image *image = &model->lab.image;
	const bool bottom_up = raw->get_unmapped_area.va == image->bottomup;

	if (raw->task_size != TASK_SIZE)
		return "task_size is not TASK_SIZE";
	if (raw->mmap_legacy_base != PAGE_ALIGN(TASK_SIZE / 3))
		return "mmap_legacy_base is not a third of the space";
	if (raw->mmap_base & (PAGE_SIZE - 1))
		return "mmap_base is not page-aligned";
	/* Linux: 128 MiB to five sixths of the space are left to the stack. */
	if (raw->mmap_base < TASK_SIZE / 6 || raw->mmap_base > TASK_SIZE - MIN_GAP)
		return "mmap_base does not leave the stack its room";
	if (!bottom_up && raw->get_unmapped_area.va != image->topdown)
		return "get_unmapped_area is none of the two functions";
	if (bottom_up && raw->mmap_base != raw->mmap_legacy_base)
		return "mmap_base is not where it begins to look from the bottom up";
	return NULL;
}

/**
 * A process that never changed a limit runs what was executed under those that each begins with: 8 MiB of stack, for which MIN_GAP
 * is enough. Those that have limits of their own may have changed them since.
 */
static void check_default_base(struct verify_context *c, const struct invariant *self, const struct model_task *task)
{
	const struct model_task *leader = model_find_task(c->now, task->raw.tgid);
	const struct mm_struct *raw = &c->now->mms[task->mm].raw;
	const uint64_t expected = PAGE_ALIGN(TASK_SIZE - MIN_GAP);

	if (!leader || leader->raw.rlimits.va || raw->get_unmapped_area.va != c->now->lab.image.topdown)
		return;
	if (!holds(c, raw->mmap_base == expected))
		report(c, self, AT_MM(task->mm), "%s: mmap_base is %#lx, expected %#lx, as no limit was ever changed",
		       mm_label(c->now, task->mm).text, raw->mmap_base, expected);
}

/** Where mmap puts what has no address of its own. */
void check_placement(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_tasks; i++)
		if (c->now->tasks[i].mm > 0)
			check_default_base(c, self, &c->now->tasks[i]);
	for (uint32_t i = 1; i < c->now->nr_mms; i++) {
		const struct mm_struct *raw = &c->now->mms[i].raw;
		const char *wrong = placement_trouble(c->now, raw);

		if (!holds(c, !wrong))
			report(c, self, AT_MM(i),
			       "%s: %s (mmap_base %#lx, mmap_legacy_base %#lx, task_size %#lx, function "
			       "%#lx)",
			       mm_label(c->now, i).text, wrong, raw->mmap_base, raw->mmap_legacy_base,
			       raw->task_size, raw->get_unmapped_area.va);
	}
}

/** What nothing here sets. mlockall() may set the two flags for areas to come. */
void check_mm_defaults(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++) {
		const struct mm_struct *raw = &c->now->mms[i].raw;
		gpa_t pa;

		if (!holds(c, !(raw->flags & ~MMF_DUMP_FILTER_MASK)))
			report(c, self, AT_MM(i), "%s: flags are %#lx, expected none but those of coredump_filter",
			       mm_label(c->now, i).text, raw->flags);
		if (!holds(c, raw->pinned_vm == 0))
			report(c, self, AT_MM(i), "%s: pinned_vm is %lu, expected 0",
			       mm_label(c->now, i).text, raw->pinned_vm);
		if (!holds(c, !(raw->def_flags & ~(VM_LOCKED | VM_LOCKONFAULT))))
			report(c, self, AT_MM(i),
			       "%s: def_flags are %#lx, expected none but VM_LOCKED and VM_LOCKONFAULT",
			       mm_label(c->now, i).text, raw->def_flags);
		if (!holds(c, !(raw->def_flags & VM_LOCKONFAULT) || (raw->def_flags & VM_LOCKED)))
			report(c, self, AT_MM(i), "%s: def_flags have VM_LOCKONFAULT without VM_LOCKED", mm_label(c->now, i).text);
		if (!holds(c, i == 0 || !c->now->mms[i].nr_users || raw->exe_file.va))
			report(c, self, AT_MM(i), "%s: it runs no program (exe_file is 0)",
			       mm_label(c->now, i).text);
		if (!holds(c, raw->exe_file.va == 0 || (raw->exe_file.va % 8 == 0 &&
							image_linear(c->now->image, raw->exe_file, 8, &pa))))
			report(c, self, AT_MM(i), "%s: exe_file %#lx points nowhere",
			       mm_label(c->now, i).text, raw->exe_file.va);
	}
}

/**
 * High-water marks are brought up to date before the counters fall. So at no time were more pages present
 * than mapped: the mark of the one is at most that of the other, or what is mapped now.
 */
void check_hiwater(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++) {
		const struct mm_struct *raw = &c->now->mms[i].raw;
		uint64_t most = raw->hiwater_vm > raw->total_vm ? raw->hiwater_vm : raw->total_vm;

		if (!c->now->mms[i].nr_users)
			continue;
		if (!holds(c, raw->hiwater_rss <= most && raw->hiwater_vm <= TASK_SIZE >> PAGE_SHIFT))
			report(c, self, AT_MM(i), "%s: hiwater_rss is %lu, hiwater_vm %lu, total_vm %lu",
			       mm_label(c->now, i).text, raw->hiwater_rss, raw->hiwater_vm, raw->total_vm);
	}
}
