/* SPDX-License-Identifier: MIT */
/* Files of --out; see outdir.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/outdir.h"

#define INDEX "index.jsonl"

struct outdir {
	int fd; /* the directory */
	int index;
	off_t index_size;
	char path[4096];
};

static int host_error(struct error *e, const struct outdir *d, const char *name, const char *what)
{
	return error_set(
		e, EXIT_HOST, "cannot %s %s/%s: %s%s", what, d->path, name, strerror(errno),
		errno == ENOSPC ? " (what was recorded before stays readable; make room and run again)" : "");
}

struct outdir *outdir_open(const char *path, struct error *e)
{
	struct outdir *d = xcalloc(1, sizeof(*d));

	snprintf(d->path, sizeof(d->path), "%s", path);
	d->fd = d->index = -1;
	if (mkdir(path, 0777) && errno != EEXIST) {
		error_set(e, EXIT_HOST, "--out %s: cannot make the directory: %s", path, strerror(errno));
		goto fail;
	}
	d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0) {
		error_set(e, EXIT_HOST, "--out %s: %s", path, strerror(errno));
		goto fail;
	}
	d->index = openat(d->fd, INDEX, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
	if (d->index >= 0)
		return d;
	if (errno == EEXIST)
		error_set(e, EXIT_USAGE,
			  "--out %s: it holds a recorded run already; remove it or name another", path);
	else
		host_error(e, d, INDEX, "make");
fail:
	outdir_close(d);
	return NULL;
}

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t written = write(fd, bytes, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return -1;
		bytes += written;
		n -= written;
	}
	return 0;
}

int outdir_sparse_file(struct outdir *d, const char *name, uint64_t size, const struct outdir_piece *pieces, size_t n,
		       struct error *e)
{
	char temporary[64];
	int fd, failed = 0;

	snprintf(temporary, sizeof(temporary), ".%s.new", name);
	fd = openat(d->fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return host_error(e, d, temporary, "make");
	for (size_t i = 0; i < n && !failed; i++)
		failed = lseek(fd, pieces[i].offset, SEEK_SET) < 0 || write_all(fd, pieces[i].bytes, pieces[i].n);
	if (!failed && size > INT64_MAX)
		size = 0;
	/* Longer than this file system takes: then it ends with its last piece. */
	if (!failed && size && ftruncate(fd, size) && errno != EFBIG && errno != EINVAL)
		failed = -1;
	/* close can be the call that tells of a full disk, on network file systems for one. */
	if (!failed)
		failed = close(fd);
	else
		close(fd);
	if (!failed)
		failed = renameat(d->fd, temporary, d->fd, name);
	if (!failed)
		return 0;
	host_error(e, d, name, "write");
	unlinkat(d->fd, temporary, 0);
	return -1;
}

int outdir_file(struct outdir *d, const char *name, const struct buf *content, struct error *e)
{
	const struct outdir_piece all = {.bytes = buf_text(content), .n = content->len};

	return outdir_sparse_file(d, name, content->len, &all, 1, e);
}

int outdir_index(struct outdir *d, const struct buf *line, struct error *e)
{
	if (write_all(d->index, buf_text(line), line->len) == 0) {
		d->index_size += line->len;
		return 0;
	}
	host_error(e, d, INDEX, "write");
	if (ftruncate(d->index, d->index_size))
		return -1; /* the first error is the one to tell */
	return -1;
}

void outdir_close(struct outdir *d)
{
	if (!d)
		return;
	if (d->index >= 0)
		close(d->index);
	if (d->fd >= 0)
		close(d->fd);
	free(d);
}
