/* SPDX-License-Identifier: MIT */
/*
 * What a process has used, and what the machine has (Linux kernel/sys.c). Processor time is not measured: no time passes while a
 * task runs. Faults are not counted.
 */
#include "fs.h"
#include "labdev.h"
#include "signal.h"
#include "sys.h"
#include "task.h"
#include "uaccess.h"
#include "usertime.h"

#define NSEC_PER_TICK	(NSEC_PER_SEC / 100)	/* USER_HZ */
enum { RUSAGE_CHILDREN = -1, RUSAGE_SELF, RUSAGE_THREAD };

static uint64_t max_rss(const struct mm_struct *mm)
{
	uint64_t rss = mm->rss_stat[MM_FILEPAGES] + mm->rss_stat[MM_ANONPAGES] + mm->rss_stat[MM_SHMEMPAGES];

	return max(mm->hiwater_rss, rss);
}

/** getrusage(who, usage) */
long ksys_getrusage(struct pt_regs *regs)
{
	struct user_rusage usage = { 0 };
	int who = regs->di;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -LX_EINVAL;
	if (who != RUSAGE_CHILDREN)
		usage.maxrss = max_rss(current->ts.mm) << (PAGE_SHIFT - 10);
	return copy_to_user(regs->si, &usage, sizeof(usage)) ? -LX_EFAULT : 0;
}

/** times(buf): ticks of a hundredth of a second since the start. */
long ksys_times(struct pt_regs *regs)
{
	static const uint64_t none[4];	/* struct tms */

	if (regs->di && copy_to_user(regs->di, none, sizeof(none)))
		return -LX_EFAULT;
	return lab.virtual_ns / NSEC_PER_TICK;
}

/** struct sysinfo */
struct user_sysinfo {
	int64_t uptime;
	uint64_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	uint16_t procs, pad;
	uint64_t totalhigh, freehigh;
	uint32_t mem_unit;
};

unsigned int count_tasks(void)
{
	struct task *task;
	unsigned int n = 0;

	list_for_each_entry(task, &init_task.ts.tasks, ts.tasks)
		n++;
	return n;
}

static uint64_t shmem_pages(void)
{
	struct inode *inode;
	uint64_t pages = 0;

	list_for_each_entry(inode, &super_inodes, i_sb_list)
		pages += inode->i_data.nrpages;
	return pages;
}

/** sysinfo(info) */
long ksys_sysinfo(struct pt_regs *regs)
{
	struct user_sysinfo info = {
		.uptime = (lab.virtual_ns + NSEC_PER_SEC - 1) / NSEC_PER_SEC,
		.totalram = (contig_zone.end_pfn - contig_zone.start_pfn) << PAGE_SHIFT,
		.freeram = (contig_zone.nr_free + contig_zone.end_pfn - contig_zone.frontier_pfn) << PAGE_SHIFT,
		.sharedram = shmem_pages() << PAGE_SHIFT,
		.procs = count_tasks(),
		.mem_unit = 1,
	};

	return copy_to_user(regs->di, &info, sizeof(info)) ? -LX_EFAULT : 0;
}
