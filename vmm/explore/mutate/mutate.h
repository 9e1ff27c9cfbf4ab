/* SPDX-License-Identifier: MIT */
/*
 * `vmm mutate`: does the verifier find what is broken on purpose? On live states of scenarios each corruption of the
 * catalogue, and random single bits, are put into the guest's RAM; the verifier sees the image that results, and
 * nothing else.
 */
#ifndef VMM_EXPLORE_MUTATE_H
#define VMM_EXPLORE_MUTATE_H

#include <stdio.h>
#include "inject/catalogue.h"
#include "script/session.h"

/** `vmm mutate …`. argv[0] is "mutate"; exit status. */
int mutate_main(int argc, char **argv);

/* --- inside: what its files share ------------------------------------------------------------------- */

/** What came of one row, over all states. */
struct row_result {
	uint32_t applied; /* how often it was done */
	uint32_t named;	  /* found by an invariant that the row says */
	uint32_t found;	  /* found by any */
	uint32_t *by;	  /* per invariant: how often it had a finding */
};

/** A bit that is flipped at random. */
struct flip {
	uint64_t pa;	 /* of the byte */
	uint64_t object; /* what it is part of */
	uint8_t mask;
	unsigned int bit; /* of the field */
	char field[64];	  /* "vm_area_struct.vm_end", "pte1" */
};

/** Bits flipped at random that nothing found. */
struct flip_class {
	char name[96]; /* "vm_area_struct.vm_pgoff bit 3", "pte1 bit 6" */
	uint32_t missed, mattered;
	const char *why; /* it cannot be seen: the reason; NULL: it should be */
};

struct mutation {
	unsigned int instances; /* of each row on each state, at most */
	unsigned int flips;	/* random bits on each state */
	uint64_t random;	/* state of the generator */
	bool quick;		/* flips that were found are not run to see whether they matter */
	struct row_result *rows;
	uint32_t nr_states, nr_skipped;
	uint32_t nr_astray; /* states that the machine could not be set back to after all those flips */
	char last_state[96];	/* in words */
	/* Flips. */
	uint32_t flipped, flips_found, flips_matter, flips_matter_found;
	uint32_t flips_matter_unseen; /* not found, and of a class that cannot be */
	struct flip_class *classes;
	uint32_t nr_classes;
	/* Of the scenario that runs. */
	const char *scenario;
	struct target_state *best; /* the richest state so far … */
	uint64_t best_score;
	uint32_t best_step;
	uint32_t looked_again, looks_differ; /* looks made from the sound state, too, and those that found something else */
	FILE *misses; /* a line for each corruption that was not named; NULL: none */
};

/** The image as it is now, decoded and verified with nothing to compare with. `like` is the sound state that it was. */
struct findings verify_image(struct mutation *m, const struct model *like);
bool findings_have(const struct findings *findings, const char *ids);
/** All rows on the state that the target is in. */
void mutate_by_catalogue(struct mutation *m, struct session *s, const struct model *model);
/** Random bits on that state. `state` is it, to go back to. */
void mutate_by_flips(struct mutation *m, struct session *s, const struct model *model,
		     const struct target_state *state);
/** What came of one. */
void count_flip(struct mutation *m, const struct flip *flip, bool found, bool matters);
/** Wrong edits of the tree's source, or those of these names: its runner takes this process over. Exit status if it cannot. */
int mutate_source(const char *tree, char **names, int nr_names);
/** The table of rows and invariants as a page. 0 or -1 with *e. */
int mutation_html(const struct mutation *m, const char *path, struct error *e);

#endif
