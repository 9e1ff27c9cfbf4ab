/* SPDX-License-Identifier: MIT */
/* /proc/PID/pagemap, to be read, and clear_refs, to be written (Linux fs/proc/task_mmu.c). */
#include "proc.h"
#include "uaccess.h"

#define PM_ENTRY_BYTES	8

/* Entries of `pages` pages from start on, through `buf`, to user memory. Bytes, or -LX_EFAULT. */
static long give_entries(struct mm_struct *mm, uint64_t *buf, uint64_t start, uint64_t pages, uint64_t at)
{
	uint64_t per_page = PAGE_SIZE / PM_ENTRY_BYTES;

	for (uint64_t done = 0; done < pages; done += per_page) {
		uint64_t n = min(pages - done, per_page);

		pagemap_range(mm, start + (done << PAGE_SHIFT), n, buf);
		if (copy_to_user(at + done * PM_ENTRY_BYTES, buf, n * PM_ENTRY_BYTES))
			return -LX_EFAULT;
	}
	return pages * PM_ENTRY_BYTES;
}

static long read_entries(struct mm_struct *mm, uint64_t at, uint64_t len, uint64_t pos)
{
	uint64_t first = pos / PM_ENTRY_BYTES, last = TASK_SIZE >> PAGE_SHIFT;
	uint64_t *buf;
	long ret;

	if (pos % PM_ENTRY_BYTES || len % PM_ENTRY_BYTES)
		return -LX_EINVAL;
	if (!len || first >= last)
		return 0;
	buf = alloc_kernel_page();
	if (!buf)
		return -LX_ENOMEM;
	ret = give_entries(mm, buf, first << PAGE_SHIFT, min(len / PM_ENTRY_BYTES, last - first), at);
	free_kernel_page(buf);
	return ret;
}

static long pagemap_read(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	struct mm_struct *mm = proc_get_mm(file);
	long ret = 0;

	if (!mm)
		return 0;
	ret = read_entries(mm, at, len, *pos);
	mmput(mm);
	if (ret > 0)
		*pos += ret;
	return ret;
}

const struct file_operations proc_pagemap_operations __file_ops = {
	.open = proc_mm_open,
	.read_at = pagemap_read,
	.llseek = mem_lseek,
	.release = proc_mm_release,
};

/* --- clear_refs ------------------------------------------------------------------------------- */

#define NUMBER_SIZE	12

static long clear_refs_write(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	char text[NUMBER_SIZE + 1] = { 0 };
	struct mm_struct *mm;
	struct task *task;
	int64_t type;
	int error;

	(void)pos;
	len = min(len, (uint64_t)NUMBER_SIZE);
	if (copy_from_user(text, at, len))
		return -LX_EFAULT;
	error = proc_parse_int(text, &type);
	if (error)
		return error;
	if (type < CLEAR_REFS_ALL || type >= CLEAR_REFS_LAST)
		return -LX_EINVAL;
	task = proc_task(file->f_inode);
	if (!task)
		return -LX_ESRCH;
	mm = get_task_mm(task);
	if (mm) {
		clear_refs(mm, type);
		mmput(mm);
	}
	return len;
}

const struct file_operations proc_clear_refs_operations __file_ops = { .write_at = clear_refs_write };
