// SPDX-License-Identifier: MIT
/*
 * Object caches (Linux mm/slub.c in small). A slab is one frame. Its objects are carved lazily:
 * `carved` tells how many were ever handed out, what lies beyond is untouched. An object that is
 * given back holds in its first word the link to the next free one of the slab. A slab with no
 * object in use goes back to the frame allocator at once.
 *
 *	frame: | object 0 | object 1 |    free    | object 3 | never carved ... |
 *	page:   inuse 3, carved 4, freelist -> object 2, private: PG_zeroed if the rest is known to be zero
 *
 * In debug builds a free object is filled with POISON_FREE behind the link, checked when it is
 * handed out again, and a new one is filled with POISON_INUSE unless it was asked to be zero.
 */
#include "internal.h"

struct list_head slab_caches = LIST_HEAD_INIT(slab_caches);

static void *slab_base(const struct page *page) { return __va(page_to_pfn(page) << PAGE_SHIFT); }

/* A new slab on the partial list; cache.lock held. */
static struct page *new_slab(struct kmem_cache *cache)
{
	/* A frame known to be zero spares clearing its objects one by one; no other is cleared for that. */
	struct page *page = alloc_pages(GFP_KERNEL, 0);

	if (!page)
		return NULL;
	if (unlikely(!cache->list.next))
		list_add_tail(&cache->list, &slab_caches);
	page->page_type = PGTY_slab;
	page->slab_cache = cache;
	page->inuse = 0;
	page->carved = 0;
	list_add(&page->lru, &cache->partial);
	cache->nr_slabs++;
	return page;
}

/* --- poison ----------------------------------------------------------------------------------- */

static void check_poison(const struct kmem_cache *cache, const void *object)
{
	const uint64_t *word = object;
	uint64_t poison = POISON_FREE * 0x0101010101010101UL;

#pragma GCC unroll 8
	for (unsigned int i = 1; i < cache->size / 8; i++)
		if (unlikely(word[i] != poison))
			panic("%s: object %p was written after it was freed: word %u is %#lx", cache->name,
			      object, i, word[i]);
}

static void poison_free(const struct kmem_cache *cache, void *object)
{
	memset((uint64_t *)object + 1, POISON_FREE, cache->size - 8);
}

/* --- objects; cache.lock held ----------------------------------------------------------------- */

/* The next object of a slab that has one. *fresh: it was never handed out before. */
static void *take_object(struct kmem_cache *cache, struct page *page, bool *fresh)
{
	void *object = page->freelist;

	*fresh = !object;
	if (object) {
		page->freelist = *(void **)object;
		if (cache->debug)
			check_poison(cache, object);
	} else {
		object = slab_base(page) + page->carved++ * cache->size;
	}
	cache->nr_inuse++;
	if (++page->inuse == cache->objects) {
		list_del(&page->lru);
		list_add(&page->lru, &cache->full);
	}
	return object;
}

static void *slab_alloc(struct kmem_cache *cache, bool *zero)
{
	void *object = NULL;
	struct page *page;
	bool fresh;

	spin_lock(&cache->lock);
	page = list_empty(&cache->partial) ? new_slab(cache)
					   : list_first_entry(&cache->partial, struct page, lru);
	if (page) {
		object = take_object(cache, page, &fresh);
		*zero = fresh && (page->private & PG_zeroed);
	}
	spin_unlock(&cache->lock);
	return object;
}

void *kmem_cache_alloc(struct kmem_cache *cache)
{
	bool zero = false;
	void *object = should_fail_alloc(FAULT_SLAB) ? NULL : slab_alloc(cache, &zero);

	if (object && MM_DEBUG)
		memset(object, POISON_INUSE, cache->size);
	return object;
}

void *kmem_cache_zalloc(struct kmem_cache *cache)
{
	bool zero = false;
	void *object = should_fail_alloc(FAULT_SLAB) ? NULL : slab_alloc(cache, &zero);

	if (object && !zero)
		memset(object, 0, cache->size);
	return object;
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	struct page *page = pfn_to_page(__pa(object) >> PAGE_SHIFT);

	BUG_ON(page->page_type != PGTY_slab || page->slab_cache != cache);
	BUG_ON((object - slab_base(page)) % cache->size);
	spin_lock(&cache->lock);
	BUG_ON(page->inuse == 0);
	if (cache->debug)
		poison_free(cache, object);
	*(void **)object = page->freelist;
	page->freelist = object;
	cache->nr_inuse--;
	if (page->inuse-- == cache->objects) {
		list_del(&page->lru);
		list_add(&page->lru, &cache->partial);
	}
	if (page->inuse == 0) {
		list_del(&page->lru);
		cache->nr_slabs--;
		page->freelist = NULL;
		page->_mapcount = -1;
		put_page(page);
	}
	spin_unlock(&cache->lock);
}
