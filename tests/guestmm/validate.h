/* SPDX-License-Identifier: MIT */
/*
 * The whole-state check: everything that the mm says about itself is counted again from scratch,
 * for all mms, all frames and all slabs. Run after every step of a test. The first thing that does
 * not hold ends the test, named.
 */
#ifndef TESTS_GUESTMM_VALIDATE_H
#define TESTS_GUESTMM_VALIDATE_H

#define must(cond, ...) \
	do { if (!(cond)) { fprintf(stderr, "validate: not %s: ", #cond); fprintf(stderr, __VA_ARGS__); \
			    fprintf(stderr, "\n"); abort(); } } while (0)
#define must_eq(a, b, ...) \
	do { uint64_t a_ = (uint64_t)(a), b_ = (uint64_t)(b); \
	     if (a_ != b_) { fprintf(stderr, "validate: %s is %#lx, %s is %#lx: ", #a, a_, #b, b_); \
			     fprintf(stderr, __VA_ARGS__); fprintf(stderr, "\n"); abort(); } } while (0)

/** What is known of a frame from outside. */
struct seen_frame {
	uint32_t maps;			/* PTEs */
	uint32_t writable;		/* of these, writable ones */
	uint32_t free;			/* in blocks of the free lists */
	uint32_t tables;		/* entries (or mm.pgd) that use it as a table */
	uint32_t slabs;
	uint32_t cached;		/* entries of page caches */
};

static struct seen {
	struct seen_frame *frames;
	uint64_t nr_vmas, nr_avcs, nr_anon_vmas, nr_mms, accounted, nr_nodes, nr_file_vmas, nr_in_i_mmap;
	struct anon_vma *anon_vmas[4096];
} seen;

/* --- interval trees --------------------------------------------------------------------------- */

struct interval_sums {
	uint64_t nodes, last;
	int black_height;
};

/* Colours, parents, order and maxima of the subtree. */
static struct interval_sums validate_intervals(struct rb_node *node, struct rb_node *parent,
					       const struct interval_ends *ends)
{
	struct interval_sums left, right, sums = { 0 };

	if (!node)
		return sums;
	must(rb_parent(node) == parent, "parent of an interval");
	must(rb_is_black(node) || (parent && rb_is_black(parent)), "red interval below a red one or on top");
	must(!node->rb_left || ends->start(node->rb_left) <= ends->start(node), "order of intervals");
	must(!node->rb_right || ends->start(node->rb_right) >= ends->start(node), "order of intervals");
	left = validate_intervals(node->rb_left, node, ends);
	right = validate_intervals(node->rb_right, node, ends);
	must_eq(left.black_height, right.black_height, "black height of intervals");
	sums.nodes = left.nodes + right.nodes + 1;
	sums.black_height = left.black_height + rb_is_black(node);
	sums.last = max(ends->last(node), max(left.last, right.last));
	must_eq(*rb_subtree_max(node), sums.last, "interval from %#lx", ends->start(node));
	return sums;
}

/* --- one area tree ---------------------------------------------------------------------------- */

static uint64_t own_gap(const struct vm_area_struct *vma)
{
	return vma->vm_start - (vma->vm_prev ? vma->vm_prev->vm_end : 0);
}

/* Black height of the subtree; *next is the area that must come next in order; *gap its largest gap. */
static int validate_subtree(struct rb_node *node, struct rb_node *parent, struct vm_area_struct **next,
			    uint64_t *gap)
{
	struct vm_area_struct *vma;
	uint64_t left_gap = 0, right_gap = 0;
	int left, right;

	*gap = 0;
	if (!node)
		return 0;
	vma = rb_vma(node);
	must(rb_parent(node) == parent, "parent of the node of %#lx", vma->vm_start);
	must(rb_is_black(node) || (parent && rb_is_black(parent)),
	     "red node of %#lx below a red one or on top",
	     vma->vm_start);
	left = validate_subtree(node->rb_left, node, next, &left_gap);
	must(*next == vma, "order of list and tree at %#lx", vma->vm_start);
	*next = vma->vm_next;
	right = validate_subtree(node->rb_right, node, next, &right_gap);
	must_eq(left, right, "black height below %#lx", vma->vm_start);
	*gap = max(own_gap(vma), max(left_gap, right_gap));
	must_eq(vma->rb_subtree_gap, *gap, "area %#lx", vma->vm_start);
	return left + rb_is_black(node);
}

static void validate_tree(struct mm_struct *mm)
{
	struct vm_area_struct *next = mm->mmap;
	uint64_t gap;

	validate_subtree(mm->mm_rb.rb_node, NULL, &next, &gap);
	must(next == NULL, "the list is longer than the tree");
}

/* --- areas and anon_vmas ---------------------------------------------------------------------- */

static void see_anon_vma(struct anon_vma *anon_vma)
{
	for (uint64_t i = 0; i < seen.nr_anon_vmas; i++)
		if (seen.anon_vmas[i] == anon_vma)
			return;
	must(seen.nr_anon_vmas < ARRAY_SIZE(seen.anon_vmas), "more anon_vmas than the check can take");
	seen.anon_vmas[seen.nr_anon_vmas++] = anon_vma;
}

static bool on_chain(struct vm_area_struct *vma, const struct anon_vma *anon_vma)
{
	struct anon_vma_chain *avc;

	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma)
		if (avc->anon_vma == anon_vma)
			return true;
	return false;
}

static void validate_chain(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc;

	must_eq(vma->anon_vma == NULL, list_empty(&vma->anon_vma_chain), "area %#lx", vma->vm_start);
	must(!vma->anon_vma || on_chain(vma, vma->anon_vma), "own anon_vma of %#lx on its chain",
	     vma->vm_start);
	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma) {
		must(avc->vma == vma, "chain of %#lx", vma->vm_start);
		must(avc->anon_vma->root == vma->anon_vma->root, "chain of %#lx has two roots",
		     vma->vm_start);
		see_anon_vma(avc->anon_vma);
		seen.nr_avcs++;
	}
}

