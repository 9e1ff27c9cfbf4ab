/* SPDX-License-Identifier: MIT */
/*
 * Pipes (Linux fs/pipe.c): a ring of 16 pages. A write fills pages from the first byte on; only what is less than a page
 * may go behind what the last one holds, and only as a whole: so no write of up to PIPE_BUF (a page) is ever torn.
 */
#include "cred.h"
#include "files.h"
#include "fs.h"
#include "iovec.h"
#include "permission.h"
#include "pipe.h"
#include "signal.h"
#include "uaccess.h"
#include "wait.h"

struct list_head all_pipes = LIST_HEAD_INIT(all_pipes);

static DEFINE_KMEM_CACHE(pipe_cachep, "pipe_inode_info", sizeof(struct pipe_inode_info));

static bool pipe_empty(const struct pipe_inode_info *pipe) { return pipe->head == pipe->tail; }
static bool pipe_full(const struct pipe_inode_info *pipe) { return pipe->head - pipe->tail >= PIPE_DEF_BUFFERS; }
static bool pipe_readable(const struct pipe_inode_info *pipe) { return !pipe_empty(pipe) || !pipe->writers; }
static bool pipe_writable(const struct pipe_inode_info *pipe) { return !pipe_full(pipe) || !pipe->readers; }

static struct pipe_buffer *slot(struct pipe_inode_info *pipe, uint32_t n)
{
	return &pipe->bufs[n % PIPE_DEF_BUFFERS];
}

static char *buffer_bytes(const struct pipe_buffer *buf)
{
	return (char *)__va(page_to_pfn(buf->page) << PAGE_SHIFT) + buf->offset;
}

/* --- pages ---------------------------------------------------------------------------------------------------- */

/* The oldest buffer is empty: its page is kept for the next write, if none is kept yet. */
static void release_buffer(struct pipe_inode_info *pipe)
{
	struct page *page = slot(pipe, pipe->tail++)->page;

	if (pipe->tmp_page)
		put_page(page);
	else
		pipe->tmp_page = page;
}

/* A new, empty buffer at the head of a ring that is not full; NULL: no memory. */
static struct pipe_buffer *add_buffer(struct pipe_inode_info *pipe, uint32_t flags)
{
	struct page *page = pipe->tmp_page ? pipe->tmp_page : alloc_pages(GFP_KERNEL, 0);
	struct pipe_buffer *buf;

	if (!page)
		return NULL;
	pipe->tmp_page = NULL;
	page->page_type = PGTY_pipe;
	buf = slot(pipe, pipe->head++);
	*buf = (struct pipe_buffer){ .page = page, .flags = flags };
	return buf;
}

/* --- reading -------------------------------------------------------------------------------------------------- */

/* What is there and asked for, to user memory. Bytes, or -LX_EFAULT when none could be given: then it is still there. */
static long take(struct pipe_inode_info *pipe, struct iov_iter *to)
{
	uint64_t done = 0;

	while (to->count && !pipe_empty(pipe)) {
		struct pipe_buffer *buf = slot(pipe, pipe->tail);
		uint64_t n = min((uint64_t)buf->len, to->count);
		bool packet = buf->flags & PIPE_BUF_FLAG_PACKET;

		if (copy_iter(to, buffer_bytes(buf), n, /* from_user = */ false) < n)
			return done ? (long)done : -LX_EFAULT;
		done += n;
		buf->offset += n;
		buf->len -= n;
		if (!buf->len || packet)
			release_buffer(pipe);
		if (packet)
			break;
	}
	return done;
}

/* mutex held, and held again afterwards. 0, or why there is no waiting. */
static int wait_to_read(struct file *file, struct pipe_inode_info *pipe)
{
	if (file->f_flags & LX_O_NONBLOCK)
		return -LX_EAGAIN;
	spin_unlock(&pipe->mutex);
	while (!pipe_readable(pipe) && !signal_pending(current))
		sleep_on(&pipe->rd_wait);
	spin_lock(&pipe->mutex);
	return pipe_readable(pipe) ? 0 : -ERESTARTSYS;
}

long pipe_read_iter(struct file *file, struct iov_iter *to)
{
	struct pipe_inode_info *pipe = file->private_data;
	bool was_full, slept = false;
	long done = 0;

	if (!to->count)
		return 0;
	spin_lock(&pipe->mutex);
	for (;;) {
		was_full = pipe_full(pipe);
		done = take(pipe, to);
		if (done || !pipe->writers)
			break;
		done = wait_to_read(file, pipe);
		if (done)
			break;
		slept = true;
	}
	spin_unlock(&pipe->mutex);
	if (was_full && !pipe_full(pipe))
		wake_up(&pipe->wr_wait);
	if (slept && !pipe_empty(pipe))
		wake_up(&pipe->rd_wait);
	return done;
}

static long pipe_read(struct file *file, uint64_t at, uint64_t len)
{
	struct user_iovec iov = { at, len };
	struct iov_iter to = { .iov = &iov, .count = len };

	return pipe_read_iter(file, &to);
}

