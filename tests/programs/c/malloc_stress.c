/* SPDX-License-Identifier: MIT */
/* Blocks of all sizes come and go; each is filled with a pattern of its own, which must be there when it goes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 300

static struct { unsigned char *at; size_t size; unsigned char pattern; } slots[SLOTS];
static uint32_t state = 12345;

static uint32_t next(void)
{
	return state = state * 1664525 + 1013904223;
}

static void check(int i)
{
	for (size_t b = 0; b < slots[i].size; b++)
		if (slots[i].at[b] != slots[i].pattern) {
			printf("slot %d is damaged at %zu\n", i, b);
			exit(1);
		}
}

int main(void)
{
	size_t total = 0;

	for (int round = 0; round < 20000; round++) {
		int i = next() >> 8 & 255;

		if (slots[i].at) {
			check(i);
			free(slots[i].at);
		}
		slots[i].size = next() % 64 ? next() % 2000 : 100000 + next() % 300000;
		slots[i].pattern = next() >> 16;
		slots[i].at = malloc(slots[i].size + 1);
		memset(slots[i].at, slots[i].pattern, slots[i].size);
		total += slots[i].size;
	}
	printf("%zu bytes went through\n", total);
	return 0;
}