/* Areas, chains, children and references of one anon_vma, counted among those that were seen. */
static void validate_anon_vma(struct anon_vma *anon_vma)
{
	struct anon_vma_chain *avc;
	uint64_t active = 0, children = 0, references = 1, linked = 0;

	anon_vma_interval_tree_foreach(avc, anon_vma, 0, UINT64_MAX) {
		must(avc->anon_vma == anon_vma, "tree of an anon_vma");
		active += avc->vma->anon_vma == anon_vma;
		linked++;
	}
	must_eq(linked, validate_intervals(anon_vma->rb_root.rb_node, NULL, &avc_ends).nodes, "tree of an anon_vma");
	for (uint64_t i = 0; i < seen.nr_anon_vmas; i++) {
		children += seen.anon_vmas[i]->parent == anon_vma;
		references += seen.anon_vmas[i]->root == anon_vma && seen.anon_vmas[i] != anon_vma;
	}
	must(linked, "an anon_vma without areas");
	must_eq(anon_vma->num_active_vmas, active, "anon_vma");
	must_eq(anon_vma->num_children, children, "anon_vma");
	must_eq(anon_vma->refcount, references, "anon_vma");
	must_eq(anon_vma->root->rwsem.count, 0, "anon_vma is locked");
}

/* A device's inode of a test is on none, and nothing is said of its tree. */
static bool on_inode_list(const struct inode *inode) { return inode == &test_inode || inode->i_sb_list.next; }

static void validate_areas(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *prev = NULL;
	struct mm_struct sum = { 0 };

	for (vma = mm->mmap; vma; prev = vma, vma = vma->vm_next) {
		must(vma->vm_mm == mm && vma->vm_prev == prev, "links of area %#lx", vma->vm_start);
		must(vma->vm_start < vma->vm_end && vma->vm_end <= TASK_SIZE, "limits of %#lx",
		     vma->vm_start);
		must((vma->vm_start | vma->vm_end) % PAGE_SIZE == 0, "alignment of %#lx", vma->vm_start);
		must(!prev || prev->vm_end <= vma->vm_start, "order of %#lx", vma->vm_start);
		must_eq(vma->vm_page_prot, vm_get_page_prot(vma->vm_flags), "area %#lx", vma->vm_start);
		validate_chain(vma);
		vm_stat_account(&sum, vma->vm_flags, vma_pages(vma));
		sum.locked_vm += vma->vm_flags & VM_LOCKED ? vma_pages(vma) : 0;
		seen.accounted += vma->vm_flags & VM_ACCOUNT ? vma_pages(vma) : 0;
		seen.nr_file_vmas += vma->vm_file && on_inode_list(vma->vm_file->f_inode);
		sum.map_count++;
	}
	must_eq(mm->map_count, sum.map_count, "mm");
	must_eq(mm->total_vm, sum.total_vm, "mm");
	must_eq(mm->data_vm, sum.data_vm, "mm");
	must_eq(mm->exec_vm, sum.exec_vm, "mm");
	must_eq(mm->stack_vm, sum.stack_vm, "mm");
	must_eq(mm->locked_vm, sum.locked_vm, "mm");
	must_eq(mm->highest_vm_end, prev ? prev->vm_end : 0, "mm");
	seen.nr_vmas += sum.map_count;
}

