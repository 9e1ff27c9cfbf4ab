/* SPDX-License-Identifier: MIT */
/* /dev/null, zero, full, random and urandom, and tty (Linux drivers/char/mem.c, random.c, tty_io.c). */
#include "fs.h"
#include "random.h"
#include "uaccess.h"

/* What is written is gone. */
static long write_null(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	(void)file, (void)at;
	*pos += len;
	return len;
}

static long read_null(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	(void)file, (void)at, (void)len, (void)pos;
	return 0;
}

static int64_t null_llseek(struct file *file, int64_t offset, uint32_t whence)
{
	(void)offset, (void)whence;
	file->f_pos = 0;
	return 0;
}

/* Zeros, from the zero page, as many as fit. */
static long read_zero(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	uint64_t done = 0;

	(void)file;
	while (done < len) {
		uint64_t n = min(len - done, PAGE_SIZE), left;

		left = copy_to_user(at + done, __va(zero_pfn << PAGE_SHIFT), n);
		done += n - left;
		if (left)
			break;
	}
	*pos += done;
	return done || !len ? (long)done : -LX_EFAULT;
}

/*
 * Shared, it is memory of its own for each mapping; private, the area stays without operations of its own and is so
 * anonymous memory, though its file names it (Linux mmap_zero).
 */
static int mmap_zero(struct file *file, struct vm_area_struct *vma)
{
	(void)file;
	return vma->vm_flags & VM_SHARED ? shmem_zero_setup(vma) : 0;
}

const struct file_operations null_operations __file_ops = {
	.read_at = read_null,
	.write_at = write_null,
	.llseek = null_llseek,
};

const struct file_operations zero_operations __file_ops = {
	.read_at = read_zero,
	.write_at = write_null,
	.llseek = null_llseek,
	.mmap = mmap_zero,
};

/* There is never room. */
static long write_full(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	(void)file, (void)at, (void)len, (void)pos;
	return -LX_ENOSPC;
}

const struct file_operations full_operations __file_ops = {
	.read_at = read_zero,
	.write_at = write_full,
	.llseek = null_llseek,
};

static long read_random(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	long n = get_random_bytes_user(at, len);

	(void)file;
	*pos += max(n, 0L);
	return n;
}

/* What is written there changes nothing. */
const struct file_operations random_operations __file_ops = {
	.read_at = read_random,
	.write_at = write_null,
	.llseek = null_llseek,
};

/* No process has a terminal. */
static int open_tty(struct inode *inode, struct file *file)
{
	(void)inode, (void)file;
	return -LX_ENXIO;
}

const struct file_operations tty_operations __file_ops = { .open = open_tty };

/* /dev/fd, stdin, stdout, stderr: links that are part of the image. */
static int dev_fd_link(struct inode *inode, char *buf)
{
	strscpy(buf, inode->i_private, PATH_MAX);
	return 0;
}

const struct inode_operations dev_fd_inode_operations __inode_ops = { .get_link = dev_fd_link };
