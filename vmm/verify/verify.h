/* SPDX-License-Identifier: MIT */
/* The verifier: a table of invariants over the model, checked after every step. */
#ifndef VMM_VERIFY_VERIFY_H
#define VMM_VERIFY_VERIFY_H

#include <stdio.h>
#include "agent.h"
#include "observe/model.h"
#include "observe/tlb.h"

struct invariant;
struct sieve;

struct finding {
	const struct invariant *invariant;
	int mm;				/* index into model.mms, or -1 */
	gva_t object;			/* area, mm, page, task … or 0 */
	uint64_t va;			/* user address concerned, or 0 */
	uint64_t pfn;			/* frame concerned, or ~0 */
	char text[256];			/* expected and found, in words; no host pointers */
};

struct findings {
	struct finding *items;
	uint32_t n, capacity;
	uint32_t suppressed;		/* beyond MAX_PER_INVARIANT of one invariant */
};
#define MAX_PER_INVARIANT	16	/* findings of one invariant in one verification */

/** What was asked of a task in this step, as the host sent it, and what the task answered. */
struct step_facts {
	int pid;			/* of the task that got the last command; 0: none got one */
	uint32_t nr_cmds;
	struct agent_cmd cmd;		/* the last one */
	uint64_t start, end;		/* what all of them were to write, of AGENT_WRITE, _WRITE_BYTES and _FILL */
	bool answered;
	uint32_t status;		/* enum agent_status, if answered */
	int64_t value;
};

/** Second opinions that only a live machine can give; NULL where there is none. */
struct verify_aids {
	void *ctx;
	/** KVM_TRANSLATE of one address on CPU 0: 1 valid (*pa set), 0 not mapped, -1 not available. */
	int (*translate)(void *ctx, uint64_t va, uint64_t *pa);
	/** What the guest's trace came to in this step; NULL: it leaves none. */
	const struct tlb_watch *tlb;
	/** NULL: not known. */
	const struct step_facts *facts;
	/** The lower half of the hash of page `index` of a file of --root, as it was last given; false: it never was. NULL: nobody knows. */
	bool (*root_given)(void *ctx, uint64_t node, uint64_t index, uint32_t *hash);
};

struct verify_context {
	const struct model *now;
	const struct model *before;	/* previous step, or NULL */
	const struct verify_aids *aids;	/* may be NULL */
	struct findings *findings;
	uint64_t checks;		/* += individual comparisons made */
	uint32_t found;			/* findings of the invariant under check, suppressed ones included */
	const struct sieve *sieve;	/* entries and frames that break a rule */
};

enum severity { SEVERITY_WARN, SEVERITY_ERROR, SEVERITY_FATAL };

struct invariant {
	const char *id;			/* short stable name, kebab-case: "area-sorted" */
	const char *family;		/* heading in docs/invariants.md */
	const char *sentence;		/* what holds, one sentence */
	enum severity severity;
	const char *linux_check;	/* what in Linux would find it, too; NULL: nothing */
	void (*check)(struct verify_context *c, const struct invariant *self);
};

extern const struct invariant *const invariants[];
extern const unsigned int nr_invariants;

/** Run every invariant. Appends to *findings (caller owns; findings_free). Returns the number of checks. */
uint64_t verify_model(const struct model *now, const struct model *before, const struct verify_aids *aids,
		      struct findings *findings);
/** The same, and nothing sifted out beforehand: each check looks at everything. Tests hold the two against each other. */
uint64_t verify_model_thoroughly(const struct model *now, const struct model *before, const struct verify_aids *aids,
				 struct findings *findings);
/** The same findings in the same order; else *where is the first that is not. */
bool findings_equal(const struct findings *a, const struct findings *b, uint32_t *where);
void findings_free(struct findings *findings);
/** The invariant of that id, or NULL. */
const struct invariant *find_invariant(const char *id);
/** The table as Markdown, for docs/invariants.md. */
void list_invariants(FILE *out);

#endif