/* --- page tables ------------------------------------------------------------------------------ */

/* Area that holds va; a cursor, since addresses ascend. */
static struct vm_area_struct *area_behind(struct mm_struct *mm, struct vm_area_struct **cursor, uint64_t va)
{
	if (!*cursor)
		*cursor = mm->mmap;
	while (*cursor && (*cursor)->vm_end <= va && (*cursor)->vm_next)
		*cursor = (*cursor)->vm_next;
	return *cursor && (*cursor)->vm_start <= va && va < (*cursor)->vm_end ? *cursor : NULL;
}

static void validate_anon_leaf(struct vm_area_struct *vma, uint64_t va, uint64_t pte, struct page *page)
{
	must(on_chain(vma, (void *)((uint64_t)page->mapping - PAGE_MAPPING_ANON)),
	     "page at %#lx is of an anon_vma that its area does not know", va);
	must_eq(page->index, linear_page_index(vma, va), "page at %#lx", va);
	must(!(pte & PTE_RW) || (page->flags & PG_anon_exclusive), "writable page at %#lx is exclusive", va);
}

static void validate_file_leaf(struct vm_area_struct *vma, uint64_t va, uint64_t pte, struct page *page)
{
	must(vma->vm_file && page->mapping == vma->vm_file->f_mapping, "page at %#lx is of another file", va);
	must_eq(page->index, linear_page_index(vma, va), "page at %#lx", va);
	must(!(pte & PTE_RW) || (vma->vm_flags & VM_SHARED), "writable page of a file, privately mapped at %#lx", va);
}

static void validate_leaf(struct mm_struct *mm, struct vm_area_struct **cursor, uint64_t va,
			  uint64_t pte, int64_t *rss)
{
	struct vm_area_struct *vma = area_behind(mm, cursor, va);
	struct page *page = pfn_to_page(pte_pfn(pte));

	must(vma, "page at %#lx is in no area", va);
	must(pte_present(pte), "entry at %#lx", va);
	must_eq(pte_protnone(pte), !vma_is_accessible(vma), "entry at %#lx", va);
	must(!(pte & PTE_RW) || (vma->vm_flags & VM_WRITE),
	     "writable entry at %#lx in an area that is not", va);
	must(pte_protnone(pte) || !(pte & PTE_NX) == !!(vma->vm_flags & VM_EXEC), "NX of %#lx", va);
	must(!(pte & PTE_RW) || (vma->vm_flags & VM_SHARED) || (pte & PTE_SOFT_DIRTY),
	     "writable private entry at %#lx is not soft-dirty", va);
	if ((pte & PTE_SPECIAL) && (vma->vm_flags & VM_PFNMAP)) {
		must(pte_pfn(pte) < FRAMES_BELOW, "special entry at %#lx of a device's area", va);
		return;
	}
	if (pte & PTE_SPECIAL) {
		must_eq(pte_pfn(pte), zero_pfn, "special entry at %#lx", va);
		must(!(pte & PTE_RW), "writable zero page at %#lx", va);
		return;
	}
	seen.frames[pte_pfn(pte)].maps++;
	seen.frames[pte_pfn(pte)].writable += !!(pte & PTE_RW);
	rss[mm_counter(page)]++;
	if (PageAnon(page))
		validate_anon_leaf(vma, va, pte, page);
	else
		validate_file_leaf(vma, va, pte, page);
}

static void see_table(struct mm_struct *mm, uint64_t pfn, unsigned int level)
{
	struct page *page = pfn_to_page(pfn);

	must(page->page_type == PGTY_table && page->pt_mm == mm && page->pt_level == level,
	     "table in frame %#lx",
	     pfn);
	seen.frames[pfn].tables++;
}

static bool area_in(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next)
		if (vma->vm_start < end && start < vma->vm_end)
			return true;
	return false;
}

static void validate_table(struct mm_struct *mm, uint64_t *table, unsigned int level, uint64_t va,
			   struct vm_area_struct **cursor, int64_t *rss, uint64_t *tables)
{
	uint64_t step = 1UL << level_shift(level);

