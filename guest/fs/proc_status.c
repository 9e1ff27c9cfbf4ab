/* SPDX-License-Identifier: MIT */
/* /proc/PID/status, statm, comm and limits (Linux fs/proc/array.c, task_mmu.c, base.c). */
#include "cred.h"
#include "proc.h"
#include "seq_iter.h"
#include "signal.h"

/* --- memory ----------------------------------------------------------------------------------- */

/* What status and statm tell of an mm, in pages. */
struct task_mem {
	uint64_t anon, file, shmem, rss, text;
};

static struct task_mem task_mem_of(const struct mm_struct *mm)
{
	struct task_mem t = {
		.anon = mm->rss_stat[MM_ANONPAGES],
		.file = mm->rss_stat[MM_FILEPAGES],
		.shmem = mm->rss_stat[MM_SHMEMPAGES],
		.text = (ALIGN_UP(mm->end_code, PAGE_SIZE) - ALIGN_DOWN(mm->start_code, PAGE_SIZE)) >> PAGE_SHIFT,
	};

	t.rss = t.anon + t.file + t.shmem;
	return t;
}

/* "Key:\t" and pages as kB. */
static void put_pages(struct seq_file *m, const char *key, uint64_t pages)
{
	seq_put_decimal_ull_width(m, key, pages << (PAGE_SHIFT - 10), 8);
	seq_puts(m, " kB\n");
}

static void show_task_mem(struct seq_file *m, const struct mm_struct *mm)
{
	struct task_mem t = task_mem_of(mm);
	uint64_t text = min(t.text, mm->exec_vm);

	/* The marks are only brought up to date before something goes: what is now may be more. */
	put_pages(m, "VmPeak:\t", max(mm->hiwater_vm, mm->total_vm));
	put_pages(m, "VmSize:\t", mm->total_vm);
	put_pages(m, "VmLck:\t", mm->locked_vm);
	put_pages(m, "VmPin:\t", mm->pinned_vm);
	put_pages(m, "VmHWM:\t", max(mm->hiwater_rss, t.rss));
	put_pages(m, "VmRSS:\t", t.rss);
	put_pages(m, "RssAnon:\t", t.anon);
	put_pages(m, "RssFile:\t", t.file);
	put_pages(m, "RssShmem:\t", t.shmem);
	put_pages(m, "VmData:\t", mm->data_vm);
	put_pages(m, "VmStk:\t", mm->stack_vm);
	put_pages(m, "VmExe:\t", text);
	put_pages(m, "VmLib:\t", mm->exec_vm - text);
	put_pages(m, "VmPTE:\t", mm->pgtables_bytes >> PAGE_SHIFT);
	put_pages(m, "VmSwap:\t", 0);
	put_pages(m, "HugetlbPages:\t", 0);
}

static int statm_show(struct seq_file *m)
{
	struct task *task = proc_task(m->inode);
	struct mm_struct *mm;
	struct task_mem t;

	if (!task)
		return -LX_ESRCH;
	mm = get_task_mm(task);
	if (!mm) {
		seq_puts(m, "0 0 0 0 0 0 0\n");
		return 0;
	}
	t = task_mem_of(mm);
	seq_printf(m, "%lu %lu %lu %lu 0 %lu 0\n", mm->total_vm, t.rss, t.file + t.shmem, t.text,
		   mm->data_vm + mm->stack_vm);
	mmput(mm);
	return 0;
}

const struct file_operations proc_statm_operations __file_ops = SEQ_FILE_OPERATIONS(statm_show);

/* --- the task --------------------------------------------------------------------------------- */

static const char *task_state_name(const struct task *task)
{
	switch (task->ts.state) {
	case TASK_RUNNING:
		return "R (running)";
	case TASK_ZOMBIE:
		return "Z (zombie)";
	case TASK_DEAD:
		return "X (dead)";
	default:
		return task->group_leader->group_stopped ? "T (stopped)" : "S (sleeping)";
	}
}

static void show_ids(struct seq_file *m, const struct task *task)
{
	const struct task *parent = to_task(task->ts.parent);
	const struct cred *cred = task->ts.cred;

	seq_printf(m, "Name:\t%s\n", task->ts.comm);
	if (task->fs)		/* a zombie has none */
		seq_printf(m, "Umask:\t0%u%u%u\n", task->fs->umask >> 6 & 7, task->fs->umask >> 3 & 7,
			   task->fs->umask & 7);
	seq_printf(m, "State:\t%s\n", task_state_name(task));
	seq_printf(m, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", task->ts.tgid, task->ts.pid,
		   parent->ts.tgid);
	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\n", cred->uid, cred->euid, cred->suid, cred->fsuid);
	seq_printf(m, "Gid:\t%u\t%u\t%u\t%u\n", cred->gid, cred->egid, cred->sgid, cred->fsgid);
	seq_printf(m, "FDSize:\t%u\nGroups:\t", task->files ? task->files->max_fds : 0);
	for (uint32_t i = 0; i < cred->ngroups; i++)
		seq_printf(m, "%s%u", i ? " " : "", cred->groups[i]);
	seq_puts(m, " \n");
	seq_printf(m, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", task->ts.tgid, task->ts.pid,
		   task->group_leader->ts.pgrp, task->group_leader->ts.session);
}

