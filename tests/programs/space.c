/* SPDX-License-Identifier: MIT */
/* A program whose address space has a known life; its timeline is compared (tests/programs/space.expected). Without a C library. */
#include "uapi.h"

#define AT	0x10000000UL
#define PAGE	4096UL

static long call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return ret;
}

static volatile char *at(unsigned long offset)
{
	return (volatile char *)(AT + offset);
}

static void child(void)
{
	*at(0) = 2;					/* COW: copied */
	call(NR_munmap, AT, 4 * PAGE, 0, 0, 0, 0);
	*at(0) = 3;					/* SIGSEGV */
}

__attribute__((force_align_arg_pointer)) void _start(void)
{
	long pid;

	call(NR_mmap, AT, 4 * PAGE, LX_PROT_READ | LX_PROT_WRITE, LX_MAP_PRIVATE | LX_MAP_ANONYMOUS | LX_MAP_FIXED, -1, 0);
	*at(0) = 1;					/* a page */
	(void)*at(PAGE);				/* the zero page … */
	*at(PAGE) = 1;					/* … written to */
	call(NR_mprotect, AT + PAGE, PAGE, LX_PROT_READ, 0, 0, 0);
	call(NR_madvise, AT + PAGE, PAGE, 4 /* MADV_DONTNEED */, 0, 0, 0);
	pid = call(NR_fork, 0, 0, 0, 0, 0, 0);
	if (!pid)
		child();
	call(NR_wait4, pid, 0, 0, 0, 0, 0);
	*at(0) = 4;					/* COW: it is alone again */
	call(NR_munmap, AT, 4 * PAGE, 0, 0, 0, 0);
	call(NR_exit_group, 7, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}
