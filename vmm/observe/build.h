/* SPDX-License-Identifier: MIT */
/*
 * Inside observe: the state of one model_build, and the growing arrays it fills. Each decode_*
 * function reads one family of structures and leaves what it could not read in model.damage.
 */
#ifndef VMM_OBSERVE_BUILD_H
#define VMM_OBSERVE_BUILD_H

#include "base/error.h"
#include "observe/model.h"

/** A growing array of `size`-byte items; items is NULL while empty. */
struct grow {
	void *items;
	uint64_t n, capacity;
};

struct build {
	struct model *model;
	const struct guest_image *image;
	const struct model *before;	/* to share with; NULL: nothing */
	const uint64_t *written;	/* a bit for each frame written since; NULL: not known */
	bool again;			/* what was found cannot be told by differences: begin again, and share nothing */
	struct grow mms, tasks, vmas, leaf_tables, tables, kernel_leaves, kernel_tables, marks, free_list;
	struct addr_map marked;		/* frame number -> index into marks */
	bool *mm_met;			/* of before->mms: it is there still */
	struct grow caches, objects, avcs, anon_vmas, troubles, damage, inodes, dentries, cached, xa_nodes, shms, pipes, files, creds;
	int mm;				/* whose tables are being walked, index into mms … */
	const struct model_mm *old_mm;	/* … the same in `before`, or NULL … */
	uint32_t old_table;		/* … and how many of its leaf tables were met */
	/*
	 * Bounds on work. A sound guest stays far below them, since each area, table and object occupies
	 * RAM of its own; a broken one meets them and leaves DAMAGE_LIMIT.
	 */
	uint64_t max_structs;		/* structures of any one kind: what touched RAM could hold */
	uint64_t tables_left;
	uint64_t leaves_left;
	uint64_t marks_left;		/* frames marked by huge leaves and free blocks */
	uint64_t words_left;		/* of tables of descriptors */
	bool leaves_ended;
	bool plain;			/* see struct model */
};

#define MAX_DAMAGE	256
#define MAX_LEAVES	(1UL << 22)
#define MAX_TASKS	65536UL
#define MAX_CACHES	64UL
#define MAX_CPUS	256UL

/** Room for one more item of `size` bytes at the end; zeroed. The pointer is good until the next call. */
void *grow_add(struct grow *g, uint64_t size);
/** Make room for more items. */
void grow_more(struct grow *g, uint64_t size);

void add_damage(struct build *b, enum damage_kind kind, uint64_t where, int mm, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/** Read a structure of the guest's at a kernel VA: 8-byte aligned, all of it in RAM. */
bool read_struct(const struct build *b, gva_t va, void *to, uint64_t size);

/** Frame number of a page-aligned address of the linear maps; false if in none. */
bool frame_of_va(const struct build *b, gva_t va, uint64_t *pfn);
/** Number of the struct page at va, or -1 if va is not an entry of a frame that was ever touched. */
int64_t pfn_of_page(const struct model *model, gva_t va);

/** One circular list of the guest's, to be followed from its head. */
struct list_walk {
	const char *name;		/* of the list, for damage */
	const char *what;		/* hangs on it: "task", "struct page" */
	gva_t head;
	int mm;				/* index into mms, or -1 */
	uint64_t max;			/* entries */
	void *ctx;			/* for visit */
	/** Called with each node, once; false: the node cannot be an entry of this list. */
	bool (*visit)(struct build *b, const struct list_walk *list, gva_t node);
};
/** Follow it, noting every trouble as damage. Returns the number of entries visited. */
uint64_t follow_list(struct build *b, const struct list_walk *list);

/** A node as the guest has it, and the pages that its area covers. */
struct interval_node {
	struct rb_node rb;
	uint64_t start, last;
};

/** One interval tree of the guest's. */
struct interval_walk {
	struct build *b;
	const char *name;		/* for damage */
	gva_t owner;			/* the inode or the anon_vma */
	/** The object whose node this is: its index and the node; -1: there is none. */
	int64_t (*find)(struct interval_walk *walk, gva_t node, struct interval_node *at);
	/** Where what is found of object `index` goes. Good until the next object is added. */
	struct model_interval *(*place)(struct build *b, uint64_t index);
	uint64_t before;		/* start of the node before, in order; decode_intervals() sets it */
};
void decode_intervals(struct interval_walk *walk, gva_t root);
void vma_interval(const struct vm_area_struct *vma, struct interval_node *at);	/* start and last */

/** Every object in use of the slab cache of that name. */
void each_object(struct build *b, const char *name, void (*fn)(struct build *b, gva_t addr));

/** A frame below nr_touched, to be changed: if its chunk is shared, then a copy of it. */
struct model_frame *frame_own(struct build *b, uint64_t pfn);
/** Count n (1, or -1: it was one of `before`) for each frame behind a leaf or held entry of mm; false: it leads to some that were never touched. */
bool count_leaf(struct build *b, struct model_mm *mm, const struct leaf *leaf, int n);
/** The counts of a frame that this look makes anew: pfn is below nr_touched. Good until the next call. */
struct frame_marks *mark_frame(struct build *b, uint64_t pfn);

void set_all_marks(struct build *b);
/** Give back what a model has of chunks. */
void put_frames(struct model *model);
void put_hashes(struct model *model);

bool decode_lab(struct build *b);		/* false: nothing else can be read */
void decode_cpus(struct build *b, const struct cpu_state *cpus, uint32_t nr_cpus);
void decode_frames(struct build *b);		/* struct page of every touched frame */
void decode_tasks(struct build *b);
void decode_mms(struct build *b);
void decode_areas(struct build *b, uint32_t mm);
void decode_tables(struct build *b, uint32_t mm);
void forget_lost_mms(struct build *b);	/* after the tables of all mms */
void decode_kernel_tables(struct build *b);
void decode_rmap(struct build *b);
void decode_files(struct build *b);
void decode_dentries(struct build *b);	/* after slabs and files */
void decode_creds(struct build *b);		/* after tasks and slabs */
void decode_ipc(struct build *b);		/* after files */
void decode_pipes(struct build *b);
void decode_open_files(struct build *b);	/* after slabs, files and ipc */
void decode_buddy(struct build *b);
void decode_slabs(struct build *b);
void mark_stacks(struct build *b);
void mark_tables(struct build *b);
void settle_frames(struct build *b);	/* last: marks, roles, references */

#endif
