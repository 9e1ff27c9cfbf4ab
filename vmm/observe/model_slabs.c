/* SPDX-License-Identifier: MIT */
/* Slab caches, their slabs, and every object that was ever handed out: in use, or on a free list. */
#include "observe/build.h"

#include <string.h>

struct slab_list {
	uint32_t cache; /* index into caches */
};

static struct model_cache *cache_at(struct build *b, uint32_t index)
{
	return (struct model_cache *)b->caches.items + index;
}

/** Where the objects of the slab in frame pfn lie; NULL if the frame is outside RAM. */
static const uint8_t *slab_bytes(const struct build *b, uint64_t pfn)
{
	return image_ptr(b->image, (gpa_t){pfn << PAGE_SHIFT}, PAGE_SIZE);
}

static uint64_t slab_va(const struct build *b, uint64_t pfn)
{
	return b->model->lab.page_offset + (pfn << PAGE_SHIFT);
}

/** A free object of a debug build: the link to the next, then poison. */
static bool poison_broken(const uint8_t *object, const struct kmem_cache *cache)
{
	for (uint32_t i = sizeof(uint64_t); i < cache->size; i++)
		if (object[i] != POISON_FREE)
			return true;
	return false;
}

/** Mark the objects on the free list of a slab whose `carved` objects start at `first`. */
static void mark_free(struct build *b, uint64_t pfn, const struct kmem_cache *cache, uint64_t first,
		      uint32_t carved)
{
	struct model_object *objects = (struct model_object *)b->objects.items + first;
	const uint8_t *bytes = slab_bytes(b, pfn);
	uint64_t va = slab_va(b, pfn), node = frame_at(b->model, pfn)->raw.freelist.va;

	for (uint32_t n = 0; node; n++) {
		uint64_t offset = node - va, index = offset / cache->size;

		if (node < va || offset % cache->size || index >= carved || n >= carved ||
		    objects[index].free) {
			add_damage(b,
				   n >= carved || (index < carved && node >= va) ? DAMAGE_LIST
										 : DAMAGE_BAD_POINTER,
				   va, -1, "free list of slab %#lx (%.23s): %#lx after %u objects is %s", va,
				   cache->name, node, n,
				   node >= va && !(offset % cache->size) && index < carved
					   ? "there already"
					   : "no carved object of it");
			return;
		}
		objects[index].free = 1;
		objects[index].poison_broken = cache->debug && poison_broken(bytes + offset, cache);
		memcpy(&node, bytes + offset, sizeof(node));
	}
}

static void decode_objects(struct build *b, uint32_t cache, uint64_t pfn)
{
	struct kmem_cache raw = cache_at(b, cache)->raw;
	uint32_t carved = frame_at(b->model, pfn)->raw.carved;
	uint64_t first = b->objects.n, live = 0;

	/* A stride or a count that cannot be: the verifier says so; here it only must do no harm. */
	if (raw.size < sizeof(uint64_t) || raw.size > PAGE_SIZE || raw.object_size > raw.size ||
	    carved > PAGE_SIZE / raw.size)
		return;
	for (uint32_t i = 0; i < carved; i++) {
		struct model_object *object = grow_add(&b->objects, sizeof(*object));

		object->addr.va = slab_va(b, pfn) + i * raw.size;
		object->cache = cache;
	}
	mark_free(b, pfn, &raw, first, carved);
	for (uint64_t i = first; i < b->objects.n; i++)
		live += !((struct model_object *)b->objects.items)[i].free;
	cache_at(b, cache)->nr_live += live;
}

static bool visit_slab(struct build *b, const struct list_walk *list, gva_t node)
{
	const struct slab_list *slab = list->ctx;
	int64_t pfn = pfn_of_page(b->model, (gva_t){node.va - offsetof(struct page, lru)});
	struct frame_marks *marks;

	if (pfn < 0 || !frame_at(b->model, pfn)->touched)
		return false;
	marks = mark_frame(b, pfn);
	if (marks->nr_slab < UINT8_MAX)
		marks->nr_slab++;
	if (marks->nr_slab > 1)
		return true; /* on two lists: its objects have been seen */
	marks->slab_cache = slab->cache;
	cache_at(b, slab->cache)->nr_slabs++;
	cache_at(b, slab->cache)->nr_inuse += frame_at(b->model, pfn)->raw.inuse;
	decode_objects(b, slab->cache, pfn);
	return true;
}

static void follow_slabs(struct build *b, uint32_t cache, const char *name, uint64_t offset)
{
	struct slab_list slab = {.cache = cache};
	gva_t head = {cache_at(b, cache)->addr.va + offset};

	follow_list(b, &(struct list_walk){.name = name,
					   .what = "struct page of a slab",
					   .head = head,
					   .mm = -1,
					   .max = b->model->nr_touched,
					   .ctx = &slab,
					   .visit = visit_slab});
}

static bool visit_cache(struct build *b, const struct list_walk *list, gva_t node)
{
	gva_t addr = {node.va - offsetof(struct kmem_cache, list)};
	struct kmem_cache raw;
	struct model_cache *cache;
	uint32_t index = b->caches.n;

	(void)list;
	if (!read_struct(b, addr, &raw, sizeof(raw)))
		return false;
	raw.name[sizeof(raw.name) - 1] = '\0';
	cache = grow_add(&b->caches, sizeof(*cache));
	cache->addr = addr;
	cache->raw = raw;
	follow_slabs(b, index, "kmem_cache.partial", offsetof(struct kmem_cache, partial));
	follow_slabs(b, index, "kmem_cache.full", offsetof(struct kmem_cache, full));
	return true;
}

void decode_slabs(struct build *b)
{
	follow_list(b, &(struct list_walk){.name = "slab_caches",
					   .what = "kmem_cache",
					   .mm = -1,
					   .head = b->model->lab.slab_caches,
					   .max = MAX_CACHES,
					   .visit = visit_cache});
}

void each_object(struct build *b, const char *name, void (*fn)(struct build *b, gva_t addr))
{
	const struct model_cache *caches = b->caches.items;

	for (uint64_t i = 0; i < b->objects.n; i++) {
		const struct model_object *object = (const struct model_object *)b->objects.items + i;

		if (!object->free && strcmp(caches[object->cache].raw.name, name) == 0)
			fn(b, object->addr);
	}
}
