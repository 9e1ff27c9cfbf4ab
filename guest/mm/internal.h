/* SPDX-License-Identifier: MIT */
/*
 * What the files of guest/mm share with each other and with nobody else. Linux keeps these in
 * mm/internal.h, include/linux/mm.h, rmap.h and asm/tlb.h.
 */
#ifndef GUEST_MM_INTERNAL_H
#define GUEST_MM_INTERNAL_H

#include "interval_tree.h"
#include "mm.h"
#include "mm_env.h"
#include "pgtable.h"
#include "rbtree.h"

/* Groups of vm_flags (Linux include/linux/mm.h). */
#define VM_ACCESS_FLAGS	(VM_READ | VM_WRITE | VM_EXEC)
#define VM_STACK	VM_GROWSDOWN
#define VM_SPECIAL	(VM_IO | VM_DONTEXPAND | VM_PFNMAP)
#define VM_DATA_DEFAULT	(VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)
#define VM_STACK_DEFAULT (VM_GROWSDOWN | VM_DATA_DEFAULT | VM_ACCOUNT)

static inline uint64_t vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

static inline bool vma_is_anonymous(const struct vm_area_struct *vma) { return !vma->vm_ops; }
static inline bool vma_is_accessible(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_ACCESS_FLAGS;
}

/** Private and possibly writable one day: its pages are copied on write. */
static inline bool is_cow_mapping(uint64_t vm_flags)
{
	return (vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

static inline struct vm_area_struct *rb_vma(struct rb_node *node)
{
	return rb_entry(node, struct vm_area_struct, vm_rb);
}

/** Page offset in the file (or in the original anonymous area) of a user address. */
static inline uint64_t linear_page_index(const struct vm_area_struct *vma, uint64_t address)
{
	return ((address - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
}

/** The last page offset of an area. */
static inline uint64_t vma_last_pgoff(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff + vma_pages(vma) - 1;
}

/** Where an area's claim on addresses begins: a stack keeps its guard gap free below it. */
static inline uint64_t vm_start_gap(const struct vm_area_struct *vma)
{
	uint64_t gap = (uint64_t)mm_profile.stack_guard_gap << PAGE_SHIFT;

	if (!(vma->vm_flags & VM_GROWSDOWN))
		return vma->vm_start;
	return vma->vm_start > gap ? vma->vm_start - gap : 0;
}

static inline void mmap_assert_locked(const struct mm_struct *mm) { BUG_ON(mm->mmap_lock.count == 0); }
static inline void mmap_assert_write_locked(const struct mm_struct *mm) { BUG_ON(mm->mmap_lock.count != -1); }

/** From writer to first reader without letting another writer in. */
static inline void mmap_write_downgrade(struct mm_struct *mm)
{
	mmap_assert_write_locked(mm);
	mm->mmap_lock.count = 1;
}

/* --- fail_alloc.c ----------------------------------------------------------------------------- */

#define fail_alloc lab.fail_alloc
bool should_fail(struct fault_attr *attr, enum fault_kind kind);
/** True if this allocation is one that shall fail. */
static inline bool should_fail_alloc(enum fault_kind kind)
{
	return unlikely(fail_alloc.nth) && should_fail(&fail_alloc, kind);
}

/* --- vmacache.c: current's last areas; mmap_lock held ----------------------------------------- */

struct vm_area_struct *vmacache_find(struct mm_struct *mm, uint64_t addr);
void vmacache_update(uint64_t addr, struct vm_area_struct *vma);
/** No cache may believe what it holds of mm: an area is about to go. */
void vmacache_invalidate(struct mm_struct *mm);

/* --- vma_tree.c: list and tree; mmap_lock held for writing ------------------------------------ */

/** The same without the tree of its file. */
void __vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev);
/**
 * Put a finished area into list and tree, right after prev (NULL: first), and into its file's tree.
 * map_count += 1.
 */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev);
/** Take it out of both. map_count -= 1. Caches are invalidated. */
void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma);
/**
 * vm_start of vma or vm_end of its predecessor changed: the gap between them, and what is told of
 * it upwards.
 */
void vma_gap_update(struct vm_area_struct *vma);
/** vm_end of vma changed. */
void vma_end_changed(struct mm_struct *mm, struct vm_area_struct *vma);

/* --- unmapped_area.c -------------------------------------------------------------------------- */

struct vm_unmapped_area_info {
	bool topdown;
	uint64_t length;
	uint64_t low_limit;
	uint64_t high_limit;
};
/**
 * Address of a gap of that length within the limits, the highest or the lowest there is; or
 * -ENOMEM. O(log n).
 */
uint64_t vm_unmapped_area(struct mm_struct *mm, const struct vm_unmapped_area_info *info);
/** get_unmapped_area() for an mm that need not be current's. */
uint64_t mm_get_unmapped_area(struct mm_struct *mm, struct file *file, uint64_t addr, uint64_t len,
			      uint64_t pgoff, uint64_t flags);

/* --- vma.c, merge.c --------------------------------------------------------------------------- */

/** vm_flags, and the rights of pages that they give. mmap_lock held for writing. */
static inline void vma_set_flags(struct vm_area_struct *vma, uint64_t vm_flags)
{
	vma->vm_flags = vm_flags;
	vma->vm_page_prot = vm_get_page_prot(vm_flags);
}

/** A copy, not linked, with an empty anon_vma_chain. */
struct vm_area_struct *vm_area_dup(const struct vm_area_struct *vma);
/** Close, drop the file, free. The area is out of list and tree and has no anon_vma. */
void remove_vma(struct vm_area_struct *vma);
/**
 * Change limits of vma, and with it what must change around it (see vma.c). `insert`: the other
 * half of a split; `expand`: the area that remains in a merge. -LX_ENOMEM: nothing changed.
 */
int __vma_adjust(struct vm_area_struct *vma, uint64_t start, uint64_t end, uint64_t pgoff,
		 struct vm_area_struct *insert, struct vm_area_struct *expand);
/** Cut in two at addr; the new area is the lower (new_below) or the upper half. */
int __split_vma(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t addr, bool new_below);
/** The same, minding max_map_count. */
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t addr, bool new_below);

