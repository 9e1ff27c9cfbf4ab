// SPDX-License-Identifier: MIT
/* What the mm is made of: frames and slabs. */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

/* --- frames ----------------------------------------------------------------------------------- */

#define NR_FRAMES	(contig_zone.end_pfn - contig_zone.start_pfn)

Test(buddy, start_touches_nothing)
{
	boot_ram(64, true);
	expect_long(contig_zone.start_pfn, FRAMES_BELOW + (16384 * sizeof(struct page) >> PAGE_SHIFT));
	expect_long(contig_zone.frontier_pfn, contig_zone.start_pfn + 1);	/* the zero page */
	expect_long(contig_zone.nr_free, 0);
	expect_long(mem_map[contig_zone.frontier_pfn]._refcount, 0);
	expect_long(mem_map[contig_zone.frontier_pfn]._mapcount, 0);
	validate_nothing_left();
}

Test(buddy, frontier_is_aligned_and_what_it_skips_is_free)
{
	struct page *page, *one;

	boot_ram(16, true);
	one = alloc_pages(GFP_KERNEL, 0);
	page = alloc_pages(GFP_KERNEL, 9);
	expect_long(page_to_pfn(page) % 512, 0);
	expect_long(contig_zone.frontier_pfn, page_to_pfn(page) + 512);
	expect_long(contig_zone.nr_free, page_to_pfn(page) - contig_zone.start_pfn - 2);
	for (int i = 0; i < 512; i++)
		expect_long(page[i].page_type, PGTY_kernel);
	expect_long(page[1]._refcount, 0);
	__free_pages(page, 9);
	put_page(one);
	validate_nothing_left();
}

Test(buddy, lists_come_before_the_frontier)
{
	struct page *a, *b;

	boot_ram(16, true);
	a = alloc_pages(GFP_KERNEL, 0);
	b = alloc_pages(GFP_KERNEL, 0);
	put_page(a);
	expect_true(alloc_pages(GFP_KERNEL, 0) == a);
	put_page(a);
	put_page(b);
	validate_nothing_left();
}

Test(buddy, everything_can_be_had_and_comes_back_whole)
{
	static struct page *pages[4096];
	uint64_t n = 0, blocks = 0;

	boot_ram(16, true);
	while ((pages[n] = alloc_pages(GFP_KERNEL, 0)))
		n++;
	expect_long(n, NR_FRAMES - 1);
	expect_long(last_event()->type, LAB_EV_OOM);
	expect_true(alloc_pages(GFP_KERNEL, 3) == NULL);
	/* Any order of freeing ends in the same, fully merged blocks. */
	for (uint64_t left = n; left; left--) {
		uint64_t i = rnd(left);
		struct page *page = pages[i];

		pages[i] = pages[left - 1];
		put_page(page);
	}
	validate_nothing_left();
	for (int order = 0; order < NR_ORDERS; order++)
		blocks += contig_zone.free_area[order].nr_free;
	expect_true(blocks <= 2 * NR_ORDERS);
	expect_true(contig_zone.free_area[10].nr_free >= NR_FRAMES / 1024 - 1);
}

Test(buddy, random_orders)
{
	static struct { struct page *page; unsigned int order; } held[200];

	boot_ram(16, true);
	for (int round = 0; round < 20000; round++) {
		unsigned int i = rnd(ARRAY_SIZE(held));

		if (held[i].page) {
			__free_pages(held[i].page, held[i].order);
			held[i].page = NULL;
		} else {
			held[i].order = rnd(8) ? rnd(4) : rnd(NR_ORDERS);
			held[i].page = alloc_pages(GFP_KERNEL, held[i].order);
			if (held[i].page)
				held[i].page->page_type = PGTY_kernel;
			expect_true(!held[i].page || page_to_pfn(held[i].page) % (1UL << held[i].order) == 0);
		}
		if (round % 64 == 0)
			validate_all();
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i].page)
			__free_pages(held[i].page, held[i].order);
	validate_nothing_left();
}

