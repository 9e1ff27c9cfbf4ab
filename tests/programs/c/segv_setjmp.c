/* SPDX-License-Identifier: MIT */
/* Out of a SIGSEGV handler by longjmp, on an alternate stack and off it: what was not mapped, not readable, not writable. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static sigjmp_buf out;
static volatile int code;
static void *volatile where;

static void on_fault(int signo, siginfo_t *info, void *context)
{
	(void)signo, (void)context;
	code = info->si_code;
	where = info->si_addr;
	siglongjmp(out, 1);
}

static void touch(volatile char *at, int write, const char *what)
{
	if (sigsetjmp(out, 1)) {
		printf("%s: %s at its address: %d\n", what, code == SEGV_MAPERR ? "MAPERR" : code == SEGV_ACCERR ? "ACCERR" : "?",
		       where == (void *)at);
		return;
	}
	if (write)
		*at = 1;
	else
		(void)*at;
	printf("%s: nothing happened\n", what);
}

int main(void)
{
	static char stack[65536];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	sigaltstack(&alternate, NULL);
	sigaction(SIGSEGV, &action, NULL);
	mprotect(p + 4096, 4096, PROT_READ);
	mprotect(p + 8192, 4096, PROT_NONE);
	for (int i = 0; i < 3; i++) {
		touch(p, 1, "writable, write");
		touch(p + 4096, 0, "readable, read");
		touch(p + 4096, 1, "readable, write");
		touch(p + 8192, 0, "none, read");
		touch((char *)64, 0, "nothing, read");
	}
	return 0;
}
