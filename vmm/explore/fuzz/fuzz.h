/* SPDX-License-Identifier: MIT */
/*
 * `vmm fuzz`: random programs in the scenario language. A step is a row of the table of operations and a few small numbers
 * (choices), which the row turns into a line of Lua; 0 is always the simplest choice. So a program can be shrunk without
 * knowing what it means: leave steps out, make choices smaller, and look whether it still fails in the same way.
 */
#ifndef VMM_EXPLORE_FUZZ_H
#define VMM_EXPLORE_FUZZ_H

#include "options.h"
#include "report/buf.h"
#include "script/session.h"

#define FUZZ_CHOICES 6
#define FUZZ_MAX_TASKS 8

struct fuzz_step {
	uint8_t op;	/* fuzz_op(op) */
	uint8_t task;	/* 1 … : T[task] */
	uint16_t choice[FUZZ_CHOICES];
};

/** Bytes that an operation is about, in the mm of its task; len 0: it has no range. */
struct fuzz_range {
	uint64_t start, len;
};

/** What an operation may do to the tasks that live. */
enum fuzz_may { FUZZ_GOES_ON, FUZZ_ADDS, FUZZ_ENDS, FUZZ_BLOCKS, FUZZ_BEGINS };

/** A kind of operation. */
struct fuzz_op {
	const char *name;
	unsigned int weight;	/* how often, relative to others */
	unsigned int choices;	/* how many it uses */
	/** Append its line of Lua. */
	void (*render)(const struct fuzz_step *step, struct buf *b);
	/** Its range as rendered; NULL: none. */
	struct fuzz_range (*range)(const struct fuzz_step *step);
	enum fuzz_may may;
	/** FUZZ_ENDS: which of the living, counted from 0 and around; NULL: its own task. */
	uint16_t (*victim)(const struct fuzz_step *step);
};
/** The rows of all groups in turn; NULL beyond. */
const struct fuzz_op *fuzz_op(unsigned int index);
/** What a program begins with: the tasks' table, files, and what makes a line harmless once its task is gone. */
extern const char fuzz_prelude[];
void fuzz_render(const struct fuzz_step *step, struct buf *b);

/* --- what was met (fuzz_cover.c) --------------------------------------------------------------------- */

struct fuzz_cover;
struct fuzz_cover *cover_new(void);
/** Cells that `step` would be the first to reach, in the guest as `model` has it; added if `add`. */
unsigned int cover_step(struct fuzz_cover *cover, const struct model *model, int pid, const struct fuzz_step *step,
			bool add);
/** What `from` reached is reached in `to`, too. */
void cover_add(struct fuzz_cover *to, const struct fuzz_cover *from);
/** How many cells were reached, and of how many operations with a range. */
void cover_tell(const struct fuzz_cover *cover, struct buf *b);
uint64_t cover_reached(const struct fuzz_cover *cover);
void cover_free(struct fuzz_cover *cover);

/* --- the next step (fuzz_draw.c) ---------------------------------------------------------------------- */

/** Of a few the one that brings the guest where it has been least; at most max_tasks live. */
struct fuzz_step fuzz_draw(const struct session *s, uint64_t *random, uint32_t max_tasks, struct fuzz_cover *cover);

/* --- a program and how it ends (fuzz_run.c) ---------------------------------------------------------- */

enum fuzz_end { FUZZ_HELD, FUZZ_FINDING, FUZZ_DIED, FUZZ_HUNG, FUZZ_DIFFERS, FUZZ_ERROR };
const char *fuzz_end_name(enum fuzz_end end);

struct fuzz_result {
	enum fuzz_end end;
	uint32_t step;		/* 1 …: the one that ended it; or how many ran */
	char what[64];		/* what tells one failure from another: the invariant's id, or the first words of a death */
	char text[2048];	/* the same for people */
};

struct fuzz_program {
	struct fuzz_step *steps;
	uint32_t n;
};

/** Run it in a fresh machine until it fails or ends. */
void fuzz_run(const struct options *options, const struct fuzz_program *program, struct fuzz_result *result);
/** Make `steps` steps from options->seed as they run, guided by cover (may be NULL); stops at a failure. Steps are the caller's. */
void fuzz_generate(const struct options *options, uint32_t steps, uint32_t tasks, struct fuzz_cover *cover,
		   struct fuzz_program *program, struct fuzz_result *result);

/** Make it as short and as plain as it goes in max_runs while it fails in the same way (fuzz_shrink.c). How many runs that took. */
uint32_t fuzz_shrink(const struct options *options, uint32_t max_runs, struct fuzz_program *program, struct fuzz_result *result);

/** `vmm fuzz …`. argv[0] is "fuzz"; exit status. */
int fuzz_main(int argc, char **argv);

#endif