	for (unsigned int i = 0; i < (level == 4 ? 256 : 512); i++, va += step) {
		uint64_t entry = table[i];

		if (!entry)
			continue;
		if (level == 1) {
			validate_leaf(mm, cursor, va, entry, rss);
			continue;
		}
		must_eq(entry & ~PTE_PFN_MASK, TABLE_ENTRY, "entry of level %u for %#lx", level, va);
		must(area_in(mm, va, va + step), "table for %#lx, level %u, where no area is", va, level - 1);
		see_table(mm, pte_pfn(entry), level - 1);
		++*tables;
		validate_table(mm, table_of(entry), level - 1, va, cursor, rss, tables);
	}
}

static void validate_page_tables(struct mm_struct *mm)
{
	struct vm_area_struct *cursor = NULL;
	int64_t rss[NR_MM_COUNTERS] = { 0 };
	uint64_t tables = 0;

	see_table(mm, __pa(mm->pgd) >> PAGE_SHIFT, 4);
	validate_table(mm, mm->pgd, 4, 0, &cursor, rss, &tables);
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		must_eq(mm->rss_stat[i], rss[i], "rss of kind %d", i);
	must_eq(mm->pgtables_bytes, tables * PAGE_SIZE, "mm");
	for (int i = 256; i < 512; i++)
		must_eq(mm->pgd[i], init_mm.pgd[i], "kernel entry %d", i);
}

static void validate_mm(struct mm_struct *mm)
{
	must_eq(mm->mmap_lock.count, 0, "mmap_lock is held");
	must_eq(mm->page_table_lock.locked, 0, "page_table_lock is held");
	validate_areas(mm);
	validate_tree(mm);
	validate_page_tables(mm);
}

#include "validate_files.h"

/* --- frames ----------------------------------------------------------------------------------- */

static bool frame_is_zero(uint64_t pfn)
{
	const uint64_t *word = __va(pfn << PAGE_SHIFT);

	for (unsigned int i = 0; i < PAGE_SIZE / 8; i++)
		if (word[i])
			return false;
	return true;
}

static void validate_block(struct page *page, unsigned int order)
{
	uint64_t pfn = page_to_pfn(page);

	must(page->page_type == PGTY_buddy && page->order == order, "head of free block %#lx", pfn);
	must_eq(pfn & ((1UL << order) - 1), 0, "alignment of block %#lx", pfn);
	for (uint64_t i = 0; i < 1UL << order; i++) {
		must(pfn + i < contig_zone.frontier_pfn, "free block %#lx reaches over the frontier", pfn);
		must(i == 0 || page[i].page_type == PGTY_free_tail, "frame %#lx in free block %#lx",
		     pfn + i, pfn);
		must_eq(page[i]._refcount, 0, "free frame %#lx", pfn + i);
		must(!(page[i].flags & PG_zeroed) || frame_is_zero(pfn + i), "frame %#lx known as zero",
		     pfn + i);
		seen.frames[pfn + i].free++;
	}
	must(order == NR_ORDERS - 1 || !free_buddy(&contig_zone, pfn, order),
	     "free block %#lx merged with its buddy",
	     pfn);
}

static void validate_buddy(void)
{
	uint64_t frames = 0;

	for (unsigned int order = 0; order < NR_ORDERS; order++) {
		struct free_area *area = &contig_zone.free_area[order];
		struct page *page;
		uint64_t blocks = 0;

		list_for_each_entry(page, &area->free_list, lru) {
			validate_block(page, order);
			blocks++;
		}
		must_eq(area->nr_free, blocks, "order %u", order);
		frames += blocks << order;
	}
	must_eq(contig_zone.nr_free, frames, "zone");
	must_eq(contig_zone.lock.locked, 0, "zone lock is held");
}

static void validate_slab_list(struct kmem_cache *cache, struct list_head *head, uint64_t *slabs,
			       uint64_t *inuse)
{
	struct page *page;

	list_for_each_entry(page, head, lru) {
		uint64_t free = 0;

		must(page->page_type == PGTY_slab && page->slab_cache == cache, "slab of %s", cache->name);
		must(page->carved <= cache->objects, "slab of %s", cache->name);
		for (void *object = page->freelist; object; object = *(void **)object) {
			must(object >= slab_base(page) && object < slab_base(page) + PAGE_SIZE,
			     "free object");
			free++;
		}
		must_eq(page->inuse + free, page->carved, "slab of %s", cache->name);
		must(page->inuse, "empty slab of %s kept", cache->name);
		must_eq(page->inuse == cache->objects, head == &cache->full, "slab of %s", cache->name);
		seen.frames[page_to_pfn(page)].slabs++;
		++*slabs;
		*inuse += page->inuse;
	}
}

