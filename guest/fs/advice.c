/* SPDX-License-Identifier: MIT */
/* What programs tell or ask of a file's way to a disk, which none of ours has (Linux mm/fadvise.c, readahead.c, fs/sync.c). */
#include "fs.h"
#include "task.h"

#define POSIX_FADV_NOREUSE	5u
#define SYNC_FILE_RANGE_ALL	7u

/* The file is there and of a kind that the question makes sense for; what then. */
static long with_file(uint64_t fd, long (*ask)(const struct file *file, const struct pt_regs *regs), const struct pt_regs *regs)
{
	struct file *file = fget((uint32_t)fd);
	long ret;

	if (!file)
		return -LX_EBADF;
	ret = ask(file, regs);
	fput(file);
	return ret;
}

static bool is_fifo(const struct file *file)
{
	return file->f_inode && inode_type(file->f_inode) == LX_S_IFIFO;
}

static long advise(const struct file *file, const struct pt_regs *regs)
{
	if (is_fifo(file))
		return -LX_ESPIPE;
	return (int64_t)regs->dx < 0 || (uint32_t)regs->r10 > POSIX_FADV_NOREUSE ? -LX_EINVAL : 0;
}

/** fadvise64(fd, offset, len, advice) */
long ksys_fadvise64(struct pt_regs *regs) { return with_file(regs->di, advise, regs); }

static long read_ahead(const struct file *file, const struct pt_regs *regs)
{
	(void)regs;
	if (!(file->f_mode & FMODE_READ))
		return -LX_EBADF;
	return file->f_inode && is_reg(file->f_inode) && file->f_inode->i_data.a_ops ? 0 : -LX_EINVAL;
}

/** readahead(fd, offset, count) */
long ksys_readahead(struct pt_regs *regs) { return with_file(regs->di, read_ahead, regs); }

static long sync_range(const struct file *file, const struct pt_regs *regs)
{
	int64_t offset = regs->si, count = regs->dx, end;

	if (((uint32_t)regs->r10 & ~SYNC_FILE_RANGE_ALL) || offset < 0 || count < 0 || __builtin_add_overflow(offset, count, &end))
		return -LX_EINVAL;
	return file->f_inode && (is_reg(file->f_inode) || is_dir(file->f_inode)) ? 0 : -LX_ESPIPE;
}

/** sync_file_range(fd, offset, count, flags) */
long ksys_sync_file_range(struct pt_regs *regs) { return with_file(regs->di, sync_range, regs); }

static long nothing(const struct file *file, const struct pt_regs *regs)
{
	(void)file, (void)regs;
	return 0;
}

/** syncfs(fd) */
long ksys_syncfs(struct pt_regs *regs) { return with_file(regs->di, nothing, regs); }

long ksys_sync(struct pt_regs *regs)
{
	(void)regs;
	return 0;
}
