/* SPDX-License-Identifier: MIT */
/*
 * A recorded step as a flat list: one entry per value, named by a path such as
 * "mms.a.areas.7ffff7ffc000.prot". Elements of arrays are named by what identifies them, not by
 * their place, so that one more area does not make all behind it differ. The file is hostile input.
 */
#ifndef VMM_REPORT_FLAT_H
#define VMM_REPORT_FLAT_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

struct flat_entry {
	char *path;
	char *value; /* as it reads in JSON, text without quotes */
};

/** Zero-initialise; freed by flat_free. Sorted by path once parsed. */
struct flat {
	struct flat_entry *entries;
	uint32_t nr_entries, capacity;
};

/** Parse one JSON object. 0, or -1 with *e (EXIT_USAGE) that says where `name` is no JSON. */
int flat_parse(struct flat *flat, const char *text, size_t size, const char *name, struct error *e);
void flat_free(struct flat *flat);

#endif
