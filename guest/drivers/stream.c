/* SPDX-License-Identifier: MIT */
/*
 * The streams of the host (shared/lab.h: struct lab_stream) as files: standard input, output and error of a program that runs
 * live. To a program they are pipes. What is a page or more goes straight between the host and the program's pages, which are
 * held meanwhile (get_user_pages); less is copied once, through a page of the lab.
 */
#include "fs.h"
#include "live.h"
#include "mm.h"
#include "poll.h"
#include "signal.h"
#include "uaccess.h"
#include "wait.h"

static struct list_head waiters = LIST_HEAD_INIT(waiters);

void streams_wake(void)
{
	lab.live.stream_wait = 0;
	lab.live.stream_ready = 0;
	wake_up_all(&waiters);
	poll_wake();
}

static unsigned int stream_of(const struct file *file)
{
	return (uintptr_t)file->private_data;
}

/* --- one operation of the host's -------------------------------------------------------------- */

static long ask_host(unsigned int fd, enum lab_stream_op op, uint32_t nr_pieces)
{
	struct lab_stream *s = &lab.live.stream;

	s->fd = fd;
	s->nr_pieces = nr_pieces;
	*(volatile uint32_t *)&s->op = op;
	lab_doorbell(LAB_STREAM);
	while (*(volatile uint32_t *)&s->op != LAB_STREAM_NONE)
		cpu_relax();
	return s->result;
}

/* Up to a page, through the lab's own. Bytes or -errno. */
static long move_copied(unsigned int fd, uint64_t at, uint64_t len, bool write)
{
	uint64_t n = min(len, sizeof(lab.output.bytes));
	long ret;

	if (write) {
		n -= copy_from_user(lab.output.bytes, at, n);
		if (!n)
			return -LX_EFAULT;
	}
	lab.live.stream.pieces[0] = (struct lab_piece){ __pa_symbol(lab.output.bytes), n };
	ret = ask_host(fd, write ? LAB_STREAM_WRITE : LAB_STREAM_READ, 1);
	if (!write && ret > 0 && copy_to_user(at, lab.output.bytes, ret))
		return -LX_EFAULT;
	return ret;
}

static void put_pages(struct page **pages, long nr, bool dirty)
{
	for (long i = 0; i < nr; i++) {
		if (dirty)
			pages[i]->flags |= PG_dirty;
		put_page(pages[i]);
	}
}

/* Straight from or to the program's pages, as many as one operation takes. Bytes, -errno, or 0 pages: *had is false. */
static long move_pages(unsigned int fd, uint64_t at, uint64_t len, bool write, bool *had)
{
	struct mm_struct *mm = current->ts.mm;
	struct lab_piece *piece = lab.live.stream.pieces;
	struct page *pages[LAB_STREAM_PIECES];
	uint64_t offset = at % PAGE_SIZE, nr = min((offset + len + PAGE_SIZE - 1) / PAGE_SIZE, (uint64_t)LAB_STREAM_PIECES);
	long got, ret;

	mmap_read_lock(mm);
	got = get_user_pages_remote(mm, at - offset, nr, FOLL_PIN | (write ? 0 : FOLL_WRITE), pages);
	mmap_read_unlock(mm);
	*had = got > 0;
	for (long i = 0; i < got; i++, piece++, offset = 0) {
		piece->pa = (page_to_pfn(pages[i]) << PAGE_SHIFT) + offset;
		piece->len = min(PAGE_SIZE - offset, len);
		len -= piece->len;
	}
	if (got <= 0)
		return 0;
	ret = ask_host(fd, write ? LAB_STREAM_WRITE : LAB_STREAM_READ, got);
	put_pages(pages, got, !write);
	return ret;
}

/* What can be moved at once. Bytes, 0 at the end, or -errno: -LX_EAGAIN where one must wait. */
static long move(unsigned int fd, uint64_t at, uint64_t len, bool write)
{
	bool had = false;
	long ret = 0;

	if (len >= PAGE_SIZE)
		ret = move_pages(fd, at, len, write, &had);
	return had ? ret : move_copied(fd, at, len, write);
}

/* --- the files -------------------------------------------------------------------------------- */

/* 0 when the host has said that it is ready, or why there is no waiting. */
static long wait_for(struct file *file, unsigned int fd)
{
	if (file->f_flags & LX_O_NONBLOCK)
		return -LX_EAGAIN;
	if (signal_pending(current))
		return -ERESTARTSYS;
	lab.live.stream_wait |= 1u << fd;
	sleep_on(&waiters);
	return 0;
}

static long stream_read(struct file *file, uint64_t at, uint64_t len)
{
	unsigned int fd = stream_of(file);
	long ret;

	if (!len)
		return 0;
	do
		ret = move(fd, at, len, /* write = */ false);
	while (ret == -LX_EAGAIN && !(ret = wait_for(file, fd)));
	return ret;
}

/* The host's reader is gone. */
static long broken(void)
{
	struct ksiginfo info = { .signo = LX_SIGPIPE, .code = LX_SI_USER, .pid = current->ts.tgid };

	send_signal(current, &info, /* to_process = */ false);
	return -LX_EPIPE;
}

static long stream_write(struct file *file, uint64_t at, uint64_t len)
{
	unsigned int fd = stream_of(file);
	uint64_t done = 0;
	long ret = 0;

	while (done < len && ret >= 0) {
		ret = move(fd, at + done, len - done, /* write = */ true);
		if (ret > 0)
			done += ret;
		else if (ret == -LX_EAGAIN)
			ret = wait_for(file, fd);
	}
	if (!done && ret == -LX_EPIPE)
		return broken();
	return done ? (long)done : ret;
}

/* Once more, by way of /dev/stdout: a stream has one direction. */
static int stream_open(struct inode *inode, struct file *file)
{
	file->private_data = inode->i_private;
	return file->f_mode & (stream_of(file) ? FMODE_READ : FMODE_WRITE) ? -LX_EACCES : 0;
}

static const struct file_operations stream_fops __file_ops = {
	.open = stream_open,
	.read = stream_read,
	.write = stream_write,
};

static struct file *open_stream(unsigned int fd)
{
	struct inode *inode = new_inode(LX_S_IFIFO | 0600);
	struct file *file = NULL;
	char name[32];

	if (inode) {
		inode->i_nlink = 1;
		inode->i_private = (void *)(uintptr_t)fd;
		inode->i_fop = &stream_fops;
		snprintf(name, sizeof(name), "pipe:[%lu]", inode->i_ino);
		file = alloc_file_pseudo(inode, name, fd ? LX_O_WRONLY : LX_O_RDONLY, &stream_fops);
	}
	if (!file) {
		if (inode)
			iput(inode);
		return NULL;
	}
	file->f_mode = fd ? FMODE_WRITE : FMODE_READ;
	file->private_data = (void *)(uintptr_t)fd;
	return file;
}

/* What a process is spawned with: nobody has the initial table yet but the kernel's own threads. */
long streams_open(void)
{
	for (unsigned int fd = 0; fd < NR_STREAMS; fd++) {
		struct file *file = open_stream(fd);

		if (!file)
			return -LX_ENOMEM;
		init_files.fd[fd] = (uint64_t)file;
	}
	return 0;
}
