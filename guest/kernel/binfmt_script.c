/* SPDX-License-Identifier: MIT */
/*
 * "#!": a file whose first line names the program that is to run, with at most one argument (Linux fs/binfmt_script.c). The
 * program is given its own name, the argument, the script's path, and what the script was given behind argv[0]. It may be a
 * script itself, but not without end.
 */
#include "exec.h"
#include "fs.h"
#include "task.h"

#define BINPRM_BUF_SIZE	256		/* of a file that are looked at */
#define MAX_REWRITES	5

static bool spacetab(char c) { return c == ' ' || c == '\t'; }

/* In [first, last]; NULL: there is none. */
static char *next_non_spacetab(char *first, char *last)
{
	for (; first <= last; first++)
		if (!spacetab(*first))
			return first;
	return NULL;
}

static char *next_terminator(char *first, char *last)
{
	for (; first <= last; first++)
		if (spacetab(*first) || !*first)
			return first;
	return NULL;
}

/* Behind the first line's last byte that counts; NULL: its program's path may have been cut off. */
static char *line_end(char *buf)
{
	char *last = buf + BINPRM_BUF_SIZE - 1, *end, *path;

	for (end = buf; end <= last && *end && *end != '\n'; end++)
		;
	if (end > last || *end != '\n') {
		path = next_non_spacetab(buf + 2, last);
		if (!path || !next_terminator(path, last))
			return NULL;
		end = last;
	}
	while (spacetab(end[-1]))
		end--;
	return end;
}

/* What the line says, as strings in buf; *arg NULL: no argument. 0 or -LX_ENOEXEC. */
static int parse_line(char *buf, const char **interp, const char **arg)
{
	char *end = line_end(buf), *name, *behind;

	if (!end)
		return -LX_ENOEXEC;
	name = next_non_spacetab(buf + 2, end);
	if (!name || name == end)
		return -LX_ENOEXEC;
	*interp = name;
	*arg = NULL;
	behind = next_terminator(name, end);
	if (behind && *behind)
		*arg = next_non_spacetab(behind, end);
	*end = '\0';
	if (*arg)
		*behind = '\0';
	return 0;
}

/* argv as the program is to see it. script: the path by which the file was found. 0 or -LX_E2BIG. */
static int rewrite_argv(struct scratch *s, struct exec_strings *strings, const char *interp, const char *arg, const char *script)
{
	const char *const *old = strings->argv;
	const char **argv;
	uint64_t n = 0;

	while (old[n])
		n++;
	argv = scratch_alloc(s, (n + 3) * sizeof(*argv));
	if (!argv)
		return -LX_E2BIG;
	strings->argv = argv;
	*argv++ = interp;
	if (arg)
		*argv++ = arg;
	*argv++ = script;
	/* argv[0] goes; an empty argv was given one. */
	for (uint64_t i = 1; i < n; i++)
		*argv++ = old[i];
	*argv = NULL;
	return 0;
}

/* A script's program instead of it. 0 or -errno. */
static int load_script(struct scratch *s, char *buf, struct file **file, struct exec_strings *strings, const char **path)
{
	const char *interp, *arg;
	struct file *program;
	int error = parse_line(buf, &interp, &arg);

	if (!error)
		error = rewrite_argv(s, strings, interp, arg, *path);
	if (error)
		return error;
	program = open_exec(interp);
	if (IS_ERR(program))
		return PTR_ERR(program);
	allow_write_access(*file);
	fput(*file);
	*file = program;
	*path = interp;
	return 0;
}

int follow_scripts(struct scratch *s, struct file **file, struct exec_strings *strings)
{
	const char *path = strings->filename;

	for (int depth = 0;; depth++) {
		char magic[2];
		char *buf;
		int error;

		if (depth > MAX_REWRITES)
			return -LX_ELOOP;
		if (kernel_read(*file, magic, sizeof(magic), 0) < sizeof(magic) || magic[0] != '#' || magic[1] != '!')
			return 0;
		buf = scratch_alloc(s, BINPRM_BUF_SIZE);
		if (!buf)
			return -LX_E2BIG;
		memset(buf, 0, BINPRM_BUF_SIZE);
		kernel_read(*file, buf, BINPRM_BUF_SIZE, 0);
		error = load_script(s, buf, file, strings, &path);
		if (error)
			return error;
	}
}