/** A range [start, end) of one kind, to be merged with what lies beside it. */
struct vma_merge {
	struct mm_struct *mm;
	struct vm_area_struct *prev;	/* last area that starts before `start`, or NULL */
	uint64_t start, end;
	uint64_t vm_flags;
	struct anon_vma *anon_vma;	/* of the range's pages; NULL for a new range */
	struct file *file;
	uint64_t pgoff;
};
/** An existing range whose flags change (mprotect …). The merged area, or NULL. Cases: merge.c. */
struct vm_area_struct *vma_merge(const struct vma_merge *m);
/** A free range to be mapped (mmap). The merged area, or NULL. */
struct vm_area_struct *vma_merge_new(const struct vma_merge *m);
bool can_vma_merge_after(const struct vm_area_struct *vma, const struct vma_merge *m,
			 struct anon_vma *anon_vma);
/**
 * [start, end) of vma, whose flags are to become newflags, joins a neighbour or becomes an area of
 * its own. prev: the area that starts before start. The area that holds the range now (the caller
 * sets its flags), or NULL: no memory, or too many areas; a first split may have happened.
 */
struct vm_area_struct *vma_isolate(struct vm_area_struct *vma, struct vm_area_struct *prev, uint64_t start,
				   uint64_t end, uint64_t newflags);

/* --- munmap.c, mmap.c ------------------------------------------------------------------------- */

/** Pages and tables of [start, end), of areas linked to each other and to no mm; prev and next are those around. */
void unmap_region(struct mm_struct *mm, struct vm_area_struct *detached, struct vm_area_struct *prev,
		  struct vm_area_struct *next, uint64_t start, uint64_t end);
/** do_munmap(); with downgrade, may leave mmap_lock held for reading, and then returns 1. */
int __do_munmap(struct mm_struct *mm, uint64_t start, uint64_t len, bool downgrade);
/** mmap_min_addr, as Linux security_mmap_addr() for a task without CAP_SYS_RAWIO. 0 or -LX_EPERM. */
int security_mmap_addr(uint64_t addr);

/* --- accounting.c ----------------------------------------------------------------------------- */

/** npages (may be negative) of that kind join the counters of mm. */
void vm_stat_account(struct mm_struct *mm, uint64_t vm_flags, int64_t npages);
bool may_expand_vm(const struct mm_struct *mm, uint64_t vm_flags, uint64_t npages);
/** 0 or -LX_EAGAIN: `len` bytes of VM_LOCKED memory more. */
int mlock_future_check(const struct mm_struct *mm, uint64_t vm_flags, uint64_t len);
/** Commit npages of memory that might have to exist one day: 0 or -LX_ENOMEM. */
int vm_enough_memory(uint64_t npages);
void vm_unacct_memory(uint64_t npages);
#define vm_committed_as	lab.vm_committed_as	/* pages committed, all mms; the host counts again */

