/* SPDX-License-Identifier: MIT */
/*
 * guest/mm under test: all its sources in this one translation unit, so that statics are reached and nothing
 * is exported for tests; a machine for it to run on (machine.h); and a small language for steps:
 *
 *	boot(64);                       64 MiB of RAM, one process, its mm loaded
 *	map(0, 4, "rw");                pages 0 to 3 of the window at BASE, MAP_FIXED
 *	expect_picture("wwww");         one character a page: r w x n (none) by rights, '.' free; a capital
 *	                                begins where a second area of the same kind follows without a gap
 */
#ifndef TESTS_GUESTMM_HARNESS_H
#define TESTS_GUESTMM_HARNESS_H

#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../guest/mm/accounting.c"
#include "../../guest/mm/brk.c"
#include "../../guest/mm/dup.c"
#include "../../guest/mm/fail_alloc.c"
#include "../../guest/mm/fault.c"
#include "../../guest/mm/filemap.c"
#include "../../guest/mm/gup.c"
#include "../../guest/mm/i_mmap.c"
#include "../../guest/mm/kmalloc.c"
#include "../../guest/mm/memory.c"
#include "../../guest/mm/merge.c"
#include "../../guest/mm/mm_life.c"
#include "../../guest/mm/mmap.c"
#include "../../guest/mm/mprotect.c"
#include "../../guest/mm/mincore.c"
#include "../../guest/mm/msync.c"
#include "../../guest/mm/mremap.c"
#include "../../guest/mm/mlock.c"
#include "../../guest/mm/madvise.c"
#include "../../guest/mm/munmap.c"
#include "../../guest/mm/page_alloc.c"
#include "../../guest/mm/pagemap.c"
#include "../../guest/mm/pfnmap.c"
#include "../../guest/mm/pgtable.c"
#include "../../guest/mm/populate.c"
#include "../../guest/mm/profile.c"
#include "../../guest/mm/protect.c"
#include "../../guest/mm/rbtree.c"
#include "../../guest/mm/rmap.c"
#include "../../guest/mm/rmap_walk.c"
#include "../../guest/mm/shmem.c"
#include "../../guest/mm/slab.c"
#include "../../guest/mm/soft_dirty.c"
#include "../../guest/mm/smaps.c"
#include "../../guest/mm/stack.c"
#include "../../guest/mm/switch.c"
#include "../../guest/mm/tlb.c"
#include "../../guest/mm/truncate.c"
#include "../../guest/mm/xarray.c"
#include "../../guest/mm/unmapped_area.c"
#include "../../guest/mm/vma.c"
#include "../../guest/mm/vma_tree.c"
#include "../../guest/mm/vmacache.c"
#include "../../guest/mm/vmscan.c"
#include "../../guest/mm/zap.c"

#include "machine.h"
#include "validate.h"

#endif
