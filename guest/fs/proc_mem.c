/* SPDX-License-Identifier: MIT */
/* Files that are memory of the process: mem, and its strings cmdline, environ and auxv (Linux fs/proc/base.c). */
#include "proc.h"
#include "uaccess.h"

/* Any place, also in the upper half, which as an offset is negative. */
int64_t mem_lseek(struct file *file, int64_t offset, uint32_t whence)
{
	if (whence == LX_SEEK_CUR)
		offset += file->f_pos;
	else if (whence != LX_SEEK_SET)
		return -LX_EINVAL;
	file->f_pos = offset;
	return offset;
}

/*
 * Up to `len` bytes between addr of mm and user memory at `at`, page by page through `buf`. Bytes done, up to what cannot
 * be had; -LX_EIO if that is the first byte, -LX_EFAULT if user memory cannot be touched.
 */
static long mem_rw(struct mm_struct *mm, char *buf, uint64_t addr, uint64_t at, uint64_t len, unsigned int flags)
{
	uint64_t done = 0;

	while (done < len) {
		uint64_t n = min(len - done, PAGE_SIZE);

		if ((flags & FOLL_WRITE) && copy_from_user(buf, at + done, n))
			return -LX_EFAULT;
		n = access_remote_vm(mm, addr + done, buf, n, flags);
		if (!n)
			return done ? (long)done : -LX_EIO;
		if (!(flags & FOLL_WRITE) && copy_to_user(at + done, buf, n))
			return -LX_EFAULT;
		done += n;
	}
	return done;
}

/* The same with a buffer. */
static long rw_through_page(struct mm_struct *mm, uint64_t addr, uint64_t at, uint64_t len, unsigned int flags)
{
	char *buf = alloc_kernel_page();
	long ret = -LX_ENOMEM;

	if (buf) {
		ret = mem_rw(mm, buf, addr, at, len, flags);
		free_kernel_page(buf);
	}
	return ret;
}

static long proc_mem_rw(struct file *file, uint64_t at, uint64_t len, uint64_t *pos, unsigned int flags)
{
	struct mm_struct *mm = proc_get_mm(file);
	long ret;

	if (!mm)
		return 0;
	ret = rw_through_page(mm, *pos, at, len, flags | FOLL_FORCE);
	mmput(mm);
	if (ret > 0)
		*pos += ret;
	return ret;
}

static long proc_mem_read(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	return proc_mem_rw(file, at, len, pos, 0);
}

static long proc_mem_write(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	return proc_mem_rw(file, at, len, pos, FOLL_WRITE);
}

const struct file_operations proc_mem_operations __file_ops = {
	.open = proc_mm_open,
	.read_at = proc_mem_read,
	.write_at = proc_mem_write,
	.llseek = mem_lseek,
	.release = proc_mm_release,
};

/* --- strings ---------------------------------------------------------------------------------- */

/* A file whose contents are [start, end) of mm, which is put. */
static long read_range(struct mm_struct *mm, uint64_t start, uint64_t end, uint64_t at, uint64_t len, uint64_t *pos)
{
	uint64_t size = end > start ? end - start : 0;
	long ret = 0;

	if (*pos < size)
		ret = rw_through_page(mm, start + *pos, at, min(len, size - *pos), 0);
	mmput(mm);
	if (ret > 0)
		*pos += ret;
	return ret == -LX_EIO ? 0 : ret;
}

static long environ_read(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	struct mm_struct *mm = proc_get_mm(file);

	return mm ? read_range(mm, mm->env_start, mm->env_end, at, len, pos) : 0;
}

const struct file_operations proc_environ_operations __file_ops = {
	.open = proc_mm_open,
	.read_at = environ_read,
	.release = proc_mm_release,
};

static long cmdline_read(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	struct task *task = proc_task(file->f_inode);
	struct mm_struct *mm;

	if (!task)
		return -LX_ESRCH;
	mm = get_task_mm(task);
	return mm ? read_range(mm, mm->arg_start, mm->arg_end, at, len, pos) : 0;
}

const struct file_operations proc_cmdline_operations __file_ops = { .read_at = cmdline_read };

/* --- auxv ------------------------------------------------------------------------------------- */

/* Words of the vector, its end included. */
static uint64_t auxv_words(const struct mm_struct *mm)
{
	uint64_t n = 0;

	while (n + 2 <= AT_VECTOR_SIZE && mm->saved_auxv[n])
		n += 2;
	return min(n + 2, (uint64_t)AT_VECTOR_SIZE);
}

static long auxv_read(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	struct mm_struct *mm = proc_get_mm(file);
	uint64_t size, n = 0, left = 0;

	if (!mm)
		return 0;
	size = auxv_words(mm) * sizeof(mm->saved_auxv[0]);
	if (*pos < size) {
		n = min(len, size - *pos);
		left = copy_to_user(at, (const char *)mm->saved_auxv + *pos, n);
	}
	mmput(mm);
	*pos += n - left;
	return n && left == n ? -LX_EFAULT : (long)(n - left);
}

const struct file_operations proc_auxv_operations __file_ops = {
	.open = proc_mm_open,
	.read_at = auxv_read,
	.release = proc_mm_release,
};