static inline int64_t get_mm_rss(const struct mm_struct *mm)
{
	return mm->rss_stat[MM_FILEPAGES] + mm->rss_stat[MM_ANONPAGES] + mm->rss_stat[MM_SHMEMPAGES];
}

/** Before pages or areas go: remember how many there were. */
static inline void update_hiwater_rss(struct mm_struct *mm)
{
	mm->hiwater_rss = max(mm->hiwater_rss, (uint64_t)get_mm_rss(mm));
}

static inline void update_hiwater_vm(struct mm_struct *mm)
{
	mm->hiwater_vm = max(mm->hiwater_vm, mm->total_vm);
}

/* --- rmap.c ----------------------------------------------------------------------------------- */

/** Give vma an anon_vma if it has none. 0 or -LX_ENOMEM. mmap_lock held. */
int anon_vma_prepare(struct vm_area_struct *vma);
/** Attach dst to every anon_vma src is attached to. 0 or -LX_ENOMEM (dst then has none). */
int anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src);
/** The child's area of a fork: the parent's anon_vmas and one of its own. */
int anon_vma_fork(struct vm_area_struct *vma, struct vm_area_struct *pvma);
void unlink_anon_vmas(struct vm_area_struct *vma);

/* The lock of the family: the root's. For writing to change a tree, for reading to search one. */
static inline void anon_vma_lock_write(struct anon_vma *anon_vma) { down_write(&anon_vma->root->rwsem); }
static inline void anon_vma_unlock_write(struct anon_vma *anon_vma) { up_write(&anon_vma->root->rwsem); }
static inline void anon_vma_lock_read(struct anon_vma *anon_vma) { down_read(&anon_vma->root->rwsem); }
static inline void anon_vma_unlock_read(struct anon_vma *anon_vma) { up_read(&anon_vma->root->rwsem); }

/** Areas whose pages of [start, last] may be of this anon_vma, one after the other; NULL: no more. Locked. */
struct anon_vma_chain *anon_vma_interval_tree_iter_first(struct anon_vma *anon_vma, uint64_t start, uint64_t last);
struct anon_vma_chain *anon_vma_interval_tree_iter_next(struct anon_vma_chain *avc, uint64_t start, uint64_t last);
#define anon_vma_interval_tree_foreach(avc, anon_vma, start, last) \
	for (avc = anon_vma_interval_tree_iter_first(anon_vma, start, last); avc; \
	     avc = anon_vma_interval_tree_iter_next(avc, start, last))
/* Locked for writing. After vm_end alone has changed: */
void anon_vma_interval_tree_last_changed(struct vm_area_struct *vma);
/** Around a change of vm_pgoff: out of the trees of vma's anon_vmas, and in again. */
void anon_vma_interval_tree_pre_update_vma(struct vm_area_struct *vma);
void anon_vma_interval_tree_post_update_vma(struct vm_area_struct *vma);

/* Mappings of a page; page_table_lock of the mapping mm held. */
void page_add_new_anon_rmap(struct page *page, struct vm_area_struct *vma, uint64_t address);
void page_move_anon_rmap(struct page *page, struct vm_area_struct *vma);
static inline void page_add_file_rmap(struct page *page) { page->_mapcount++; }
static inline void page_dup_rmap(struct page *page) { page->_mapcount++; }
static inline void page_remove_rmap(struct page *page) { page->_mapcount--; }
static inline bool page_mapped(const struct page *page) { return page->_mapcount >= 0; }
static inline bool PageAnon(const struct page *page) { return (uint64_t)page->mapping & PAGE_MAPPING_ANON; }

/** Which counter of rss_stat a mapped page belongs to. */
static inline enum mm_counter mm_counter(const struct page *page)
{
	if (PageAnon(page))
		return MM_ANONPAGES;
	return page->flags & PG_swapbacked ? MM_SHMEMPAGES : MM_FILEPAGES;
}

/** The struct page whose counts a present entry is part of; NULL: the zero page. */
static inline struct page *vm_normal_page(uint64_t pte)
{
	return pte & PTE_SPECIAL ? NULL : pfn_to_page(pte_pfn(pte));
}

/* --- rmap_walk.c: takes the lock of the page's tree, and page_table_lock ----------------------- */

