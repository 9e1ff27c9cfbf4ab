/* SPDX-License-Identifier: MIT */
/* Corruptions of struct page by what the frame is used for, of the zone, and of bytes that must be zero. */
#include "inject/rows.h"
#include "observe/leaves.h"

#include <string.h>

static const struct model_frame *frame(const struct inject_object *o)
{
	return o->item;
}

#define FITS(name, condition)                                                                                          \
	static bool name(const struct model *m, const struct inject_object *o)                                         \
	{                                                                                                              \
		(void)m;                                                                                               \
		return condition;                                                                                      \
	}
#define ROLE(r) (frame(o)->role == (r))

FITS(anon, ROLE(FRAME_ANON) && frame(o)->nr_maps)
FITS(anon_shared, ROLE(FRAME_ANON) && frame(o)->nr_maps > 1)
FITS(exclusive, ROLE(FRAME_ANON) && (frame(o)->raw.flags & PG_anon_exclusive))
FITS(file, ROLE(FRAME_FILE) && frame(o)->nr_cache)
FITS(mapped_file, ROLE(FRAME_FILE) && frame(o)->nr_cache && frame(o)->nr_maps)
FITS(table, ROLE(FRAME_TABLE))
FITS(free_head, ROLE(FRAME_FREE) && frame(o)->block_head)
FITS(free_tail, ROLE(FRAME_FREE) && !frame(o)->block_head)
FITS(slab, ROLE(FRAME_SLAB))
FITS(slab_with_free, ROLE(FRAME_SLAB) && frame(o)->raw.freelist.va)
FITS(stack, ROLE(FRAME_KERNEL) && frame(o)->nr_stacks)
FITS(zero_page, o->pfn == m->lab.zero_pfn)

static bool free_zeroed(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return ROLE(FRAME_FREE) && frame(o)->block_head && (frame(o)->raw.flags & PG_zeroed);
}

/** Its anon_vma has neither parent nor children: no other leads to the page, too. */
static bool no_family(const struct model *m, const struct inject_object *o)
{
	const uint64_t addr = frame(o)->raw.mapping.va - PAGE_MAPPING_ANON;
	const uint32_t at = addr_map_get(&m->anon_vma_map, addr);

	return anon(m, o) && at != ADDR_MAP_NONE && m->anon_vmas[at].raw.root.va == addr &&
	       m->anon_vmas[at].nr_descendants == 1;
}

/** Mapped to be written, so that it must be this mm's alone. */
static bool written(const struct model *m, const struct inject_object *o)
{
	for (uint32_t i = 1; i < m->nr_mms && exclusive(m, o); i++)
		for (struct leaf_walk w = leaves_of(&m->mms[i], LEAVES_PRESENT); leaf_next(&w);)
			if (w.leaf.pa >> PAGE_SHIFT == o->pfn && w.leaf.writable)
				return true;
	return false;
}

/** The top-level table of a process. */
static bool pgd(const struct model *m, const struct inject_object *o)
{
	for (uint32_t i = 1; i < m->nr_mms; i++)
		if (m->mms[i].pgd_pa == o->addr)
			return true;
	return false;
}

/** Its entry for the direct map: the first of the upper half that is in use. */
#define PGD_DIRECT_MAP "+2184"
_Static_assert((PAGE_OFFSET >> PGDIR_SHIFT & 511) * 8 == 2184, "entry 273");

