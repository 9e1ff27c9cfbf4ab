// SPDX-License-Identifier: MIT
/*
 * Memory and strings. Where ring 0 is emulated each instruction, and each round of a `rep`, costs about the
 * same whatever its width: so eight bytes a round, and the odd bytes after them.
 */
#include "kernel.h"

void *memcpy(void *dst, const void *src, size_t n)
{
	void *to = dst;
	size_t words = n / 8, bytes = n % 8;

	if (words)
		asm volatile("rep movsq" : "+D"(to), "+S"(src), "+c"(words) : : "memory");
	if (bytes)
		asm volatile("rep movsb" : "+D"(to), "+S"(src), "+c"(bytes) : : "memory");
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	void *to = dst;
	size_t words = n / 8, bytes = n % 8;
	uint64_t pattern = (uint8_t)c * 0x0101010101010101UL;

	if (words)
		asm volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
	if (bytes)
		asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(pattern) : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (; n >= 8 && *(const uint64_t *)x == *(const uint64_t *)y; n -= 8) {
		x += 8;
		y += 8;
	}
	for (; n > 0; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end)
		end++;
	return end - s;
}

void strscpy(char *dst, const char *src, size_t n)
{
	while (--n && *src)
		*dst++ = *src++;
	*dst = '\0';
}
