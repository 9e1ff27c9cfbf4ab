/* SPDX-License-Identifier: MIT */
/* XXH3 in 256-bit registers: see page_hash.c. */
#ifndef __clang__ /* has no such pragma: there this is the same code once more */
#pragma GCC target("avx2")
#endif
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "observe/page_hash.h"

uint64_t page_hash_avx2(const void *page)
{
	return XXH3_64bits(page, PAGE_SIZE);
}
