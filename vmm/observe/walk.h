/* SPDX-License-Identifier: MIT */
/*
 * The page walk of the SDM (vol. 3A, 4.5), in software, over a guest_image: one address
 * (walk_address) or all present leaves of a tree (walk_tree). 4 and 5 levels, 4 KiB, 2 MiB and 1 GiB leaves,
 * reserved bits checked. Work is bounded whatever the tables hold.
 */
#ifndef VMM_OBSERVE_WALK_H
#define VMM_OBSERVE_WALK_H

#include "base/cpu_state.h"
#include "observe/image.h"
#include "x86.h"

/** What decides how tables are read. */
struct walk_mode {
	bool la57;			/* CR4.LA57 */
	bool nxe;			/* EFER.NXE */
	bool gbpages;			/* 1 GiB leaves exist (CPUID) */
	unsigned int maxphyaddr;	/* physical-address bits: above are reserved */
};
struct walk_mode walk_mode_of(const struct cpu_state *cpu);
/** Bits that must be zero in a present entry of the last level. */
uint64_t pte_reserved_bits(struct walk_mode mode);

enum walk_end {
	WALK_LEAF,			/* a translation */
	WALK_NOT_PRESENT,
	WALK_RESERVED,			/* a reserved bit is set */
	WALK_OUTSIDE,			/* the next table lies outside RAM */
	WALK_NON_CANONICAL,
};

struct walk_step {
	int level;			/* 5 … 1 */
	unsigned int index;
	uint64_t entry_pa;		/* where the entry lies */
	uint64_t entry;
};

struct walk {
	enum walk_end end;
	unsigned int nr_steps;
	struct walk_step steps[5];	/* from the root */
	uint64_t pa;			/* WALK_LEAF: translation of the address */
	uint64_t page_size;
	bool writable, user, nx;	/* combined over the levels */
};
struct walk walk_address(const struct guest_image *image, uint64_t root_pa, struct walk_mode mode,
			 uint64_t va);

/** One present leaf, or one table, met in a walk of the whole tree. */
struct leaf {
	uint64_t va;			/* canonical */
	uint64_t entry;
	uint64_t entry_pa;
	uint64_t pa;			/* of the page */
	uint8_t level;			/* 1: 4 KiB, 2: 2 MiB, 3: 1 GiB */
	bool writable, user, nx;	/* combined */
	bool reserved;			/* a reserved bit is set: unusable */
};
struct table {
	uint64_t pa;
	uint64_t parent_pa;		/* entry that points here; 0 for the root */
	uint64_t va;			/* first address it covers */
	uint8_t level;
	uint16_t present;		/* present entries */
};

/** Non-present entries that are not zero, and other trouble on the way. */
enum walk_trouble { TROUBLE_OUTSIDE, TROUBLE_RESERVED, TROUBLE_REPEATED, TROUBLE_NONZERO, TROUBLE_LIMIT };
struct walk_visitor {
	void *ctx;
	void (*leaf)(void *ctx, const struct leaf *leaf);
	void (*table)(void *ctx, const struct table *table);
	/**
	 * Instead of the leaves and troubles of a table of the last level: its entries, all at once, and the entry that leads
	 * there (pa of the table, va, rights). Returns how many are present.
	 */
	unsigned int (*last)(void *ctx, const uint64_t *table, const struct leaf *parent);
	/** `at` tells where: va, entry, entry_pa, pa as far as it has one, level, rights above and here. */
	void (*trouble)(void *ctx, enum walk_trouble what, const struct leaf *at);
};
/**
 * Visit [first_index, last_index] of the root in ascending address order. At most max_tables tables are
 * entered: beyond it TROUBLE_LIMIT and the walk ends. A table that a second entry points to is reported
 * (TROUBLE_REPEATED) and not entered again, so cycles end and work is bounded by the tables in RAM. A leaf
 * with a reserved bit is both a trouble and a leaf; a table behind one is not entered, as the MMU would not.
 * The root has parent_pa 0; trouble with the root itself has entry_pa 0, its address as entry, and one
 * level more than the root.
 */
void walk_tree(const struct guest_image *image, uint64_t root_pa, struct walk_mode mode,
	       unsigned int first_index, unsigned int last_index, uint64_t max_tables,
	       const struct walk_visitor *visitor);

#endif
