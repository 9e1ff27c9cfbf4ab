/* SPDX-License-Identifier: MIT */
/*
 * `vmm mutate --source DIR`: wrong edits of the guest's source. A guest is built for each edit, which takes a compiler and
 * the whole tree: so the work is done by the tree's own tests/mutation/run, and this says where it is.
 */
#include "explore/mutate/mutate.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MAX_NAMES 512

/** Where this program lies: what it is built into. */
static int own_directory(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (n <= 0)
		return -1;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return -1;
	*slash = '\0';
	return 0;
}

int mutate_source(const char *tree, char **names, int nr_names)
{
	char runner[4096], build[4096], *argv[MAX_NAMES + 3] = {runner, build};

	if (snprintf(runner, sizeof(runner), "%s/tests/mutation/run", tree) >= (int)sizeof(runner) ||
	    nr_names > MAX_NAMES) {
		fprintf(stderr, "vmm: mutate: %s: the path is too long, or there are too many names\n", tree);
		return EXIT_USAGE;
	}
	if (access(runner, X_OK)) {
		fprintf(stderr, "vmm: mutate: %s: %s (DIR is to be a tree of this program's source)\n", runner, strerror(errno));
		return EXIT_USAGE;
	}
	if (own_directory(build, sizeof(build))) {
		fprintf(stderr, "vmm: mutate: /proc/self/exe: %s\n", strerror(errno));
		return EXIT_HOST;
	}
	memcpy(argv + 2, names, nr_names * sizeof(*names));
	execv(runner, argv);
	fprintf(stderr, "vmm: mutate: %s: %s\n", runner, strerror(errno));
	return EXIT_HOST;
}