Test(buddy, zero_is_free_where_it_is_known)
{
	struct page *page;

	/* RAM was zero: no page is cleared before it was used once. */
	boot_ram(16, true);
	page = alloc_pages(__GFP_ZERO, 0);
	expect_long(counts.pages_cleared, 0);
	memset(__va(page_to_pfn(page) << PAGE_SHIFT), 1, PAGE_SIZE);
	put_page(page);
	page = alloc_pages(__GFP_ZERO, 0);
	expect_long(counts.pages_cleared, 1);
	expect_true(frame_is_zero(page_to_pfn(page)));
	put_page(page);
}

Test(buddy, ram_that_was_not_zero)
{
	struct task_struct *task;

	boot_ram(16, false);
	expect_true(counts.pages_cleared >= 1);
	expect_long(frame_is_zero(zero_pfn), 1);
	task = start_process();
	map(0, 4, "rw");
	expect_long(peek(PG(0)), 0);
	expect_long(poke(PG(1), 1), 0);
	expect_long(*user_access(PG(1) + 1, ACCESS_READ), 0);
	validate_all();
	exit_current(&tasks[0]);
	drop_lazy_mm();
	validate_nothing_left();
	expect_true(task->mm == NULL);
}

Test(buddy, tables_come_back_as_zero_frames)
{
	boot(16);
	/* Keeps the slabs from going, which would come back dirty. */
	ksys_mmap(0, PAGE_SIZE, LX_PROT_READ | LX_PROT_WRITE,
		  LX_MAP_PRIVATE | LX_MAP_ANONYMOUS | LX_MAP_POPULATE, NULL,
		  0);
	map(0, 1, "rw");
	poke(PG(0), 1);
	unmap(0, 1);
	counts.pages_cleared = 0;
	/* Three tables go and come; only the page itself is cleared. */
	for (int i = 0; i < 10; i++) {
		map(0, 1, "rw");
		poke(PG(0), 1);
		unmap(0, 1);
	}
	expect_true(counts.pages_cleared <= 10);
	validate_all();
}

Test(buddy, double_free_is_caught, .signal = LX_SIGABRT)
{
	struct page *page;

	boot_ram(16, true);
	page = alloc_pages(GFP_KERNEL, 0);
	put_page(page);
	put_page(page);
}

Test(buddy, freeing_a_mapped_page_is_caught, .signal = LX_SIGABRT)
{
	struct page *page;

	boot_ram(16, true);
	page = alloc_pages(GFP_KERNEL, 0);
	page->_mapcount = 0;
	put_page(page);
}

/* --- slabs ------------------------------------------------------------------------------------ */

static DEFINE_KMEM_CACHE(test_cachep, "test", 200);

Test(slab, carves_lazily_and_gives_empty_slabs_back)
{
	void *objects[41];
	struct page *page;

	boot_ram(16, true);
	objects[0] = kmem_cache_alloc(&test_cachep);
	page = pfn_to_page(__pa(objects[0]) >> PAGE_SHIFT);
	expect_long(test_cachep.objects, 20);
	expect_long(page->carved, 1);
	for (int i = 1; i < 41; i++)
		objects[i] = kmem_cache_alloc(&test_cachep);
	expect_long(page->carved, 20);
	expect_long(test_cachep.nr_slabs, 3);
	validate_all();
	/* Freed last, had first. */
	kmem_cache_free(&test_cachep, objects[5]);
	kmem_cache_free(&test_cachep, objects[7]);
	expect_true(kmem_cache_alloc(&test_cachep) == objects[7]);
	expect_true(kmem_cache_alloc(&test_cachep) == objects[5]);
	for (int i = 0; i < 41; i++) {
		kmem_cache_free(&test_cachep, objects[i]);
		validate_all();
	}
	expect_long(test_cachep.nr_slabs, 0);
	validate_nothing_left();
}

Test(slab, zalloc_is_zero_whatever_was_there)
{
	uint8_t *a, *b;

	boot_ram(16, false);
	a = kmem_cache_zalloc(&test_cachep);
	for (int i = 0; i < 200; i++)
		expect_long(a[i], 0);
	b = kmem_cache_alloc(&test_cachep);
	expect_long(b[199], POISON_INUSE);
	kmem_cache_free(&test_cachep, a);
	expect_long(a[199], POISON_FREE);
	a = kmem_cache_zalloc(&test_cachep);
	for (int i = 0; i < 200; i++)
		expect_long(a[i], 0);
}

