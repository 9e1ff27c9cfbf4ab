/* SPDX-License-Identifier: MIT */
/*
 * /proc/sys (Linux kernel/sysctl.c, mm/util.c): what of the profile may be changed while the kernel runs, and what is only told. Who
 * asks for memory next is judged by the new value; nothing that was granted is taken back.
 */
#include "cred.h"
#include "proc.h"
#include "uaccess.h"

#define NUMBER_SIZE 24

enum sys_dir { SYS_FS, SYS_KERNEL, SYS_VM, NR_SYS_DIRS };
static const char *const dir_names[NR_SYS_DIRS] = { "fs", "kernel", "vm" };

#define TEXT(d, n, t)			{ .dir = (d), .name = (n), .text = (t) }
#define NUMBER(d, n, v, lowest, highest) { .dir = (d), .name = (n), .value = (v), .min = (lowest), .max = (highest) }

/** A number that may be written between min and max, or a text that may not. */
static const struct sysctl_row {
	enum sys_dir dir;
	const char *name;
	const char *text;
	int32_t *value;
	int32_t min, max;
} rows[] = {
	TEXT(SYS_FS, "file-max", "9223372036854775807"),
	TEXT(SYS_FS, "nr_open", "1048576"),
	TEXT(SYS_FS, "pipe-max-size", "1048576"),
	TEXT(SYS_KERNEL, "cap_last_cap", "40"),
	TEXT(SYS_KERNEL, "core_pattern", "core"),
	TEXT(SYS_KERNEL, "hostname", "mmscope"),
	TEXT(SYS_KERNEL, "ngroups_max", "65536"),
	TEXT(SYS_KERNEL, "osrelease", "6.1.0-mmscope"),
	TEXT(SYS_KERNEL, "ostype", "Linux"),
	TEXT(SYS_KERNEL, "overflowgid", "65534"),
	TEXT(SYS_KERNEL, "overflowuid", "65534"),
	TEXT(SYS_KERNEL, "pid_max", "32768"),
	TEXT(SYS_KERNEL, "randomize_va_space", "0"),
	TEXT(SYS_KERNEL, "shm_rmid_forced", "0"),
	TEXT(SYS_KERNEL, "shmall", "18446744073692774399"),
	TEXT(SYS_KERNEL, "shmmax", "18446744073692774399"),
	TEXT(SYS_KERNEL, "shmmni", "4096"),
	TEXT(SYS_KERNEL, "tainted", "0"),
	TEXT(SYS_KERNEL, "version", "#1 SMP"),
	NUMBER(SYS_VM, "max_map_count", &mm_profile.max_map_count, 0, INT32_MAX),
	TEXT(SYS_VM, "nr_hugepages", "0"),
	TEXT(SYS_VM, "overcommit_kbytes", "0"),
	NUMBER(SYS_VM, "overcommit_memory", &mm_profile.overcommit_memory, OVERCOMMIT_GUESS, OVERCOMMIT_NEVER),
	NUMBER(SYS_VM, "overcommit_ratio", (int32_t *)&mm_profile.overcommit_ratio, 0, INT32_MAX),
	TEXT(SYS_VM, "panic_on_oom", "0"),
	TEXT(SYS_VM, "swappiness", "60"),
};

static uint32_t row_mode(const struct sysctl_row *row)
{
	return LX_S_IFREG | (row->value ? 0644 : 0444);
}

/* Inodes of /proc say by a number what they are about. */
static const struct sysctl_row *row_of(const struct file *file)
{
	return &rows[(uint64_t)file->f_inode->i_private];
}

static long sysctl_read(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	const struct sysctl_row *row = row_of(file);
	char text[NUMBER_SIZE];
	uint64_t n;

	n = row->value ? snprintf(text, sizeof(text), "%d\n", *row->value) : snprintf(text, sizeof(text), "%s\n", row->text);
	return simple_read_from_buffer(at, len, pos, text, n);
}

/* The mode does not stop who passes by rights: what is only told is still not changed. */
static long sysctl_write(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	const struct sysctl_row *row = row_of(file);
	char text[NUMBER_SIZE] = { 0 };
	int64_t value;

	if (!row->value)
		return -LX_EPERM;
	if (copy_from_user(text, at, min(len, sizeof(text) - 1)))
		return -LX_EFAULT;
	if (proc_parse_int(text, &value) || value < row->min || value > row->max)
		return -LX_EINVAL;
	*row->value = value;
	*pos += len;
	return len;
}

static const struct file_operations sysctl_operations __file_ops = { .read_at = sysctl_read, .write_at = sysctl_write };

/* --- directories ------------------------------------------------------------------------------ */

static struct inode *numbered_inode(uint64_t number, uint32_t mode, const struct inode_operations *iop,
				    const struct file_operations *fop)
{
	struct inode *inode = proc_new_inode(0, mode, iop, fop);

	if (!IS_ERR(inode))
		inode->i_private = (void *)number;
	return inode;
}

static bool same_name(const char *a, const char *b)
{
	return strlen(a) == strlen(b) && !memcmp(a, b, strlen(a));
}

static struct inode *dir_lookup(struct inode *dir, const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].dir == (uint64_t)dir->i_private && same_name(rows[i].name, name))
			return numbered_inode(i, row_mode(&rows[i]), NULL, &sysctl_operations);
	return ERR_PTR(-LX_ENOENT);
}

/* ctx->pos counts all rows, those of other directories too. */
static void dir_iterate(struct inode *dir, struct dir_context *ctx)
{
	for (; ctx->pos < ARRAY_SIZE(rows); ctx->pos++)
		if (rows[ctx->pos].dir == (uint64_t)dir->i_private &&
		    !dir_emit(ctx, rows[ctx->pos].name, PROC_FIRST_INO + 0x80 + ctx->pos, LX_S_IFREG))
			return;
}

static const struct inode_operations dir_inode_operations __inode_ops = { .lookup = dir_lookup, .iterate = dir_iterate };

static struct inode *sys_lookup(struct inode *dir, const char *name)
{
	(void)dir;
	for (unsigned int i = 0; i < NR_SYS_DIRS; i++)
		if (same_name(dir_names[i], name))
			return numbered_inode(i, LX_S_IFDIR | 0555, &dir_inode_operations, &dir_operations);
	return ERR_PTR(-LX_ENOENT);
}

static void sys_iterate(struct inode *dir, struct dir_context *ctx)
{
	(void)dir;
	for (; ctx->pos < NR_SYS_DIRS; ctx->pos++)
		if (!dir_emit(ctx, dir_names[ctx->pos], PROC_FIRST_INO + 0x70 + ctx->pos, LX_S_IFDIR))
			return;
}

const struct inode_operations proc_sys_inode_operations __inode_ops = { .lookup = sys_lookup, .iterate = sys_iterate };
