/* SPDX-License-Identifier: MIT */
/* Errors of the host side: what, where and the cure in one text, and the exit status they ask for. */
#ifndef VMM_BASE_ERROR_H
#define VMM_BASE_ERROR_H

#include <stdbool.h>

/** Exit statuses of `vmm`. Several at once: 4 > 3 > 5 > 1. */
enum exit_status {
	EXIT_HELD = 0,		/* all expectations and invariants held */
	EXIT_FINDING = 1,	/* an expectation, an invariant or a comparison failed */
	EXIT_USAGE = 2,		/* bad arguments, ELF or script */
	EXIT_GUEST_DIED = 3,	/* panic, triple fault, emulation failure … */
	EXIT_HOST = 4,		/* host or KVM error */
	EXIT_TIME = 5,		/* --time-limit */
	EXIT_SKIPPED = 77,	/* what it needs is not here */
};

struct error {
	enum exit_status status;
	char text[4096];	/* one line, or a report of a guest's death of some forty */
};

/** Fill *e (printf-style) and return -1, so that `return error_set(…)` reads well. */
int error_set(struct error *e, enum exit_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** The more serious of two statuses. */
enum exit_status status_max(enum exit_status a, enum exit_status b);
/** malloc, calloc, realloc that end the process with EXIT_HOST when the host has no memory. */
void *xmalloc(unsigned long size);
void *xcalloc(unsigned long n, unsigned long size);
void *xrealloc(void *p, unsigned long size);
/**
 * What is freed stays with the process. Each look from outside needs as much memory as the last; to give it back to the
 * kernel and to fault it in again, page by page, costs more than the look.
 */
void keep_freed_memory(void);

#endif
