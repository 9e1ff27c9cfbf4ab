/* SPDX-License-Identifier: MIT */
/*
 * Slab caches: their geometry, their slabs and counts, poison; and that what is allocated from the caches of
 * the mm's own structures is exactly what can be reached. A structure in use that nothing leads to is a leak,
 * one that is reached and not in use is a use after free.
 */
#include <stdio.h>
#include <string.h>
#include "verify/check.h"

/** Of the mm's own structures the host knows the size, too. A task's is longer than the part that the host
 * reads. */
static bool size_known(const struct kmem_cache *raw)
{
	static const struct {
		const char *name;
		uint32_t size;
	} known[] = {
		{"vm_area_struct", sizeof(struct vm_area_struct)},
		{"mm_struct", sizeof(struct mm_struct)},
		{"anon_vma", sizeof(struct anon_vma)},
		{"anon_vma_chain", sizeof(struct anon_vma_chain)},
	};

	unsigned int kmalloc_size;

	if (sscanf(raw->name, "kmalloc-%u", &kmalloc_size) == 1)
		return raw->object_size == kmalloc_size;
	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(raw->name, known[i].name))
			return raw->object_size == known[i].size;
	return true;
}

/** The name ends, and behind it nothing is. */
static bool name_ok(const struct kmem_cache *raw)
{
	size_t n = strnlen(raw->name, sizeof(raw->name));

	for (size_t i = 0; i < n; i++)
		if (raw->name[i] < '!' || raw->name[i] > '~')
			return false;
	for (size_t i = n; i < sizeof(raw->name); i++)
		if (raw->name[i])
			return false;
	return n && n < sizeof(raw->name);
}

static bool geometry_ok(const struct kmem_cache *raw)
{
	return name_ok(raw) && raw->object_size > 0 && raw->object_size <= PAGE_SIZE &&
	       raw->size == ((raw->object_size + 7) & ~7u) && raw->objects == PAGE_SIZE / raw->size &&
	       raw->debug <= 1 && size_known(raw);
}

void check_cache_geometry(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_caches; i++) {
		const struct kmem_cache *raw = &c->now->caches[i].raw;

		if (!holds(c, geometry_ok(raw)))
			report(c, self, AT_OBJECT(c->now->caches[i].addr),
			       "slab cache %s: objects of %u bytes at a stride of %u, %u in a slab",
			       raw->name, raw->object_size, raw->size, raw->objects);
	}
}

/** The cache that a slab page names, or NULL. */
static const struct model_cache *cache_of(const struct model *model, const struct model_frame *frame)
{
	for (uint32_t i = 0; i < model->nr_caches; i++)
		if (model->caches[i].addr.va == frame->raw.slab_cache.va)
			return &model->caches[i];
	return NULL;
}

void check_slab_pages(struct verify_context *c, const struct invariant *self)
{
	for_each_suspect_frame(c, pfn, frame)
	{
		const struct model_cache *cache;

		if (frame->role != FRAME_SLAB)
			continue;
		cache = cache_of(c->now, frame);
		if (!holds(c, cache != NULL))
			report(c, self, AT_FRAME(pfn), "slab in frame %#lx: slab_cache %#lx is no cache", pfn,
			       frame->raw.slab_cache.va);
		else if (!holds(c, frame->raw.inuse > 0 && frame->raw.inuse <= frame->raw.carved &&
					   frame->raw.carved <= cache->raw.objects))
			report(c, self, AT_FRAME(pfn),
			       "slab in frame %#lx (%s): %u in use of %u carved of %u objects", pfn,
			       cache->raw.name, frame->raw.inuse, frame->raw.carved, cache->raw.objects);
		if (!holds(c, !frame->nr_slab || !cache || cache == &c->now->caches[frame->slab_cache]))
			report(c, self, AT_FRAME(pfn),
			       "slab in frame %#lx names cache %s, but is on a list of %s", pfn,
			       cache->raw.name, c->now->caches[frame->slab_cache].raw.name);
		if (!holds(c, frame->nr_slab > 0))
			report(c, self, AT_FRAME(pfn), "slab in frame %#lx (%s) is on no list of its cache",
			       pfn, cache ? cache->raw.name : "of no cache");
	}
}

