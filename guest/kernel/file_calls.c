/* SPDX-License-Identifier: MIT */
/* System calls on open files that have places and sizes (Linux fs/open.c, read_write.c; mm/memfd.c). */
#include "permission.h"
#include "uaccess.h"

#define MFD_NAME_MAX	249
#define MFD_CLOEXEC	1u
#define MFD_ALLOW_SEALING 2u

/** memfd_create(name, flags). Sealing is only asked for: fcntl does not seal. */
long ksys_memfd_create(struct pt_regs *regs)
{
	static const char prefix[] = "memfd:";
	char name[MFD_NAME_MAX + sizeof(prefix)];
	char *tail = name + sizeof(prefix) - 1;
	uint32_t flags = regs->si;
	struct file *file;
	long len, fd;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -LX_EINVAL;
	memcpy(name, prefix, sizeof(prefix));
	len = strncpy_from_user(tail, regs->di, MFD_NAME_MAX + 1);
	if (len < 0)
		return len;
	if (len > MFD_NAME_MAX)
		return -LX_EINVAL;
	fd = get_unused_fd();
	if (fd < 0)
		return fd;
	file = shmem_file_setup(name, 0, VM_NORESERVE);
	if (IS_ERR(file))
		return PTR_ERR(file);
	inode_init_owner(file->f_inode, NULL);
	file->f_flags |= LX_O_LARGEFILE;
	fd_install(fd, file, flags & MFD_CLOEXEC ? LX_O_CLOEXEC : 0);
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

static int64_t seek(struct file *file, int64_t offset, uint32_t whence)
{
	if (file->f_op->llseek)
		return file->f_op->llseek(file, offset, whence);
	if (!file->f_op->read_at)
		return -LX_ESPIPE;
	return whence > LX_SEEK_END ? -LX_EINVAL : generic_file_llseek(file, offset, whence);
}

/** lseek(fd, offset, whence) */
long ksys_lseek(struct pt_regs *regs)
{
	struct file *file = fget((uint32_t)regs->di);
	long ret;

	if (!file)
		return -LX_EBADF;
	/* A word that is none comes before what the file can do. */
	ret = (uint32_t)regs->dx > LX_SEEK_HOLE ? -LX_EINVAL : seek(file, regs->si, regs->dx);
	fput(file);
	return ret;
}

/** ftruncate(fd, length) */
long ksys_ftruncate(struct pt_regs *regs)
{
	struct file *file;
	long ret = -LX_EINVAL;

	if ((int64_t)regs->si < 0)
		return -LX_EINVAL;
	file = fget((uint32_t)regs->di);
	if (!file)
		return -LX_EBADF;
	if (file->f_inode && is_reg(file->f_inode) && may_rw(file, /* write = */ true))
		ret = vfs_truncate(file->f_inode, regs->si);
	fput(file);
	return ret;
}

/** fsync(fd), fdatasync(fd) */
long ksys_fsync(struct pt_regs *regs)
{
	struct file *file = fget((uint32_t)regs->di);
	long ret;

	if (!file)
		return -LX_EBADF;
	ret = file->f_op->fsync ? file->f_op->fsync(file) : -LX_EINVAL;
	fput(file);
	return ret;
}

#define FALLOC_FL_ALL	0x7fu	/* those that some file system knows, but for NO_HIDE_STALE */

/* What the arguments and the file allow, in the order of Linux vfs_fallocate. 0 or -errno. */
static int check_fallocate(const struct file *file, uint32_t mode, int64_t offset, int64_t len)
{
	const struct inode *inode = file->f_inode;
	int64_t end;

	if (offset < 0 || len <= 0)
		return -LX_EINVAL;
	if (mode & ~FALLOC_FL_ALL)
		return -LX_EOPNOTSUPP;
	if ((mode & LX_FALLOC_FL_PUNCH_HOLE) && !(mode & LX_FALLOC_FL_KEEP_SIZE))
		return -LX_EOPNOTSUPP;
	if (!may_rw(file, /* write = */ true))
		return -LX_EBADF;
	if (!inode || !is_reg(inode))
		return inode && inode_type(inode) == LX_S_IFIFO ? -LX_ESPIPE : -LX_ENODEV;
	if (__builtin_add_overflow(offset, len, &end))
		return -LX_EFBIG;
	return file->f_op->fallocate ? 0 : -LX_EOPNOTSUPP;
}

/** fallocate(fd, mode, offset, len) */
long ksys_fallocate(struct pt_regs *regs)
{
	struct file *file = fget((uint32_t)regs->di);
	long ret;

	if (!file)
		return -LX_EBADF;
	ret = check_fallocate(file, regs->si, regs->dx, regs->r10);
	/* Its room counts even if the length stays. */
	if (!ret && !(regs->si & ~LX_FALLOC_FL_KEEP_SIZE & UINT32_MAX))
		ret = inode_newsize_ok(file->f_inode, regs->dx + regs->r10);
	if (!ret)
		ret = file->f_op->fallocate(file, regs->si, regs->dx, regs->r10);
	fput(file);
	return ret;
}
