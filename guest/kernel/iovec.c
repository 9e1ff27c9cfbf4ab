/* SPDX-License-Identifier: MIT */
/* Pieces of user memory, and readv(2) and writev(2), which go through them one by one (Linux fs/read_write.c). */
#include "iovec.h"

#include "fs.h"
#include "task.h"
#include "uaccess.h"

#define IOV_ORDER	2		/* pages for UIO_MAXIOV of them */
_Static_assert(UIO_MAXIOV * sizeof(struct user_iovec) <= PAGE_SIZE << IOV_ORDER, "IOV_ORDER");

void *alloc_block(unsigned int order)
{
	struct page *page = alloc_pages(GFP_KERNEL, order);

	return page ? __va(page_to_pfn(page) << PAGE_SHIFT) : NULL;
}

void free_block(void *block, unsigned int order)
{
	__free_pages(pfn_to_page(__pa(block) >> PAGE_SHIFT), order);
}

void put_iovecs(struct iovecs *v)
{
	if (v->iov && v->iov != v->fast)
		free_block(v->iov, IOV_ORDER);
}

int get_iovecs(struct iovecs *v, uint64_t at, uint64_t nr)
{
	v->iov = NULL;
	v->nr = nr;
	if (nr > UIO_MAXIOV)
		return -LX_EINVAL;
	v->iov = nr <= UIO_FASTIOV ? v->fast : alloc_block(IOV_ORDER);
	if (!v->iov)
		return -LX_ENOMEM;
	if (copy_from_user(v->iov, at, nr * sizeof(*v->iov)))
		return -LX_EFAULT;
	for (uint64_t i = 0; i < nr; i++)
		if ((int64_t)v->iov[i].len < 0)
			return -LX_EINVAL;
	return 0;
}

/* --- readv, writev -------------------------------------------------------------------------------------------- */

/* What was moved before an error counts; a piece that was not moved whole is the last. */
static long do_iovecs(struct file *file, const struct iovecs *v, bool write)
{
	long (*op)(struct file *, uint64_t, uint64_t) = write ? file->f_op->write : file->f_op->read;
	long total = 0;

	if (!op)
		return -LX_EINVAL;
	for (uint64_t i = 0; i < v->nr; i++) {
		long n = v->iov[i].len ? op(file, v->iov[i].base, v->iov[i].len) : 0;

		if (n < 0)
			return total ? total : n;
		total += n;
		if ((uint64_t)n < v->iov[i].len)
			break;
	}
	return total;
}

static long do_rwv(struct pt_regs *regs, bool write)
{
	struct file *file = fget((uint32_t)regs->di);
	struct iovecs v;
	long ret;

	if (!file)
		return -LX_EBADF;
	ret = -LX_EBADF;
	if (may_rw(file, write)) {
		ret = get_iovecs(&v, regs->si, regs->dx);
		for (uint64_t i = 0; !ret && i < v.nr; i++)
			if (!access_ok(v.iov[i].base, v.iov[i].len))
				ret = -LX_EFAULT;
		if (!ret)
			ret = do_iovecs(file, &v, write);
		put_iovecs(&v);
	}
	fput(file);
	return ret;
}

/** readv(fd, iov, nr) */
long ksys_readv(struct pt_regs *regs)
{
	return do_rwv(regs, /* write = */ false);
}

/** writev(fd, iov, nr) */
long ksys_writev(struct pt_regs *regs)
{
	return do_rwv(regs, /* write = */ true);
}
