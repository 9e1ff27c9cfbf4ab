/* SPDX-License-Identifier: MIT */
/*
 * The hash of a page: XXH3, compiled twice. Every x86-64 has SSE2; nearly all have AVX2, by which a page that is in the
 * cache takes a third of the time. Both give the same number.
 */
#include "observe/page_hash.h"
#include "observe/view.h"

#include <xxhash.h>

static uint64_t page_hash_sse2(const void *page)
{
	return XXH3_64bits(page, PAGE_SIZE);
}

uint64_t view_hash(const void *page)
{
	static uint64_t (*best)(const void *page);
	uint64_t hash;

	if (!best)
		best = __builtin_cpu_supports("avx2") ? page_hash_avx2 : page_hash_sse2;
	hash = best(page);
	return hash ? hash : 1;
}
