/* SPDX-License-Identifier: MIT */
/* System calls on files that have names, places and sizes (Linux fs/open.c, read_write.c, stat.c; mm/memfd.c). */
#include "task.h"
#include "tmpfs.h"
#include "uaccess.h"

#define UMASK		022u
/* Flags that would be ignored without being done; none is asked for by mistake. */
#define O_NOT_DONE	(LX_O_CLOEXEC | LX_O_PATH | LX_O_DIRECT | 020000000u)
#define MAX_RW_COUNT	(INT32_MAX & ~(PAGE_SIZE - 1))

/* A path from user memory. 0, -LX_EFAULT or -LX_ENAMETOOLONG. */
static int get_path(char *path, uint64_t size, uint64_t at)
{
	long len = strncpy_from_user(path, at, size);

	if (len < 0)
		return len;
	return len == (long)size ? -LX_ENAMETOOLONG : 0;
}

/** open(path, flags, mode): the descriptor is reserved before the file is looked for. */
long ksys_open(struct pt_regs *regs)
{
	uint32_t flags = regs->si;
	char path[NAME_MAX + 16];
	struct file *file;
	long error, fd;

	if ((flags & O_NOT_DONE) || (flags & LX_O_ACCMODE) == LX_O_ACCMODE)
		return -LX_EINVAL;
	error = get_path(path, sizeof(path), regs->di);
	if (error)
		return error;
	fd = get_unused_fd();
	if (fd < 0)
		return fd;
	file = tmpfs_open(path, flags, (uint32_t)regs->dx & ~UMASK);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd_install(fd, file);
	return fd;
}

/** unlink(path) */
long ksys_unlink(struct pt_regs *regs)
{
	char path[NAME_MAX + 16];
	int error = get_path(path, sizeof(path), regs->di);

	return error ? error : tmpfs_unlink(path);
}

#define MFD_NAME_MAX	249
#define MFD_ALLOW_SEALING 2u

/** memfd_create(name, flags). Sealing is only asked for: fcntl, which would seal, is not there. */
long ksys_memfd_create(struct pt_regs *regs)
{
	static const char prefix[] = "/memfd:", suffix[] = " (deleted)";
	char name[MFD_NAME_MAX + sizeof(prefix) + sizeof(suffix)];
	char *tail = name + sizeof(prefix) - 1;
	struct file *file;
	long len, fd;

	if ((uint32_t)regs->si & ~MFD_ALLOW_SEALING)
		return -LX_EINVAL;
	memcpy(name, prefix, sizeof(prefix));
	len = strncpy_from_user(tail, regs->di, MFD_NAME_MAX + 1);
	if (len < 0)
		return len;
	if (len > MFD_NAME_MAX)
		return -LX_EINVAL;
	memcpy(tail + len, suffix, sizeof(suffix));
	fd = get_unused_fd();
	if (fd < 0)
		return fd;
	file = shmem_file_setup(name, 0, VM_NORESERVE);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd_install(fd, file);
	return fd;
}

/* --- places --------------------------------------------------------------------------------------------------- */

static long rw_at(struct file *file, struct pt_regs *regs, bool write)
{
	uint64_t pos = regs->r10, count = regs->dx;
	long (*op)(struct file *, uint64_t, uint64_t, uint64_t *) = write ? file->f_op->write_at : file->f_op->read_at;

	if (!file->f_op->read_at)
		return -LX_ESPIPE;
	if (!may_rw(file, write))
		return -LX_EBADF;
	if (!op)
		return -LX_EINVAL;
	if (!access_ok(regs->si, count))
		return -LX_EFAULT;
	if ((int64_t)count < 0)
		return -LX_EINVAL;
	count = min(count, (uint64_t)MAX_RW_COUNT);
	return op(file, regs->si, count, &pos);
}

static long do_rw_at(struct pt_regs *regs, bool write)
{
	struct file *file;
	long ret;

	if ((int64_t)regs->r10 < 0)
		return -LX_EINVAL;
	file = fget((uint32_t)regs->di);
	if (!file)
		return -LX_EBADF;
	ret = rw_at(file, regs, write);
	fput(file);
	return ret;
}

/** pread64(fd, buf, count, pos) */
long ksys_pread64(struct pt_regs *regs) { return do_rw_at(regs, /* write = */ false); }
/** pwrite64(fd, buf, count, pos) */
long ksys_pwrite64(struct pt_regs *regs) { return do_rw_at(regs, /* write = */ true); }

enum { SEEK_SET, SEEK_CUR, SEEK_END };

static long seek(struct file *file, int64_t offset, uint32_t whence)
{
	int64_t from;

	if (!file->f_op->read_at)
		return -LX_ESPIPE;
	if (whence > SEEK_END)
		return -LX_EINVAL;
	from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (int64_t)file->f_pos : (int64_t)file->f_inode->i_size;
	if (__builtin_add_overflow(from, offset, &from) || from < 0)
		return -LX_EINVAL;
	file->f_pos = from;
	return from;
}

/** lseek(fd, offset, whence); SEEK_DATA and SEEK_HOLE are refused. */
long ksys_lseek(struct pt_regs *regs)
{
	struct file *file = fget((uint32_t)regs->di);
	long ret;

	if (!file)
		return -LX_EBADF;
	ret = seek(file, regs->si, regs->dx);
	fput(file);
	return ret;
}

/** ftruncate(fd, length) */
long ksys_ftruncate(struct pt_regs *regs)
{
	struct file *file;
	struct inode *inode;
	long ret = -LX_EINVAL;

	if ((int64_t)regs->si < 0)
		return -LX_EINVAL;
	file = fget((uint32_t)regs->di);
	if (!file)
		return -LX_EBADF;
	inode = file->f_inode;
	if (inode && file->f_op->read_at && may_rw(file, /* write = */ true)) {
		down_write(&inode->i_rwsem);
		shmem_truncate(inode, regs->si);
		up_write(&inode->i_rwsem);
		ret = 0;
	}
	fput(file);
	return ret;
}

/** struct stat of x86-64 (asm/stat.h). */
struct user_stat {
	uint64_t dev, ino, nlink;
	uint32_t mode, uid, gid, pad;
	uint64_t rdev, size, blksize, blocks;
	uint64_t times[6], unused[3];
};
_Static_assert(sizeof(struct user_stat) == 144, "the ABI");

#define S_IFCHR		0020000u

/** fstat(fd, buf): without times, since nothing here takes any. */
long ksys_fstat(struct pt_regs *regs)
{
	struct user_stat stat = { .mode = S_IFCHR | 0600, .nlink = 1, .blksize = PAGE_SIZE };
	struct file *file = fget((uint32_t)regs->di);
	const struct inode *inode;

	if (!file)
		return -LX_EBADF;
	inode = file->f_inode;
	if (inode) {
		stat.ino = inode->i_ino;
		stat.nlink = inode->i_nlink;
		stat.mode = inode->i_mode;
		stat.size = inode->i_size;
		stat.blocks = inode->i_data.nrpages * (PAGE_SIZE / 512);
	}
	fput(file);
	return copy_to_user(regs->si, &stat, sizeof(stat)) ? -LX_EFAULT : 0;
}
