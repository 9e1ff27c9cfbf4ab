/* SPDX-License-Identifier: MIT */
/*
 * Allocations that fail on demand (lab.fail_alloc), and what an operation that met a failure may leave behind:
 * docs/mm.md, "What a failed call may have changed", as data.
 */
#ifndef VMM_SCRIPT_SWEEP_H
#define VMM_SCRIPT_SWEEP_H

#include "inject/edit.h"
#include "script/session.h"

/** What of the areas a failed call may have changed. */
enum may_change {
	CHANGE_NOTHING,
	CHANGE_CUTS,   /* two areas with the same rights instead of one */
	CHANGE_RIGHTS, /* flags of areas, and where they are cut */
	CHANGE_GONE,   /* areas may be missing, or shorter */
	CHANGE_MORE,   /* areas that the call made may stay */
};

struct sweep_rule {
	const char *op;	     /* name of the language */
	const char *errors;  /* what it may say when an allocation fails: "ENOMEM EAGAIN"; "" : it says nothing */
	bool may_succeed;    /* some allocations are only tried */
	bool may_die;	     /* or the task is killed */
	enum may_change may;
};
/** The rule of an operation, or NULL. */
const struct sweep_rule *find_sweep_rule(const char *op);
/** The i-th rule, or NULL behind the last. */
const struct sweep_rule *sweep_rule(unsigned int i);

/** Is what changed between two models what the rule allows? False: *why says what, at most `size` bytes. */
bool only_allowed_changes(const struct sweep_rule *rule, const struct model *before, const struct model *after, char *why,
			  size_t size);
/** Do both models hold the same frames, slab objects and commitment? What one has and the other lacks was leaked. */
bool same_holdings(const struct model *a, const struct model *b, char *why, size_t size);

#endif
