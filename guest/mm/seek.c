// SPDX-License-Identifier: MIT
/* Where a file's next byte is read or written (Linux fs/read_write.c), and where it has pages and where holes. */
#include "internal.h"

static int64_t set_pos(struct file *file, int64_t pos)
{
	file->f_pos = pos;
	return pos;
}

int64_t generic_file_llseek(struct file *file, int64_t offset, uint32_t whence)
{
	int64_t size = file->f_inode->i_size, from = 0;

	switch (whence) {
	case LX_SEEK_SET:
		break;
	case LX_SEEK_CUR:
		from = file->f_pos;
		break;
	case LX_SEEK_END:
		from = size;
		break;
	case LX_SEEK_DATA:
	case LX_SEEK_HOLE:
		if (offset < 0 || offset >= size)
			return -LX_ENXIO;
		return set_pos(file, whence == LX_SEEK_DATA ? offset : size);
	default:
		return -LX_EINVAL;
	}
	if (__builtin_add_overflow(from, offset, &from) || from < 0)
		return -LX_EINVAL;
	return set_pos(file, from);
}

/* Is this page there, or still to be copied from the initrd? */
static bool is_data(const struct inode *inode, uint64_t index)
{
	const struct page *page = xa_load(&inode->i_data.i_pages, index);

	return page ? !(page->flags & PG_fallocated) : index << PAGE_SHIFT < inode->i_backing_size;
}

/* The first page at or behind `index` that is data; one beyond any file: there is none. */
static uint64_t next_data(const struct inode *inode, uint64_t index)
{
	while (!is_data(inode, index)) {
		if (!xa_find(&inode->i_data.i_pages, &index))
			return UINT64_MAX >> PAGE_SHIFT;
		if (!is_data(inode, index))
			index++;
	}
	return index;
}

/* Linux mapping_seek_hole_data: the first place at or behind `start` that is data, or that is none; the end is a hole. */
static int64_t seek_hole_data(const struct inode *inode, uint64_t start, bool data)
{
	uint64_t size = inode->i_size, index = start >> PAGE_SHIFT;

	if (data)
		index = next_data(inode, index);
	while (!data && index << PAGE_SHIFT < size && is_data(inode, index))
		index++;
	start = max(start, index << PAGE_SHIFT);
	if (start >= size)
		return data ? -LX_ENXIO : (int64_t)size;
	return start;
}

int64_t shmem_llseek(struct file *file, int64_t offset, uint32_t whence)
{
	struct inode *inode = file->f_inode;
	int64_t pos;

	if (whence != LX_SEEK_DATA && whence != LX_SEEK_HOLE)
		return generic_file_llseek(file, offset, whence);
	if (offset < 0)
		return -LX_ENXIO;
	down_write(&inode->i_rwsem);
	pos = (uint64_t)offset < inode->i_size ? seek_hole_data(inode, offset, whence == LX_SEEK_DATA) : -LX_ENXIO;
	up_write(&inode->i_rwsem);
	return pos < 0 ? pos : set_pos(file, pos);
}
