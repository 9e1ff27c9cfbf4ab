// SPDX-License-Identifier: MIT
/* Whole pages: the two primitives of mm_env.h that move memory. */
#include "mm_env.h"

void clear_page(void *page)
{
	memset(page, 0, PAGE_SIZE);
}

void copy_page(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}
