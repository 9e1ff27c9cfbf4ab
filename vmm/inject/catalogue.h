/* SPDX-License-Identifier: MIT */
/*
 * The catalogue of corruptions: each a row that says what is changed in which kind of object, how, and which
 * invariant must find it. `vmm mutate --catalogue` applies every row to live states of scenarios.
 */
#ifndef VMM_INJECT_CATALOGUE_H
#define VMM_INJECT_CATALOGUE_H

#include "inject/edit.h"
#include "inject/object.h"

enum inject_how {
	HOW_SET,	 /* value */
	HOW_ADD,	 /* value, as a signed number */
	HOW_XOR,	 /* value's bits are flipped */
	HOW_SELF,	 /* the address of this very field */
	HOW_COPY_OTHER,	 /* what the same field of another object of the row's holds; it must differ */
	HOW_POINT_OTHER, /* the address of another object of the row's, plus value */
	HOW_SWAP_OTHER,	 /* exchanged with the other's; both must differ */
	HOW_SWAP_FIELDS, /* exchanged with field `other` of the same object; both must differ */
};

struct corruption {
	const char *name; /* "vma.vm_end+page" */
	enum inject_kind kind;
	/** Objects that it can be done to, such that the invariant must find it. NULL: all of the kind. */
	bool (*fits)(const struct model *model, const struct inject_object *object);
	const char *field; /* of the kind's structure; "+2048": at that byte; NULL: the entry */
	enum inject_how how;
	uint64_t value;
	const char *found_by; /* id of an invariant; "a|b": either */
	const char *other;    /* HOW_SWAP_FIELDS */
};

/** All rows, family by family. */
const struct corruption *catalogue_row(unsigned int i);
unsigned int catalogue_size(void);
/** The row of that name, or NULL. */
const struct corruption *catalogue_find(const char *name);

/**
 * Do it to the `nth` object that it can be done to, counted from 0; the bytes are in *edits, which is empty before. False: there
 * are not so many. *object says what it was done to (its `item` is of the model).
 */
bool catalogue_apply(const struct corruption *c, const struct model *model, unsigned int nth, struct edits *edits,
		     struct inject_object *object);

/* The families' rows; a table ends with a row without name. */
extern const struct corruption entry_corruptions[], area_corruptions[], mm_corruptions[], frame_corruptions[],
	rmap_corruptions[], file_corruptions[], task_corruptions[], kernel_corruptions[];

#endif