struct rmap_walk_control {
	/** Called with each place where the page may be mapped (page_vma_mapped() tells); false: enough. */
	bool (*rmap_one)(struct page *page, struct vm_area_struct *vma, uint64_t address, void *arg);
	/** Asked after each; true: enough. NULL: go on to the end. */
	bool (*done)(struct page *page);
	void *arg;
};
void rmap_walk(struct page *page, const struct rmap_walk_control *rwc);
/** The entry of vma's mm that maps page at address, with page_table_lock held; NULL: there is none, nothing is held. */
uint64_t *page_vma_mapped(const struct page *page, struct vm_area_struct *vma, uint64_t address);
/** How many entries say that the page was accessed; they do no longer. *vm_flags: of their areas; VM_LOCKED: of any. */
int page_referenced(struct page *page, uint64_t *vm_flags);
/** Take it out of every address space. Its caller holds a reference. False: some entry had to stay. */
bool try_to_unmap(struct page *page);

/* --- page_alloc.c ----------------------------------------------------------------------------- */

/** A free frame leaves the free lists, with one reference. False: it is in use. */
bool take_page_off_buddy(struct page *page);

/* --- vmscan.c --------------------------------------------------------------------------------- */

/** Linux reclaim_pages(): what can be had back of a range of vma that no other mm maps. mmap_lock held. */
void reclaim_range(struct vm_area_struct *vma, uint64_t start, uint64_t end);

/* --- xarray.c: xa_lock held ------------------------------------------------------------------- */

struct page *xa_load(const struct xarray *xa, uint64_t index);
/** Into an empty slot. 0 or -LX_ENOMEM: nothing changed. */
int xa_store(struct xarray *xa, uint64_t index, struct page *page);
/** What was there, or NULL. */
struct page *xa_erase(struct xarray *xa, uint64_t index);
/** First page at *index or behind; *index becomes its own. NULL: none. */
struct page *xa_find(const struct xarray *xa, uint64_t *index);

/* --- i_mmap.c, truncate.c, filemap.c, shmem.c ------------------------------------------------- */

/* i_mmap_rwsem of the file held: for writing to change the tree, for reading to search it. */
void vma_interval_tree_insert(struct vm_area_struct *vma, struct rb_root *root);
void vma_interval_tree_remove(struct vm_area_struct *vma, struct rb_root *root);
void vma_interval_tree_last_changed(struct vm_area_struct *vma);	/* vm_end changed, vm_pgoff did not */
/** Areas that map a page of [start, last], one after the other; NULL: no more. */
struct vm_area_struct *vma_interval_tree_iter_first(struct rb_root *root, uint64_t start, uint64_t last);
struct vm_area_struct *vma_interval_tree_iter_next(struct vm_area_struct *vma, uint64_t start, uint64_t last);
#define vma_interval_tree_foreach(vma, root, start, last) \
	for (vma = vma_interval_tree_iter_first(root, start, last); vma; \
	     vma = vma_interval_tree_iter_next(vma, start, last))
/** Into and out of the tree of its file, if it has one. These take the lock. */
void vma_link_file(struct vm_area_struct *vma);
void unlink_file_vma(struct vm_area_struct *vma);
/**
 * No address space maps pages [first, last] any more, nor, with even_cows, a private copy of one. Takes i_mmap_rwsem.
 */
void unmap_mapping_pages(struct address_space *mapping, uint64_t first, uint64_t last, bool even_cows);
/** The page leaves its file's cache, which drops its reference. xa_lock held. */
void delete_from_page_cache(struct page *page);
/** A page of shared memory that nobody maps and nobody ever wrote leaves the cache; zeros need no memory. */
void shmem_reclaim_page(struct page *page);
/** Pages [first, last] leave the cache; how many they were. Nobody maps them. */
uint64_t truncate_inode_pages(struct address_space *mapping, uint64_t first, uint64_t last);
/** What a fault comes to whose page could not be had (Linux vmf_error()). */
static inline int vmf_error(int error)
{
	if (error == -LX_EHWPOISON)
		return VM_FAULT_HWPOISON;
	return error == -LX_ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
}
/** Does the cache hold any page of [start, end] within the file? */
/**
 * Linux do_fault_around: neighbours that are in the cache already are mapped along, within the area, the table and an aligned
 * window. True: the page itself was among them. *error: no memory for the table.
 */
bool do_fault_around(struct vm_fault *vmf, map_pages_fn map_pages, int *error);
bool filemap_has_pages(struct address_space *mapping, uint64_t start, uint64_t end);
void filemap_map_pages(struct vm_fault *vmf, uint64_t start, uint64_t end);

/* --- tlb.c: the one place that flushes -------------------------------------------------------- */

