/* SPDX-License-Identifier: MIT */
/*
 * Files and directories that live in memory alone: their pages are shmem's (Linux mm/shmem.c, the half that is a file
 * system); and reading and writing any file with pages.
 */
#include "permission.h"
#include "uaccess.h"

/* --- reading and writing ------------------------------------------------------------------------------------- */

/* One page of the file, with a reference; NULL and no error: a hole. */
static struct page *page_to_read(struct inode *inode, uint64_t index, int *error)
{
	*error = 0;
	if (inode->i_flags & S_IMAGE)
		return read_mapping_page(&inode->i_data, index, error);
	return shmem_get_page(inode, index, SGP_READ, error);
}

/* `n` bytes at pos, within one page and within the file, to user memory. Bytes done, or -errno. */
static long read_chunk(struct inode *inode, uint64_t pos, uint64_t at, uint64_t n)
{
	int error;
	struct page *page = page_to_read(inode, pos >> PAGE_SHIFT, &error);
	uint64_t pfn = page ? page_to_pfn(page) : zero_pfn, left;

	if (error)
		return error;
	left = copy_to_user(at, (char *)__va(pfn << PAGE_SHIFT) + pos % PAGE_SIZE, n);
	if (page)
		put_page(page);
	return n > left ? (long)(n - left) : -LX_EFAULT;
}

/** Linux shmem_file_read_iter: up to the end; bytes read, or -errno if none could be given. */
long generic_read_at(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	struct inode *inode = file->f_inode;
	uint64_t done = 0;

	if (!len)
		return 0;
	file_accessed(inode);
	while (done < len && *pos < inode->i_size) {
		uint64_t n = min(min(len - done, PAGE_SIZE - *pos % PAGE_SIZE), inode->i_size - *pos);
		long got = read_chunk(inode, *pos, at + done, n);

		if (got < 0)
			return done ? (long)done : got;
		*pos += got;
		done += got;
		if ((uint64_t)got < n)
			break;
	}
	return done;
}

uint64_t kernel_read(struct file *file, void *to, uint64_t n, uint64_t pos)
{
	struct inode *inode = file->f_inode;
	uint64_t done = 0;

	while (done < n && pos + done < inode->i_size) {
		uint64_t at = pos + done, part = min(min(n - done, PAGE_SIZE - at % PAGE_SIZE), inode->i_size - at);
		int error = 0;
		struct page *page = page_to_read(inode, at >> PAGE_SHIFT, &error);
		uint64_t pfn = page ? page_to_pfn(page) : zero_pfn;

		if (error)
			break;
		memcpy((char *)to + done, (char *)__va(pfn << PAGE_SHIFT) + at % PAGE_SIZE, part);
		if (page)
			put_page(page);
		done += part;
	}
	return done;
}

/*
 * The caller's memory (n is at most a page) is faulted in before a page of the file comes to be, as Linux does it: what lies around
 * the fault and is mapped along with it may be of the same file. How many of the bytes are there.
 */
static uint64_t fault_in_readable(uint64_t at, uint64_t n)
{
	uint64_t first = PAGE_SIZE - at % PAGE_SIZE;
	char probe;

	if (copy_from_user(&probe, at, 1))
		return 0;
	return n > first && copy_from_user(&probe, at + first, 1) ? first : n;
}

/* `n` bytes from user memory to pos, within one page. Bytes done, or -errno. */
static long write_chunk(struct inode *inode, uint64_t pos, uint64_t at, uint64_t n)
{
	struct page *page;
	uint64_t done;
	int error;

	/* Nothing to be had: then no page shall come to be, either. */
	n = fault_in_readable(at, n);
	if (!n)
		return -LX_EFAULT;
	page = shmem_get_page(inode, pos >> PAGE_SHIFT, SGP_WRITE, &error);
	if (!page)
		return error;
	done = n - copy_from_user((char *)__va(page_to_pfn(page) << PAGE_SHIFT) + pos % PAGE_SIZE, at, n);
	inode->i_size = max(inode->i_size, pos + done);
	page->flags = (page->flags & ~PG_fallocated) | PG_dirty;
	put_page(page);
	return done;
}