/* Actions of the process that are `handler`, as a mask. */
static uint64_t actions_mask(const struct task *task, bool ignored)
{
	uint64_t mask = 0;

	for (int signo = 1; signo <= LX_NSIG; signo++) {
		uint64_t handler = get_action(task, signo).handler;

		if (handler == SIG_IGN_HANDLER ? ignored : handler != SIG_DFL_HANDLER && !ignored)
			mask |= SIGMASK(signo);
	}
	return mask;
}

static void show_signals(struct seq_file *m, const struct task *task)
{
	seq_printf(m, "Threads:\t%d\n", task->group_leader->nr_threads);
	seq_put_hex_ll(m, "SigPnd:\t", task->pending.signal, 16);
	seq_put_hex_ll(m, "\nShdPnd:\t", task->group_leader->shared_pending.signal, 16);
	seq_put_hex_ll(m, "\nSigBlk:\t", task->blocked, 16);
	seq_put_hex_ll(m, "\nSigIgn:\t", actions_mask(task, /* ignored = */ true), 16);
	seq_put_hex_ll(m, "\nSigCgt:\t", actions_mask(task, /* ignored = */ false), 16);
	seq_putc(m, '\n');
}

static int status_show(struct seq_file *m)
{
	struct task *task = proc_task(m->inode);
	struct mm_struct *mm;

	if (!task)
		return -LX_ESRCH;
	show_ids(m, task);
	mm = get_task_mm(task);
	if (mm) {
		show_task_mem(m, mm);
		seq_puts(m, "CoreDumping:\t0\nTHP_enabled:\t0\n");
		mmput(mm);
	}
	show_signals(m, task);
	return 0;
}

const struct file_operations proc_status_operations __file_ops = SEQ_FILE_OPERATIONS(status_show);

static int comm_show(struct seq_file *m)
{
	struct task *task = proc_task(m->inode);

	if (!task)
		return -LX_ESRCH;
	seq_printf(m, "%s\n", task->ts.comm);
	return 0;
}

const struct file_operations proc_comm_operations __file_ops = SEQ_FILE_OPERATIONS(comm_show);

/* --- limits ----------------------------------------------------------------------------------- */

static void put_limit(struct seq_file *m, uint64_t value)
{
	if (value == LX_RLIM_INFINITY)
		seq_printf(m, "%-20s ", "unlimited");
	else
		seq_printf(m, "%-20lu ", value);
}

static int limits_show(struct seq_file *m)
{
	static const struct {
		const char *name, *unit;
	} rows[LX_RLIM_NLIMITS] = {
		[LX_RLIMIT_CPU] = { "Max cpu time", "seconds" },
		[LX_RLIMIT_FSIZE] = { "Max file size", "bytes" },
		[LX_RLIMIT_DATA] = { "Max data size", "bytes" },
		[LX_RLIMIT_STACK] = { "Max stack size", "bytes" },
		[LX_RLIMIT_CORE] = { "Max core file size", "bytes" },
		[LX_RLIMIT_RSS] = { "Max resident set", "bytes" },
		[LX_RLIMIT_NPROC] = { "Max processes", "processes" },
		[LX_RLIMIT_NOFILE] = { "Max open files", "files" },
		[LX_RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
		[LX_RLIMIT_AS] = { "Max address space", "bytes" },
		[LX_RLIMIT_LOCKS] = { "Max file locks", "locks" },
		[LX_RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
		[LX_RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
		[LX_RLIMIT_NICE] = { "Max nice priority", NULL },
		[LX_RLIMIT_RTPRIO] = { "Max realtime priority", NULL },
		[LX_RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
	};
	struct task *task = proc_task(m->inode);

	if (!task)
		return -LX_ESRCH;
	seq_puts(m, "Limit                     Soft Limit           Hard Limit           Units     \n");
	for (unsigned int i = 0; i < LX_RLIM_NLIMITS; i++) {
		uint64_t soft, hard;

		task_rlimit(task, i, &soft, &hard);
		seq_printf(m, "%-25s ", rows[i].name);
		put_limit(m, soft);
		put_limit(m, hard);
		if (rows[i].unit)
			seq_printf(m, "%-10s", rows[i].unit);
		seq_putc(m, '\n');
	}
	return 0;
}

const struct file_operations proc_limits_operations __file_ops = SEQ_FILE_OPERATIONS(limits_show);
