/* SPDX-License-Identifier: MIT */
/* The guest's files for a program of the host; see prog_pack.h. */
#include "explore/prog/pack.h"
#include "explore/prog/root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* As execvp finds it. NULL with *e. */
static int open_program(const char *name, struct error *e)
{
	const char *dir = getenv("PATH");
	char path[4096];
	int fd = -1;
	size_t n;

	if (strchr(name, '/'))
		fd = open(name, O_RDONLY | O_CLOEXEC);
	for (; !strchr(name, '/') && fd < 0 && dir && *dir; dir += n + (dir[n] == ':')) {
		n = strcspn(dir, ":");
		snprintf(path, sizeof(path), "%.*s%s%s", (int)n, dir, n ? "/" : "", name);
		fd = access(path, X_OK) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0)
		error_set(e, EXIT_USAGE, "cannot open the program %s: %s", name, strerror(errno));
	return fd;
}

/* The program itself: with --root it is there already. */
static int pack_program(struct cpio *c, const struct options *o, struct error *e)
{
	int fd = o->root ? -1 : open_program(o->prog[0], e), failed;
	char path[4096];

	if (fd < 0)
		return o->root ? 0 : -1;
	snprintf(path, sizeof(path), "bin/%s", base_name(o->prog[0]));
	/* An --initrd may hold what else it needs. */
	failed = (!o->initrd && prog_is_whole(o->prog[0], fd, e)) || cpio_add(c, "bin", S_IFDIR | 0755, NULL, 0, e) ||
		 cpio_add_fd(c, path, S_IFREG | 0755, fd, e);
	close(fd);
	return failed ? -1 : 0;
}

/* Whom files belong to has names. */
static int pack_etc(struct cpio *c, struct error *e)
{
	static const char passwd[] = "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n";
	static const char group[] = "root:x:0:\nnogroup:x:65534:\n";

	return cpio_add(c, "etc", S_IFDIR | 0755, NULL, 0, e) ||
	       cpio_add(c, "etc/passwd", S_IFREG | 0644, passwd, sizeof(passwd) - 1, e) ||
	       cpio_add(c, "etc/group", S_IFREG | 0644, group, sizeof(group) - 1, e);
}

int prog_pack(struct cpio *c, const struct options *o, struct error *e)
{
	/* What is written to a /tmp of the folder stays in the guest, too. */
	int failed = pack_program(c, o, e) || (!in_root(o, "/tmp") && cpio_add(c, "tmp", S_IFDIR | 01777, NULL, 0, e)) ||
		     (!o->root && pack_etc(c, e));

	if (failed)
		return -1;
	return o->initrd ? cpio_append(c, o->initrd, e) : cpio_end(c, e);
}
