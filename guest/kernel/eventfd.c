/* SPDX-License-Identifier: MIT */
/* eventfd(2): a number that a write adds to and a read takes (Linux fs/eventfd.c). */
#include "files.h"
#include "fs.h"
#include "poll.h"
#include "signal.h"
#include "uaccess.h"
#include "wait.h"

#define EFD_SEMAPHORE	1u
#define COUNT_MAX	(UINT64_MAX - 1)

struct eventfd_ctx {
	uint64_t count;
	bool semaphore;			/* a read takes one, not all */
	struct list_head readers, writers;	/* who sleep */
};

static DEFINE_KMEM_CACHE(eventfd_cachep, "eventfd_ctx", sizeof(struct eventfd_ctx));

/* Until there is something, or room for n. 0 or why there is no waiting. */
static int wait_for_event(struct file *file, struct list_head *queue)
{
	if (file->f_flags & LX_O_NONBLOCK)
		return -LX_EAGAIN;
	if (signal_pending(current))
		return -ERESTARTSYS;
	sleep_on(queue);
	return 0;
}

static long eventfd_read(struct file *file, uint64_t at, uint64_t len)
{
	struct eventfd_ctx *ctx = file->private_data;
	uint64_t taken;
	int error = 0;

	if (len < sizeof(taken))
		return -LX_EINVAL;
	while (!error && !ctx->count)
		error = wait_for_event(file, &ctx->readers);
	if (error)
		return error;
	taken = ctx->semaphore ? 1 : ctx->count;
	ctx->count -= taken;
	wake_up(&ctx->writers);
	return put_user_u64(taken, at) ? -LX_EFAULT : (long)sizeof(taken);
}

static long eventfd_write(struct file *file, uint64_t at, uint64_t len)
{
	struct eventfd_ctx *ctx = file->private_data;
	uint64_t added;
	int error = 0;

	if (len < sizeof(added))
		return -LX_EINVAL;
	if (get_user_u64(&added, at))
		return -LX_EFAULT;
	if (added == UINT64_MAX)
		return -LX_EINVAL;
	while (!error && COUNT_MAX - ctx->count < added)
		error = wait_for_event(file, &ctx->writers);
	if (error)
		return error;
	ctx->count += added;
	wake_up(&ctx->readers);
	return sizeof(added);
}

static uint32_t eventfd_poll(struct file *file)
{
	const struct eventfd_ctx *ctx = file->private_data;

	return (ctx->count ? EPOLLIN : 0) | (ctx->count < COUNT_MAX ? EPOLLOUT : 0);
}

static void eventfd_release(struct file *file)
{
	kmem_cache_free(&eventfd_cachep, file->private_data);
}

static const struct file_operations eventfd_fops __file_ops = {
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.release = eventfd_release,
};

static struct file *eventfd_file(uint32_t count, uint32_t flags)
{
	struct eventfd_ctx *ctx = kmem_cache_alloc(&eventfd_cachep);
	struct file *file = ctx ? anon_inode_getfile("[eventfd]", &eventfd_fops, ctx,
						     LX_O_RDWR | (flags & LX_O_NONBLOCK)) : ERR_PTR(-LX_ENOMEM);

	if (IS_ERR(file)) {
		if (ctx)
			kmem_cache_free(&eventfd_cachep, ctx);
		return file;
	}
	*ctx = (struct eventfd_ctx){ .count = count, .semaphore = flags & EFD_SEMAPHORE };
	INIT_LIST_HEAD(&ctx->readers);
	INIT_LIST_HEAD(&ctx->writers);
	return file;
}

static long do_eventfd(uint32_t count, uint32_t flags)
{
	struct file *file;
	long fd;

	if (flags & ~(EFD_SEMAPHORE | LX_O_CLOEXEC | LX_O_NONBLOCK))
		return -LX_EINVAL;
	fd = get_unused_fd();
	if (fd < 0)
		return fd;
	file = eventfd_file(count, flags);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd_install(fd, file, flags);
	return fd;
}

/** eventfd(count) */
long ksys_eventfd(struct pt_regs *regs) { return do_eventfd(regs->di, 0); }
/** eventfd2(count, flags) */
long ksys_eventfd2(struct pt_regs *regs) { return do_eventfd(regs->di, regs->si); }
