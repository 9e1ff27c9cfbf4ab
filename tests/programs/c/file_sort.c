/* SPDX-License-Identifier: MIT */
/* Numbers in a file are sorted where they are mapped, shared; children see the result, and a private mapping stays what it was. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define N 50000

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

int main(void)
{
	int fd = open("/tmp/mmscope-numbers", O_RDWR | O_CREAT | O_TRUNC, 0600), status;
	uint32_t *shared, *kept, seed = 1;

	ftruncate(fd, N * sizeof(uint32_t));
	shared = mmap(NULL, N * 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (int i = 0; i < N; i++)
		shared[i] = seed = seed * 1664525 + 1013904223;
	kept = mmap(NULL, N * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	for (int i = 0; i < N; i++)
		kept[i] ^= 0;
	if (fork() == 0) {
		qsort(shared, N, 4, ascending);
		_exit(0);
	}
	wait(&status);
	for (int i = 1; i < N; i++)
		if (shared[i - 1] > shared[i])
			return puts("not sorted"), 1;
	seed = 1;
	for (int i = 0; i < N; i++)
		if (kept[i] != (seed = seed * 1664525 + 1013904223))
			return puts("the private copy changed"), 1;
	unlink("/tmp/mmscope-numbers");
	printf("%u to %u, status %d\n", shared[0], shared[N - 1], status);
	return 0;
}
