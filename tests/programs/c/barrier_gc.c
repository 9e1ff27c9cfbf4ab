/* SPDX-License-Identifier: MIT */
/*
 * A generational collector in small: its old pages are read-only, the first write to each faults, and the handler notes the page
 * as dirty and lets it be written. At the end the pages noted must be those written.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGES 64

static char *heap;
static unsigned char dirty[PAGES];
static int faults;

static void barrier(int signo, siginfo_t *info, void *context)
{
	uintptr_t page = ((uintptr_t)info->si_addr - (uintptr_t)heap) / 4096;

	(void)signo, (void)context;
	if (page >= PAGES)
		abort();
	dirty[page] = 1;
	faults++;
	mprotect(heap + page * 4096, 4096, PROT_READ | PROT_WRITE);
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = barrier, .sa_flags = SA_SIGINFO };
	uint32_t random = 7;

	heap = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(heap, 0, PAGES * 4096);
	sigaction(SIGSEGV, &action, NULL);
	for (int cycle = 0; cycle < 20; cycle++) {
		unsigned char written[PAGES] = { 0 };

		memset(dirty, 0, sizeof(dirty));
		mprotect(heap, PAGES * 4096, PROT_READ);
		for (int i = 0; i < 100; i++) {
			uint32_t at = (random = random * 1664525 + 1013904223) % (PAGES * 4096 / 3);

			heap[at]++;
			written[at / 4096] = 1;
		}
		if (memcmp(written, dirty, PAGES)) {
			puts("the barrier missed a page");
			return 1;
		}
	}
	printf("%d faults\n", faults);
	return 0;
}
