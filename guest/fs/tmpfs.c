/* SPDX-License-Identifier: MIT */
/*
 * The tree: one directory, "/", of files whose pages are shmem's (Linux mm/shmem.c); and reading and writing them. A file
 * that has a name holds one reference to its inode for it.
 */
#include "tmpfs.h"
#include "uaccess.h"

#define MAX_LFS_FILESIZE	INT64_MAX

/* --- reading and writing ------------------------------------------------------------------------------------- */

/* One page of the file, with a reference; NULL and no error: a hole. */
static struct page *page_to_read(struct inode *inode, uint64_t index, int *error)
{
	if (inode->i_flags & S_IMAGE)
		return read_mapping_page(&inode->i_data, index, error);
	return shmem_get_page(inode, index, SGP_READ, error);
}

/* `n` bytes at pos, within one page and within the file, to user memory. Bytes done. */
static uint64_t read_chunk(struct inode *inode, uint64_t pos, uint64_t at, uint64_t n)
{
	int error;
	struct page *page = page_to_read(inode, pos >> PAGE_SHIFT, &error);
	uint64_t pfn = page ? page_to_pfn(page) : zero_pfn;
	uint64_t left = copy_to_user(at, (char *)__va(pfn << PAGE_SHIFT) + pos % PAGE_SIZE, n);

	if (page)
		put_page(page);
	return n - left;
}

/** Linux shmem_file_read_iter: up to the end; bytes read, -LX_EFAULT if none could be given. */
long generic_read_at(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	struct inode *inode = file->f_inode;
	uint64_t done = 0;

	while (done < len && *pos < inode->i_size) {
		uint64_t n = min(min(len - done, PAGE_SIZE - *pos % PAGE_SIZE), inode->i_size - *pos);
		uint64_t got = read_chunk(inode, *pos, at + done, n);

		*pos += got;
		done += got;
		if (got < n)
			return done ? (long)done : -LX_EFAULT;
	}
	return done;
}

/* `n` bytes from user memory to pos, within one page. Bytes done, or -errno. */
static long write_chunk(struct inode *inode, uint64_t pos, uint64_t at, uint64_t n)
{
	struct page *page;
	uint64_t done;
	char probe;
	int error;

	/* Nothing to be had: then no page shall come to be, either. */
	if (copy_from_user(&probe, at, 1))
		return -LX_EFAULT;
	page = shmem_get_page(inode, pos >> PAGE_SHIFT, SGP_WRITE, &error);
	if (!page)
		return error;
	done = n - copy_from_user((char *)__va(page_to_pfn(page) << PAGE_SHIFT) + pos % PAGE_SIZE, at, n);
	inode->i_size = max(inode->i_size, pos + done);
	put_page(page);
	return done;
}

/** Linux generic_file_write_iter: bytes written, or -errno if none was. */
static long tmpfs_write_at(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	struct inode *inode = file->f_inode;
	uint64_t done = 0;
	long got = 0;

	if (!len)
		return 0;
	down_write(&inode->i_rwsem);
	if (file->f_flags & LX_O_APPEND)
		*pos = inode->i_size;
	if (*pos >= MAX_LFS_FILESIZE)
		got = -LX_EFBIG;
	len = min(len, MAX_LFS_FILESIZE - *pos);
	while (got >= 0 && done < len) {
		uint64_t n = min(len - done, PAGE_SIZE - *pos % PAGE_SIZE);

		got = write_chunk(inode, *pos, at + done, n);
		if (got <= 0)
			break;
		*pos += got;
		done += got;
	}
	up_write(&inode->i_rwsem);
	return done ? (long)done : got;
}

const struct file_operations shmem_file_operations = {
	.read_at = generic_read_at,
	.write_at = tmpfs_write_at,
	.mmap = shmem_mmap,
};

const struct file_operations image_file_operations = {
	.read_at = generic_read_at,
	.mmap = generic_file_mmap,
};

