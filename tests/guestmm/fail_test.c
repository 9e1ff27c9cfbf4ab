// SPDX-License-Identifier: MIT
/* The knob that makes allocations fail (mm/fail_alloc.c): which count, which fail, and who asked. */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

static DEFINE_KMEM_CACHE(test_cachep, "test", 200);

/* Ten allocations of a page, as a picture: '.' had, 'F' failed. */
static const char *ten_pages(void)
{
	static char text[11];

	for (int i = 0; i < 10; i++)
		text[i] = alloc_pages(GFP_KERNEL, 0) ? '.' : 'F';
	return text;
}

#define expect_ten(text) \
	do { const char *t_ = ten_pages(); cr_assert(!strcmp(t_, text), "%s, not %s", t_, text); } while (0)

Test(fail, nth_interval_and_times)
{
	boot_ram(16, true);
	expect_ten("..........");
	fail_alloc = (struct fault_attr){ .nth = 3 };
	expect_ten("..F.......");
	expect_long(fail_alloc.nth, 0);
	expect_long(fail_alloc.seen, 3);
	expect_long(fail_alloc.failed, 1);
	fail_alloc = (struct fault_attr){ .nth = 3, .interval = 2 };
	expect_ten("..F.F.F.F.");
	expect_ten("F.F.F.F.F.");
	fail_alloc = (struct fault_attr){ .nth = 3, .interval = 2, .times = 2 };
	expect_ten("..F.F.....");
	expect_long(fail_alloc.nth, 0);
	expect_long(fail_alloc.failed, 2);
	fail_alloc = (struct fault_attr){ .nth = 1, .interval = 1 };
	expect_ten("FFFFFFFFFF");
}

Test(fail, kinds_are_told_apart)
{
	boot_ram(16, true);
	fail_alloc = (struct fault_attr){ .nth = 1, .kinds = FAULT_SLAB };
	expect_ten("..........");
	expect_long(fail_alloc.seen, 0);
	expect_true(!kmem_cache_alloc(&test_cachep));
	/* The object counts, and behind it the page that becomes its slab. */
	fail_alloc = (struct fault_attr){ .nth = 2 };
	expect_true(!kmem_cache_alloc(&test_cachep));
	expect_long(test_cachep.nr_slabs, 0);
	fail_alloc = (struct fault_attr){ .nth = 1, .kinds = FAULT_PAGES };
	expect_true(!kmem_cache_zalloc(&test_cachep));
	expect_true(kmem_cache_zalloc(&test_cachep));
}

static __attribute__((noinline)) struct page *other_caller(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);

	asm volatile("" ::: "memory");	/* not a tail call: this frame must stand */
	return page;
}

Test(fail, only_for_one_caller)
{
	boot_ram(16, true);
	fail_alloc = (struct fault_attr){ .nth = 1, .interval = 1 };
	expect_true(!other_caller());
	expect_true(fail_alloc.nr_callers > 2);
	/* Some byte of that function; it is far shorter than 256, and ten_pages() is elsewhere. */
	fail_alloc.require_start = (uint64_t)other_caller;
	for (unsigned int i = 0; i < fail_alloc.nr_callers && !fail_alloc.require_end; i++)
		if (fail_alloc.callers[i] - (uint64_t)other_caller < 256)
			fail_alloc.require_end = fail_alloc.callers[i] + 1;
	expect_true(fail_alloc.require_end);
	expect_ten("..........");
	expect_true(!other_caller());
}
