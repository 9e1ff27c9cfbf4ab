/* SPDX-License-Identifier: MIT */
/* What of the guest can be changed on purpose: its objects by kind, as a model found them. */
#ifndef VMM_INJECT_OBJECT_H
#define VMM_INJECT_OBJECT_H

#include "observe/model.h"

enum inject_kind {
	OBJ_MM,
	OBJ_AREA,
	OBJ_PAGE, /* struct page of a frame below the frontier */
	OBJ_ANON_VMA,
	OBJ_AVC,
	OBJ_INODE,
	OBJ_MAPPING, /* the address_space in an inode */
	OBJ_NODE,    /* of a page cache's index */
	OBJ_FILE,    /* an open one */
	OBJ_TASK,
	OBJ_CPU,
	OBJ_ZONE,
	OBJ_CACHE, /* kmem_cache */
	OBJ_LAB,
	OBJ_ENTRY, /* of a page table */
	OBJ_FRAME, /* the bytes of one */
	OBJ_FREED, /* a slab object that nobody has */
	NR_INJECT_KINDS
};
const char *inject_kind_name(enum inject_kind kind);
/** Structure of layout.def that objects of the kind are; NULL: plain bytes. */
const char *inject_kind_structure(enum inject_kind kind);

/** Where an entry was met. */
enum entry_place { ENTRY_LEAF, ENTRY_HELD, ENTRY_TABLE, ENTRY_KERNEL_LEAF, ENTRY_KERNEL_TABLE };

struct inject_object {
	enum inject_kind kind;
	uint64_t addr;		  /* kernel virtual; entries and frames: physical */
	int mm;			  /* index into model.mms, or -1 */
	const void *item;	  /* of the model: model_mm, model_vma, model_frame …, table; NULL: none */
	struct leaf leaf;	  /* entry: what it is, if no table's */
	uint64_t pfn;		  /* page, frame */
	enum entry_place place;	  /* entry … */
	int level;		  /* … of the table that holds it: 1 … 5 */
};

struct inject_objects {
	struct inject_object *items;
	uint32_t n, capacity;
};

/** All objects of the kind, in the model's order. The caller's, for free(objects.items); good while the model lives. */
struct inject_objects inject_list(const struct model *model, enum inject_kind kind);

#endif
