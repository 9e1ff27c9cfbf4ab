/* SPDX-License-Identifier: MIT */
/*
 * The model: one plain picture of the guest, decoded from RAM and registers alone. Everything
 * above (verify, report, script) works on it and on nothing else. All arrays belong to the model; model_free
 * gives them back. Decoding never fails: what cannot be decoded becomes a `damage` entry.
 */
#ifndef VMM_OBSERVE_MODEL_H
#define VMM_OBSERVE_MODEL_H

#include "base/cpu_state.h"
#include "observe/addr_map.h"
#include "observe/image.h"
#include "observe/leaf_table.h"
#include "observe/walk.h"

/** A node of an interval tree: what was found, and what a sound tree would say of it. */
struct model_interval {
	uint32_t nr_met;		/* in trees: 1, or 0 if in none */
	bool ordered;			/* not before its left neighbour */
	bool parent_ok;			/* names the node above it */
	bool balanced;			/* as many black nodes on both sides, no red child if red, a black root */
	uint64_t last;			/* what rb_subtree_last should be */
	gva_t owner;			/* the inode or anon_vma in whose tree it was met */
};

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
	uint64_t links;			/* of the chains that name it: all that they link it to, as one number */
	uint32_t mm;			/* index into mms */
	int inode;			/* of its file: index into inodes; -1: none */
	struct model_interval i_mmap;	/* in the tree of a file's mappings */
};

/** A file's inode, from the guest's list of all. */
struct model_inode {
	gva_t addr;
	struct inode raw;
	uint64_t nr_pages;		/* found in the index of its cache */
	uint32_t nr_dentries;		/* that name it … */
	uint32_t nr_entries;		/* … and stand in a directory */
	uint32_t nr_writers;		/* open files counted as such */
	uint32_t nr_programs;		/* mms that run from it */
};

/** A name, on the list of a directory or known to the slab alone. */
struct model_dentry {
	gva_t addr;
	struct dentry raw;
	int inode;			/* index into inodes; -1: d_inode is none */
	int listed_in;			/* index into dentries: on whose list; -1: on none (the root) */
	uint32_t nr_files, nr_cwds;	/* that refer to it; of processes that have a fs_struct of their own */
	uint32_t nr_children;		/* dentries whose d_parent it is, itself aside */
	uint32_t nr_dirs;		/* of its entries */
};

/** An entry of a page cache. */
struct model_cached {
	uint32_t inode;			/* index into inodes */
	uint64_t index;
	uint64_t pfn;			/* below nr_touched */
};

/** A node of a page cache's index. */
struct model_xa_node {
	gva_t addr;
	uint32_t inode;
	uint8_t shift, count;
	uint8_t nr_slots;		/* in use, as found */
	uint8_t parent_ok;
};

/** A System V segment. */
struct model_shm {
	gva_t addr;
	struct shmid_kernel raw;
	int inode;			/* of its memory: index into inodes; -1: none */
	bool inode_taken;		/* a segment listed before has the same */
	uint32_t nr_areas;		/* that map this inode, in all mms */
};

/** An open file: of the slab, or in the image and named by an area, a program or a descriptor. */
struct model_file {
	gva_t addr;
	struct file raw;
	bool of_image;			/* it keeps a reference of its own */
	uint32_t nr_areas, nr_programs;	/* that name it … */
	uint32_t nr_fds;		/* … descriptors, of processes that have a table of their own … */
	uint32_t nr_segments;		/* … segments of System V, and attachments of them */
};

struct model_pipe {
	gva_t addr;
	struct pipe_inode_info raw;
	uint32_t nr_buffers;		/* from tail to head; 0 where these are nonsense */
	uint64_t bytes;			/* in them */
	bool buffers_ok;		/* each has a page, and its bytes lie in it */
};

