/* SPDX-License-Identifier: MIT */
/* Descriptors: the table of a process, and the system calls that go through it. */
#include "fs.h"
#include "labdev.h"
#include "task.h"
#include "uaccess.h"
#include "uart.h"

#define FD_TABLE_BYTES	1024UL	/* as Linux */

static DEFINE_KMEM_CACHE(filp_cachep, "filp", sizeof(struct file));
static DEFINE_KMEM_CACHE(files_cachep, "files_cache", sizeof(struct files_struct));

/* --- the console ------------------------------------------------------------------------------ */

static long console_read(struct file *file, uint64_t at, uint64_t len)
{
	(void)file, (void)at, (void)len;
	return 0;			/* nobody types: end of file */
}

/* Through the UART; as lab_output(). */
static long uart_output(uint64_t at, uint64_t len)
{
	char chunk[128];
	uint64_t n = min(len, sizeof(chunk));

	n -= copy_from_user(chunk, at, n);
	if (!n)
		return -LX_EFAULT;
	console_write(chunk, n);
	return n;
}

static long console_file_write(struct file *file, uint64_t at, uint64_t len)
{
	uint64_t done = 0;
	long n;

	(void)file;
	for (; done < len; done += n) {
		n = lab.output.wanted ? lab_output(at + done, len - done) : uart_output(at + done, len - done);
		if (n < 0)
			return done ? (long)done : n;
	}
	return done;
}

const struct file_operations console_operations = {
	.read = console_read,
	.write = console_file_write,
};

/* Like every file of the image it keeps a reference of its own and is never released. */
struct file console_file = {
	.f_count = 1,
	.f_flags = LX_O_RDWR,
	.f_mode = FMODE_READ | FMODE_WRITE,
	.f_dentry = &static_dentries[CONSOLE_NODE],
	.f_inode = &static_inodes[CONSOLE_NODE],
	.f_mapping = &static_inodes[CONSOLE_NODE].i_data,
	.f_op = &console_operations,
};

struct files_struct init_files = {
	.count = 1,
	.max_fds = NR_OPEN_INLINE,
	.fd = init_files.inline_fd,
	.inline_fd = { (uint64_t)&console_file, (uint64_t)&console_file, (uint64_t)&console_file },
};

/* --- tables ----------------------------------------------------------------------------------- */

void fput(struct file *file)
{
	if (--file->f_count > 0)
		return;
	if (file->f_op->release)
		file->f_op->release(file);
	if (file->f_mode & FMODE_WRITER)
		put_write_access(file->f_inode);
	dput(file->f_dentry);
	kmem_cache_free(&filp_cachep, file);
}

struct file *alloc_file(struct dentry *dentry, uint32_t flags, const struct file_operations *fop)
{
	struct file *file = kmem_cache_zalloc(&filp_cachep);

	if (!file)
		return NULL;
	file->f_count = 1;
	file->f_flags = flags;
	file->f_mode = FMODE_READ | FMODE_WRITE;
	file->f_dentry = dentry;
	file->f_inode = dentry->d_inode;
	file->f_mapping = &file->f_inode->i_data;
	file->f_op = fop;
	return file;
}

static void free_fd_block(struct files_struct *files)
{
	if (files->fd != files->inline_fd)
		kfree(files->fd);
}

/* Room for descriptor fd < NR_OPEN_MAX, in a larger table of its own: 1 KiB, doubled until it does. 0 or -LX_ENOMEM. */
static int expand_files(struct files_struct *files, uint64_t fd)
{
	uint32_t max_fds = FD_TABLE_BYTES / sizeof(uint64_t);
	uint64_t *block;

	while (max_fds <= fd)
		max_fds *= 2;
	block = kzalloc(max_fds * sizeof(*block));
	if (!block)
		return -LX_ENOMEM;
	memcpy(block, files->fd, files->max_fds * sizeof(*block));
	free_fd_block(files);
	files->fd = block;
	files->max_fds = max_fds;
	return 0;
}

static void free_files(struct files_struct *files)
{
	for (uint32_t i = 0; i < files->max_fds; i++)
		if (files->fd[i])
			fput(fd_file(files->fd[i]));
	free_fd_block(files);
	kmem_cache_free(&files_cachep, files);
}

static struct files_struct *dup_files(const struct files_struct *old)
{
	struct files_struct *new = kmem_cache_zalloc(&files_cachep);

	if (!new)
		return NULL;
	new->count = 1;
	new->max_fds = NR_OPEN_INLINE;
	new->fd = new->inline_fd;
	new->closed_channels = old->closed_channels;
	new->cloexec_channels = old->cloexec_channels;
	if (old->max_fds > NR_OPEN_INLINE && expand_files(new, old->max_fds - 1)) {
		free_files(new);
		return NULL;
	}
	for (uint32_t i = 0; i < old->max_fds; i++) {
		new->fd[i] = old->fd[i];
		if (old->fd[i])
			get_file(fd_file(old->fd[i]));
	}
	return new;
}

/** A table that current may change: its own copy instead of the initial one. */
static struct files_struct *writable_files(void)
{
	if (current->files == &init_files) {
		struct files_struct *copy = dup_files(&init_files);

		if (!copy)
			return NULL;
		current->files = copy;
	}
	return current->files;
}