void check_slab_inuse(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_caches; i++) {
		const struct model_cache *cache = &c->now->caches[i];

		if (!holds(c, cache->nr_live == cache->nr_inuse))
			report(c, self, AT_OBJECT(cache->addr),
			       "slab cache %s: its slabs count %lu objects in use, but %lu are on no free "
			       "list",
			       cache->raw.name, cache->nr_inuse, cache->nr_live);
	}
}

void check_cache_counts(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_caches; i++) {
		const struct model_cache *cache = &c->now->caches[i];

		if (!holds(c, cache->raw.nr_slabs == cache->nr_slabs))
			report(c, self, AT_OBJECT(cache->addr),
			       "slab cache %s: nr_slabs is %lu, its lists have %u", cache->raw.name,
			       cache->raw.nr_slabs, cache->nr_slabs);
		if (!holds(c, cache->raw.nr_inuse == cache->nr_inuse))
			report(c, self, AT_OBJECT(cache->addr),
			       "slab cache %s: nr_inuse is %lu, its slabs add up to %lu", cache->raw.name,
			       cache->raw.nr_inuse, cache->nr_inuse);
	}
}

void check_slab_poison(struct verify_context *c, const struct invariant *self)
{
	for (uint64_t i = 0; i < c->now->nr_objects; i++) {
		const struct model_object *object = &c->now->objects[i];

		if (!holds(c, !object->poison_broken))
			report(c, self, AT_OBJECT(object->addr),
			       "free object %#lx of slab cache %s was written after it was freed",
			       object->addr.va, c->now->caches[object->cache].raw.name);
	}
}

/* --- allocated is reached ------------------------------------------------------------------------- */

/** What was reached: n entries of a model's array, `stride` bytes each, which begin with the address. */
struct reached {
	const void *first;
	uint64_t n, stride;
};

_Static_assert(offsetof(struct model_vma, addr) == 0 && offsetof(struct model_mm, addr) == 0 &&
		       offsetof(struct model_task, addr) == 0 && offsetof(struct model_anon_vma, addr) == 0 &&
		       offsetof(struct model_avc, addr) == 0 && offsetof(struct model_shm, addr) == 0 &&
		       offsetof(struct model_pipe, addr) == 0,
	       "struct reached");

static gva_t reached_at(const struct reached *set, uint64_t i)
{
	return *(const gva_t *)((const char *)set->first + i * set->stride);
}

/** Objects of the image (init_mm, the idle task) come from no slab. */
static bool in_image(const struct model *model, gva_t addr)
{
	gpa_t pa;

	return image_linear(model->image, addr, 8, &pa) && pa.pa < model->lab.mem_map_start_pfn * PAGE_SIZE;
}

static void report_dead(struct verify_context *c, const struct invariant *self, const char *name,
			const struct reached *set, const struct addr_map *live)
{
	for (uint64_t i = 0; i < set->n; i++) {
		gva_t addr = reached_at(set, i);

		if (in_image(c->now, addr) || holds(c, addr_map_get(live, addr.va) != ADDR_MAP_NONE))
			continue;
		report(c, self, AT_OBJECT(addr), "%s %#lx is in use, but the slab cache did not give it out",
		       name, addr.va);
	}
}