struct model_mm {
	gva_t addr;
	struct mm_struct raw;
	uint32_t nr_users;		/* tasks with task.mm == this */
	uint32_t nr_lazy;		/* tasks with mm != this and active_mm == this (kernel threads) */
	uint32_t nr_proc;		/* open files of /proc that look at it */
	bool in_mmlist;
	uint64_t pgd_pa;
	struct model_vma *vmas;		/* sorted by vm_start; union of list and tree */
	uint32_t nr_vmas;
	struct leaf_table **leaf_tables;	/* user half, ascending: see leaves.h */
	uint32_t nr_leaf_tables;
	uint32_t nr_leaves;		/* present */
	uint32_t nr_held;		/* not for the MMU: entries of PROT_NONE areas, which hold frames all the same, and of pages gone bad */
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

/** Credentials, in a slab or in the image. */
struct model_cred {
	gva_t addr;
	struct cred raw;
	bool of_image;
	uint32_t nr_tasks;
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
	FRAME_PIPE,			/* bytes on their way through a pipe */
	FRAME_POISONED,			/* its memory went bad: isolated for good */
	FRAME_INITRD,			/* the loader's cpio, behind the zone: read by the kernel, mapped by nobody */
	FRAME_DEVICE,			/* memory of the lab's device: in the image, counted by nobody */
	NR_FRAME_ROLES
};
const char *frame_role_name(enum frame_role role);

struct model_frame {
	uint8_t role;			/* enum frame_role, from its struct page and from ranges */
	uint8_t touched;		/* below the frontier, or in the image: raw is meaningful */
	uint8_t free_order;		/* FRAME_FREE: order of its block */
	uint8_t block_head;		/* FRAME_FREE: first frame of its block */
	uint32_t nr_maps;		/* user leaves that map it (all mms), from outside */
	uint32_t nr_refs;		/* references found from outside: maps, tables' parents, slabs … */
	uint32_t nr_tables;		/* parent entries or mm.pgd that use it as a table */
	uint32_t nr_cache;		/* entries of page caches that hold it */
	uint32_t nr_pipe;		/* pipe buffers that hold it */
	uint8_t nr_slab;		/* slab lists it was met on … */
	uint8_t slab_cache;		/* … the first of the cache of this index */
	uint8_t nr_stacks;		/* tasks whose kernel stack it belongs to */
	uint8_t in_block;		/* of a free block: what makes it FRAME_FREE */
	struct page raw;
};

/**
 * The frames whose struct pages stand in one page of mem_map, with their hashes apart. Like a leaf_table, a chunk is shared by
 * the models that found the same.
 */
#define CHUNK_FRAMES (PAGE_SIZE / sizeof(struct page))
struct frame_chunk {
	uint32_t refs;
	struct model_frame frame[CHUNK_FRAMES];
};
struct hash_chunk {
	uint32_t refs;
	uint64_t hash[CHUNK_FRAMES];	/* of the bytes of each frame, 0: not hashed */
};

/** References to a frame from lists and trees, which a look counts anew. */
struct frame_marks {
	uint64_t pfn;
	uint32_t nr_tables, nr_cache, nr_pipe;
	uint8_t nr_slab, slab_cache, nr_stacks;
};

struct free_block {
	uint64_t pfn;
	uint32_t order;
};

struct model_cache {
	gva_t addr;
	struct kmem_cache raw;
	uint32_t nr_slabs;		/* found on the lists */
	uint64_t nr_inuse;		/* sum of page.inuse */
	uint64_t nr_live;		/* carved objects that are on no free list */
};

/** A slab object found allocated or free, for reachability checks. */
struct model_object {
	gva_t addr;
	uint16_t cache;			/* index into caches */
	uint8_t free;			/* on the slab's free list */
	uint8_t poison_broken;		/* free, and no longer holding the poison of a debug build */
};

/** A link between an area and an anon_vma, met on the area's list, in the anon_vma's tree, or in both. */
struct model_avc {
	gva_t addr;
	struct anon_vma_chain raw;
	uint32_t nr_on_vma;		/* how often met on lists of areas */
	gva_t listed_vma;		/* the area on whose list it was met last */
	struct model_interval tree;	/* in the tree of an anon_vma */
};

struct model_anon_vma {
	gva_t addr;
	struct anon_vma raw;
	uint32_t nr_chain;		/* avcs in its tree */
	uint32_t nr_vmas;		/* areas with vma.anon_vma == this */
	uint32_t nr_children;		/* anon_vmas with parent == this, itself included for a root */
	uint32_t nr_descendants;	/* anon_vmas with root == this, itself included */
	uint64_t nr_pages;		/* frames whose page.mapping names it */
};

/** What a walk met that is neither a table nor a leaf. */
struct model_trouble {
	enum walk_trouble what;
	int mm;				/* index into mms; 0 also stands for the kernel half */
	int level;
	uint64_t va;			/* first address that the entry covers */
	uint64_t entry_pa, entry;
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

/** What the verifier came to, and the next verification starts from. */
struct verdict {
	bool sound;			/* no entry and no frame broke a rule */
	uint64_t *slabs;		/* their frames, ascending: always looked at */
	uint64_t nr_slabs;
};

struct model {
	uint32_t refs;			/* model_get() */
	bool plain;			/* nothing in it is such that a later model could not share it */
	struct verdict *verdict;	/* written by verify_model() */
	const struct guest_image *image;
	struct lab_page lab;		/* copy; without the mailboxes' data */
	struct cpu_state *cpus;		/* nr_cpus */
	struct cpu_info *cpu_infos;
	uint32_t nr_cpus;
	struct walk_mode mode;
	struct zone zone;
	struct model_mm *mms;		/* [0] = init_mm; then mmlist in order, then those tasks lead to.
					   Empty if the lab page is damaged */
	uint32_t nr_mms;
	struct model_task *tasks;	/* ring order */
	uint32_t nr_tasks;
	struct frame_chunk **frames;	/* of [0, nr_touched): see frame_at, model_frame and model_frame_role */
	uint64_t nr_frames;
	struct hash_chunk **hashes;	/* likewise; NULL without model_hash() */
	uint64_t nr_touched;		/* frames below the frontier: the rest are all UNTOUCHED */
	struct frame_marks *marks;
	uint32_t nr_marks;
	struct free_block *free_list;	/* the blocks of the buddy lists, as listed */
	uint32_t nr_free_list;
	struct leaf *kernel_leaves;	/* upper half, from init_mm's pgd */
	uint32_t nr_kernel_leaves;
	struct table *kernel_tables;
	uint32_t nr_kernel_tables;
	uint64_t role_count[NR_FRAME_ROLES];
	uint64_t free_blocks[NR_ORDERS];	/* found on the buddy lists */
	uint64_t free_frames;
	struct model_cache *caches;
	uint32_t nr_caches;
	struct model_object *objects;
	uint64_t nr_objects;
	struct model_avc *avcs;
	uint32_t nr_avcs;
	struct model_anon_vma *anon_vmas;
	uint32_t nr_anon_vmas;
	struct model_inode *inodes;
	uint32_t nr_inodes;
	struct model_dentry *dentries;	/* [0] is the root; then by directory, then those on no list */
	uint32_t nr_dentries;
	struct model_cached *cached;	/* by inode, then index */
	uint64_t nr_cached;
	struct model_xa_node *xa_nodes;
	uint64_t nr_xa_nodes;
	struct ipc_namespace ipc_ns;
	struct model_cred *creds;	/* by the tasks that have them, then those that nobody has */
	uint32_t nr_creds;
	struct model_shm *shms;		/* as listed */
	uint32_t nr_shms;
	struct model_pipe *pipes;	/* as listed */
	uint32_t nr_pipes;
	struct model_file *files;	/* those of the slab first */
	uint32_t nr_files;
	struct model_trouble *troubles;
	uint32_t nr_troubles;
	struct damage *damage;
	uint32_t nr_damage;
	/* Where the model's arrays begin, and by which guest address an entry is found. */
	struct model_vma *all_vmas;	/* of all mms, mms[].vmas point into it; likewise below */
	uint32_t nr_all_vmas;
	struct leaf_table **all_leaf_tables;
	struct table *all_tables;
	struct addr_map mm_map, task_map, vma_map, avc_map, anon_vma_map, inode_map, dentry_map, xa_node_map, shm_map, pipe_map, cred_map,
		file_map;
};

/** Decode everything. `cpus` is copied. Give it back with model_free. Bounded work for any input. */
struct model *model_build(const struct guest_image *image, const struct cpu_state *cpus, uint32_t nr_cpus);
/**
 * The same model, made with less work: what `before` found and what is no other now is shared with it. `written` has a bit for each
 * frame of the image that was written since (NULL: nobody knows; then bytes are compared, which costs a read
 * of mem_map and of the tables). before may be NULL, and may be freed at any time after.
 */
struct model *model_next(const struct model *before, const uint64_t *written, const struct guest_image *image,
			 const struct cpu_state *cpus, uint32_t nr_cpus);
/** One more owner, who gives it back with model_free, too. */
struct model *model_get(struct model *model);
void model_free(struct model *model);
/** Hash the bytes of every frame that holds user memory, mapped or cached: what a later model is compared with. */
void model_hash(struct model *model);
/**
 * The same, but a frame that is not in `written` (a bit each; NULL: all are) keeps its hash of `before` (NULL: there is none).
 */
void model_hash_since(struct model *model, const struct model *before, const uint64_t *written);
/** The hash of a touched frame's bytes; 0: not hashed. */
static inline uint64_t model_hash_of(const struct model *model, uint64_t pfn)
{
	return model->hashes ? model->hashes[pfn / CHUNK_FRAMES]->hash[pfn % CHUNK_FRAMES] : 0;
}
/** The first frame whose hash is not that of its bytes, or is missing; NO_FRAME: there is none. */
#define NO_FRAME (~0UL)
uint64_t model_wrong_hash(const struct model *model);
/**
 * Where two models of one state differ in what a look shares with the one before it, in words, NULL: nowhere. A model that
 * was made from another must be as one that was made from nothing.
 */
const char *model_difference(const struct model *a, const struct model *b);

/** Area of mm that holds va, or NULL. O(log n). */
const struct model_vma *model_find_vma(const struct model_mm *mm, uint64_t va);
/** Leaf of mm that maps va; false: there is none. O(log n). */
bool model_find_leaf(const struct model_mm *mm, uint64_t va, struct leaf *leaf);
/** Held entry of mm for va. O(log n). */
bool model_find_held(const struct model_mm *mm, uint64_t va, struct leaf *leaf);
/** The one or the other. */
bool model_find_entry(const struct model_mm *mm, uint64_t va, struct leaf *leaf);
/** Does an entry stand for a page that went bad? */
static inline bool is_hwpoison_entry(uint64_t entry)
{
	return !(entry & (PTE_P | PTE_PROTNONE)) && entry >> SWP_TYPE_SHIFT == SWP_HWPOISON;
}
/** Role of any frame of RAM; beyond RAM FRAME_UNKNOWN. Use it where pfn may be at or above nr_touched. */
enum frame_role model_frame_role(const struct model *model, uint64_t pfn);
/** What is known of a frame below nr_touched. */
static inline const struct model_frame *frame_at(const struct model *model, uint64_t pfn)
{
	return &model->frames[pfn / CHUNK_FRAMES]->frame[pfn % CHUNK_FRAMES];
}
/** Have two models the same chunk of frames in common? */
bool frames_shared(const struct model *a, const struct model *b, uint64_t chunk);
/** What is known of any frame: all zero at and above the frontier. */
const struct model_frame *model_frame(const struct model *model, uint64_t pfn);
/** Frames of the initrd: from the first to the one behind the last; nr_frames twice if there is none. */
uint64_t initrd_start_pfn(const struct model *model);
uint64_t initrd_end_pfn(const struct model *model);
/** Task by pid, or NULL. */
const struct model_task *model_find_task(const struct model *model, int pid);
/** True if [start, end) lies in the agent's declared ranges (shared/agent.h). */
bool in_agent_footprint(uint64_t start, uint64_t end);

#endif
