/* SPDX-License-Identifier: MIT */
/*
 * Rows of system calls, done by the Linux that runs this: the same rows that a scenario does on the guest, out of its file,
 * so that what the scenario expects is what a real kernel says. A row is a line
 *
 *	{RESULT, "name", argument, …},
 *
 * with RESULT a number or an errno's name in quotes; arguments are numbers, texts (passed as a pointer to a copy), N255 and
 * N256 (texts of so many letters).
 *
 * usage: calls DIRECTORY FILE…: in a new directory there, on tmpfs if it is to agree. Each file's rows are done in one process,
 * which begins with descriptors 0 to 2 and umask 022.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL(name) {#name, SYS_##name}
static const struct {
	const char *name;
	long nr;
} calls[] = {
	CALL(open),	 CALL(openat),	 CALL(creat),	  CALL(close),	    CALL(read),	    CALL(write),
	CALL(pread64),	 CALL(pwrite64), CALL(lseek),	  CALL(mkdir),	    CALL(mkdirat),  CALL(rmdir),
	CALL(unlink),	 CALL(unlinkat), CALL(link),	  CALL(linkat),	    CALL(symlink),  CALL(readlink),
	CALL(rename),	 CALL(renameat2), CALL(chdir),	  CALL(fchdir),	    CALL(access),   CALL(chmod),
	CALL(truncate),	 CALL(ftruncate), CALL(dup),	  CALL(dup2),	    CALL(dup3),	    CALL(fcntl),
	CALL(fsync),	 CALL(fallocate), CALL(getdents64), CALL(memfd_create), CALL(mmap), CALL(execve),
	CALL(umask),	 CALL(newfstatat), CALL(stat),	  CALL(lstat),	    CALL(fstat),    CALL(getcwd),
	CALL(capget), CALL(chown), CALL(close_range), CALL(eventfd2), CALL(ioctl), CALL(faccessat2),
	CALL(fadvise64), CALL(fchown), CALL(fchownat), CALL(fstatfs), CALL(futimesat),
	CALL(getgroups), CALL(getresuid), CALL(lchown), CALL(mknod), CALL(mknodat), CALL(pidfd_open),
	CALL(pidfd_send_signal), CALL(poll), CALL(ppoll), CALL(readahead), CALL(select),
	CALL(setgid), CALL(setresgid), CALL(setreuid), CALL(setuid), CALL(statfs), CALL(statx),
	CALL(sync_file_range), CALL(syncfs), CALL(utime), CALL(utimensat), CALL(utimes),
};

static int failed, done;

static long number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].nr;
	return -1;
}

static const char *skip(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == ',')
		p++;
	return p;
}

/* A text in quotes, without escapes, into a block of its own with room behind it. */
static char *parse_text(const char **p)
{
	const char *end = strchr(*p + 1, '"');
	char *text = calloc(1, 8192);

	if (!end || !text)
		exit(2);
	memcpy(text, *p + 1, end - *p - 1);
	*p = end + 1;
	return text;
}

static long parse_number(const char **p)
{
	char *end;
	long value = strtol(*p, &end, 0);

	if (end == *p)
		exit(2);
	*p = end;
	return value;
}

static long parse_argument(const char **p)
{
	char *text;

	if (**p == '"')
		return (long)parse_text(p);
	if (**p != 'N')
		return parse_number(p);
	++*p;
	text = calloc(1, 8192);
	memset(text, 'n', strtol(*p, (char **)p, 10));
	return (long)text;
}

static void do_row(const char *file, int line, const char *row)
{
	const char *p = skip(row + 1);
	char want[32], got[32], *name;
	long args[6] = {0}, value;

	if (*p == '"')
		snprintf(want, sizeof(want), "%s", parse_text(&p));
	else
		snprintf(want, sizeof(want), "%ld", parse_number(&p));
	p = skip(p);
	name = parse_text(&p);
	for (int i = 0; i < 6 && *(p = skip(p)) != '}'; i++)
		args[i] = parse_argument(&p);
	if (number_of(name) < 0) {
		fprintf(stderr, "%s:%d: unknown call %s\n", file, line, name);
		exit(2);
	}
	value = syscall(number_of(name), args[0], args[1], args[2], args[3], args[4], args[5]);
	if (value == -1)
		snprintf(got, sizeof(got), "%s", strerrorname_np(errno));
	else
		snprintf(got, sizeof(got), "%ld", value);
	done++;
	if (strcmp(want, got)) {
		printf("%s:%d: Linux says %s, not %s: %s", file, line, got, want, row);
		failed++;
	}
}

/* Rows begin a line; everything else of the scenario is passed over. */
static void do_file(const char *name)
{
	FILE *file = fopen(name, "re");
	char text[1024];
	int fd;

	if (!file) {
		perror(name);
		exit(2);
	}
	/* Above what the rows use. */
	fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 700);
	fclose(file);
	file = fdopen(fd, "r");
	/* Those of the file before. */
	close_range(3, 699, 0);
	umask(022);
	for (int line = 1; fgets(text, sizeof(text), file); line++) {
		const char *p = skip(text);

		if (*p == '{' && (p[1] == '"' || strchr("0123456789-", p[1])))
			do_row(name, line, p);
	}
}

int main(int argc, char **argv)
{
	char dir[4096];

	if (argc < 3) {
		fprintf(stderr, "usage: calls DIRECTORY FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		char *path = realpath(argv[i], NULL);

		snprintf(dir, sizeof(dir), "%s/calls.XXXXXX", argv[1]);
		if (!path || !mkdtemp(dir) || chdir(dir)) {
			perror(dir);
			return 2;
		}
		do_file(path);
		free(path);
	}
	printf("calls: %d passed, %d failed\n", done - failed, failed);
	return failed != 0;
}
