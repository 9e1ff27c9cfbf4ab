/* SPDX-License-Identifier: MIT */
/*
 * The table of invariants, and the loop over it. Each row is one sentence that holds at the end of every
 * step; the function that checks it stands in the file of its family. docs/invariants.md is generated from
 * here.
 */
#include "verify/check.h"

#include <stdio.h>
#include <string.h>

/** A row. `linux`: what in Linux would find it, too. */
#define ROW(family_, id_, severity_, check_, linux_, sentence_)                                              \
	&(const struct invariant)                                                                            \
	{                                                                                                    \
		.id = id_, .family = family_, .sentence = sentence_, .severity = severity_,                  \
		.linux_check = linux_, .check = check_                                                       \
	}

/* clang-format off */
const struct invariant *const invariants[] = {
#define FAMILY "Decoding"
	ROW(FAMILY, "lab-sound", SEVERITY_FATAL, check_lab, NULL,
	    "The lab page is there, of this ABI, and what it publishes of RAM and mem_map is plausible."),
	ROW(FAMILY, "pointers-sound", SEVERITY_FATAL, check_pointers, "KASAN, in part",
	    "Every pointer that the host must follow leads to a structure of its kind in RAM."),
	ROW(FAMILY, "lists-sound", SEVERITY_FATAL, check_lists, "CONFIG_DEBUG_LIST",
	    "Every list ends at its head, without a cycle, and prev mirrors next."),
	ROW(FAMILY, "tree-sound", SEVERITY_FATAL, check_trees, "validate_mm (before 6.1)",
	    "Every node of a tree is reached once."),
	ROW(FAMILY, "pgd-sound", SEVERITY_FATAL, check_roots, NULL,
	    "mm.pgd is the direct-map or image address of a page."),
	ROW(FAMILY, "bounded", SEVERITY_FATAL, check_limits, NULL,
	    "The guest has no more structures than its RAM can hold."),
#undef FAMILY

#define FAMILY "Areas"
	ROW(FAMILY, "area-order", SEVERITY_ERROR, check_area_order, "validate_mm (6.1), in part",
	    "The areas of an mm are disjoint."),
	ROW(FAMILY, "area-extent", SEVERITY_ERROR, check_area_extent, NULL,
	    "An area is page-aligned, not empty, above mmap_min_addr and below task_size."),
	ROW(FAMILY, "area-links", SEVERITY_ERROR, check_area_links, "validate_mm (before 6.1), in part",
	    "The list of areas ascends, and vm_prev mirrors vm_next."),
	ROW(FAMILY, "area-members", SEVERITY_ERROR, check_area_members, "validate_mm (before 6.1)",
	    "List and tree hold the same areas in the same order."),
	ROW(FAMILY, "area-mm", SEVERITY_ERROR, check_area_mm, NULL,
	    "vm_mm names the mm that holds the area."),
	ROW(FAMILY, "area-prot", SEVERITY_ERROR, check_area_prot, NULL,
	    "vm_page_prot is what vm_flags make it."),
	ROW(FAMILY, "area-flags", SEVERITY_ERROR, check_area_flags, NULL,
	    "vm_flags are known ones that go together, no right is there without its VM_MAY flag, and of these one is missing where a file "
	    "may only be read."),
	ROW(FAMILY, "area-account", SEVERITY_ERROR, check_area_account, NULL,
	    "Private writable memory is committed (VM_ACCOUNT), unless VM_NORESERVE."),
	ROW(FAMILY, "area-kind", SEVERITY_ERROR, check_area_kind, NULL,
	    "vm_file, vm_ops and anon_vma fit each other."),
	ROW(FAMILY, "area-device", SEVERITY_ERROR, check_area_device, NULL,
	    "An area of a device has VM_IO, VM_PFNMAP, VM_DONTEXPAND and VM_DONTDUMP, a file with vm_ops, and is not locked."),
	ROW(FAMILY, "device-areas", SEVERITY_ERROR, check_device_areas, NULL,
	    "The device's open and close have counted the areas that map it."),
	ROW(FAMILY, "highest-end", SEVERITY_ERROR, check_highest_end, "validate_mm (before 6.1)",
	    "highest_vm_end is the end of the last area."),
	ROW(FAMILY, "vmacache", SEVERITY_ERROR, check_vmacache, "CONFIG_DEBUG_VM_VMACACHE",
	    "A cache of current number holds only areas of its task's mm."),
	ROW(FAMILY, "vmacache-number", SEVERITY_ERROR, check_vmacache_number, NULL,
	    "No two mms have the same vmacache_seqnum: a task that changes its mm would believe its cache."),
	ROW(FAMILY, "rb-order", SEVERITY_ERROR, check_tree_order, "validate_mm (before 6.1)",
	    "A left child lies before its node, a right child after it."),
	ROW(FAMILY, "rb-colour", SEVERITY_ERROR, check_tree_colour, NULL,
	    "The root is black, and no red node has a red child."),
	ROW(FAMILY, "rb-balance", SEVERITY_ERROR, check_tree_balance, NULL,
	    "Every way down from a node meets the same number of black nodes."),
	ROW(FAMILY, "rb-parent", SEVERITY_ERROR, check_tree_parents, NULL,
	    "Every node names its parent; the root has none."),
	ROW(FAMILY, "rb-gap", SEVERITY_ERROR, check_tree_gaps, "validate_mm (before 6.1)",
	    "rb_subtree_gap is the largest gap of the subtree."),
#undef FAMILY

#define FAMILY "Counters of an mm"
	ROW(FAMILY, "map-count", SEVERITY_ERROR, check_map_count, "validate_mm",
	    "map_count is the number of areas."),
	ROW(FAMILY, "total-vm", SEVERITY_ERROR, check_total_vm, NULL,
	    "total_vm is the pages of all areas."),
	ROW(FAMILY, "data-vm", SEVERITY_ERROR, check_data_vm, NULL,
	    "data_vm is the pages of private writable areas that are no stacks."),
	ROW(FAMILY, "exec-vm", SEVERITY_ERROR, check_exec_vm, NULL,
	    "exec_vm is the pages of executable, not writable areas."),
	ROW(FAMILY, "stack-vm", SEVERITY_ERROR, check_stack_vm, NULL,
	    "stack_vm is the pages of stacks."),
	ROW(FAMILY, "locked-vm", SEVERITY_ERROR, check_locked_vm, NULL,
	    "locked_vm is the pages of VM_LOCKED areas."),
	ROW(FAMILY, "committed", SEVERITY_ERROR, check_committed, NULL,
	    "vm_committed_as is the pages of all VM_ACCOUNT areas, and what files in memory hold or reserved."),
	ROW(FAMILY, "rss", SEVERITY_ERROR, check_rss, "check_mm (at the end)",
	    "rss_stat is, by kind, the pages that the page tables hold; the zero page is none."),
	ROW(FAMILY, "pgtables-bytes", SEVERITY_ERROR, check_pgtables_bytes, "check_mm (at the end)",
	    "pgtables_bytes is the tables below the top level."),
	ROW(FAMILY, "mm-layout", SEVERITY_ERROR, check_layout, NULL,
	    "Code, data, brk, stack, arguments and environment stand in order, in user space."),
	ROW(FAMILY, "mm-placement", SEVERITY_ERROR, check_placement, NULL,
	    "mmap_base and what goes with it can place areas."),
	ROW(FAMILY, "mm-defaults", SEVERITY_ERROR, check_mm_defaults, NULL,
	    "pinned_vm, def_flags and exe_file are what can be."),
	ROW(FAMILY, "hiwater", SEVERITY_ERROR, check_hiwater, NULL,
	    "The high-water mark of pages present is not above that of pages mapped."),
#undef FAMILY

#define FAMILY "Life of tasks and mms"
	ROW(FAMILY, "mm-users", SEVERITY_ERROR, check_mm_users, NULL,
	    "mm_users is the number of tasks that share the mm."),
	ROW(FAMILY, "mm-count", SEVERITY_ERROR, check_mm_count, NULL,
	    "mm_count is one for all users, one for each task that borrows the mm, one for each open file of /proc that "
	    "looks at it."),
	ROW(FAMILY, "mmlist", SEVERITY_ERROR, check_mmlist, NULL,
	    "mmlist holds exactly the mms that have users."),
	ROW(FAMILY, "active-mm", SEVERITY_ERROR, check_active_mm, NULL,
	    "A task with an mm has it as active_mm, too."),
	ROW(FAMILY, "task-mm", SEVERITY_ERROR, check_task_mm, NULL,
	    "Living user tasks have an mm; kernel threads and the dead have none."),
	ROW(FAMILY, "pids", SEVERITY_ERROR, check_pids, NULL,
	    "Pids are unique, and only the idle task has 0."),
	ROW(FAMILY, "families", SEVERITY_ERROR, check_families, NULL,
	    "The parent of a task is a task, tgid is a leader, and the threads of a process share their mm."),
	ROW(FAMILY, "sessions", SEVERITY_ERROR, check_sessions, NULL,
	    "The processes of a group are of one session, and who leads a session leads a group."),
	ROW(FAMILY, "cred-usage", SEVERITY_ERROR, check_cred_usage, "CONFIG_DEBUG_CREDENTIALS",
	    "usage of credentials is the tasks that have them, and one for those of the image."),
	ROW(FAMILY, "cred-fields", SEVERITY_ERROR, check_cred_fields, NULL,
	    "Effective capabilities are permitted, ambient ones inheritable too; all of them exist; groups are sorted."),
	ROW(FAMILY, "task-fields", SEVERITY_ERROR, check_task_fields, NULL,
	    "Flags, comm, channel and exit code of a task are what can be."),
	ROW(FAMILY, "channels", SEVERITY_ERROR, check_channels, NULL,
	    "A channel in use belongs to a living task that has it."),
	ROW(FAMILY, "mm-locks", SEVERITY_ERROR, check_mm_locks, "lockdep",
	    "At the end of a step nobody holds mmap_lock or page_table_lock."),
	ROW(FAMILY, "locks", SEVERITY_ERROR, check_other_locks, "lockdep",
	    "At the end of a step nobody holds the lock of the zone, of a slab cache or of an anon_vma."),
#undef FAMILY

#define FAMILY "CPUs"
	ROW(FAMILY, "cr3", SEVERITY_FATAL, check_cr3, "a VM_WARN_ON in switch_mm",
	    "CR3 is the pgd of the active_mm of the task that runs."),
	ROW(FAMILY, "cr0", SEVERITY_FATAL, check_cr0, NULL,
	    "CR0 has PE, PG and WP set, and caching on."),
	ROW(FAMILY, "cr4", SEVERITY_FATAL, check_cr4, NULL,
	    "CR4 has PAE set; LA57 and PCIDE are clear."),
	ROW(FAMILY, "efer", SEVERITY_FATAL, check_efer, NULL,
	    "EFER has LME, LMA, NXE and SCE set."),
	ROW(FAMILY, "current", SEVERITY_ERROR, check_current, NULL,
	    "What a CPU runs is a running task, and its idle task is one."),
	ROW(FAMILY, "kernel-stack", SEVERITY_ERROR, check_kernel_stack, NULL,
	    "kernel_sp is the top of the kernel stack of the task that runs."),
	ROW(FAMILY, "task-stack", SEVERITY_ERROR, check_task_stacks, NULL,
	    "The kernel stack of a task is a block of the kernel's of that size."),
	ROW(FAMILY, "cpu-self", SEVERITY_ERROR, check_cpu_self, NULL,
	    "cpu_info names itself, and the kernel's GS base points to it."),
	ROW(FAMILY, "cpu-bitmap", SEVERITY_ERROR, check_cpu_bitmap, NULL,
	    "cpu_bitmap has the CPUs whose CR3 holds the mm."),
	ROW(FAMILY, "no-irq", SEVERITY_ERROR, check_in_irq, NULL,
	    "At the end of a step no CPU is in an interrupt."),
	ROW(FAMILY, "translation", SEVERITY_ERROR, check_translation, NULL,
	    "For sampled addresses the machine translates as the walk in software does."),
#undef FAMILY

#define FAMILY "Page tables"
	ROW(FAMILY, "table-once", SEVERITY_ERROR, check_table_once, NULL,
	    "Page tables form a tree: each is referenced exactly once."),
	ROW(FAMILY, "table-frame", SEVERITY_ERROR, check_table_pages, NULL,
	    "Tables of tasks stand in frames of that role, tables of the kernel in the image."),
	ROW(FAMILY, "table-owner", SEVERITY_ERROR, check_table_owner, NULL,
	    "pt_mm and pt_level of a table say whose it is and where it hangs."),
	ROW(FAMILY, "table-rights", SEVERITY_ERROR, check_table_entry, NULL,
	    "An entry for a table has P, RW and US, and nothing else: rights are decided at the leaf."),
	ROW(FAMILY, "table-needed", SEVERITY_ERROR, check_table_needed, NULL,
	    "Every table lies in a span that some area needs."),
	ROW(FAMILY, "table-ram", SEVERITY_FATAL, check_table_ram, NULL,
	    "No entry points to a table outside RAM."),
	ROW(FAMILY, "upper-half", SEVERITY_ERROR, check_upper_half, NULL,
	    "The kernel's half of the top level is the same in every mm."),
	ROW(FAMILY, "entry-zero", SEVERITY_ERROR, check_entry_garbage, "bad_pte, when met",
	    "An entry that is not present is zero, or the page of a PROT_NONE area."),
	ROW(FAMILY, "entry-reserved", SEVERITY_FATAL, check_reserved_bits, "the fault handler, when met",
	    "No present entry has a reserved bit set."),
#undef FAMILY

#define FAMILY "Leaves"
	ROW(FAMILY, "leaf-area", SEVERITY_ERROR, check_leaf_area, NULL,
	    "Every mapped page lies in an area of that mm."),
	ROW(FAMILY, "leaf-write", SEVERITY_ERROR, check_leaf_write, NULL,
	    "A page is writable only where its area is."),
	ROW(FAMILY, "leaf-exclusive", SEVERITY_ERROR, check_leaf_exclusive, "PAGE_TABLE_CHECK, in part",
	    "A writable page of a private area belongs to this mm alone."),
	ROW(FAMILY, "leaf-exec", SEVERITY_ERROR, check_leaf_exec, NULL,
	    "A page is executable exactly where its area is."),
	ROW(FAMILY, "leaf-access", SEVERITY_ERROR, check_leaf_read, NULL,
	    "No page is present in an area without any right."),
	ROW(FAMILY, "leaf-user", SEVERITY_ERROR, check_leaf_user, NULL,
	    "Every page in the user half can be reached from ring 3."),
	ROW(FAMILY, "leaf-frame", SEVERITY_FATAL, check_leaf_frame, "PAGE_TABLE_CHECK, in part",
	    "Ring 3 reaches only pages of user memory: anonymous, of a file, of the device, or the zero page."),
	ROW(FAMILY, "leaf-size", SEVERITY_ERROR, check_leaf_size, NULL,
	    "Pages of tasks are 4 KiB."),
	ROW(FAMILY, "leaf-bits", SEVERITY_ERROR, check_leaf_bits, NULL,
	    "A leaf has no bit that the mm does not use."),
	ROW(FAMILY, "leaf-soft-dirty", SEVERITY_ERROR, check_leaf_soft_dirty, NULL,
	    "A private page that can be written without a fault is soft-dirty: no write goes unnoticed."),
	ROW(FAMILY, "leaf-zero", SEVERITY_ERROR, check_leaf_zero, NULL,
	    "The zero page is never writable, and only in private anonymous areas."),
	ROW(FAMILY, "leaf-special", SEVERITY_ERROR, check_leaf_special, "vm_normal_page, when met",
	    "PTE_SPECIAL is set exactly where the zero page or a frame of the device is mapped."),
	ROW(FAMILY, "leaf-device", SEVERITY_ERROR, check_leaf_device, NULL,
	    "The device's frames are mapped in VM_PFNMAP areas alone, which hold nothing else but, private, copies of them."),
	ROW(FAMILY, "prot-none", SEVERITY_ERROR, check_prot_none, NULL,
	    "PROT_NONE entries stand only in areas without any right."),
	ROW(FAMILY, "poison-entry", SEVERITY_FATAL, check_poison_entry, NULL,
	    "What stands for a page that went bad leads to a poisoned frame."),
	ROW(FAMILY, "leaf-index", SEVERITY_ERROR, check_leaf_index, "__page_check_anon_rmap, when met",
	    "page.index is the page's offset in its area."),
	ROW(FAMILY, "leaf-shared", SEVERITY_ERROR, check_leaf_shared, NULL,
	    "A shared area maps no anonymous page: what is written there is written to the file."),
	ROW(FAMILY, "leaf-file", SEVERITY_ERROR, check_leaf_file, "PAGE_TABLE_CHECK, in part",
	    "A file's own page is mapped only in areas of that file, read-only where private."),
#undef FAMILY

#define FAMILY "TLB"
	ROW(FAMILY, "tlb-stale", SEVERITY_FATAL, check_tlb_stale, NULL,
	    "A right or a page that was taken away is flushed, on every CPU that may hold it, before ring 3 runs on."),
	ROW(FAMILY, "tlb-free", SEVERITY_FATAL, check_tlb_free, NULL,
	    "No frame is freed while a CPU may still reach it."),
	ROW(FAMILY, "tlb-table", SEVERITY_FATAL, check_tlb_table, NULL,
	    "No page table is freed while a CPU may still walk it."),
	ROW(FAMILY, "tlb-dirty", SEVERITY_ERROR, check_tlb_dirty, NULL,
	    "Where D is cleared, no CPU keeps a translation that would write without setting it."),
#undef FAMILY

#define FAMILY "The kernel's half"
	ROW(FAMILY, "kernel-wx", SEVERITY_FATAL, check_kernel_wx, "CONFIG_DEBUG_WX (at boot)",
	    "Nothing of the kernel is writable and executable."),
	ROW(FAMILY, "kernel-user", SEVERITY_FATAL, check_kernel_user, NULL,
	    "Nothing of the kernel can be reached from ring 3."),
	ROW(FAMILY, "kernel-linear", SEVERITY_FATAL, check_kernel_linear, NULL,
	    "Kernel addresses map by the direct map or the image's map."),
	ROW(FAMILY, "kernel-image", SEVERITY_FATAL, check_kernel_image, NULL,
	    "The image is mapped: text r-x, rodata r--, data rw-."),
	ROW(FAMILY, "kernel-direct", SEVERITY_FATAL, check_kernel_whole, NULL,
	    "The direct map covers all RAM, rw-, and the image's region r--."),
	ROW(FAMILY, "kernel-bits", SEVERITY_ERROR, check_kernel_bits, NULL,
	    "Entries of the kernel's half have no bit but those that boot gives them."),
	ROW(FAMILY, "zero-content", SEVERITY_FATAL, check_zero_content, NULL,
	    "The zero page holds zeros."),
	ROW(FAMILY, "events", SEVERITY_ERROR, check_events, NULL,
	    "The event ring holds no more than it has room for."),
#undef FAMILY

#define FAMILY "Frames"
	ROW(FAMILY, "frame-role", SEVERITY_ERROR, check_frame_role, NULL,
	    "Every frame has one role, and the roles add up to RAM."),
	ROW(FAMILY, "frame-use", SEVERITY_ERROR, check_frame_uses, NULL,
	    "A frame on a slab list is a slab, a kernel stack is the kernel's, each once."),
	ROW(FAMILY, "frame-refs", SEVERITY_ERROR, check_frame_refs, NULL,
	    "_refcount is the number of references found from outside."),
	ROW(FAMILY, "frame-maps", SEVERITY_ERROR, check_frame_maps, "bad_page (at the end)",
	    "_mapcount is the number of entries that map the page, minus one."),
	ROW(FAMILY, "frame-flags", SEVERITY_ERROR, check_frame_flags, "bad_page (at the end)",
	    "page.flags fit the role; PG_anon_exclusive is for pages mapped once."),
	ROW(FAMILY, "poison-frame", SEVERITY_ERROR, check_poison_frame, NULL,
	    "The guest counts the frames that it has isolated because their memory went bad."),
	ROW(FAMILY, "frame-fields", SEVERITY_ERROR, check_frame_fields, "bad_page, in part",
	    "Fields of struct page that the frame's user does not touch are as the allocator left them."),
	ROW(FAMILY, "buddy-block", SEVERITY_ERROR, check_buddy_blocks, NULL,
	    "The head of a free block says so, with its order, aligned, below the frontier."),
	ROW(FAMILY, "buddy-tail", SEVERITY_ERROR, check_buddy_tails, NULL,
	    "Frames inside a free block say so."),
	ROW(FAMILY, "buddy-merged", SEVERITY_ERROR, check_buddy_merged, NULL,
	    "Two free buddies are one block."),
	ROW(FAMILY, "buddy-count", SEVERITY_ERROR, check_buddy_counts, NULL,
	    "free_area.nr_free is the blocks on the list."),
	ROW(FAMILY, "zone-free", SEVERITY_ERROR, check_zone_free, NULL,
	    "zone.nr_free is the frames on the lists."),
	ROW(FAMILY, "zone-bounds", SEVERITY_ERROR, check_zone_bounds, NULL,
	    "The zone is what mem_map leaves of RAM, and the frontier lies inside."),
	ROW(FAMILY, "free-unused", SEVERITY_FATAL, check_free_unused, "PAGE_TABLE_CHECK, in part",
	    "Nothing refers to a free frame."),
	ROW(FAMILY, "free-zero", SEVERITY_ERROR, check_free_zero, "init_on_free, in part",
	    "A free frame that says PG_zeroed holds zeros."),
#undef FAMILY

#define FAMILY "Slabs"
	ROW(FAMILY, "cache-geometry", SEVERITY_ERROR, check_cache_geometry, NULL,
	    "Objects fit their stride and the cache's name, and slabs hold what a page has room for."),
	ROW(FAMILY, "slab-page", SEVERITY_ERROR, check_slab_pages, "SLUB debug, on demand",
	    "A slab is of the cache on whose list it is, and has objects in use."),
	ROW(FAMILY, "slab-inuse", SEVERITY_ERROR, check_slab_inuse, "SLUB debug, on demand",
	    "page.inuse is what is on no free list."),
	ROW(FAMILY, "cache-count", SEVERITY_ERROR, check_cache_counts, "SLUB debug, on demand",
	    "nr_slabs and nr_inuse of a cache are what its lists add up to."),
	ROW(FAMILY, "slab-poison", SEVERITY_ERROR, check_slab_poison, "SLUB debug",
	    "A free object holds its poison."),
	ROW(FAMILY, "vma-slab", SEVERITY_ERROR, check_vma_slab, "kmemleak, in part",
	    "The allocated vm_area_structs are those that an mm holds."),
	ROW(FAMILY, "mm-slab", SEVERITY_ERROR, check_mm_slab, "kmemleak, in part",
	    "The allocated mm_structs are those that mmlist or a task leads to."),
	ROW(FAMILY, "task-slab", SEVERITY_ERROR, check_task_slab, "kmemleak, in part",
	    "The allocated task_structs are those in the ring of tasks."),
	ROW(FAMILY, "anon-vma-slab", SEVERITY_ERROR, check_anon_slab, "kmemleak, in part",
	    "The allocated anon_vmas are those that areas and pages lead to."),
	ROW(FAMILY, "avc-slab", SEVERITY_ERROR, check_avc_slab, "kmemleak, in part",
	    "The allocated anon_vma_chains are those on lists."),
	ROW(FAMILY, "inode-slab", SEVERITY_ERROR, check_inode_slab, "kmemleak, in part",
	    "The allocated inodes are those on the list of inodes."),
	ROW(FAMILY, "node-slab", SEVERITY_ERROR, check_node_slab, "kmemleak, in part",
	    "The allocated nodes of page-cache indexes are those in one."),
	ROW(FAMILY, "shm-slab", SEVERITY_ERROR, check_shm_slab, "kmemleak, in part",
	    "The allocated System V segments are those on the list of segments."),
	ROW(FAMILY, "pipe-slab", SEVERITY_ERROR, check_pipe_slab, "kmemleak, in part",
	    "The allocated pipes are those on the list of pipes."),
	ROW(FAMILY, "rlimits", SEVERITY_ERROR, check_rlimits, "kmemleak, in part",
	    "The allocated limits are those that leaders of processes have as their own; other threads have none."),
#undef FAMILY

#define FAMILY "Reverse mapping"
	ROW(FAMILY, "avc-lists", SEVERITY_ERROR, check_avc_lists, NULL,
	    "An anon_vma_chain is on the list of one area and in the tree of one anon_vma."),
	ROW(FAMILY, "avc-names", SEVERITY_ERROR, check_avc_names, NULL,
	    "An anon_vma_chain names the area on whose list and the anon_vma in whose tree it is."),
	ROW(FAMILY, "anon-link", SEVERITY_ERROR, check_anon_link, "validate_mm, in part",
	    "An area is linked to its anon_vma."),
	ROW(FAMILY, "anon-none", SEVERITY_ERROR, check_anon_none, NULL,
	    "An area without anon_vma has no chain."),
	ROW(FAMILY, "anon-root", SEVERITY_ERROR, check_anon_root, "a WARN_ON in unlink_anon_vmas",
	    "The anon_vmas of an area are of one family, which ends at a root."),
	ROW(FAMILY, "anon-tree", SEVERITY_ERROR, check_anon_tree, "CONFIG_DEBUG_VM_RB (6.1)",
	    "The tree of an anon_vma is ordered by first page and balanced, and rb_subtree_last is the last page of the "
	    "subtree."),
	ROW(FAMILY, "anon-counts", SEVERITY_ERROR, check_anon_counts, "a WARN_ON at the end",
	    "num_active_vmas and num_children count areas and children."),
	ROW(FAMILY, "anon-refs", SEVERITY_ERROR, check_anon_refs, NULL,
	    "refcount of an anon_vma is one for its areas, and at a root one per descendant."),
	ROW(FAMILY, "page-anon", SEVERITY_ERROR, check_page_anon, NULL,
	    "The mapping of an anonymous page names an anon_vma."),
	ROW(FAMILY, "page-rmap", SEVERITY_ERROR, check_page_rmap, NULL,
	    "Reverse mapping leads from every anonymous page to every area that maps it."),
	ROW(FAMILY, "rmap-complete", SEVERITY_ERROR, check_rmap_complete, NULL,
	    "From every mapped page the reverse map, searched as the guest searches it, finds each entry that maps it."),
#undef FAMILY

#define FAMILY "Files"
	ROW(FAMILY, "cache-pages", SEVERITY_ERROR, check_cache_pages, NULL,
	    "An entry of a page cache is a page of that file at that offset, and in no other cache."),
	ROW(FAMILY, "cache-size", SEVERITY_ERROR, check_cache_size, NULL,
	    "No cached page lies beyond the file's end, and nrpages counts them."),
	ROW(FAMILY, "cache-held", SEVERITY_ERROR, check_cache_held, NULL,
	    "Every page of a file, but for those of the image, is in that file's cache."),
	ROW(FAMILY, "cache-index", SEVERITY_ERROR, check_cache_index, "XA_BUG_ON (CONFIG_XARRAY_DEBUG)",
	    "Nodes of an index know their place in their parent and count their slots; none is empty."),
	ROW(FAMILY, "inode-fields", SEVERITY_ERROR, check_inode_fields, NULL,
	    "References, owner, flags and type of an inode are what can be, each pointer to operations leads to a table of that kind, and "
	    "nobody holds its locks."),
	ROW(FAMILY, "dentry-tree", SEVERITY_ERROR, check_dentry_tree, NULL,
	    "A dentry is an entry of the directory that lists it and is its d_parent, under a name; or it was made up, or unlinked."),
	ROW(FAMILY, "dentry-count", SEVERITY_ERROR, check_dentry_count, "WARN_ON in dput, in part",
	    "d_count is the files, working directories and children that refer to a dentry, and one for its directory."),
	ROW(FAMILY, "inode-links", SEVERITY_ERROR, check_inode_links, "fsck of a file system on a disk",
	    "i_nlink is the entries that name a file; of a directory two, and one for each directory in it."),
	ROW(FAMILY, "inode-users", SEVERITY_ERROR, check_inode_users, NULL,
	    "i_count is the dentries of an inode (and a blocked futex in it), i_writecount its writers less the programs that run from it."),
	ROW(FAMILY, "i-mmap", SEVERITY_ERROR, check_i_mmap, NULL,
	    "An area of a file is in that file's tree of mappings, others in none."),
	ROW(FAMILY, "i-mmap-last", SEVERITY_ERROR, check_i_mmap_last, NULL,
	    "The tree of mappings is ordered by first page and balanced, and rb_subtree_last is the last page of the subtree."),
	ROW(FAMILY, "file-fields", SEVERITY_ERROR, check_file_fields, NULL,
	    "f_op leads to a table of file operations of the kernel's, f_mapping is the inode's."),
	ROW(FAMILY, "file-count", SEVERITY_ERROR, check_file_count, "kmemleak, in part",
	    "f_count is above 0, and the areas, programs, descriptors and segments that hold the file; a call that is blocked may hold it, too."),
	ROW(FAMILY, "file-private", SEVERITY_ERROR, check_file_private, NULL,
	    "private_data is what a file of its kind has: a pipe's its pipe, an attachment's its segment, nothing behind a plain one; "
	    "and what only a file leads to is one file's."),
#undef FAMILY

#define FAMILY "System V shared memory"
	ROW(FAMILY, "shm-nattch", SEVERITY_ERROR, check_shm_nattch, NULL,
	    "shm_nattch is the number of areas, in all mms, that map the segment's memory."),
	ROW(FAMILY, "shm-ids", SEVERITY_ERROR, check_shm_ids, NULL,
	    "Segments stand in the order of their places, no key names two of them, and in_use counts them."),
	ROW(FAMILY, "shm-totals", SEVERITY_ERROR, check_shm_totals, NULL,
	    "shm_tot is the pages of all segments, locked_shm those of the locked ones."),
	ROW(FAMILY, "shm-fields", SEVERITY_ERROR, check_shm_fields, NULL,
	    "A segment has memory of its size and of its own, which is unevictable when it is locked; one to be removed is "
	    "attached and has no key; nobody holds its locks."),
#undef FAMILY

#define FAMILY "Pipes"
	ROW(FAMILY, "pipe-ring", SEVERITY_ERROR, check_pipe_ring, NULL,
	    "A pipe's ring holds no more than it has room for, each buffer a page of the pipe's and bytes within it."),
	ROW(FAMILY, "pipe-ends", SEVERITY_ERROR, check_pipe_ends, NULL,
	    "A pipe has an open end, readers and writers are its open files, and nobody holds its lock."),
#undef FAMILY

#define FAMILY "Contents"
	ROW(FAMILY, "content-written", SEVERITY_FATAL, check_content_written, NULL,
	    "What a task wrote is what its page holds."),
	ROW(FAMILY, "content-untouched", SEVERITY_FATAL, check_content_untouched, NULL,
	    "The private pages of an mm none of whose tasks ran keep their bytes."),
	ROW(FAMILY, "content-shared", SEVERITY_FATAL, check_content_shared, NULL,
	    "A page shared by copy-on-write keeps its bytes."),
	ROW(FAMILY, "content-readonly", SEVERITY_FATAL, check_content_readonly, NULL,
	    "A page mapped read-only keeps its bytes, be it private or of the image's file."),
	ROW(FAMILY, "content-fresh", SEVERITY_FATAL, check_content_fresh, "init_on_alloc prevents it",
	    "A new anonymous page holds zeros but for what the access wrote."),
	ROW(FAMILY, "content-fork", SEVERITY_FATAL, check_content_fork, NULL,
	    "A forked child has its parent's bytes, and zeros where the area is wiped on fork."),
	ROW(FAMILY, "content-dontneed", SEVERITY_ERROR, check_content_dontneed, NULL,
	    "After MADV_DONTNEED nothing of the range is mapped."),
	ROW(FAMILY, "content-root", SEVERITY_FATAL, check_content_root, NULL,
	    "A page of a file of the host's folder that was never written holds what the host gave."),
#undef FAMILY

#define FAMILY "Across a step"
	ROW(FAMILY, "failed-call", SEVERITY_ERROR, check_failed_call, NULL,
	    "A call that failed changed no area but as docs/mm.md allows that call."),
	ROW(FAMILY, "merged", SEVERITY_ERROR, check_merged, NULL,
	    "Where a call made a border that Linux would have merged, it is merged."),
	ROW(FAMILY, "locked-pages", SEVERITY_ERROR, check_locked_pages, NULL,
	    "A page leaves a locked area only by a call that takes pages away."),
	ROW(FAMILY, "write-locked", SEVERITY_ERROR, check_write_locked, "mmap_assert_write_locked, where it stands",
	    "Areas change only in steps that took mmap_lock for writing; stacks grow."),
	ROW(FAMILY, "access", SEVERITY_FATAL, check_access, NULL,
	    "An access in ring 3 meets the page fault, or none, that the entries before it foretell."),
	ROW(FAMILY, "fork-copied", SEVERITY_ERROR, check_fork_copied, NULL,
	    "A child just forked maps no page but of areas with an anon_vma, or of a device: faults find the others again."),
	ROW(FAMILY, "fork-unlocked", SEVERITY_ERROR, check_fork_unlocked, NULL,
	    "A child just forked has nothing locked, nor will what it maps be."),
	ROW(FAMILY, "exec-noted", SEVERITY_ERROR, check_exec_noted, NULL,
	    "Where the program lies and where mmap looks for room stays as it was until the next exec, and a child has its parent's."),
	ROW(FAMILY, "fault-lock", SEVERITY_ERROR, check_fault_lock, NULL,
	    "An access takes mmap_lock for writing only where a stack may have to grow."),
	ROW(FAMILY, "fault-once", SEVERITY_ERROR, check_fault_once, NULL,
	    "An access meets one page fault at each page: what the handler leaves is what the access needs."),
	ROW(FAMILY, "brk-grown", SEVERITY_ERROR, check_brk_grown, NULL,
	    "Where brk grew, the heap is mapped."),
	ROW(FAMILY, "hiwater-grows", SEVERITY_ERROR, check_hiwater_grows, NULL,
	    "High-water marks never fall, and none is below what was reached at the step before; but clear_refs lets that of "
	    "pages present begin anew with what is present."),
	ROW(FAMILY, "stack-gap", SEVERITY_ERROR, check_stack_gap, NULL,
	    "A stack that grew keeps its guard gap from the area below; nothing is placed in one but by order."),
#undef FAMILY
};
/* clang-format on */
const unsigned int nr_invariants = sizeof(invariants) / sizeof(invariants[0]);