/* --- writing -------------------------------------------------------------------------------------------------- */

/*
 * The odd bytes of a write, behind the last ones of the pipe if they fit as a whole. How many, 0 if they do not, or
 * -LX_EFAULT.
 */
static long merge(struct pipe_inode_info *pipe, struct iov_iter *from)
{
	uint64_t odd = from->count % PAGE_SIZE;
	struct pipe_buffer *last;

	if (!odd || pipe_empty(pipe))
		return 0;
	last = slot(pipe, pipe->head - 1);
	if (!(last->flags & PIPE_BUF_FLAG_CAN_MERGE) || last->offset + last->len + odd > PAGE_SIZE)
		return 0;
	if (copy_iter(from, buffer_bytes(last) + last->len, odd, /* from_user = */ true) < odd)
		return -LX_EFAULT;
	last->len += odd;
	return odd;
}

/* Up to a page into a buffer of its own. Bytes, or -errno; after -LX_EFAULT the buffer stays, empty, as on Linux 6.1. */
static long put_page_of(struct file *file, struct pipe_inode_info *pipe, struct iov_iter *from)
{
	uint64_t n = min(from->count, PAGE_SIZE);
	struct pipe_buffer *buf;

	buf = add_buffer(pipe, file->f_flags & LX_O_DIRECT ? PIPE_BUF_FLAG_PACKET : PIPE_BUF_FLAG_CAN_MERGE);
	if (!buf)
		return -LX_ENOMEM;
	if (copy_iter(from, buffer_bytes(buf), n, /* from_user = */ true) < n)
		return -LX_EFAULT;
	buf->len = n;
	return n;
}

/* Nobody will ever read it. */
static long broken_pipe(void)
{
	struct ksiginfo info = { .signo = LX_SIGPIPE, .code = LX_SI_USER, .pid = current->ts.tgid, .uid = current_cred()->uid };

	send_signal(current, &info, /* to_process = */ false);
	return -LX_EPIPE;
}

/* mutex held, and held again afterwards. 0, or why there is no waiting. */
static int wait_to_write(struct file *file, struct pipe_inode_info *pipe)
{
	if (file->f_flags & LX_O_NONBLOCK)
		return -LX_EAGAIN;
	if (signal_pending(current))
		return -ERESTARTSYS;
	spin_unlock(&pipe->mutex);
	wake_up(&pipe->rd_wait);
	while (!pipe_writable(pipe) && !signal_pending(current))
		sleep_on(&pipe->wr_wait);
	spin_lock(&pipe->mutex);
	return 0;
}

long pipe_write_iter(struct file *file, struct iov_iter *from)
{
	struct pipe_inode_info *pipe = file->private_data;
	bool slept = false;
	uint64_t done = 0;
	long ret = 0;

	if (!from->count)
		return 0;
	spin_lock(&pipe->mutex);
	if (pipe->readers) {
		ret = merge(pipe, from);
		done = max(ret, 0L);
	}
	while (ret >= 0 && from->count) {
		if (!pipe->readers) {
			ret = broken_pipe();
		} else if (!pipe_full(pipe)) {
			ret = put_page_of(file, pipe, from);
			done += max(ret, 0L);
		} else {
			ret = wait_to_write(file, pipe);
			slept = true;
		}
	}
	spin_unlock(&pipe->mutex);
	if (!pipe_empty(pipe))
		wake_up(&pipe->rd_wait);
	if (slept && !pipe_full(pipe))
		wake_up(&pipe->wr_wait);
	return done ? (long)done : ret;
}

static long pipe_write(struct file *file, uint64_t at, uint64_t len)
{
	struct user_iovec iov = { at, len };
	struct iov_iter from = { .iov = &iov, .count = len };

	return pipe_write_iter(file, &from);
}

/* --- its two ends --------------------------------------------------------------------------------------------- */

static void free_pipe(struct pipe_inode_info *pipe)
{
	while (!pipe_empty(pipe))
		put_page(slot(pipe, pipe->tail++)->page);
	if (pipe->tmp_page)
		put_page(pipe->tmp_page);
	list_del(&pipe->list);
	kmem_cache_free(&pipe_cachep, pipe);
}

static void pipe_release(struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	pipe->readers -= !!(file->f_mode & FMODE_READ);
	pipe->writers -= !!(file->f_mode & FMODE_WRITE);
	if (!pipe->readers && !pipe->writers) {
		free_pipe(pipe);
		return;
	}
	if (!pipe->readers)
		wake_up_all(&pipe->wr_wait);
	if (!pipe->writers)
		wake_up_all(&pipe->rd_wait);
}

