/* SPDX-License-Identifier: MIT */
/* Pieces of user memory, and readv(2) and writev(2), which go through them one by one but for pipes (Linux fs/read_write.c). */
#include "iovec.h"

#include "fs.h"
#include "pipe.h"
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

int begin_iter(struct iov_iter *iter, const struct iovecs *v)
{
	*iter = (struct iov_iter){ .iov = v->iov };
	for (uint64_t i = 0; i < v->nr; i++) {
		if (!access_ok(v->iov[i].base, v->iov[i].len))
			return -LX_EFAULT;
		iter->count += min(v->iov[i].len, (uint64_t)MAX_RW_COUNT - iter->count);
	}
	return 0;
}

uint64_t copy_iter(struct iov_iter *iter, char *bytes, uint64_t len, bool from_user)
{
	uint64_t done = 0;

	len = min(len, iter->count);
	while (done < len) {
		uint64_t n = min(len - done, iter->iov->len - iter->offset), at = iter->iov->base + iter->offset;
		uint64_t left = from_user ? copy_from_user(bytes + done, at, n) : copy_to_user(at, bytes + done, n);

		done += n - left;
		iter->offset += n - left;
		iter->count -= n - left;
		if (left)
			break;
		if (iter->offset == iter->iov->len) {
			iter->iov++;
			iter->offset = 0;
		}
	}
	return done;
}

/* --- readv, writev -------------------------------------------------------------------------------------------- */

/* pos NULL: at the file's own place. */
static long rw_piece(struct file *file, uint64_t at, uint64_t len, bool write, uint64_t *pos)
{
	if (!pos)
		return rw_file(file, at, len, write);
	return write ? file->f_op->write_at(file, at, len, pos) : file->f_op->read_at(file, at, len, pos);
}

/*
 * What was moved before an error counts; a piece that was not moved whole is the last. Of a stream what is there is taken, but
 * once there is something nothing more is waited for.
 */
static long do_iovecs(struct file *file, const struct iovecs *v, bool write, uint64_t *pos)
{
	uint64_t left = MAX_RW_COUNT;
	bool hurried = false;
	long total = 0, n = 0;

	for (uint64_t i = 0; i < v->nr && left; i++) {
		uint64_t len = min(v->iov[i].len, left);

		if (write && total && at_size_limit(file, pos ? *pos : file->f_pos))
			break;
		n = len ? rw_piece(file, v->iov[i].base, len, write, pos) : 0;
		if (n < 0)
			break;
		total += n;
		left -= n;
		if ((uint64_t)n < len)
			break;
		if (!write && total && !(file->f_flags & LX_O_NONBLOCK)) {
			file->f_flags |= LX_O_NONBLOCK;
			hurried = true;
		}
	}
	if (hurried)
		file->f_flags &= ~LX_O_NONBLOCK;
	return total ? total : n;
}

/* A pipe takes or gives all pieces in one go: which of its buffers a byte stands in depends on how many there are. */
static long pipe_iovecs(struct file *file, struct iov_iter iter, bool write)
{
	return write ? pipe_write_iter(file, &iter) : pipe_read_iter(file, &iter);
}

/* The pieces are looked at first, then whether the file was opened for it, as Linux does. */
static long do_rwv(struct pt_regs *regs, bool write, uint64_t *pos)
{
	struct file *file = fget((uint32_t)regs->di);
	struct iov_iter iter;
	struct iovecs v;
	long ret;

	if (!file)
		return -LX_EBADF;
	if (pos && !file->f_op->read_at) {
		fput(file);
		return -LX_ESPIPE;
	}
	ret = get_iovecs(&v, regs->si, regs->dx);
	if (!ret)
		ret = begin_iter(&iter, &v);
	if (!ret && !may_rw(file, write))
		ret = -LX_EBADF;
	if (!ret && (pos && write ? !file->f_op->write_at : !can_rw(file->f_op, write)))
		ret = -LX_EINVAL;
	if (!ret)
		ret = is_pipe(file) ? pipe_iovecs(file, iter, write) : do_iovecs(file, &v, write, pos);
	put_iovecs(&v);
	fput(file);
	return ret;
}

/** readv(fd, iov, nr) */
long ksys_readv(struct pt_regs *regs)
{
	return do_rwv(regs, /* write = */ false, NULL);
}

/** writev(fd, iov, nr) */
long ksys_writev(struct pt_regs *regs)
{
	return do_rwv(regs, /* write = */ true, NULL);
}

static long do_rwv_at(struct pt_regs *regs, bool write)
{
	uint64_t pos = regs->r10;

	return (int64_t)pos < 0 ? -LX_EINVAL : do_rwv(regs, write, &pos);
}

/** preadv(fd, iov, nr, pos, 0) */
long ksys_preadv(struct pt_regs *regs) { return do_rwv_at(regs, /* write = */ false); }
/** pwritev(fd, iov, nr, pos, 0) */
long ksys_pwritev(struct pt_regs *regs) { return do_rwv_at(regs, /* write = */ true); }

/* Flags that only a disk would mind: to be polled for, and to be written through. */
#define RWF_HARMLESS	0x7u

static long do_rwv2(struct pt_regs *regs, bool write)
{
	if ((uint32_t)regs->r9 & ~RWF_HARMLESS)
		return -LX_EOPNOTSUPP;
	return regs->r10 == UINT64_MAX ? do_rwv(regs, write, NULL) : do_rwv_at(regs, write);
}

/** preadv2(fd, iov, nr, pos, 0, flags); pos -1: at the file's own place. */
long ksys_preadv2(struct pt_regs *regs) { return do_rwv2(regs, /* write = */ false); }
/** pwritev2(fd, iov, nr, pos, 0, flags) */
long ksys_pwritev2(struct pt_regs *regs) { return do_rwv2(regs, /* write = */ true); }
