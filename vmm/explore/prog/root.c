/* SPDX-License-Identifier: MIT */
/* See prog_root.h. */
#include "explore/prog/root.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/prog/pack.h"

#define ROOT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const char *prog_path_variable(const struct options *o)
{
	return o->root ? "PATH=" ROOT_PATH : "PATH=/bin";
}

/* What it is, the guest will see. */
bool in_root(const struct options *o, const char *path)
{
	char host[8192];
	struct stat st;

	if (!o->root)
		return false;
	snprintf(host, sizeof(host), "%s%s", o->root, path);
	return lstat(host, &st) == 0;
}

void prog_path(const struct options *o, char path[4096])
{
	const char *name = o->prog[0], *dir = ROOT_PATH;
	size_t n;

	if (!o->root) {
		snprintf(path, 4096, "/bin/%s", base_name(name));
		return;
	}
	for (; !strchr(name, '/') && *dir; dir += n + (dir[n] == ':')) {
		n = strcspn(dir, ":");
		snprintf(path, 4096, "%.*s/%s", (int)n, dir, name);
		if (in_root(o, path))
			return;
	}
	snprintf(path, 4096, "%s", name);
}

void prog_directory(const struct options *o, char path[4096])
{
	char *root = o->root ? realpath(o->root, NULL) : NULL, *here = root ? getcwd(NULL, 0) : NULL;
	size_t n = root ? strlen(root) : 0;

	snprintf(path, 4096, "/");
	/* "/" ends with the slash that other folders do not have. */
	if (n == 1)
		n = 0;
	if (here && strncmp(here, root, n) == 0 && here[n] == '/' && strlen(here + n) < 4096)
		snprintf(path, 4096, "%s", here + n);
	free(here);
	free(root);
}

/* The program header that names an interpreter, among those in the first page. */
static bool asks_for_interpreter(const unsigned char *head, size_t size)
{
	Elf64_Ehdr ehdr;

	if (size < sizeof(ehdr) || memcmp(head, ELFMAG, SELFMAG) != 0)
		return false;
	memcpy(&ehdr, head, sizeof(ehdr));
	for (size_t i = 0; i < ehdr.e_phnum; i++) {
		size_t at = ehdr.e_phoff + i * sizeof(Elf64_Phdr);
		Elf64_Phdr ph;

		if (at > size - sizeof(ph))
			return false;
		memcpy(&ph, head + at, sizeof(ph));
		if (ph.p_type == PT_INTERP)
			return true;
	}
	return false;
}

int prog_is_whole(const char *name, int fd, struct error *e)
{
	unsigned char head[4096];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n >= 2 && memcmp(head, "#!", 2) == 0)
		return error_set(e, EXIT_USAGE, "%s is a script, which another program runs: with --root / it is found", name);
	if (n > 0 && asks_for_interpreter(head, n))
		return error_set(e, EXIT_USAGE, "%s is linked dynamically: with --root / its libraries are found", name);
	return 0;
}