void flush_tlb_range(struct mm_struct *mm, uint64_t start, uint64_t end);
void flush_tlb_page(struct mm_struct *mm, uint64_t address);
void flush_tlb_mm(struct mm_struct *mm);

#define MMU_GATHER_BATCH 64

/** Pages and tables on their way out: none is freed before the TLB forgot it. */
struct mmu_gather {
	struct mm_struct *mm;
	bool fullmm;			/* all of mm goes */
	bool keep_cows;			/* pages of files alone are taken out, not the copies that a task made of them */
	uint64_t start, end;		/* entries cleared and not yet flushed; start > end: none */
	unsigned int nr;
	struct page *pages[MMU_GATHER_BATCH];
};
void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm, bool fullmm);
void tlb_finish_mmu(struct mmu_gather *tlb);
/** The entry for address was cleared. */
static inline void tlb_remove_entry(struct mmu_gather *tlb, uint64_t address)
{
	tlb->start = min(tlb->start, address);
	tlb->end = max(tlb->end, address + PAGE_SIZE);
}
/** Drop a reference to page once it is flushed. */
void tlb_remove_page(struct mmu_gather *tlb, struct page *page);

/* --- pgtable.c -------------------------------------------------------------------------------- */

/** The PTE for addr, with all tables above it; NULL: no memory. */
uint64_t *pte_alloc(struct mm_struct *mm, uint64_t addr);
/** The PMD entry for addr, with all tables above it; NULL: no memory. */
uint64_t *pmd_alloc(struct mm_struct *mm, uint64_t addr);
/**
 * The PTE for addr, or NULL where a table is missing. *span_end: first address that another lookup is needed
 * for: up to there the PTEs follow each other, or nothing is mapped. Never 0.
 */
uint64_t *pte_lookup(struct mm_struct *mm, uint64_t addr, uint64_t *span_end);
/** New top-level table with the kernel's half; NULL: no memory. */
uint64_t *pgd_alloc(struct mm_struct *mm);
void pgd_free(uint64_t *pgd);
/** Free tables under [addr, end) that cover nothing outside [floor, ceiling); ceiling 0: top of the half. */
void free_pgd_range(struct mmu_gather *tlb, uint64_t addr, uint64_t end, uint64_t floor, uint64_t ceiling);
/** The same for detached areas from vma to the end of their list, whose anon_vmas are unlinked, too. */
void free_pgtables(struct mmu_gather *tlb, struct vm_area_struct *vma, uint64_t floor, uint64_t ceiling);

/* --- madvise.c: mmap_lock held ---------------------------------------------------------------- */

/** What becomes of an entry that is present, of a page that counts. */
typedef uint64_t (*change_entry)(struct page *page, uint64_t pte);
/** Change the entries of [start, end) of vma, and flush those that did change. */
void change_entries_range(struct vm_area_struct *vma, uint64_t start, uint64_t end, change_entry change);

/* --- zap.c, protect.c, memory.c, dup.c, populate.c -------------------------------------------- */

/** Unmap the pages of [start, end) of vma and of the areas behind it in its list. */
void unmap_vmas(struct mmu_gather *tlb, struct vm_area_struct *vma, uint64_t start, uint64_t end);
/** Existing pages of the range get vma's new rights. */
void change_protection(struct vm_area_struct *vma, uint64_t start, uint64_t end);
/**
 * Linux handle_mm_fault: 0 or VM_FAULT_*; vmf->how and vmf->pfn tell what was done. mmap_lock held
 * for reading.
 */
int handle_mm_fault(struct vm_fault *vmf, struct vm_area_struct *vma, uint64_t address, unsigned int flags);
/** As mm_populate(), and tell: 0, or what the first page came to that could not be had: -LX_EFAULT or -LX_ENOMEM. */
int __mm_populate(struct mm_struct *mm, uint64_t start, uint64_t len, bool ignore_errors);
/** For a range of one area, as its rights allow; mmap_lock held. 0, -LX_EFAULT or -LX_ENOMEM. */
int populate_vma_range(struct vm_area_struct *vma, uint64_t start, uint64_t end);
/**
 * Make each page of the range readable, or writable (breaking COW). 0; -LX_EINVAL: not with vma's
 * rights; as above.
 */
int faultin_vma_page_range(struct vm_area_struct *vma, uint64_t start, uint64_t end, bool write);


/** A new mm without areas, placement and marks as in oldmm; NULL: no memory. */
struct mm_struct *mm_alloc_like(const struct mm_struct *oldmm);
/** Undo the address space of an mm that no task uses any more. */
void exit_mmap(struct mm_struct *mm);

#endif
