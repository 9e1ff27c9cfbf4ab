/* SPDX-License-Identifier: MIT */
/* See cpio.h. A header is text: a magic and thirteen numbers of eight hexadecimal digits. */
#include "base/cpio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_ENTRY (1UL << 31) /* what eight digits hold, and more than a guest of today can take */

int cpio_begin(struct cpio *c, struct error *e)
{
	*c = (struct cpio){.fd = memfd_create("initrd", MFD_CLOEXEC)};
	return c->fd < 0 ? error_set(e, EXIT_HOST, "memfd_create: %s", strerror(errno)) : 0;
}

static int put(struct cpio *c, const void *bytes, size_t size, struct error *e)
{
	const char *at = bytes;

	while (size) {
		ssize_t n = write(c->fd, at, size);

		if (n <= 0)
			return error_set(e, EXIT_HOST, "no room for the guest's files: %s", strerror(errno));
		at += n;
		size -= n;
	}
	return 0;
}

/* Name and contents begin at multiples of four. */
static int pad(struct cpio *c, struct error *e)
{
	off_t at = lseek(c->fd, 0, SEEK_CUR);

	return put(c, "\0\0\0", -at & 3, e);
}

int cpio_add(struct cpio *c, const char *path, unsigned int mode, const void *bytes, size_t size, struct error *e)
{
	char header[111];

	if (size >= MAX_ENTRY)
		return error_set(e, EXIT_USAGE, "%s is too large for the guest: %zu bytes", path, size);
	snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", ++c->nr, mode, 0, 0, 1, 0,
		 (unsigned int)size, 0, 0, 0, 0, (unsigned int)strlen(path) + 1, 0);
	if (put(c, header, 110, e) || put(c, path, strlen(path) + 1, e) || pad(c, e))
		return -1;
	return put(c, bytes, size, e) || pad(c, e) ? -1 : 0;
}

/* All that can be read from fd. NULL with *e. */
static char *read_all(int fd, const char *what, size_t *size, struct error *e)
{
	char *bytes = NULL;
	size_t room = 0;
	ssize_t n;

	*size = 0;
	for (;;) {
		if (*size == room)
			bytes = xrealloc(bytes, room = room ? 2 * room : 65536);
		n = read(fd, bytes + *size, room - *size);
		if (n <= 0 || *size + n >= MAX_ENTRY)
			break;
		*size += n;
	}
	if (n == 0)
		return bytes;
	error_set(e, EXIT_USAGE, "cannot read %s: %s", what, n < 0 ? strerror(errno) : "it has no end within 2 GiB");
	free(bytes);
	return NULL;
}

int cpio_add_fd(struct cpio *c, const char *path, unsigned int mode, int fd, struct error *e)
{
	size_t size;
	char *bytes = read_all(fd, path, &size, e);
	int failed = !bytes || cpio_add(c, path, mode, bytes, size, e);

	free(bytes);
	return failed ? -1 : 0;
}

int cpio_end(struct cpio *c, struct error *e)
{
	return cpio_add(c, "TRAILER!!!", 0, NULL, 0, e);
}

int cpio_append(struct cpio *c, const char *path, struct error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), failed = -1;
	size_t size;
	char *bytes;

	if (fd < 0)
		return error_set(e, EXIT_USAGE, "--initrd: cannot open %s: %s", path, strerror(errno));
	bytes = read_all(fd, path, &size, e);
	if (bytes)
		failed = put(c, bytes, size, e);
	free(bytes);
	close(fd);
	return failed;
}
