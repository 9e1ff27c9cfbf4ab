/* SPDX-License-Identifier: MIT */
/*
 * The names by which a run's document calls things. Where a frame lies in RAM, how an mm_struct's
 * address reads and which machine it was say nothing about the guest's behaviour, so the canonical form calls
 * frames F1, F2, … by first appearance. A name belongs to one life of a frame: a frame that was free
 * at a step's end and is used again has a new name, so the allocator's choice does not show.
 */
#ifndef VMM_REPORT_NAMES_H
#define VMM_REPORT_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include "observe/model.h"
#include "report/buf.h"

#define NAME_MAX_LEN 24

/** A frame that has a name at present, in order of naming. */
struct named_frame {
	uint64_t pfn;
	uint32_t name; /* N of FN */
};

struct named_mm {
	uint64_t addr, pgd_pa;	  /* identity while it lives */
	uint32_t id;		  /* 1, 2, … by first appearance, never used again */
	uint32_t seen;		  /* generation of the last picture that had it */
	char label[NAME_MAX_LEN]; /* the name of the first task seen in it */
};

struct named_task {
	int pid;
	char name[NAME_MAX_LEN];
};

/** All names of one run. Zero-initialise and set raw; freed by names_free. */
struct names {
	bool raw;	/* frames are called by their number, nothing is hidden */
	uint32_t *slot; /* by pfn: index into frames + 1; 0: nameless */
	uint64_t nr_slots;
	uint64_t limit; /* frames of the present model: beyond there is nothing to name */
	struct named_frame *frames;
	uint32_t nr_frames, cap_frames, last_frame;
	struct named_mm *mms;
	uint32_t nr_mms, cap_mms, last_mm, generation;
	struct named_task *tasks;
	uint32_t nr_tasks, cap_tasks;
};

/** Start a picture: frames free in `model` lose their names, its mms get theirs. */
void names_begin(struct names *names, const struct model *model);
/** Give a frame its name unless it has one. */
void names_frame(struct names *names, uint64_t pfn);
/** Index of a frame in names->frames, or -1. */
int64_t names_slot(const struct names *names, uint64_t pfn);
/** N of FN, or 0 for a frame without a name. */
uint32_t names_number(const struct names *names, uint64_t pfn);
/** The frame called FN at present; false: none is. */
bool names_find(const struct names *names, uint32_t name, uint64_t *pfn);
/** The mm's identity (never NULL after names_begin of its model). */
const struct named_mm *names_mm(const struct names *names, const struct model_mm *mm);
/** What the script calls a process: from now on pid is `name`. */
void names_task(struct names *names, int pid, const char *name);
/** The name of a task: the script's, or its comm, or "pid N"; in a static buffer of four turns. */
const char *names_of_task(const struct names *names, const struct model *model, int pid);
/** Append "F12", in the raw form "#1a2b", or "?" for a frame without a name. */
void put_frame(struct buf *b, bool raw, uint64_t pfn, uint32_t name);
/** A copy of its own, for names_take_back. */
struct names names_copy(const struct names *names);
/** Call things again as `then` does, which stays the caller's. Names given since are not given again. */
void names_take_back(struct names *names, const struct names *then);
void names_free(struct names *names);

#endif
