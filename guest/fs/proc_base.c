/* SPDX-License-Identifier: MIT */
/*
 * The tree below /proc (Linux fs/proc/root.c, base.c, self.c): a directory per process, made up when somebody looks. An
 * inode's i_private is the pid it tells about; what it is stands in its operations, which come from the rows below.
 */
#include "cred.h"
#include "proc.h"
#include "seq_iter.h"

struct list_head proc_mms = LIST_HEAD_INIT(proc_mms);

static int pid_of(const struct inode *inode) { return (int)(uint64_t)inode->i_private; }

static bool is_visible(const struct task *task)
{
	return task->ts.pid > 0 && task->ts.state != TASK_DEAD;
}

struct task *proc_task(const struct inode *inode)
{
	struct task *task = find_task(pid_of(inode));

	return task && is_visible(task) ? task : NULL;
}

/* --- address spaces --------------------------------------------------------------------------- */

struct mm_struct *get_task_mm(struct task *task)
{
	if (task->ts.mm)
		mmget(task->ts.mm);
	return task->ts.mm;
}

int proc_mm_attach(struct proc_mm *ref, struct inode *inode)
{
	struct task *task = proc_task(inode);

	if (!task)
		return -LX_ESRCH;
	if (task->ts.mm && task->ts.mm != current->ts.mm && !ptrace_may_access(task))
		return -LX_EACCES;
	ref->mm = task->ts.mm;
	if (ref->mm)
		mmgrab(ref->mm);
	list_add_tail(&ref->list, &proc_mms);
	return 0;
}

void proc_mm_detach(struct proc_mm *ref)
{
	list_del(&ref->list);
	if (ref->mm)
		mmdrop(ref->mm);
}

static DEFINE_KMEM_CACHE(proc_mm_cachep, "proc_mm", sizeof(struct proc_mm));

int proc_mm_open(struct inode *inode, struct file *file)
{
	struct proc_mm *ref = kmem_cache_zalloc(&proc_mm_cachep);
	int error;

	if (!ref)
		return -LX_ENOMEM;
	error = proc_mm_attach(ref, inode);
	if (error)
		kmem_cache_free(&proc_mm_cachep, ref);
	else
		file->private_data = ref;
	return error;
}

void proc_mm_release(struct file *file)
{
	struct proc_mm *ref = file->private_data;

	if (!ref)		/* it could not be opened */
		return;
	proc_mm_detach(ref);
	kmem_cache_free(&proc_mm_cachep, ref);
}

struct mm_struct *proc_get_mm(const struct file *file)
{
	struct mm_struct *mm = ((const struct proc_mm *)file->private_data)->mm;

	if (!mm || !mm->mm_users)
		return NULL;
	mmget(mm);
	return mm;
}

void *alloc_kernel_page(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);

	return page ? __va(page_to_pfn(page) << PAGE_SHIFT) : NULL;
}

void free_kernel_page(void *page)
{
	put_page(pfn_to_page(__pa(page) >> PAGE_SHIFT));
}

/* --- rows ------------------------------------------------------------------------------------- */

/** A name in a directory of a process, or in /proc itself. */
struct pid_entry {
	const char *name;
	uint32_t mode;
	const struct inode_operations *iop;
	const struct file_operations *fop;
};
#define REG(entry_name, rights, ops)	{ entry_name, LX_S_IFREG | (rights), NULL, &(ops) }
#define LNK(entry_name, ops)		{ entry_name, LX_S_IFLNK | 0777, &(ops), NULL }
#define DIR(entry_name, rights, ops)	{ entry_name, LX_S_IFDIR | (rights), &(ops), &dir_operations }

struct inode *proc_new_inode(int pid, uint32_t mode, const struct inode_operations *iop,
			     const struct file_operations *fop)
{
	struct inode *inode = new_inode(mode);
	const struct task *task = pid ? find_task(pid) : NULL;

	if (!inode)
		return ERR_PTR(-LX_ENOMEM);
	if (task) {
		inode->i_uid = task->ts.cred->euid;
		inode->i_gid = task->ts.cred->egid;
	}
	inode->i_nlink = is_dir(inode) ? 2 : 1;
	inode->i_private = (void *)(uint64_t)pid;
	inode->i_op = iop;
	inode->i_fop = fop;
	return inode;
}

static struct inode *lookup_entry(const struct pid_entry *rows, unsigned int nr, int pid, const char *name)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!memcmp(rows[i].name, name, min(strlen(rows[i].name), strlen(name)) + 1))
			return proc_new_inode(pid, rows[i].mode, rows[i].iop, rows[i].fop);
	return ERR_PTR(-LX_ENOENT);
}

