/* SPDX-License-Identifier: MIT */
/*
 * What the checks of all families share: where a finding is, how it is told, names of things in
 * words, and walks over the model. A check counts each comparison and reports each that fails.
 */
#ifndef VMM_VERIFY_CHECK_H
#define VMM_VERIFY_CHECK_H

#include "verify/sieve.h"
#include "verify/verify.h"

#define NO_PFN	(~0UL)
#define PFN(pa)	((pa) >> PAGE_SHIFT)

/** Where a finding is; NOWHERE with fields changed. */
struct site {
	int mm;
	gva_t object;
	uint64_t va;
	uint64_t pfn;
};
#define NOWHERE		.mm = -1, .pfn = NO_PFN
#define AT_MM(m)	((struct site){ .mm = (int)(m), .pfn = NO_PFN })
#define AT_FRAME(p)	((struct site){ .mm = -1, .pfn = (p) })
#define AT_OBJECT(o)	((struct site){ NOWHERE, .object = (o) })
#define AT_AREA(v) \
	((struct site){ .mm = (int)(v)->mm, .object = (v)->addr, .va = (v)->raw.vm_start, .pfn = NO_PFN })
#define AT_LEAF(m, l)	((struct site){ .mm = (int)(m), .va = (l)->va, .pfn = PFN((l)->pa) })

