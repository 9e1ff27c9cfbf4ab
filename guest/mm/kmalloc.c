// SPDX-License-Identifier: MIT
/*
 * Memory of any size for the kernel itself (Linux mm/slab_common.c): a cache for each class of sizes, and pages for what
 * is larger than a slab, which here is one frame. (Linux has a class of 8 KiB, too: its slabs may have several frames.)
 */
#include "internal.h"

#define KMALLOC_MAX_CACHE_SIZE PAGE_SIZE

/* The classes, smallest first. 96 and 192 stand where doubling would waste most. */
#define KMALLOC_CACHE(n, bytes) \
	[n] = { \
		.name = "kmalloc-" #bytes, \
		.object_size = bytes, \
		.size = bytes, \
		.objects = PAGE_SIZE / bytes, \
		.debug = MM_DEBUG, \
		.partial = LIST_HEAD_INIT(kmalloc_caches[n].partial), \
		.full = LIST_HEAD_INIT(kmalloc_caches[n].full), \
	}

static struct kmem_cache kmalloc_caches[] = {
	KMALLOC_CACHE(0, 8), KMALLOC_CACHE(1, 16), KMALLOC_CACHE(2, 32), KMALLOC_CACHE(3, 64), KMALLOC_CACHE(4, 96),
	KMALLOC_CACHE(5, 128), KMALLOC_CACHE(6, 192), KMALLOC_CACHE(7, 256), KMALLOC_CACHE(8, 512), KMALLOC_CACHE(9, 1024),
	KMALLOC_CACHE(10, 2048), KMALLOC_CACHE(11, 4096),
};

static struct kmem_cache *kmalloc_slab(uint64_t size)
{
	struct kmem_cache *cache = kmalloc_caches;

	while (cache->object_size < size)
		cache++;
	return cache;
}

/* A block of pages; its head knows the order. */
static void *kmalloc_large(uint64_t size, gfp_t gfp)
{
	unsigned int order = 1;
	struct page *page;

	while (order < NR_ORDERS && PAGE_SIZE << order < size)
		order++;
	if (order == NR_ORDERS)
		return NULL;
	page = alloc_pages(gfp, order);
	return page ? __va(page_to_pfn(page) << PAGE_SHIFT) : NULL;
}

void *kmalloc(uint64_t size)
{
	return size > KMALLOC_MAX_CACHE_SIZE ? kmalloc_large(size, GFP_KERNEL) : kmem_cache_alloc(kmalloc_slab(size));
}

void *kzalloc(uint64_t size)
{
	return size > KMALLOC_MAX_CACHE_SIZE ? kmalloc_large(size, __GFP_ZERO) : kmem_cache_zalloc(kmalloc_slab(size));
}

void kfree(void *object)
{
	struct page *page;

	if (!object)
		return;
	page = pfn_to_page(__pa(object) >> PAGE_SHIFT);
	if (page->page_type == PGTY_slab) {
		BUG_ON(page->slab_cache < kmalloc_caches || page->slab_cache >= kmalloc_caches + ARRAY_SIZE(kmalloc_caches));
		kmem_cache_free(page->slab_cache, object);
		return;
	}
	BUG_ON(page->page_type != PGTY_kernel || (uint64_t)object % PAGE_SIZE || !page->order);
	__free_pages(page, page->order);
}
