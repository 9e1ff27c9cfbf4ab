/* SPDX-License-Identifier: MIT */
/*
 * Operations on the host's streams, straight from and to guest RAM; see live.h. Nothing here waits: what cannot be done now is
 * the guest's to ask again, so that the rest of it goes on meanwhile.
 */
#include "target/live.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static bool is_ready(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, 0) > 0;
}

/* The pieces as host memory. Their number, or -1 with *e. */
static int map_pieces(const struct live *l, const struct lab_stream *s, struct iovec iov[LAB_STREAM_PIECES], struct error *e)
{
	if (s->nr_pieces > LAB_STREAM_PIECES)
		return error_set(e, EXIT_GUEST_DIED, "the guest asks for %u pieces of a stream at once", s->nr_pieces);
	for (uint32_t i = 0; i < s->nr_pieces; i++) {
		uint64_t pa = s->pieces[i].pa, len = s->pieces[i].len;

		if (pa > l->ram_size || len > l->ram_size - pa)
			return error_set(e, EXIT_GUEST_DIED,
					 "the guest asks for a stream at %#" PRIx64 ", %" PRIu64 " bytes: that is not RAM", pa, len);
		iov[i] = (struct iovec){.iov_base = l->ram + pa, .iov_len = len};
	}
	return s->nr_pieces;
}

static int64_t read_stream(int fd, const struct iovec *iov, int n)
{
	ssize_t done;

	if (!is_ready(fd, POLLIN))
		return -EAGAIN;
	done = readv(fd, iov, n);
	return done < 0 ? -errno : done;
}

/* Not more than PIPE_BUF at once: so much goes into a pipe that is ready, without waiting. */
static int64_t write_stream(int fd, const struct iovec *iov, int n)
{
	int64_t total = 0;

	for (; n > 0; n--, iov++) {
		for (size_t at = 0; at < iov->iov_len;) {
			size_t len = iov->iov_len - at < PIPE_BUF ? iov->iov_len - at : PIPE_BUF;
			ssize_t done = is_ready(fd, POLLOUT) ? write(fd, (char *)iov->iov_base + at, len) : (errno = EAGAIN, -1);

			if (done < 0)
				return total ? total : -errno;
			at += done;
			total += done;
		}
	}
	return total;
}

static int64_t poll_stream(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

int live_stream(struct live *l, struct error *e)
{
	struct lab_stream s, *in_guest = &l->lab->live.stream;
	struct iovec iov[LAB_STREAM_PIECES];
	int n, fd;

	memcpy(&s, in_guest, sizeof(s));
	n = map_pieces(l, &s, iov, e);
	if (n < 0)
		return -1;
	if (s.fd >= NR_STREAMS)
		return error_set(e, EXIT_GUEST_DIED, "the guest asks for stream %u, and there are %d", s.fd, NR_STREAMS);
	fd = l->wish->fds[s.fd];
	if (s.op == LAB_STREAM_READ)
		s.result = read_stream(fd, iov, n);
	else if (s.op == LAB_STREAM_WRITE)
		s.result = write_stream(fd, iov, n);
	else if (s.op == LAB_STREAM_POLL)
		s.result = poll_stream(fd);
	else
		return error_set(e, EXIT_GUEST_DIED, "the guest asks for %u of a stream, which means nothing", s.op);
	in_guest->result = s.result;
	__atomic_store_n(&in_guest->op, LAB_STREAM_NONE, __ATOMIC_RELEASE);
	return 0;
}