static uint64_t verify(struct verify_context *c, bool keep_all)
{
	struct sieve sieve;

	c->checks = sieve_begin(&sieve, c->now, c->before, keep_all);
	c->sieve = &sieve;
	for (unsigned int i = 0; i < nr_invariants; i++) {
		/* Without a believable lab page there is nothing else to judge. */
		if (c->now->nr_frames == 0 && invariants[i]->check != check_lab)
			continue;
		c->found = 0;
		invariants[i]->check(c, invariants[i]);
	}
	sieve_end(&sieve);
	return c->checks;
}

uint64_t verify_model(const struct model *now, const struct model *before, const struct verify_aids *aids,
		      struct findings *findings)
{
	struct verify_context c = {.now = now, .before = before, .aids = aids, .findings = findings};

	return verify(&c, /* keep_all = */ false);
}

uint64_t verify_model_thoroughly(const struct model *now, const struct model *before, const struct verify_aids *aids,
				 struct findings *findings)
{
	struct verify_context c = {.now = now, .before = before, .aids = aids, .findings = findings};

	return verify(&c, /* keep_all = */ true);
}

const struct invariant *find_invariant(const char *id)
{
	for (unsigned int i = 0; i < nr_invariants; i++)
		if (!strcmp(invariants[i]->id, id))
			return invariants[i];
	return NULL;
}

void list_invariants(FILE *out)
{
	static const char *const severities[] = {"warn", "error", "fatal"};
	const char *family = "";

	fprintf(out,
		"# Invariants\n\nGenerated from `vmm/verify/invariants.c`: %u sentences that hold at the end "
		"of every step.\n"
		"The last column says which check of Linux would find a violation, too; most need a debug\n"
		"configuration, and many look only when they happen to pass by. A dash: none does.\n",
		nr_invariants);
	for (unsigned int i = 0; i < nr_invariants; i++) {
		const struct invariant *inv = invariants[i];

		if (strcmp(family, inv->family)) {
			family = inv->family;
			fprintf(out, "\n## %s\n\n| id | what holds | severity | Linux |\n|---|---|---|---|\n",
				family);
		}
		fprintf(out, "| `%s` | %s | %s | %s |\n", inv->id, inv->sentence, severities[inv->severity],
			inv->linux_check ? inv->linux_check : "-");
	}
}
