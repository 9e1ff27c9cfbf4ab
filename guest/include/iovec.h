/* SPDX-License-Identifier: MIT */
/* Pieces of user memory, as readv(2) and its kin are told them (Linux lib/iov_iter.c: import_iovec). */
#ifndef GUEST_IOVEC_H
#define GUEST_IOVEC_H

#include <stdbool.h>
#include <stdint.h>

#define UIO_MAXIOV	1024
#define UIO_FASTIOV	8

struct user_iovec {
	uint64_t base, len;
};

/** Pieces of memory, as the user told them: few in `fast`, more in a block of pages. */
struct iovecs {
	struct user_iovec *iov;
	uint64_t nr;
	struct user_iovec fast[UIO_FASTIOV];
};

/** From user memory. 0 or -errno; put_iovecs() in any case. */
int get_iovecs(struct iovecs *v, uint64_t at, uint64_t nr);
void put_iovecs(struct iovecs *v);

/** How far the caller's side is. */
struct iov_iter {
	const struct user_iovec *iov;
	uint64_t offset;		/* in *iov */
	uint64_t count;			/* bytes left in all */
};

/** The caller's own: each piece must lie in user space (-LX_EFAULT), and all are not more than one call may move. */
int begin_iter(struct iov_iter *iter, const struct iovecs *v);
/** Between kernel memory and the caller's, up to len bytes; how many, less where it faults. */
uint64_t copy_iter(struct iov_iter *iter, char *bytes, uint64_t len, bool from_user);

/** 2^order pages of the kernel's, or NULL. */
void *alloc_block(unsigned int order);
void free_block(void *block, unsigned int order);

struct pt_regs;
long ksys_readv(struct pt_regs *regs);
long ksys_writev(struct pt_regs *regs);
long ksys_preadv(struct pt_regs *regs);
long ksys_pwritev(struct pt_regs *regs);
long ksys_preadv2(struct pt_regs *regs);
long ksys_pwritev2(struct pt_regs *regs);

#endif
