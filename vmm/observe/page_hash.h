/* SPDX-License-Identifier: MIT */
/* Inside observe: the hash of a page for processors with AVX2. Everybody else calls view_hash(). */
#ifndef VMM_OBSERVE_PAGE_HASH_H
#define VMM_OBSERVE_PAGE_HASH_H

#include <stdint.h>
#include "x86.h"

uint64_t page_hash_avx2(const void *page);

#endif
