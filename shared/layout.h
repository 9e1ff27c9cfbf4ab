/* SPDX-License-Identifier: MIT */
/*
 * The layout hash: a constant expression over offset and size of every field that layout.def
 * lists, computed by the compiler on both sides. Define a table with
 *
 *     static const struct lab_layout layouts[] = LAYOUT_TABLE
 *
 * The guest's table goes into the ELF note; the host compares entry by entry and can name
 * the structure that differs.
 */
#ifndef SHARED_LAYOUT_H
#define SHARED_LAYOUT_H

#include "lab.h"

struct lab_layout {
	char name[24];
	uint64_t size;
	uint64_t hash;
};

/** Descriptor of the ELF note. */
struct lab_note {
	uint64_t lab_pa;		/* physical address of struct lab_page */
	uint32_t abi_version;
	uint32_t nr_layouts;
	struct lab_layout layouts[];
};

#define LAYOUT_MIX(offset, size, line) \
	((((uint64_t)(offset) << 20) + (uint64_t)(size) + 1) * (2 * (uint64_t)(line) + 0x9e3779b97f4a7c15ULL))

/* How many structures layout.def lists. */
#define LAYOUT_STRUCT(s)	LAYOUT_OF_##s,
#define LAYOUT_FIELD(s, f)
#define LAYOUT_END(s)
enum {
#include "layout.def"
	LAYOUT_NR
};
#undef LAYOUT_STRUCT
#undef LAYOUT_FIELD
#undef LAYOUT_END

#endif