#define KIND OBJ_PAGE
const struct corruption frame_corruptions[] = {
	XOR("page.anon.reserved", anon, "flags", PG_reserved, "frame-flags"),
	XOR("page.anon.hwpoison", anon, "flags", PG_hwpoison, "leaf-frame"),
	XOR("page.anon.flag-40", anon, "flags", 1UL << 40, "frame-flags"),
	XOR("page.anon.exclusive-lost", written, "flags", PG_anon_exclusive, "leaf-exclusive"),
	XOR("page.anon.exclusive-shared", anon_shared, "flags", PG_anon_exclusive, "frame-flags"),
	SET("page.anon.type=buddy", anon, "page_type", PGTY_buddy, "frame-role"),
	SET("page.anon.type=table", anon, "page_type", PGTY_table, "frame-role|table-once|leaf-frame"),
	SET("page.anon.type=slab", anon, "page_type", PGTY_slab, "frame-role|frame-use|leaf-frame"),
	SET("page.anon.type=nonsense", anon, "page_type", 77, "frame-role"),
	ADD("page.anon.order+1", anon, "order", 1, "frame-fields"),
	SET("page.anon.mapping=0", anon, "mapping", 0, "page-anon|leaf-frame|cache-held"),
	SET("page.anon.mapping=wild", anon, "mapping", WILD + PAGE_MAPPING_ANON, "page-anon|pointers-sound"),
	XOR("page.anon.mapping.bit", anon, "mapping", PAGE_MAPPING_ANON, "page-anon|cache-held"),
	COPY("page.anon.mapping=other", no_family, "mapping", "page-rmap"),
	ADD("page.anon.index+1", anon, "index", 1, "leaf-index"),
	MORE_AND_LESS("page.anon._mapcount", anon, "_mapcount", "frame-maps"),
	MORE_AND_LESS("page.anon._refcount", anon, "_refcount", "frame-refs"),
	ADD("page.anon.private+1", anon, "private", 1, "frame-fields"),
	XOR("page.file.reserved", file, "flags", PG_reserved, "frame-flags"),
	XOR("page.file.exclusive", file, "flags", PG_anon_exclusive, "frame-flags"),
	COPY("page.file.mapping=other", file, "mapping", "cache-pages"),
	SET("page.file.mapping=0", file, "mapping", 0, "cache-pages"),
	ADD("page.file.index+1", file, "index", 1, "cache-pages"),
	SWAP("page.file.index<>other", file, "index", "cache-pages"),
	MORE_AND_LESS("page.file._mapcount", mapped_file, "_mapcount", "frame-maps"),
	MORE_AND_LESS("page.file._refcount", file, "_refcount", "frame-refs"),
	SET("page.file.type=kernel", file, "page_type", PGTY_kernel, "frame-role|cache-pages"),
	COPY("page.table.pt_mm=other", table, "pt_mm", "table-owner"),
	SET("page.table.pt_mm=0", table, "pt_mm", 0, "table-owner"),
	ADD("page.table.pt_level+1", table, "pt_level", 1, "table-owner"),
	SET("page.table.type=none", table, "page_type", PGTY_none, "table-frame"),
	MORE_AND_LESS("page.table._refcount", table, "_refcount", "frame-refs"),
	ADD("page.table._mapcount+1", table, "_mapcount", 1, "frame-fields|frame-maps"),
	XOR("page.table.flags", table, "flags", PG_swapbacked, "frame-flags"),
	SET("page.free.type=none", free_head, "page_type", PGTY_none, "buddy-block"),
	ADD("page.free.order+1", free_head, "order", 1, "buddy-block"),
	SELF("page.free.lru.next=self", free_head, "lru.next", "lists-sound"),
	SET("page.free.lru.next=wild", free_head, "lru.next", WILD, "pointers-sound"),
	SELF("page.free.lru.prev=self", free_head, "lru.prev", "lists-sound"),
	ADD("page.free._refcount+1", free_head, "_refcount", 1, "free-unused"),
	ADD("page.free._mapcount+1", free_head, "_mapcount", 1, "free-unused"),
	SET("page.free-tail.type=none", free_tail, "page_type", PGTY_none, "buddy-tail"),
	SET("page.free-tail.type=buddy", free_tail, "page_type", PGTY_buddy, "buddy-tail"),
	MORE_AND_LESS("page.slab.inuse", slab, "inuse", "slab-inuse"),
	ADD("page.slab.carved-1", slab, "carved", -1, "slab-inuse|pointers-sound"),
	SET("page.slab.freelist=0", slab_with_free, "freelist", 0, "slab-inuse"),
	SET("page.slab.freelist=wild", slab_with_free, "freelist", WILD, "pointers-sound"),
	COPY("page.slab.slab_cache=other", slab, "slab_cache", "slab-page"),
	SET("page.slab.type=none", slab, "page_type", PGTY_none, "frame-use"),
	SELF("page.slab.lru.next=self", slab, "lru.next", "lists-sound"),
	MORE_AND_LESS("page.slab._refcount", slab, "_refcount", "frame-refs"),
	SET("page.stack.type=none", stack, "page_type", PGTY_none, "frame-use|task-stack"),
	MORE_AND_LESS("page.stack._refcount", stack, "_refcount", "frame-refs"),
#undef KIND
#define KIND OBJ_FRAME
	XOR("pgd.upper.rw", pgd, PGD_DIRECT_MAP, PTE_RW, "upper-half"),
	SET("pgd.upper=0", pgd, PGD_DIRECT_MAP, 0, "upper-half"),
	SET("pgd.garbage", pgd, "+1600", 0x5a5a5a5a00, "entry-zero"),
	XOR("zero-page.byte", zero_page, "+1000", 0x100, "zero-content"),
	XOR("free-page.byte", free_zeroed, "+1000", 0x100, "free-zero"),
#undef KIND
#define KIND OBJ_FREED
	XOR("freed.byte", NULL, "+8", 0xff00, "slab-poison"),
	SET("freed.next=wild", NULL, "+0", WILD, "pointers-sound|slab-inuse|slab-poison"),
#undef KIND
#define KIND OBJ_ZONE
	SET("zone.lock", NULL, "lock.locked", 1, "locks"),
	ADD("zone.start_pfn+1", NULL, "start_pfn", 1, "zone-bounds"),
	ADD("zone.end_pfn-1", NULL, "end_pfn", -1, "zone-bounds"),
	ADD("zone.frontier_pfn+1", NULL, "frontier_pfn", 1, "frame-role|frame-refs|zone-bounds"),
	ADD("zone.frontier_pfn-1", NULL, "frontier_pfn", -1, "leaf-frame|frame-role|pointers-sound|table-frame|task-stack|buddy-block"),
	MORE_AND_LESS("zone.nr_free", NULL, "nr_free", "zone-free"),
	MORE_AND_LESS("zone.free_area[0].nr_free", NULL, "free_area[0].nr_free", "buddy-count"),
	MORE_AND_LESS("zone.free_area[3].nr_free", NULL, "free_area[3].nr_free", "buddy-count"),
	SET("zone.free_list=wild", NULL, "free_area[0].free_list.next", WILD, "pointers-sound|lists-sound"),
	SWAP2("zone.free_lists<>", NULL, "free_area[0].free_list.next", "free_area[1].free_list.next", "lists-sound|buddy-block|pointers-sound"),
#undef KIND
#define KIND OBJ_CACHE
	MORE_AND_LESS("cache.nr_slabs", NULL, "nr_slabs", "cache-count"),
	MORE_AND_LESS("cache.nr_inuse", NULL, "nr_inuse", "cache-count"),
	ADD("cache.objects+1", NULL, "objects", 1, "cache-geometry"),
	ADD("cache.size-8", NULL, "size", -8, "cache-geometry"),
	SET("cache.name.end", NULL, "name[2]", 0x7f7f7f7f7f7f7f7f, "cache-geometry"),
	SET("cache.object_size=huge", NULL, "object_size", 1 << 20, "cache-geometry"),
	SET("cache.lock", NULL, "lock.locked", 1, "locks"),
	SELF("cache.list.next=self", NULL, "list.next", "lists-sound"),
	SET("cache.partial.next=wild", NULL, "partial.next", WILD, "pointers-sound|lists-sound"),
	SWAP2("cache.partial<>full", NULL, "partial.next", "full.next", "lists-sound|slab-page|slab-inuse"),
	{0},
};
#undef KIND