int copy_files(struct task *child, bool share)
{
	struct files_struct *files;

	if (share) {
		/*
		 * Two that share must see each other's changes, so none of them may still have the
		 * initial table.
		 */
		files = writable_files();
		if (files)
			files->count++;
	} else {
		files = current->files == &init_files ? &init_files : dup_files(current->files);
	}
	child->files = files;
	return files ? 0 : -LX_ENOMEM;
}

int unshare_files(void)
{
	struct files_struct *copy;

	if (current->files->count == 1 || current->files == &init_files)
		return 0;
	copy = dup_files(current->files);
	if (!copy)
		return -LX_ENOMEM;
	current->files->count--;
	current->files = copy;
	return 0;
}

void put_files(struct task *task)
{
	if (task->files != &init_files && --task->files->count == 0)
		free_files(task->files);
	task->files = NULL;
}

/** Channel behind a descriptor that is still open, or -1. */
static int channel_of(uint64_t fd)
{
	uint64_t channel = fd - AGENT_FD_BASE;

	if (channel >= AGENT_CHANNELS || (current->files->closed_channels >> channel & 1))
		return -1;
	return channel;
}

struct file *fget(uint64_t fd)
{
	struct files_struct *files = current->files;
	int channel = channel_of(fd);

	if (channel >= 0)
		return get_file(channel_file(channel));
	if (fd >= files->max_fds || !files->fd[fd])
		return NULL;
	return get_file(fd_file(files->fd[fd]));
}

/* --- system calls ----------------------------------------------------------------------------- */

bool can_rw(const struct file_operations *op, bool write)
{
	return write ? op->write || op->write_at : op->read || op->read_at;
}

/* A stream, or a file at its own place. */
long rw_file(struct file *file, uint64_t at, uint64_t len, bool write)
{
	const struct file_operations *op = file->f_op;

	if (write)
		return op->write ? op->write(file, at, len) : op->write_at(file, at, len, &file->f_pos);
	return op->read ? op->read(file, at, len) : op->read_at(file, at, len, &file->f_pos);
}

/** read(fd, buf, count) and write alike: the checks of Linux vfs_read(), in its order. */
static long do_rw(struct pt_regs *regs, bool write)
{
	struct file *file = fget((uint32_t)regs->di);
	uint64_t count = regs->dx;
	long ret;

	if (!file)
		return -LX_EBADF;
	if (!may_rw(file, write))
		ret = -LX_EBADF;
	else if (!can_rw(file->f_op, write))
		ret = -LX_EINVAL;
	else if (!access_ok(regs->si, count))
		ret = -LX_EFAULT;
	else if ((int64_t)count < 0)
		ret = -LX_EINVAL;
	else
		ret = rw_file(file, regs->si, min(count, (uint64_t)MAX_RW_COUNT), write);
	fput(file);
	return ret;
}

long ksys_read(struct pt_regs *regs)
{
	return do_rw(regs, /* write = */ false);
}

long ksys_write(struct pt_regs *regs)
{
	return do_rw(regs, /* write = */ true);
}

static long set_close_on_exec(uint64_t fd, bool on);

/** Take whatever is behind fd out of the table. The file, whose reference is the caller's now, or NULL. */
static struct file *clear_fd(struct files_struct *files, uint64_t fd)
{
	int channel = channel_of(fd);
	struct file *file = NULL;

	if (channel >= 0) {
		files->closed_channels |= 1u << channel;
		files->cloexec_channels &= ~(1u << channel);
		return get_file(channel_file(channel));
	}
	if (fd < files->max_fds) {
		file = fd_file(files->fd[fd]);
		files->fd[fd] = 0;
	}
	return file;
}

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

/* Lowest free descriptor from `start` on, channels aside, below the limit. -LX_EMFILE or -LX_ENOMEM. */
static long alloc_fd(struct files_struct *files, uint64_t start)
{
	uint64_t end = min(rlimit(LX_RLIMIT_NOFILE), NR_OPEN_MAX);

	for (uint64_t fd = start; fd < end; fd++) {
		if (fd >= files->max_fds && expand_files(files, fd))
			return -LX_ENOMEM;
		if (!files->fd[fd] && channel_of(fd) < 0)
			return fd;
	}
	return -LX_EMFILE;
}

long get_unused_fd(void)
{
	struct files_struct *files = writable_files();

	return files ? alloc_fd(files, 0) : -LX_ENOMEM;
}

void fd_install(long fd, struct file *file, uint32_t flags)
{
	current->files->fd[fd] = (uint64_t)file | (flags & LX_O_CLOEXEC ? FD_CLOSE_ON_EXEC : 0);
}

void do_close_on_exec(void)
{
	struct files_struct *files = current->files;

	if (files == &init_files)
		return;
	files->closed_channels |= files->cloexec_channels;
	files->cloexec_channels = 0;
	for (uint32_t fd = 0; fd < files->max_fds; fd++)
		if (files->fd[fd] & FD_CLOSE_ON_EXEC)
			fput(clear_fd(files, fd));
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
