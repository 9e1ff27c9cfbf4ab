/* SPDX-License-Identifier: MIT */
/* System calls about descriptors themselves: close, dup, fcntl, ioctl and kin (Linux fs/file.c, fcntl.c, ioctl.c). */
#include "fs.h"
#include "task.h"
#include "uaccess.h"

long ksys_close(struct pt_regs *regs)
{
	struct files_struct *files;
	struct file *file = fget((uint32_t)regs->di);

	if (!file)
		return -LX_EBADF;
	fput(file);
	files = writable_files();
	if (!files)
		return -LX_ENOMEM;
	fput(clear_fd(files, (uint32_t)regs->di));
	return 0;
}

/* --- dup -------------------------------------------------------------------------------------- */

/* The file, whose reference is used up, gets the lowest free descriptor from `start` on. It, or -errno. */
static long dup_from(struct file *file, uint64_t start, uint32_t flags)
{
	struct files_struct *files = writable_files();
	long fd = files ? alloc_fd(files, start) : -LX_ENOMEM;

	if (fd < 0)
		fput(file);
	else
		fd_install(fd, file, flags);
	return fd;
}

/** dup(fd) */
long ksys_dup(struct pt_regs *regs)
{
	struct file *file = fget((uint32_t)regs->di);

	return file ? dup_from(file, 0, 0) : -LX_EBADF;
}

/* Two different descriptors. */
static long dup_to(uint64_t old, uint64_t new, uint32_t flags)
{
	struct file *file, *replaced;
	struct files_struct *files;

	if (new >= min(rlimit(LX_RLIMIT_NOFILE), NR_OPEN_MAX))
		return -LX_EBADF;
	file = fget(old);
	if (!file)
		return -LX_EBADF;
	files = writable_files();
	if (!files || (new >= files->max_fds && expand_files(files, new))) {
		fput(file);
		return -LX_ENOMEM;
	}
	replaced = clear_fd(files, new);
	if (replaced)
		fput(replaced);
	fd_install(new, file, flags);
	return new;
}

/** dup2(old, new) */
long ksys_dup2(struct pt_regs *regs)
{
	uint64_t old = (uint32_t)regs->di, new = (uint32_t)regs->si;
	struct file *file;

	if (old != new)
		return dup_to(old, new, 0);
	file = fget(old);
	if (!file)
		return -LX_EBADF;
	fput(file);
	return new;
}

/** dup3(old, new, flags) */
long ksys_dup3(struct pt_regs *regs)
{
	uint64_t old = (uint32_t)regs->di, new = (uint32_t)regs->si;

	if (((uint32_t)regs->dx & ~LX_O_CLOEXEC) || old == new)
		return -LX_EINVAL;
	return dup_to(old, new, regs->dx);
}

/* --- fcntl ------------------------------------------------------------------------------------ */

#define SETFL_MASK	(LX_O_APPEND | LX_O_NONBLOCK | LX_O_DIRECT | LX_O_NOATIME)

static bool close_on_exec(uint64_t fd)
{
	int channel = channel_of(fd);

	if (channel >= 0)
		return current->files->cloexec_channels >> channel & 1;
	return current->files->fd[fd] & FD_CLOSE_ON_EXEC;
}

static long set_close_on_exec(uint64_t fd, bool on)
{
	struct files_struct *files = writable_files();
	int channel = channel_of(fd);

	if (!files)
		return -LX_ENOMEM;
	if (channel >= 0)
		files->cloexec_channels = (files->cloexec_channels & ~(1u << channel)) | (uint32_t)on << channel;
	else
		files->fd[fd] = (files->fd[fd] & ~FD_CLOSE_ON_EXEC) | (on ? FD_CLOSE_ON_EXEC : 0);
	return 0;
}

static long set_flags(struct file *file, uint32_t flags)
{
	if ((flags & LX_O_DIRECT) && file->f_op->read_at)
		return -LX_EINVAL;	/* no file here goes round the page cache */
	file->f_flags = (file->f_flags & ~SETFL_MASK) | (flags & SETFL_MASK);
	return 0;
}

/** fcntl(fd, command, arg): descriptors and flags; locks, leases, owners and seals are not there. */
long ksys_fcntl(struct pt_regs *regs)
{
	uint64_t fd = (uint32_t)regs->di, arg = regs->dx;
	struct file *file = fget(fd);
	long ret;

	if (!file)
		return -LX_EBADF;
	switch ((uint32_t)regs->si) {
	case LX_F_DUPFD:
	case LX_F_DUPFD_CLOEXEC:
		if (arg < rlimit(LX_RLIMIT_NOFILE))
			return dup_from(file, arg, (uint32_t)regs->si == LX_F_DUPFD ? 0 : LX_O_CLOEXEC);
		ret = -LX_EINVAL;
		break;
	case LX_F_GETFD:
		ret = close_on_exec(fd);
		break;
	case LX_F_SETFD:
		ret = set_close_on_exec(fd, arg & LX_FD_CLOEXEC);
		break;
	case LX_F_GETFL:
		ret = file->f_flags;
		break;
	case LX_F_SETFL:
		ret = set_flags(file, arg);
		break;
	default:
		ret = -LX_EINVAL;
	}
	fput(file);
	return ret;
}

/* --- close_range ------------------------------------------------------------------------------- */

#define CLOSE_RANGE_UNSHARE	2u
#define CLOSE_RANGE_CLOEXEC	4u

/* The descriptors in use of [first, last] are closed, or marked to be. */
static void close_or_mark(struct files_struct *files, uint64_t first, uint64_t last, bool mark)
{
	uint64_t end = max((uint64_t)files->max_fds, (uint64_t)AGENT_FD_BASE + AGENT_CHANNELS);

	for (uint64_t fd = first; fd <= last && fd < end; fd++) {
		struct file *file = fget(fd);

		if (!file)
			continue;
		fput(file);
		if (mark)
			set_close_on_exec(fd, true);
		else
			fput(clear_fd(files, fd));
	}
}

/** close_range(first, last, flags) */
long ksys_close_range(struct pt_regs *regs)
{
	uint32_t first = regs->di, last = regs->si, flags = regs->dx;
	struct files_struct *files;

	if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) || first > last)
		return -LX_EINVAL;
	if ((flags & CLOSE_RANGE_UNSHARE) && unshare_files())
		return -LX_ENOMEM;
	files = writable_files();
	if (!files)
		return -LX_ENOMEM;
	close_or_mark(files, first, last, flags & CLOSE_RANGE_CLOEXEC);
	return 0;
}

/* --- ioctl ------------------------------------------------------------------------------------ */

/** ioctl(fd, cmd, arg): what every file knows. None is a terminal, and none has commands of its own. */
long ksys_ioctl(struct pt_regs *regs)
{
	uint64_t fd = (uint32_t)regs->di;
	struct file *file = fget(fd);
	uint32_t on = 0;
	long ret = 0;

	if (!file)
		return -LX_EBADF;
	switch ((uint32_t)regs->si) {
	case LX_FIOCLEX:
	case LX_FIONCLEX:
		ret = set_close_on_exec(fd, (uint32_t)regs->si == LX_FIOCLEX);
		break;
	case LX_FIONBIO:
		ret = get_user_u32(&on, regs->dx);
		if (!ret)
			file->f_flags = (file->f_flags & ~LX_O_NONBLOCK) | (on ? LX_O_NONBLOCK : 0);
		break;
	default:
		ret = -LX_ENOTTY;
	}
	fput(file);
	return ret;
}