static void validate_slabs(void)
{
	struct kmem_cache *cache;

	list_for_each_entry(cache, &slab_caches, list) {
		uint64_t slabs = 0, inuse = 0;

		validate_slab_list(cache, &cache->partial, &slabs, &inuse);
		validate_slab_list(cache, &cache->full, &slabs, &inuse);
		must_eq(cache->nr_slabs, slabs, "%s", cache->name);
		must_eq(cache->nr_inuse, inuse, "%s", cache->name);
		must_eq(cache->lock.locked, 0, "%s", cache->name);
	}
}

static void validate_user_frame(uint64_t pfn, const struct page *page, const struct seen_frame *frame)
{
	bool anon = PageAnon(page);

	must(page->mapping, "frame %#lx is in use by nobody", pfn);
	must_eq(page->_mapcount + 1, frame->maps, "frame %#lx", pfn);
	must_eq(page->_refcount, frame->maps + !anon, "frame %#lx", pfn);
	must_eq(frame->cached, !anon && page->mapping != &test_inode.i_data, "frame %#lx", pfn);
	must(!(page->flags & PG_anon_exclusive) || frame->maps == 1, "exclusive frame %#lx", pfn);
	must(!anon || frame->writable <= 1, "frame %#lx is writable twice", pfn);
	validate_rmap(pfn, frame->maps);
}

/* Returns the next frame to look at: a block of the kernel's is one. */
static uint64_t validate_frame(uint64_t pfn)
{
	const struct page *page = pfn_to_page(pfn);
	const struct seen_frame *frame = &seen.frames[pfn];

	must(frame->free <= 1, "frame %#lx is free twice", pfn);
	if (frame->free) {
		must(!frame->maps && !frame->tables && !frame->slabs, "free frame %#lx is in use", pfn);
		return pfn + 1;
	}
	must(page->_refcount > 0, "frame %#lx is neither free nor in use", pfn);
	must_eq(frame->tables, page->page_type == PGTY_table, "frame %#lx", pfn);
	must_eq(frame->slabs, page->page_type == PGTY_slab, "frame %#lx", pfn);
	if (page->page_type == PGTY_none)
		validate_user_frame(pfn, page, frame);
	else
		must_eq(page->_refcount, 1, "frame %#lx", pfn);
	for (uint64_t i = 1; i < 1UL << page->order; i++)
		must(page[i].page_type == PGTY_kernel && !page[i]._refcount, "frame %#lx in block %#lx",
		     pfn + i, pfn);
	return pfn + (1UL << page->order);
}

/* --- everything ------------------------------------------------------------------------------- */

static void validate_all(void)
{
	struct mm_struct *mm;

	if (!seen.frames)
		seen.frames = malloc((arena_size >> PAGE_SHIFT) * sizeof(*seen.frames));
	memset(seen.frames, 0, (arena_size >> PAGE_SHIFT) * sizeof(*seen.frames));
	seen = (struct seen){ .frames = seen.frames };
	list_for_each_entry(mm, &init_mm.mmlist, mmlist) {
		validate_mm(mm);
		seen.nr_mms++;
	}
	/* The last task of a dead mm may have gone, and its tables are still loaded. */
	mm = cpus[0].current->active_mm;
	if (mm != &init_mm && mm->mm_users == 0) {
		validate_mm(mm);
		must_eq(mm->map_count, 0, "areas of a dead mm");
	}
	for (uint64_t i = 0; i < seen.nr_anon_vmas; i++)
		validate_anon_vma(seen.anon_vmas[i]);
	validate_files();
	validate_buddy();
	validate_slabs();
	for (uint64_t pfn = contig_zone.start_pfn; pfn < contig_zone.frontier_pfn;)
		pfn = validate_frame(pfn);
	must_eq(vm_committed_as, seen.accounted, "all areas");
	must_eq(vm_area_cachep.nr_inuse, seen.nr_vmas, "objects");
	must_eq(anon_vma_chain_cachep.nr_inuse, seen.nr_avcs, "objects");
	must_eq(anon_vma_cachep.nr_inuse, seen.nr_anon_vmas, "objects");
	must_eq(nr_printk, 0, "the mm complained");
}

/* All that was ever handed out but the zero page is back. */
static void validate_nothing_left(void)
{
	validate_all();
	must_eq(seen.nr_mms, 0, "mms are left");
	must_eq(contig_zone.nr_free, contig_zone.frontier_pfn - contig_zone.start_pfn - 1,
		"frames are missing");
	must_eq(vm_committed_as, 0, "memory is committed");
}

#endif
