/* SPDX-License-Identifier: MIT */
/*
 * The model: one plain picture of the guest, decoded from RAM and registers alone. Everything
 * above (verify, report, script) works on it and on nothing else. All arrays belong to the model; model_free
 * gives them back. Decoding never fails: what cannot be decoded becomes a `damage` entry.
 */
#ifndef VMM_OBSERVE_MODEL_H
#define VMM_OBSERVE_MODEL_H

#include "base/cpu_state.h"
#include "observe/image.h"
#include "observe/walk.h"

/** An area, with what the list and what the tree said of it. */
struct model_vma {
	gva_t addr;			/* of the struct in the guest */
	struct vm_area_struct raw;
	bool in_list, in_tree;
	uint32_t list_pos, tree_pos;	/* position in the list, in-order position in the tree */
	uint32_t depth, black_height;	/* in the tree; black nodes below */
	uint64_t gap;			/* free bytes before it, as the host computes them */
	uint64_t subtree_gap;		/* what rb_subtree_gap should be */
	uint64_t nr_present;		/* leaves of this mm inside it (4 KiB units) */
};

struct model_mm {
	gva_t addr;
	struct mm_struct raw;
	uint32_t nr_users;		/* tasks with task.mm == this */
	uint32_t nr_lazy;		/* tasks with mm != this and active_mm == this (kernel threads) */
	bool in_mmlist;
	uint64_t pgd_pa;
	struct model_vma *vmas;		/* sorted by vm_start; union of list and tree */
	uint32_t nr_vmas;
	struct leaf *leaves;		/* user half, ascending */
	uint32_t nr_leaves;
	struct table *tables;		/* user half and the root */
	uint32_t nr_tables;
	int64_t rss[NR_MM_COUNTERS];	/* counted from outside */
	uint32_t id;			/* stable small number: order of first appearance in the run */
};

struct model_task {
	gva_t addr;
	struct task_struct raw;
	int mm;				/* index into mms; -1: none */
	int active_mm;
	char comm[17];
};

enum frame_role {
	FRAME_UNKNOWN = 0,
	FRAME_IMAGE,			/* kernel image and low memory: [0, IMAGE_REGION) */
	FRAME_MEM_MAP,
	FRAME_UNTOUCHED,		/* at or above the frontier */
	FRAME_FREE,			/* in a block of the buddy lists */
	FRAME_TABLE,			/* page table */
	FRAME_SLAB,
	FRAME_KERNEL,			/* kernel stacks and the like */
	FRAME_ZERO,			/* the shared zero page */
	FRAME_ANON,
	FRAME_FILE,
	NR_FRAME_ROLES
};
const char *frame_role_name(enum frame_role role);

struct model_frame {
	uint8_t role;			/* enum frame_role, from its struct page and from ranges */
	uint8_t touched;		/* below the frontier, or in the image: raw is meaningful */
	uint8_t free_order;		/* FRAME_FREE: order of its block */
	uint8_t block_head;		/* FRAME_FREE: first frame of its block */
	uint32_t nr_maps;		/* user leaves that map it (all mms), from outside */
	uint32_t nr_refs;		/* references found from outside: maps, tables' parents, slabs, stacks, zero page … */
	uint32_t nr_tables;		/* parent entries or mm.pgd that use it as a table */
	struct page raw;
};

struct model_cache {
	gva_t addr;
	struct kmem_cache raw;
	uint32_t nr_slabs;		/* found on the lists */
	uint64_t nr_inuse;		/* sum of page.inuse */
};

/** A slab object found allocated or free, for reachability checks. */
struct model_object {
	gva_t addr;
	uint16_t cache;			/* index into caches */
	uint8_t free;			/* on the slab's free list */
};

enum damage_kind {
	DAMAGE_BAD_POINTER,		/* outside RAM or not where such an object may be */
	DAMAGE_LIST,			/* next/prev disagree, cycle, too long */
	DAMAGE_TREE,			/* cycle, parent wrong, too deep */
	DAMAGE_TABLE,			/* page-table trouble: see text */
	DAMAGE_LAB,			/* lab page missing or nonsense */
	DAMAGE_LIMIT,			/* more than the host is willing to read */
};
struct damage {
	enum damage_kind kind;
	gva_t where;			/* object or entry */
	int mm;				/* index into mms, or -1 */
	char text[160];
};

struct model {
	const struct guest_image *image;
	struct lab_page lab;		/* copy; without the mailboxes' data */
	struct cpu_state *cpus;		/* nr_cpus */
	struct cpu_info *cpu_infos;
	uint32_t nr_cpus;
	struct walk_mode mode;
	struct zone zone;
	struct model_mm *mms;		/* [0] = init_mm; then in mmlist order, then others found through tasks */
	uint32_t nr_mms;
	struct model_task *tasks;	/* ring order */
	uint32_t nr_tasks;
	struct model_frame *frames;	/* nr_frames = ram_end >> PAGE_SHIFT */
	uint64_t nr_frames;
	uint64_t nr_touched;		/* frames below the frontier: the rest are all UNTOUCHED */
	struct leaf *kernel_leaves;	/* upper half, from init_mm's pgd */
	uint32_t nr_kernel_leaves;
	struct table *kernel_tables;
	uint32_t nr_kernel_tables;
	uint64_t role_count[NR_FRAME_ROLES];
	struct model_cache *caches;
	uint32_t nr_caches;
	struct model_object *objects;
	uint64_t nr_objects;
	struct damage *damage;
	uint32_t nr_damage;
};

/** Decode everything. `cpus` is copied. Free with model_free. Bounded work for any input. */
struct model *model_build(const struct guest_image *image, const struct cpu_state *cpus, uint32_t nr_cpus);
void model_free(struct model *model);

/** Area of mm that holds va, or NULL. O(log n). */
const struct model_vma *model_find_vma(const struct model_mm *mm, uint64_t va);
/** Leaf of mm that maps va, or NULL. O(log n). */
const struct leaf *model_find_leaf(const struct model_mm *mm, uint64_t va);
/** Task by pid, or NULL. */
const struct model_task *model_find_task(const struct model *model, int pid);
/** True if [start, end) lies in the agent's declared ranges (shared/agent.h). */
bool in_agent_footprint(uint64_t start, uint64_t end);

#endif
