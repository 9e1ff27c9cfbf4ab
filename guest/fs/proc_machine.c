/* SPDX-License-Identifier: MIT */
/* What /proc tells of the machine and the kernel as a whole (Linux fs/proc: stat.c, uptime.c, loadavg.c, version.c …; ipc/shm.c). */
#include "labdev.h"
#include "percpu.h"
#include "proc.h"
#include "shm.h"

#define NSEC_PER_SEC	1000000000UL
#define NSEC_PER_CENT	(NSEC_PER_SEC / 100)

static int newest_pid(void)
{
	struct task *task;
	int pid = 0;

	list_for_each_entry(task, &init_task.ts.tasks, ts.tasks)
		pid = max(pid, task->ts.pid);
	return pid;
}

/* Time is not told apart: of each CPU there are ten zeros. */
static int stat_show(struct seq_file *m)
{
	static const char zeros[] = " 0 0 0 0 0 0 0 0 0 0\n";

	seq_printf(m, "cpu %s", zeros);
	for (uint32_t cpu = 0; cpu < lab.nr_cpus; cpu++)
		seq_printf(m, "cpu%u%s", cpu, zeros);
	seq_printf(m, "intr 0\nctxt %lu\nbtime 0\nprocesses %d\nprocs_running 1\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n",
		   this_cpu()->nr_switches, newest_pid());
	return 0;
}

static int uptime_show(struct seq_file *m)
{
	uint64_t now = lab.virtual_ns;

	seq_printf(m, "%lu.%02lu 0.00\n", now / NSEC_PER_SEC, now % NSEC_PER_SEC / NSEC_PER_CENT);
	return 0;
}

static int loadavg_show(struct seq_file *m)
{
	seq_printf(m, "0.00 0.00 0.00 1/%u %d\n", count_tasks(), newest_pid());
	return 0;
}

static int version_show(struct seq_file *m)
{
	seq_puts(m, "Linux version 6.1.0-mmscope (mmscope) #1 SMP\n");
	return 0;
}

static int filesystems_show(struct seq_file *m)
{
	seq_puts(m, "nodev\ttmpfs\nnodev\tproc\n");
	return 0;
}

static int cpuinfo_show(struct seq_file *m)
{
	for (uint32_t cpu = 0; cpu < lab.nr_cpus; cpu++)
		seq_printf(m, "processor\t: %u\nvendor_id\t: mmscope\nmodel name\t: x86-64\n\n", cpu);
	return 0;
}

static int swaps_show(struct seq_file *m)
{
	seq_puts(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

const struct file_operations proc_cpu_stat_operations __file_ops = SEQ_FILE_OPERATIONS(stat_show);
const struct file_operations proc_uptime_operations __file_ops = SEQ_FILE_OPERATIONS(uptime_show);
const struct file_operations proc_loadavg_operations __file_ops = SEQ_FILE_OPERATIONS(loadavg_show);
const struct file_operations proc_version_operations __file_ops = SEQ_FILE_OPERATIONS(version_show);
const struct file_operations proc_filesystems_operations __file_ops = SEQ_FILE_OPERATIONS(filesystems_show);
const struct file_operations proc_cpuinfo_operations __file_ops = SEQ_FILE_OPERATIONS(cpuinfo_show);
const struct file_operations proc_swaps_operations __file_ops = SEQ_FILE_OPERATIONS(swaps_show);

/* --- sysvipc/shm -------------------------------------------------------------------------------- */

static void put_segment(struct seq_file *m, const struct shmid_kernel *shp)
{
	const struct kern_ipc_perm *perm = &shp->shm_perm;
	char mode[8];

	/* In octal, without zeros in front. */
	if (perm->mode > 0777)
		snprintf(mode, sizeof(mode), "%u%u%u%u", perm->mode >> 9, perm->mode >> 6 & 7, perm->mode >> 3 & 7, perm->mode & 7);
	else
		snprintf(mode, sizeof(mode), "%u%u%u", perm->mode >> 6, perm->mode >> 3 & 7, perm->mode & 7);
	seq_printf(m, "%10d %10d  %4s %21lu %5u %5u  %5lu %5u %5u %5u %5u %10lu %10lu %10lu %21lu %21lu\n", perm->key, perm->id,
		   mode, shp->shm_segsz, shp->shm_cprid, shp->shm_lprid, shp->shm_nattch, perm->uid, perm->gid, perm->cuid,
		   perm->cgid, (uint64_t)shp->shm_atim, (uint64_t)shp->shm_dtim, (uint64_t)shp->shm_ctim,
		   shp->shm_file->f_mapping->nrpages << PAGE_SHIFT, 0UL);
}

static int shm_show(struct seq_file *m)
{
	const struct shmid_kernel *shp;

	seq_puts(m, "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime"
		    "      ctime                   rss                  swap\n");
	list_for_each_entry(shp, &init_ipc_ns.shm_ids.list, shm_list)
		put_segment(m, shp);
	return 0;
}

static const struct file_operations shm_operations __file_ops = SEQ_FILE_OPERATIONS(shm_show);

static struct inode *sysvipc_lookup(struct inode *dir, const char *name)
{
	(void)dir;
	if (strlen(name) != 3 || memcmp(name, "shm", 3))
		return ERR_PTR(-LX_ENOENT);
	return proc_new_inode(0, LX_S_IFREG | 0444, NULL, &shm_operations);
}

static void sysvipc_iterate(struct inode *dir, struct dir_context *ctx)
{
	(void)dir;
	if (ctx->pos == 0 && dir_emit(ctx, "shm", PROC_FIRST_INO + 0xa0, LX_S_IFREG))
		ctx->pos++;
}

const struct inode_operations proc_sysvipc_inode_operations __inode_ops = { .lookup = sysvipc_lookup, .iterate = sysvipc_iterate };
