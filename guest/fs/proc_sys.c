/* SPDX-License-Identifier: MIT */
/*
 * /proc/sys/vm: what of the profile may be changed while the kernel runs (Linux kernel/sysctl.c, mm/util.c). Who asks for memory
 * next is judged by the new value; nothing that was granted is taken back.
 */
#include "proc.h"
#include "uaccess.h"

#define NUMBER_SIZE 24

static const struct sysctl_row {
	const char *name;
	int32_t *value;
	int32_t min, max;
} rows[] = {
	{ "max_map_count", &mm_profile.max_map_count, 0, INT32_MAX },
	{ "overcommit_memory", &mm_profile.overcommit_memory, OVERCOMMIT_GUESS, OVERCOMMIT_NEVER },
	{ "overcommit_ratio", (int32_t *)&mm_profile.overcommit_ratio, 0, INT32_MAX },
};

/* Inodes of /proc say by a number what they are about. */
static const struct sysctl_row *row_of(const struct file *file)
{
	return &rows[(uint64_t)file->f_inode->i_private];
}

static long sysctl_read(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	char text[NUMBER_SIZE];
	uint64_t n = snprintf(text, sizeof(text), "%d\n", *row_of(file)->value);

	if (*pos >= n)
		return 0;
	len = min(len, n - *pos);
	if (copy_to_user(at, text + *pos, len))
		return -LX_EFAULT;
	*pos += len;
	return len;
}

static long sysctl_write(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	const struct sysctl_row *row = row_of(file);
	char text[NUMBER_SIZE] = { 0 };
	int64_t value;

	if (copy_from_user(text, at, min(len, sizeof(text) - 1)))
		return -LX_EFAULT;
	if (proc_parse_int(text, &value) || value < row->min || value > row->max)
		return -LX_EINVAL;
	*row->value = value;
	*pos += len;
	return len;
}

static const struct file_operations sysctl_operations = { .read_at = sysctl_read, .write_at = sysctl_write };

static struct inode *sysctl_inode(unsigned int row)
{
	struct inode *inode = proc_new_inode(0, LX_S_IFREG | 0644, NULL, &sysctl_operations);

	if (!IS_ERR(inode))
		inode->i_private = (void *)(uint64_t)row;
	return inode;
}

static struct inode *vm_lookup(struct inode *dir, const char *name)
{
	(void)dir;
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].name) == strlen(name) && !memcmp(rows[i].name, name, strlen(name)))
			return sysctl_inode(i);
	return ERR_PTR(-LX_ENOENT);
}

static void vm_iterate(struct inode *dir, struct dir_context *ctx)
{
	(void)dir;
	for (; ctx->pos < ARRAY_SIZE(rows); ctx->pos++)
		if (!dir_emit(ctx, rows[ctx->pos].name, PROC_FIRST_INO + 0x80 + ctx->pos, LX_S_IFREG))
			return;
}

static const struct inode_operations vm_inode_operations = { .lookup = vm_lookup, .iterate = vm_iterate };

static struct inode *sys_lookup(struct inode *dir, const char *name)
{
	(void)dir;
	if (strlen(name) != 2 || memcmp(name, "vm", 2))
		return ERR_PTR(-LX_ENOENT);
	return proc_new_inode(0, LX_S_IFDIR | 0555, &vm_inode_operations, &dir_operations);
}

static void sys_iterate(struct inode *dir, struct dir_context *ctx)
{
	(void)dir;
	if (ctx->pos == 0 && dir_emit(ctx, "vm", PROC_FIRST_INO + 0x90, LX_S_IFDIR))
		ctx->pos++;
}

const struct inode_operations proc_sys_inode_operations = { .lookup = sys_lookup, .iterate = sys_iterate };