Test(slab, write_after_free_is_caught, .signal = LX_SIGABRT)
{
	uint8_t *a, *b;

	boot_ram(16, true);
	a = kmem_cache_alloc(&test_cachep);
	b = kmem_cache_alloc(&test_cachep);
	kmem_cache_free(&test_cachep, a);
	a[100] = 0;
	kmem_cache_alloc(&test_cachep);
	*b = 0;
}

Test(slab, object_of_another_cache_is_caught, .signal = LX_SIGABRT)
{
	boot(16);
	kmem_cache_free(&test_cachep, get_current()->mm);
}

Test(slab, pointer_into_an_object_is_caught, .signal = LX_SIGABRT)
{
	boot_ram(16, true);
	kmem_cache_free(&test_cachep, kmem_cache_alloc(&test_cachep) + 8);
}

/* --- memory of any size ----------------------------------------------------------------------- */

/* The class that a size falls into; 0: pages. */
static uint64_t class_of(uint64_t size)
{
	static const uint64_t classes[] = { 8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096 };

	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++)
		if (size <= classes[i])
			return classes[i];
	return 0;
}

Test(kmalloc, sizes_fall_into_classes)
{
	uint64_t frames;

	boot_ram(16, true);
	frames = contig_zone.frontier_pfn - contig_zone.nr_free;
	for (uint64_t size = 0; size <= 3 * PAGE_SIZE; size += size < 300 ? 1 : 61) {
		void *object = kmalloc(size);
		struct page *page = pfn_to_page(__pa(object) >> PAGE_SHIFT);

		memset(object, 0xee, size);
		if (size <= PAGE_SIZE)
			expect_long(page->slab_cache->size, class_of(size));
		else
			expect_long(page->order, size > 2 * PAGE_SIZE ? 2 : 1);
		/* A class that is a power of two lies on its own multiples. */
		expect_true(__builtin_popcountl(class_of(size)) != 1 || __pa(object) % class_of(size) == 0);
		validate_all();
		kfree(object);
	}
	kfree(NULL);
	validate_all();
	expect_long(contig_zone.frontier_pfn - contig_zone.nr_free, frames);
	expect_true(!kmalloc(PAGE_SIZE << NR_ORDERS));
	expect_true(!kmalloc(UINT64_MAX));
}

Test(kmalloc, many_sizes_at_once_keep_their_bytes)
{
	static struct { uint8_t *at; uint64_t size; uint8_t value; } live[256];

	boot_ram(32, true);
	for (int round = 0; round < 40000; round++) {
		unsigned int i = rnd(ARRAY_SIZE(live));

		if (live[i].at) {
			for (uint64_t j = 0; j < live[i].size; j++)
				expect_true(live[i].at[j] == live[i].value);
			kfree(live[i].at);
			live[i].at = NULL;
			continue;
		}
		live[i].size = 1 + rnd(rnd(8) ? 300 : 3 * PAGE_SIZE);
		live[i].value = rnd(2) ? rnd(256) : 0;
		live[i].at = live[i].value ? kmalloc(live[i].size) : kzalloc(live[i].size);
		if (live[i].value)
			memset(live[i].at, live[i].value, live[i].size);
		if (round % 512 == 0)
			validate_all();
	}
}

Test(kmalloc, failures_are_told)
{
	boot_ram(16, true);
	for (uint64_t size = 8; size <= 4 * PAGE_SIZE; size *= 2) {
		fail_alloc = (struct fault_attr){ .nth = 1 };
		expect_true(!kmalloc(size));
		expect_true(kmalloc(size));
	}
	validate_all();
}

Test(kmalloc, a_second_kfree_is_caught, .signal = LX_SIGABRT)
{
	void *other, *object;

	boot_ram(16, true);
	other = kmalloc(100);
	object = kmalloc(5000);
	*(char *)other = 0;
	kfree(object);
	kfree(object);
}

Test(kmalloc, kfree_of_what_a_cache_gave_is_caught, .signal = LX_SIGABRT)
{
	boot_ram(16, true);
	kfree(kmem_cache_alloc(&test_cachep));
}