/** Append a finding of `self`, unless it has had MAX_PER_INVARIANT already. */
void report(struct verify_context *c, const struct invariant *self, struct site site, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/** One comparison: count it; true if it holds. */
static inline bool holds(struct verify_context *c, bool ok)
{
	c->checks++;
	return ok;
}

/** Who an mm belongs to, in words: "a (pid 2)", "init_mm", "an mm without users". */
struct label {
	char text[48];
};
struct label mm_label(const struct model *model, int mm);
/** "7ffff7ffc000-7ffff7fff000 rw-p". */
struct label area_label(const struct model_vma *vma);
/** "frame 0x31a (anon)". */
struct label frame_label(const struct model *model, uint64_t pfn);

/** The area decoded from guest address addr, or NULL. */
const struct model_vma *vma_at(const struct model *model, gva_t addr);
/** The area whose vm_rb is at node, or NULL. */
const struct model_vma *vma_of_node(const struct model *model, gva_t node);
/** Does this leaf map the shared zero page? */
static inline bool is_zero_leaf(const struct model *model, const struct leaf *leaf)
{
	return model->lab.zero_pfn && PFN(leaf->pa) == model->lab.zero_pfn;
}

/** Tasks that are blocked in a call, which may hold references meanwhile; an agent that awaits a command is none. */
uint32_t tasks_in_calls(const struct model *model);

/** The caches by the names the guest gives them. */
const struct model_cache *cache_named(const struct model *model, const char *name);

/** What is wrong with a node of an interval tree that has this rb_subtree_last; NULL: nothing, or it is in none. */
const char *interval_trouble(const struct model_interval *at, uint64_t subtree_last);

#define VM_ACCESS	(VM_READ | VM_WRITE | VM_EXEC)

/** Is it the address of a constant of that kind? */
bool is_constant(const struct lab_constants *kind, gva_t va);

/** n bytes (a multiple of 8, aligned) are zero. */
bool all_zero(const void *bytes, size_t n);

/* The checks, one file a family; sentences stand in invariants.c. */
typedef void check_function(struct verify_context *c, const struct invariant *self);

/* sound.c: what could not be decoded */
check_function check_lab, check_pointers, check_lists, check_trees, check_roots, check_limits;
/* areas.c */
check_function check_area_order, check_area_extent, check_area_links, check_area_members, check_area_mm;
check_function check_area_prot, check_area_flags, check_area_account, check_area_kind;
check_function check_area_device, check_device_areas;
check_function check_highest_end, check_vmacache, check_vmacache_number;
/* tree.c */
check_function check_tree_order, check_tree_colour, check_tree_balance, check_tree_parents, check_tree_gaps;
/* counters.c */
check_function check_map_count, check_total_vm, check_data_vm, check_exec_vm, check_stack_vm, check_locked_vm;
check_function check_committed;
check_function check_rss, check_pgtables_bytes, check_layout, check_placement, check_mm_defaults;
check_function check_hiwater;
/* life.c */
check_function check_mm_users, check_mm_count, check_mmlist, check_active_mm, check_task_mm, check_pids;
check_function check_families, check_sessions, check_cred_usage, check_cred_fields, check_task_fields, check_channels, check_mm_locks, check_other_locks;
/* cpus.c */
check_function check_cr3, check_cr0, check_cr4, check_efer, check_current, check_kernel_stack, check_cpu_self;
check_function check_cpu_bitmap, check_in_irq, check_task_stacks, check_translation;
/* tables.c */
check_function check_table_once, check_table_owner, check_table_entry, check_table_needed, check_table_ram;
check_function check_upper_half, check_entry_garbage, check_reserved_bits, check_table_pages;
/* leaves.c */
check_function check_leaf_area, check_leaf_write, check_leaf_exclusive, check_leaf_exec, check_leaf_read;
check_function check_leaf_user, check_leaf_frame, check_leaf_size, check_leaf_bits, check_leaf_zero;
check_function check_leaf_special, check_prot_none, check_leaf_index, check_leaf_file;
check_function check_leaf_device, check_leaf_soft_dirty, check_leaf_shared;
/* kernel.c */
check_function check_kernel_wx, check_kernel_user, check_kernel_linear, check_kernel_image;
check_function check_kernel_whole;
check_function check_kernel_bits, check_zero_content, check_events;
/* frames.c */
check_function check_frame_role, check_frame_uses, check_frame_refs, check_frame_maps, check_frame_flags;
check_function check_frame_fields, check_poison_entry, check_poison_frame;
/* buddy.c */
check_function check_buddy_blocks, check_buddy_tails, check_buddy_merged, check_buddy_counts, check_zone_free;
check_function check_zone_bounds, check_free_unused, check_free_zero;
/* slabs.c */
check_function check_cache_geometry, check_slab_pages, check_slab_inuse, check_cache_counts;
check_function check_slab_poison;
check_function check_vma_slab, check_mm_slab, check_task_slab, check_anon_slab, check_avc_slab;
check_function check_inode_slab, check_node_slab, check_shm_slab, check_pipe_slab, check_rlimits;
/* rmap.c */
check_function check_avc_lists, check_avc_names, check_anon_link, check_anon_none, check_anon_root;
check_function check_anon_tree, check_anon_counts, check_anon_refs, check_page_rmap, check_page_anon;
/* rmap_walk.c */
check_function check_rmap_complete;
/* files.c */
check_function check_cache_pages, check_cache_size, check_cache_held, check_cache_index, check_inode_fields;
check_function check_i_mmap, check_i_mmap_last;
/* ipc.c */
check_function check_shm_nattch, check_shm_ids, check_shm_totals, check_shm_fields;
check_function check_pipe_ring, check_pipe_ends;
/* open_files.c */
check_function check_file_fields, check_file_count, check_file_private;
/* forks.c */
check_function check_fork_copied, check_fork_unlocked;
/* noted.c */
check_function check_exec_noted;
/* tlb.c */
check_function check_tlb_stale, check_tlb_free, check_tlb_table, check_tlb_dirty;
/* content.c */
check_function check_content_written, check_content_untouched, check_content_shared, check_content_readonly;
check_function check_content_fresh, check_content_fork, check_content_dontneed;
/* content_root.c */
check_function check_content_root;
/* calls.c */
check_function check_failed_call, check_merged, check_locked_pages, check_write_locked, check_access;
check_function check_fault_lock, check_fault_once;
/* dentries.c */
check_function check_dentry_tree, check_dentry_count, check_inode_links, check_inode_users;
/* steps.c */
check_function check_brk_grown, check_hiwater_grows, check_stack_gap;

#endif
