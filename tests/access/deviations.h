/* SPDX-License-Identifier: MIT */
/*
 * Where a machine is known to differ from the architecture: by name, each a change of what the model foretells, on the
 * machines that have it and no other. A case that comes out as a listed deviation says is counted, not failed.
 */
#ifndef TESTS_ACCESS_DEVIATIONS_H
#define TESTS_ACCESS_DEVIATIONS_H

#include "cases.h"

struct deviation {
	const char *name;
	/** Does this machine have it? `machine`: its description. */
	bool (*applies)(const char *machine);
	/** Change *o to what such a machine does; false: it does as the model says. */
	bool (*change)(struct access_outcome *o);
};
extern const struct deviation deviations[];
extern const unsigned int nr_deviations;
#define MAX_DEVIATIONS 8

#endif