/** Linux generic_file_write_iter: bytes written, or -errno if none was; then *pos stays, too, even of what would have been appended. */
static long tmpfs_write_at(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	struct inode *inode = file->f_inode;
	uint64_t done = 0, at_pos;
	long got = 0;

	if (!len)
		return 0;
	down_write(&inode->i_rwsem);
	at_pos = file->f_flags & LX_O_APPEND ? inode->i_size : *pos;
	got = generic_write_checks(at_pos, len);
	len = got < 0 ? 0 : got;
	if (len)
		update_mtime(inode);
	while (got >= 0 && done < len) {
		uint64_t place = at_pos + done, n = min(len - done, PAGE_SIZE - place % PAGE_SIZE);

		got = write_chunk(inode, place, at + done, n);
		if (got <= 0)
			break;
		done += got;
	}
	up_write(&inode->i_rwsem);
	if (done)
		*pos = at_pos + done;
	return done ? (long)done : got;
}

const struct file_operations shmem_file_operations __file_ops = {
	.read_at = generic_read_at,
	.write_at = tmpfs_write_at,
	.mmap = shmem_mmap,
	.llseek = shmem_llseek,
	.fallocate = shmem_fallocate,
	.fsync = noop_fsync,
};

const struct file_operations image_file_operations __file_ops = {
	.read_at = generic_read_at,
	.mmap = generic_file_mmap,
	.llseek = generic_file_llseek,
	.fsync = noop_fsync,
};

int vfs_truncate(struct inode *inode, uint64_t size)
{
	int error;

	down_write(&inode->i_rwsem);
	error = inode_newsize_ok(inode, size);
	if (!error) {
		shmem_truncate(inode, size);
		update_mtime(inode);
	}
	up_write(&inode->i_rwsem);
	return error;
}

/* --- inodes ---------------------------------------------------------------------------------------------------- */

static struct inode *tmpfs_mknod(struct inode *dir, uint32_t mode)
{
	struct inode *inode = shmem_get_inode(mode, 0, VM_NORESERVE);

	if (!inode)
		return ERR_PTR(-LX_ENOSPC);
	inode_init_owner(inode, dir);
	inode->i_nlink = 1;
	inode->i_fop = &shmem_file_operations;
	if (is_dir(inode)) {
		inode->i_nlink = 2;
		inode->i_size = 2 * TMPFS_DIRENT_SIZE;
		inode->i_op = &tmpfs_dir_inode_operations;
		inode->i_fop = &dir_operations;
	}
	return inode;
}

/* The target is the contents, as of any file, with its end. */
static int tmpfs_get_link(struct inode *inode, char *buf)
{
	int error;
	struct page *page = shmem_get_page(inode, 0, SGP_READ, &error);

	if (!page)
		return error ? error : -LX_ENOENT;
	memcpy(buf, __va(page_to_pfn(page) << PAGE_SHIFT), inode->i_size + 1);
	put_page(page);
	return 0;
}

struct inode *tmpfs_symlink(const char *target, const struct inode *dir)
{
	size_t len = strlen(target);
	struct inode *inode = shmem_get_inode(LX_S_IFLNK | 0777, len, VM_NORESERVE);
	struct page *page;
	int error;

	if (!inode)
		return ERR_PTR(-LX_ENOSPC);
	page = shmem_get_page(inode, 0, SGP_CACHE, &error);
	if (!page) {
		iput(inode);
		return ERR_PTR(error);
	}
	memcpy(__va(page_to_pfn(page) << PAGE_SHIFT), target, len + 1);
	put_page(page);
	inode_init_owner(inode, dir);
	inode->i_nlink = 1;
	inode->i_op = &tmpfs_symlink_inode_operations;
	return inode;
}

const struct inode_operations tmpfs_dir_inode_operations __inode_ops = { .mknod = tmpfs_mknod };
const struct inode_operations tmpfs_symlink_inode_operations __inode_ops = { .get_link = tmpfs_get_link };
