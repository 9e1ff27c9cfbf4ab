/* SPDX-License-Identifier: MIT */
/* See initrd.h. What the archive holds is the guest's business; here it only must be one. */
#include "machine/initrd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC_SIZE 6

static const char *kind_of(const uint8_t *magic, ssize_t n)
{
	if (n >= 2 && magic[0] == 0x1f && magic[1] == 0x8b)
		return "is compressed: give it as it was before gzip";
	if (n == MAGIC_SIZE && !memcmp(magic, "070707", MAGIC_SIZE))
		return "is a cpio of the old kind: make it with cpio -H newc";
	if (n == MAGIC_SIZE && !memcmp(magic, "070701", MAGIC_SIZE))
		return NULL;
	return "is no cpio: make one with cpio -o -H newc";
}

static int check(struct initrd *initrd, const char *path, uint64_t mem_size, struct error *e)
{
	uint8_t magic[MAGIC_SIZE];
	const char *wrong;
	struct stat st;

	if (fstat(initrd->fd, &st) || !S_ISREG(st.st_mode))
		return error_set(e, EXIT_USAGE, "--initrd: %s is no regular file", path);
	wrong = kind_of(magic, pread(initrd->fd, magic, sizeof(magic), 0));
	if (wrong)
		return error_set(e, EXIT_USAGE, "--initrd: %s %s", path, wrong);
	initrd->size = st.st_size;
	if (initrd->size > mem_size / 2)
		return error_set(e, EXIT_USAGE, "--initrd: %s has %lu bytes, more than half of the guest's %lu MiB of RAM; "
				 "give more with --mem", path, initrd->size, mem_size >> 20);
	return 0;
}

int initrd_open(struct initrd *initrd, const char *path, uint64_t mem_size, struct error *e)
{
	initrd->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (initrd->fd < 0)
		return error_set(e, EXIT_USAGE, "--initrd: cannot open %s: %s", path, strerror(errno));
	if (!check(initrd, path, mem_size, e))
		return 0;
	close(initrd->fd);
	initrd->fd = -1;
	return -1;
}

int initrd_read(struct initrd *initrd, uint8_t *to, struct error *e)
{
	uint64_t done = 0;
	ssize_t n = 1;

	while (done < initrd->size && n > 0) {
		n = pread(initrd->fd, to + done, initrd->size - done, done);
		if (n > 0)
			done += n;
	}
	close(initrd->fd);
	initrd->fd = -1;
	if (done == initrd->size)
		return 0;
	return error_set(e, EXIT_HOST, "--initrd: reading stopped after %lu of %lu bytes: %s", done, initrd->size,
			 n < 0 ? strerror(errno) : "the file became shorter");
}
