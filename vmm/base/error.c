/* SPDX-License-Identifier: MIT */
/* Errors with an exit status, and memory that is either there or ends the process. */
#include "base/error.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int error_set(struct error *e, enum exit_status status, const char *format, ...)
{
	va_list args;

	e->status = status;
	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	return -1;
}

/* Rank of a status where several compete: 4 > 3 > 5 > 1; usage and skips rank between, lest they get lost. */
static int status_rank(enum exit_status status)
{
	switch (status) {
	case EXIT_HELD:
		return 0;
	case EXIT_SKIPPED:
		return 1;
	case EXIT_FINDING:
		return 2;
	case EXIT_USAGE:
		return 3;
	case EXIT_TIME:
		return 4;
	case EXIT_GUEST_DIED:
		return 5;
	case EXIT_HOST:
		return 6;
	}
	return 6;
}

enum exit_status status_max(enum exit_status a, enum exit_status b)
{
	return status_rank(a) >= status_rank(b) ? a : b;
}

static void *checked(void *p, unsigned long size)
{
	if (p || !size)
		return p;
	fprintf(stderr,
		"vmm: the host has no memory for %lu bytes: close something, or raise its limit (ulimit "
		"-v)\n",
		size);
	exit(EXIT_HOST);
}

void *xmalloc(unsigned long size)
{
	return checked(malloc(size), size);
}

void *xcalloc(unsigned long n, unsigned long size)
{
	unsigned long bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return checked(NULL, ~0UL);
	return checked(calloc(n, size), bytes);
}

void *xrealloc(void *p, unsigned long size)
{
	return checked(realloc(p, size), size);
}

#define KEEP_MMAP (32 << 20) /* the most that glibc takes */
#define KEEP_TRIM (1 << 30)

void keep_freed_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, KEEP_MMAP);
	mallopt(M_TRIM_THRESHOLD, KEEP_TRIM);
}