/* --- names ---------------------------------------------------------------------------------------------------- */

/* The file of that name (which begins with '/'), without a reference; NULL: none. */
static struct inode *lookup(const char *name)
{
	struct inode *inode;
	size_t len = strlen(name);

	list_for_each_entry(inode, &super_inodes, i_sb_list)
		if (inode->i_nlink && strlen(inode->i_name) == len && !memcmp(inode->i_name, name, len))
			return inode;
	return NULL;
}

/*
 * A path as it was given becomes "/name". 0, or: -LX_ENOENT (empty, or below a directory that does not exist),
 * -LX_ENOTDIR (below a file), -LX_EISDIR (the root).
 */
static int normalize(char *name, const char *path)
{
	size_t n = 0;

	if (!*path)
		return -LX_ENOENT;
	while (*path == '/' || (*path == '.' && (path[1] == '/' || !path[1])))
		path++;
	name[n++] = '/';
	for (; *path && *path != '/'; path++) {
		if (n > NAME_MAX)
			return -LX_ENAMETOOLONG;
		name[n++] = *path;
	}
	name[n] = 0;
	if (n == 1 || !memcmp(name, "/..", 4))
		return -LX_EISDIR;
	if (*path)
		return lookup(name) ? -LX_ENOTDIR : -LX_ENOENT;
	return 0;
}

/* A new file with a name. NULL: no memory. */
static struct inode *create(const char *name, uint32_t mode)
{
	struct inode *inode = shmem_get_inode(name, mode & 07777, 0, VM_NORESERVE);

	if (inode)
		inode->i_nlink = 1;
	return inode;
}

/* The inode for an open, with a reference; ERR_PTR. */
static struct inode *open_inode(const char *name, uint32_t flags, uint32_t mode)
{
	struct inode *inode = lookup(name);

	if (!inode) {
		if (!(flags & LX_O_CREAT))
			return ERR_PTR(-LX_ENOENT);
		inode = create(name, mode);
		return inode ? igrab(inode) : ERR_PTR(-LX_ENOSPC);
	}
	if ((flags & LX_O_CREAT) && (flags & LX_O_EXCL))
		return ERR_PTR(-LX_EEXIST);
	if (flags & LX_O_DIRECTORY)
		return ERR_PTR(-LX_ENOTDIR);
	/* The image's file is a program that runs. */
	if ((inode->i_flags & S_IMAGE) && ((flags & LX_O_ACCMODE) || (flags & LX_O_TRUNC)))
		return ERR_PTR(-LX_ETXTBSY);
	return igrab(inode);
}

struct file *tmpfs_open(const char *path, uint32_t flags, uint32_t mode)
{
	char name[NAME_MAX + 2];
	struct inode *inode;
	struct file *file;
	int error = normalize(name, path);

	if (error)
		return ERR_PTR(error);
	inode = open_inode(name, flags, mode);
	if (IS_ERR(inode))
		return ERR_PTR(PTR_ERR(inode));
	file = alloc_file(inode, flags & ~(LX_O_CREAT | LX_O_EXCL | LX_O_TRUNC | LX_O_NOCTTY),
			  inode->i_flags & S_IMAGE ? &image_file_operations : &shmem_file_operations);
	if (!file) {
		iput(inode);
		return ERR_PTR(-LX_ENFILE);
	}
	if (flags & LX_O_TRUNC) {
		down_write(&inode->i_rwsem);
		shmem_truncate(inode, 0);
		up_write(&inode->i_rwsem);
	}
	return file;
}

int tmpfs_unlink(const char *path)
{
	char name[NAME_MAX + 2];
	struct inode *inode;
	int error = normalize(name, path);

	if (error)
		return error;
	inode = lookup(name);
	if (!inode)
		return -LX_ENOENT;
	/* It is part of the image. */
	if (inode->i_flags & S_IMAGE)
		return -LX_EROFS;
	inode->i_nlink--;
	iput(inode);
	return 0;
}
