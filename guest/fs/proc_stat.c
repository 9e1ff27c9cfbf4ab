/* SPDX-License-Identifier: MIT */
/* /proc/PID/stat, oom_score and oom_score_adj, mounts (Linux fs/proc/array.c, base.c; fs/proc_namespace.c). */
#include "cred.h"
#include "proc.h"
#include "seq_iter.h"
#include "signal.h"
#include "uaccess.h"

#define OOM_SCORE_ADJ_MIN	(-1000)
#define OOM_SCORE_ADJ_MAX	1000

/* --- stat ------------------------------------------------------------------------------------- */

static char state_letter(const struct task *task)
{
	if (task->ts.state == TASK_RUNNING)
		return 'R';
	if (task->ts.state == TASK_ZOMBIE)
		return 'Z';
	return task->group_leader->group_stopped ? 'T' : 'S';
}

static void put_numbers(struct seq_file *m, const uint64_t *numbers, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		seq_printf(m, " %lu", numbers[i]);
}

/* Fields 4 to 22. Nobody's faults and time are counted, and there is no terminal. */
static void put_family(struct seq_file *m, const struct task *task)
{
	const struct task *leader = task->group_leader;

	seq_printf(m, " %d %d %d 0 -1 %u", to_task(task->ts.parent)->ts.tgid, leader->ts.pgrp, leader->ts.session,
		   task->ts.flags);
	seq_puts(m, " 0 0 0 0 0 0 0 0");
	seq_printf(m, " %d %d %d 0 0", 20 + task->nice, task->nice, leader->nr_threads);
}

static uint64_t pages_of(const struct mm_struct *mm)
{
	return mm->rss_stat[MM_FILEPAGES] + mm->rss_stat[MM_ANONPAGES] + mm->rss_stat[MM_SHMEMPAGES];
}

static uint64_t mask_of_actions(const struct task *task, bool ignored)
{
	uint64_t mask = 0;

	for (int signo = 1; signo <= LX_NSIG; signo++) {
		uint64_t handler = get_action(task, signo).handler;

		if (ignored ? handler == SIG_IGN_HANDLER : handler != SIG_IGN_HANDLER && handler != SIG_DFL_HANDLER)
			mask |= SIGMASK(signo);
	}
	return mask & 0x7fffffff;
}

/* Fields 23 to 37: memory and signals, of both what fits in old words. */
static void put_memory(struct seq_file *m, const struct task *task, const struct mm_struct *mm, bool permitted)
{
	uint64_t rsslim, hard;

	task_rlimit(task, LX_RLIMIT_RSS, &rsslim, &hard);
	put_numbers(m, (uint64_t[]){ mm ? mm->total_vm << PAGE_SHIFT : 0, mm ? pages_of(mm) : 0, rsslim }, 3);
	if (mm && permitted)
		put_numbers(m, (uint64_t[]){ mm->start_code, mm->end_code, mm->start_stack }, 3);
	else
		seq_puts(m, mm ? " 1 1 0" : " 0 0 0");
	seq_puts(m, " 0 0");
	put_numbers(m, (uint64_t[]){ task->pending.signal & 0x7fffffff, task->blocked & 0x7fffffff,
				      mask_of_actions(task, true), mask_of_actions(task, false) }, 4);
	seq_puts(m, " 0 0 0");
}

static int stat_show(struct seq_file *m)
{
	struct task *task = proc_task(m->inode);
	struct mm_struct *mm;
	bool permitted;

	if (!task)
		return -LX_ESRCH;
	permitted = ptrace_may_access(task);
	mm = get_task_mm(task);
	seq_printf(m, "%d (%s) %c", task->ts.pid, task->ts.comm, state_letter(task));
	put_family(m, task);
	put_memory(m, task, mm, permitted);
	seq_printf(m, " %d 0 0 0 0 0 0", is_leader(task) ? task->exit_signal : -1);
	if (mm && permitted)
		put_numbers(m, (uint64_t[]){ mm->start_data, mm->end_data, mm->start_brk, mm->arg_start, mm->arg_end,
					      mm->env_start, mm->env_end }, 7);
	else
		seq_puts(m, " 0 0 0 0 0 0 0");
	seq_printf(m, " %d\n", permitted ? task->ts.exit_code : 0);
	if (mm)
		mmput(mm);
	return 0;
}

const struct file_operations proc_stat_operations __file_ops = SEQ_FILE_OPERATIONS(stat_show);

/* --- oom -------------------------------------------------------------------------------------- */

/* In thousandths of all memory, and what was said of it (Linux proc_oom_score, oom_badness). */
static int oom_score_show(struct seq_file *m)
{
	struct task *task = proc_task(m->inode);
	int64_t total = contig_zone.end_pfn - contig_zone.start_pfn, points = 0;
	struct mm_struct *mm;

	if (!task)
		return -LX_ESRCH;
	mm = get_task_mm(task);
	if (mm && task->group_leader->oom_score_adj != OOM_SCORE_ADJ_MIN) {
		points = pages_of(mm) + (mm->pgtables_bytes >> PAGE_SHIFT) + task->group_leader->oom_score_adj * (total / 1000);
		points = max((1000 + points * 1000 / total) * 2 / 3, (int64_t)0);
	}
	if (mm)
		mmput(mm);
	seq_printf(m, "%ld\n", points);
	return 0;
}

const struct file_operations proc_oom_score_operations __file_ops = SEQ_FILE_OPERATIONS(oom_score_show);

#define NUMBER_SIZE 16

static long oom_score_adj_read(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	const struct task *task = proc_task(file->f_inode);
	char text[NUMBER_SIZE];
	uint64_t n;

	if (!task)
		return -LX_ESRCH;
	n = snprintf(text, sizeof(text), "%d\n", task->group_leader->oom_score_adj);
	return simple_read_from_buffer(at, len, pos, text, n);
}

/* Lower than a privileged one set it needs the same right. */
static long oom_score_adj_write(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	struct task *task = proc_task(file->f_inode), *leader;
	char text[NUMBER_SIZE] = { 0 };
	int64_t value;

	if (copy_from_user(text, at, min(len, sizeof(text) - 1)))
		return -LX_EFAULT;
	if (proc_parse_int(text, &value) || value < OOM_SCORE_ADJ_MIN || value > OOM_SCORE_ADJ_MAX)
		return -LX_EINVAL;
	if (!task)
		return -LX_ESRCH;
	leader = task->group_leader;
	if (value < leader->oom_score_adj_min && !capable(CAP_SYS_RESOURCE))
		return -LX_EACCES;
	leader->oom_score_adj = value;
	if (capable(CAP_SYS_RESOURCE))
		leader->oom_score_adj_min = value;
	*pos += len;
	return len;
}

const struct file_operations proc_oom_score_adj_operations __file_ops = {
	.read_at = oom_score_adj_read, .write_at = oom_score_adj_write,
};

/* --- mounts ----------------------------------------------------------------------------------- */

static int mounts_show(struct seq_file *m)
{
	seq_puts(m, "tmpfs / tmpfs rw,relatime 0 0\nproc /proc proc rw,relatime 0 0\n");
	return 0;
}

const struct file_operations proc_mounts_operations __file_ops = SEQ_FILE_OPERATIONS(mounts_show);