static uint32_t pipe_poll(struct file *file)
{
	const struct pipe_inode_info *pipe = file->private_data;
	uint32_t mask = 0;

	if (file->f_mode & FMODE_READ)
		mask |= (pipe_empty(pipe) ? 0 : EPOLLIN | EPOLLRDNORM) | (pipe->writers ? 0 : EPOLLHUP);
	if (file->f_mode & FMODE_WRITE)
		mask |= (pipe_full(pipe) ? 0 : EPOLLOUT | EPOLLWRNORM) | (pipe->readers ? 0 : EPOLLERR);
	return mask;
}

static int pipe_open(struct inode *inode, struct file *file);

static const struct file_operations pipe_fops __file_ops = {
	.open = pipe_open,
	.read = pipe_read,
	.write = pipe_write,
	.release = pipe_release,
	.poll = pipe_poll,
};

bool is_pipe(const struct file *file)
{
	return file->f_op == &pipe_fops;
}

static struct pipe_inode_info *alloc_pipe(void)
{
	struct pipe_inode_info *pipe = kmem_cache_zalloc(&pipe_cachep);

	if (!pipe)
		return NULL;
	INIT_LIST_HEAD(&pipe->rd_wait);
	INIT_LIST_HEAD(&pipe->wr_wait);
	list_add_tail(&pipe->list, &all_pipes);
	return pipe;
}

static struct file *as_end(struct file *file, struct pipe_inode_info *pipe, uint32_t f_mode)
{
	if (!file)
		return NULL;
	file->f_mode = f_mode;
	file->private_data = pipe;
	pipe->readers += !!(f_mode & FMODE_READ);
	pipe->writers += !!(f_mode & FMODE_WRITE);
	return file;
}

/* One more end, by way of /proc/PID/fd: it does not wait for another one, as there is one. */
static int pipe_open(struct inode *inode, struct file *file)
{
	as_end(file, inode->i_private, file->f_mode);
	return 0;
}

/* The end that reads, and the pipe with it; NULL: no memory. */
static struct file *open_pipe(uint32_t flags)
{
	struct inode *inode = new_inode(LX_S_IFIFO | 0600);
	struct pipe_inode_info *pipe = inode ? alloc_pipe() : NULL;
	struct file *file = NULL;
	char name[32];

	if (pipe) {
		inode_init_owner(inode, NULL);
		inode->i_private = pipe;
		inode->i_fop = &pipe_fops;
		inode->i_nlink = 1;	/* stat says so, though it has no name in a directory */
		snprintf(name, sizeof(name), "pipe:[%lu]", inode->i_ino);
		file = as_end(alloc_file_pseudo(inode, name, LX_O_RDONLY | (flags & LX_O_NONBLOCK), &pipe_fops), pipe,
			      FMODE_READ);
	}
	if (file)
		return file;
	if (pipe)
		free_pipe(pipe);
	if (inode)
		iput(inode);
	return NULL;
}

static struct file *open_other_end(struct file *reader, uint32_t flags)
{
	struct file *file = alloc_file(dget(reader->f_dentry), LX_O_WRONLY | (flags & (LX_O_NONBLOCK | LX_O_DIRECT)),
				       &pipe_fops);

	if (!file)
		dput(reader->f_dentry);
	return as_end(file, reader->private_data, FMODE_WRITE);
}

/* --- pipe(2) -------------------------------------------------------------------------------------------------- */

/* A descriptor for the file; -errno: the file's reference stays the caller's. */
static long install(struct file *file, uint32_t flags)
{
	long fd = get_unused_fd();

	if (fd >= 0)
		fd_install(fd, file, flags);
	return fd;
}

/* Both ends get descriptors, and the caller is told; or nothing has happened. */
static long give_ends(struct file *reader, struct file *writer, uint64_t fds, uint32_t flags)
{
	long fd[2] = { install(reader, flags) };
	uint32_t told[2];

	if (fd[0] < 0)
		return fd[0];
	fd[1] = install(writer, flags);
	if (fd[1] < 0) {
		fd_install(fd[0], NULL, 0);
		return fd[1];
	}
	told[0] = fd[0];
	told[1] = fd[1];
	if (!copy_to_user(fds, told, sizeof(told)))
		return 0;
	fd_install(fd[0], NULL, 0);
	fd_install(fd[1], NULL, 0);
	return -LX_EFAULT;
}

static long do_pipe2(uint64_t fds, uint32_t flags)
{
	struct file *reader, *writer;
	long ret = -LX_ENFILE;

	if (flags & ~(LX_O_CLOEXEC | LX_O_NONBLOCK | LX_O_DIRECT))
		return -LX_EINVAL;
	reader = open_pipe(flags);
	if (!reader)
		return -LX_ENFILE;
	writer = open_other_end(reader, flags);
	if (writer)
		ret = give_ends(reader, writer, fds, flags);
	if (!ret)
		return 0;
	fput(reader);
	if (writer)
		fput(writer);
	return ret;
}

/** pipe(fds) */
long ksys_pipe(struct pt_regs *regs) { return do_pipe2(regs->di, 0); }
/** pipe2(fds, flags) */
long ksys_pipe2(struct pt_regs *regs) { return do_pipe2(regs->di, regs->si); }
