/* SPDX-License-Identifier: MIT */
/*
 * What may differ between the guest and Linux: by name, for a reason, and counted. A rule is for what cannot match
 * on any kernel; a profile entry for what kernels of some versions or configurations do otherwise than the 6.1
 * that the guest is like. docs/linux-differences.md lists the same rows.
 */
#ifndef VMM_TARGET_RULES_H
#define VMM_TARGET_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum rule_id {
	RULE_AUXV,
	RULE_IDENTITY,
	RULE_CLOCK,
	RULE_INODE,
	RULE_LOCKONFAULT,
	PROFILE_HEAP_NAME,
	PROFILE_UNCHARGE,
	PROFILE_ANON_MERGE,
	PROFILE_THP_PLACE,
	PROFILE_LOCKED_DRIFT,
	PROFILE_MREMAP_REFUSED,
	PROFILE_POPULATE,
	PROFILE_WRITE_FAULT,
	PROFILE_ERROR_ORDER,
	NR_RULES
};

/* The newest kernel that was compared with: what a later one does otherwise, nobody has looked at. */
#define PROFILE_UP_TO 618

struct rule {
	const char *name;
	const char *reason;
	bool profile;	    /* an entry of the profile, on kernels from `from` on */
	unsigned int from;  /* version * 100 + sublevel: 607 for 6.7 */
};
extern const struct rule rule_table[NR_RULES];

struct rules {
	unsigned int kernel; /* the Linux that is compared with, as rule.from */
	uint64_t applied[NR_RULES];
};

/** Begin: which Linux runs, by its release as uname tells it. */
void rules_init(struct rules *rules, const char *release);
/** Does rule `id` hold on this Linux? */
bool rule_holds(const struct rules *rules, enum rule_id id);
/** Does rule `id` hold on this Linux, where it is needed? Then it is counted as applied. */
bool rule_excuses(struct rules *rules, enum rule_id id);
/** "rules: auxv 3; profile: anon_merge 1", or nothing. */
void rules_summary(const struct rules *rules, char *text, size_t size);
/** The table as rows of Markdown, for docs/linux-differences.md. */
void rules_list(FILE *to);

#endif
