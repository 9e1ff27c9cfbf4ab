/* SPDX-License-Identifier: MIT */
/* `vmm diff A B`: what two recorded steps, or two recorded runs step by step, do not have in common. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report/flat.h"
#include "report/report.h"

#define MAX_FILE (256 << 20)

const char diff_help[] =
	"usage: vmm diff A B\n"
	"\n"
	"Compares two recorded steps (step-NNNN.json of --out), or two directories of --out step by step.\n"
	"Each line is a value that differs: `-` only in A, `+` only in B, `~` in both.\n"
	"Exit status: 0 the same, 1 different, 2 one of them cannot be read.\n";

/* A comparison: two names and how many lines were written. */
struct comparison {
	const char *a, *b;
	uint64_t differences;
};

static char *read_file(const char *path, size_t *size, struct error *e)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	char *text = NULL;

	if (!f || fstat(fileno(f), &st)) {
		error_set(e, EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size > MAX_FILE) {
		error_set(e, EXIT_USAGE, "%s is no recorded step", path);
	} else {
		text = xmalloc(st.st_size + 1);
		*size = fread(text, 1, st.st_size, f);
		text[*size] = 0;
	}
	if (f)
		fclose(f);
	return text;
}

static int load(struct flat *flat, const char *path, struct error *e)
{
	size_t size = 0;
	char *text = read_file(path, &size, e);
	int failed = !text || flat_parse(flat, text, size, path, e);

	free(text);
	return failed ? -1 : 0;
}

/* Where in the script a step stood says nothing about the guest. */
static bool compared(const struct flat_entry *entry)
{
	return strcmp(entry->path, "where") != 0;
}

static void put_difference(struct comparison *c, const char *step, char sign, const struct flat_entry *a,
			   const struct flat_entry *b)
{
	if (!compared(a ? a : b))
		return;
	c->differences++;
	printf("%s%s%c %s  ", step, step[0] ? "  " : "", sign, a ? a->path : b->path);
	if (a && b)
		printf("%s -> %s\n", a->value, b->value);
	else
		printf("%s\n", a ? a->value : b->value);
}

static void compare(struct comparison *c, const char *step, const struct flat *a, const struct flat *b)
{
	for (uint32_t i = 0, j = 0; i < a->nr_entries || j < b->nr_entries;) {
		const struct flat_entry *x = i < a->nr_entries ? &a->entries[i] : NULL;
		const struct flat_entry *y = j < b->nr_entries ? &b->entries[j] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->path, y->path);

		if (order == 0 && strcmp(x->value, y->value) != 0)
			put_difference(c, step, '~', x, y);
		else if (order < 0)
			put_difference(c, step, '-', x, NULL);
		else if (order > 0)
			put_difference(c, step, '+', NULL, y);
		i += order <= 0;
		j += order >= 0;
	}
}

static int compare_files(struct comparison *c, const char *step, const char *a, const char *b,
			 struct error *e)
{
	struct flat x = {0}, y = {0};
	int failed = load(&x, a, e) || load(&y, b, e);

	if (!failed)
		compare(c, step, &x, &y);
	flat_free(&x);
	flat_free(&y);
	return failed ? -1 : 0;
}

/* Highest N of step-NNNN.json in a directory; 0: none. -1 with *e: no such directory. */
static long last_step(const char *path, struct error *e)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	long last = 0;

	if (!dir)
		return error_set(e, EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
	while ((entry = readdir(dir))) {
		unsigned int n;
		int end = 0;

		if (sscanf(entry->d_name, "step-%9u.json%n", &n, &end) == 1 && end && !entry->d_name[end] &&
		    n > last)
			last = n;
	}
	closedir(dir);
	return last;
}

static bool exists(const char *dir, const char *name)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return stat(path, &st) == 0;
}

static int compare_step(struct comparison *c, long n, struct error *e)
{
	char name[32], step[32], a[4096], b[4096];
	bool in_a, in_b;

	snprintf(name, sizeof(name), "step-%04ld.json", n);
	in_a = exists(c->a, name);
	in_b = exists(c->b, name);
	if (!in_a && !in_b)
		return 0;
	if (!in_a || !in_b) {
		printf("%c step %ld  only in %s\n", in_a ? '-' : '+', n, in_a ? c->a : c->b);
		c->differences++;
		return 0;
	}
	snprintf(step, sizeof(step), "%ld", n);
	snprintf(a, sizeof(a), "%s/%s", c->a, name);
	snprintf(b, sizeof(b), "%s/%s", c->b, name);
	return compare_files(c, step, a, b, e);
}

static int compare_runs(struct comparison *c, struct error *e)
{
	long a = last_step(c->a, e), b = last_step(c->b, e);

	if (a < 0 || b < 0)
		return -1;
	if (a == 0 && b == 0)
		return error_set(e, EXIT_USAGE, "neither %s nor %s holds a recorded step", c->a, c->b);
	for (long n = 1; n <= (a > b ? a : b); n++)
		if (compare_step(c, n, e))
			return -1;
	return 0;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int diff_main(int argc, char **argv)
{
	struct comparison c = {0};
	struct error e;
	int failed;

	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return fputs(diff_help, stdout) < 0 ? EXIT_HOST : EXIT_HELD;
	if (argc != 3) {
		fputs(diff_help, stderr);
		return EXIT_USAGE;
	}
	c.a = argv[1];
	c.b = argv[2];
	if (is_directory(c.a) != is_directory(c.b))
		failed =
			error_set(&e, EXIT_USAGE,
				  "one of %s and %s is a directory: compare two steps or two runs", c.a, c.b);
	else
		failed = is_directory(c.a) ? compare_runs(&c, &e) : compare_files(&c, "", c.a, c.b, &e);
	if (failed) {
		fprintf(stderr, "vmm diff: %s\n", e.text);
		return e.status;
	}
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "vmm diff: cannot write: %s\n", strerror(errno));
		return EXIT_HOST;
	}
	return c.differences ? EXIT_FINDING : EXIT_HELD;
}
