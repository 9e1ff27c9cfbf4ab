/* SPDX-License-Identifier: MIT */
/* A newc cpio made in memory: the tree of files of a machine that is about to boot. */
#ifndef VMM_BASE_CPIO_H
#define VMM_BASE_CPIO_H

#include <stddef.h>
#include "base/error.h"

/** An archive under way, in a file of its own that no name leads to. fd is the caller's. */
struct cpio {
	int fd;
	unsigned int nr; /* entries so far: inode numbers */
};

/** 0 or -1 with *e (EXIT_HOST). */
int cpio_begin(struct cpio *c, struct error *e);
/** An entry: mode as in st_mode; path without a leading slash. 0 or -1 with *e. */
int cpio_add(struct cpio *c, const char *path, unsigned int mode, const void *bytes, size_t size, struct error *e);
/** What fd holds, as an entry. */
int cpio_add_fd(struct cpio *c, const char *path, unsigned int mode, int fd, struct error *e);
/** The end: behind it nothing counts; or instead another archive, which has an end of its own. */
int cpio_end(struct cpio *c, struct error *e);
int cpio_append(struct cpio *c, const char *path, struct error *e);

#endif