/* Rows from ctx->pos on. false: no room. */
static bool emit_entries(struct dir_context *ctx, const struct pid_entry *rows, unsigned int nr)
{
	for (; ctx->pos < nr; ctx->pos++)
		if (!dir_emit(ctx, rows[ctx->pos].name, PROC_FIRST_INO + ctx->pos, rows[ctx->pos].mode & LX_S_IFMT))
			return false;
	return true;
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int proc_parse_int(const char *text, int64_t *value)
{
	bool negative;

	while (is_space(*text))
		text++;
	negative = *text == '-';
	if (*text == '-' || *text == '+')
		text++;
	if (*text < '0' || *text > '9')
		return -LX_EINVAL;
	for (*value = 0; *text >= '0' && *text <= '9'; text++)
		*value = *value * 10 + (*text - '0');
	while (is_space(*text))
		text++;
	if (*text)
		return -LX_EINVAL;
	if (negative)
		*value = -*value;
	return *value == (int32_t)*value ? 0 : -LX_ERANGE;
}

/* --- links ------------------------------------------------------------------------------------ */

/* The path of a dentry, moved to the start of buf. */
int proc_put_path(const struct dentry *dentry, char *buf)
{
	char *path = d_path(dentry, buf, PATH_MAX);

	if (!path)
		return -LX_ENAMETOOLONG;
	for (uint64_t i = 0, n = strlen(path) + 1; i < n; i++)
		buf[i] = path[i];
	return 0;
}

static int exe_link(struct inode *inode, char *buf)
{
	struct task *task = proc_task(inode);

	if (!task || !task->ts.mm || !task->ts.mm->exe_file)
		return -LX_ENOENT;
	return proc_put_path(task->ts.mm->exe_file->f_dentry, buf);
}

static int cwd_link(struct inode *inode, char *buf)
{
	struct task *task = proc_task(inode);

	return task && task->fs ? proc_put_path(task->fs->pwd, buf) : -LX_ENOENT;
}

static int root_link(struct inode *inode, char *buf)
{
	(void)inode;
	return proc_put_path(&root_dentry, buf);
}

static const struct inode_operations exe_inode_operations __inode_ops = { .get_link = exe_link };
static const struct inode_operations cwd_inode_operations __inode_ops = { .get_link = cwd_link };
static const struct inode_operations root_inode_operations __inode_ops = { .get_link = root_link };

/* --- /proc/PID, /proc/PID/task/TID ------------------------------------------------------------ */

static const struct inode_operations task_inode_operations __inode_ops;

static const struct pid_entry pid_entries[] = {
	DIR("task", 0555, task_inode_operations),	/* first: a thread's directory begins behind it */
	REG("auxv", 0400, proc_auxv_operations),
	REG("clear_refs", 0200, proc_clear_refs_operations),
	REG("cmdline", 0444, proc_cmdline_operations),
	REG("comm", 0444, proc_comm_operations),
	REG("coredump_filter", 0644, proc_coredump_filter_operations),
	LNK("cwd", cwd_inode_operations),
	REG("environ", 0400, proc_environ_operations),
	LNK("exe", exe_inode_operations),
	DIR("fd", 0500, proc_fd_inode_operations),
	REG("limits", 0444, proc_limits_operations),
	REG("maps", 0444, proc_maps_operations),
	REG("mem", 0600, proc_mem_operations),
	REG("mounts", 0444, proc_mounts_operations),
	REG("oom_score", 0444, proc_oom_score_operations),
	REG("oom_score_adj", 0644, proc_oom_score_adj_operations),
	REG("pagemap", 0400, proc_pagemap_operations),
	LNK("root", root_inode_operations),
	REG("smaps", 0444, proc_smaps_operations),
	REG("smaps_rollup", 0444, proc_smaps_rollup_operations),
	REG("stat", 0444, proc_stat_operations),
	REG("statm", 0444, proc_statm_operations),
	REG("status", 0444, proc_status_operations),
};
#define NR_PID_ENTRIES	ARRAY_SIZE(pid_entries)

static struct inode *tgid_lookup(struct inode *dir, const char *name)
{
	return proc_task(dir) ? lookup_entry(pid_entries, NR_PID_ENTRIES, pid_of(dir), name) : ERR_PTR(-LX_ENOENT);
}

static void tgid_iterate(struct inode *dir, struct dir_context *ctx)
{
	if (proc_task(dir))
		emit_entries(ctx, pid_entries, NR_PID_ENTRIES);
}

static struct inode *tid_lookup(struct inode *dir, const char *name)
{
	return proc_task(dir) ? lookup_entry(pid_entries + 1, NR_PID_ENTRIES - 1, pid_of(dir), name)
			      : ERR_PTR(-LX_ENOENT);
}

static void tid_iterate(struct inode *dir, struct dir_context *ctx)
{
	if (proc_task(dir))
		emit_entries(ctx, pid_entries + 1, NR_PID_ENTRIES - 1);
}

static const struct inode_operations tgid_inode_operations __inode_ops = { .lookup = tgid_lookup, .iterate = tgid_iterate };
static const struct inode_operations tid_inode_operations __inode_ops = { .lookup = tid_lookup, .iterate = tid_iterate };

/* --- directories of tasks --------------------------------------------------------------------- */

long proc_parse_number(const char *name)
{
	long value = 0;

	if (*name == '0' && name[1])
		return -1;
	for (; *name >= '0' && *name <= '9' && value < INT32_MAX; name++)
		value = value * 10 + (*name - '0');
	return *name || value > INT32_MAX ? -1 : value;
}

bool proc_emit_number(struct dir_context *ctx, unsigned int number, uint32_t type)
{
	char name[12];

	snprintf(name, sizeof(name), "%u", number);
	return dir_emit(ctx, name, PROC_FIRST_INO + 0x100 + number, type);
}

/* The visible task of the lowest pid from `pid` on: a leader, or with `process` one of its threads. NULL: none. */
static struct task *next_task(int pid, const struct task *process)
{
	struct task *task, *best = NULL;

	list_for_each_entry(task, &init_task.ts.tasks, ts.tasks) {
		bool wanted = process ? task->group_leader == process : is_leader(task);

		if (wanted && is_visible(task) && task->ts.pid >= pid && (!best || task->ts.pid < best->ts.pid))
			best = task;
	}
	return best;
}

/* Their numbers, from ctx->pos - first on. */
static void emit_tasks(struct dir_context *ctx, const struct task *process, uint64_t first)
{
	struct task *task;

	while ((task = next_task(ctx->pos - first, process))) {
		ctx->pos = first + task->ts.pid;
		if (!proc_emit_number(ctx, task->ts.pid, LX_S_IFDIR))
			return;
		ctx->pos++;
	}
}

static struct inode *task_lookup(struct inode *dir, const char *name)
{
	struct task *process = proc_task(dir), *task = find_task(proc_parse_number(name));

	if (!process || !task || !is_visible(task) || task->group_leader != process->group_leader)
		return ERR_PTR(-LX_ENOENT);
	return proc_new_inode(task->ts.pid, LX_S_IFDIR | 0555, &tid_inode_operations, &dir_operations);
}

static void task_iterate(struct inode *dir, struct dir_context *ctx)
{
	struct task *process = proc_task(dir);

	if (process)
		emit_tasks(ctx, process->group_leader, 0);
}

static const struct inode_operations task_inode_operations __inode_ops = { .lookup = task_lookup, .iterate = task_iterate };

/* --- /proc ------------------------------------------------------------------------------------ */

static int self_link(struct inode *inode, char *buf)
{
	(void)inode;
	snprintf(buf, PATH_MAX, "%d", current->ts.tgid);
	return 0;
}

static int thread_self_link(struct inode *inode, char *buf)
{
	(void)inode;
	snprintf(buf, PATH_MAX, "%d/task/%d", current->ts.tgid, current->ts.pid);
	return 0;
}

static int mounts_link(struct inode *inode, char *buf)
{
	(void)inode;
	snprintf(buf, PATH_MAX, "self/mounts");
	return 0;
}

static const struct inode_operations mounts_inode_operations __inode_ops = { .get_link = mounts_link };
static const struct inode_operations self_inode_operations __inode_ops = { .get_link = self_link };
static const struct inode_operations thread_self_inode_operations __inode_ops = { .get_link = thread_self_link };

static const struct pid_entry root_entries[] = {
	REG("cpuinfo", 0444, proc_cpuinfo_operations),
	REG("filesystems", 0444, proc_filesystems_operations),
	REG("loadavg", 0444, proc_loadavg_operations),
	REG("meminfo", 0444, proc_meminfo_operations),
	LNK("mounts", mounts_inode_operations),
	REG("stat", 0444, proc_cpu_stat_operations),
	REG("swaps", 0444, proc_swaps_operations),
	DIR("sys", 0555, proc_sys_inode_operations),
	DIR("sysvipc", 0555, proc_sysvipc_inode_operations),
	REG("uptime", 0444, proc_uptime_operations),
	REG("version", 0444, proc_version_operations),
	LNK("self", self_inode_operations),
	LNK("thread-self", thread_self_inode_operations),
};

static struct inode *proc_root_lookup(struct inode *dir, const char *name)
{
	struct inode *inode = lookup_entry(root_entries, ARRAY_SIZE(root_entries), 0, name);
	struct task *task;

	(void)dir;
	if (inode != ERR_PTR(-LX_ENOENT))
		return inode;
	task = find_task(proc_parse_number(name));
	if (!task || !is_visible(task))
		return ERR_PTR(-LX_ENOENT);
	return proc_new_inode(task->ts.pid, LX_S_IFDIR | 0555, &tgid_inode_operations, &dir_operations);
}

static void proc_root_iterate(struct inode *dir, struct dir_context *ctx)
{
	(void)dir;
	if (emit_entries(ctx, root_entries, ARRAY_SIZE(root_entries)))
		emit_tasks(ctx, NULL, ARRAY_SIZE(root_entries));
}

const struct inode_operations proc_root_inode_operations __inode_ops = {
	.lookup = proc_root_lookup,
	.iterate = proc_root_iterate,
};
