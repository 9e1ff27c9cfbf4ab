/* SPDX-License-Identifier: MIT */
/* Open files: the table of a process, the console, and reading and writing through a descriptor. */
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

const struct file_operations console_operations __file_ops = {
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

int expand_files(struct files_struct *files, uint64_t fd)
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

struct files_struct *writable_files(void)
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

int channel_of(uint64_t fd)
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

/* --- reading and writing ---------------------------------------------------------------------- */

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

struct file *clear_fd(struct files_struct *files, uint64_t fd)
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

long alloc_fd(struct files_struct *files, uint64_t start)
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