/** Objects in use of the cache `name` and the reached ones, which `known` finds, are the same. */
static void check_reached(struct verify_context *c, const struct invariant *self, const char *name,
			  const struct addr_map *known, struct reached set)
{
	const struct model *now = c->now;
	const struct model_cache *cache = cache_named(now, name);
	struct addr_map live = {0};

	for (uint64_t i = 0; i < now->nr_objects && cache; i++) {
		const struct model_object *object = &now->objects[i];

		if (&now->caches[object->cache] != cache || object->free)
			continue;
		addr_map_put(&live, object->addr.va, 0);
		if (!holds(c, addr_map_get(known, object->addr.va) != ADDR_MAP_NONE))
			report(c, self, AT_OBJECT(object->addr),
			       "%s %#lx is allocated, but nothing leads to it: a leak", name,
			       object->addr.va);
	}
	report_dead(c, self, name, &set, &live);
	addr_map_free(&live);
}

void check_vma_slab(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	check_reached(c, self, "vm_area_struct", &now->vma_map,
		      (struct reached){now->all_vmas, now->nr_all_vmas, sizeof(*now->all_vmas)});
}

void check_mm_slab(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	check_reached(c, self, "mm_struct", &now->mm_map,
		      (struct reached){now->mms, now->nr_mms, sizeof(*now->mms)});
}

void check_task_slab(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	check_reached(c, self, "task_struct", &now->task_map,
		      (struct reached){now->tasks, now->nr_tasks, sizeof(*now->tasks)});
}

void check_anon_slab(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	check_reached(c, self, "anon_vma", &now->anon_vma_map,
		      (struct reached){now->anon_vmas, now->nr_anon_vmas, sizeof(*now->anon_vmas)});
}

void check_avc_slab(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	check_reached(c, self, "anon_vma_chain", &now->avc_map,
		      (struct reached){now->avcs, now->nr_avcs, sizeof(*now->avcs)});
}

void check_inode_slab(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	check_reached(c, self, "inode_cache", &now->inode_map,
		      (struct reached){now->inodes, now->nr_inodes, sizeof(*now->inodes)});
}

void check_node_slab(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	check_reached(c, self, "radix_tree_node", &now->xa_node_map,
		      (struct reached){now->xa_nodes, now->nr_xa_nodes, sizeof(*now->xa_nodes)});
}

void check_shm_slab(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	check_reached(c, self, "shmid_kernel", &now->shm_map,
		      (struct reached){now->shms, now->nr_shms, sizeof(*now->shms)});
}

void check_pipe_slab(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	check_reached(c, self, "pipe_inode_info", &now->pipe_map,
		      (struct reached){now->pipes, now->nr_pipes, sizeof(*now->pipes)});
}

static bool in_cache(const struct model *model, const struct model_object *object, const struct model_cache *cache)
{
	return cache && &model->caches[object->cache] == cache && !object->free;
}

/** Limits of their own: who names them, and that each is named. Only a leader does. */
void check_rlimits(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;
	const struct model_cache *cache = cache_named(now, "rlimits");
	struct addr_map named = {0}, live = {0};

	for (uint32_t i = 0; i < now->nr_tasks; i++)
		if (now->tasks[i].raw.rlimits.va)
			addr_map_put(&named, now->tasks[i].raw.rlimits.va, i);
	for (uint64_t i = 0; i < now->nr_objects && (named.nr || (cache && cache->nr_live)); i++) {
		if (!in_cache(now, &now->objects[i], cache))
			continue;
		addr_map_put(&live, now->objects[i].addr.va, i);
		if (!holds(c, addr_map_get(&named, now->objects[i].addr.va) != ADDR_MAP_NONE))
			report(c, self, AT_OBJECT(now->objects[i].addr), "limits %#lx are no process's", now->objects[i].addr.va);
	}
	for (uint32_t i = 0; i < now->nr_tasks; i++) {
		const struct task_struct *raw = &now->tasks[i].raw;

		if (!holds(c, !raw->rlimits.va ||
				      (raw->pid == raw->tgid && addr_map_get(&live, raw->rlimits.va) != ADDR_MAP_NONE)))
			report(c, self, AT_OBJECT(now->tasks[i].addr), "task %d: rlimits %#lx are no such limits, or it is no leader",
			       raw->pid, raw->rlimits.va);
	}
	addr_map_free(&named);
	addr_map_free(&live);
}
