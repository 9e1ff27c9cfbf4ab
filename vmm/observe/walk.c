/* SPDX-License-Identifier: MIT */
/*
 * The page walk in software (SDM vol. 3A, 4.5). Two uses: one address with every step kept, and a
 * whole tree in ascending order. A table is fetched through the image once, as 512 entries; zero
 * entries, nearly all of them, are skipped eight at a time.
 */
#include "observe/walk.h"

#include "observe/addr_map.h"

#define ENTRY_BITS_PFN	       PTE_PFN_MASK /* 51:12 */
#define VA_CANONICAL(va, la57) ((uint64_t)((int64_t)((va) << ((la57) ? 7 : 16)) >> ((la57) ? 7 : 16)))

struct walk_mode walk_mode_of(const struct cpu_state *cpu)
{
	return (struct walk_mode){
		.la57 = cpu->cr4 & CR4_LA57,
		.nxe = cpu->efer & EFER_NXE,
		/* A machine that cannot tell gets the architecture's widest reading. */
		.gbpages = cpu->maxphyaddr == 0 || cpu->gbpages,
		.maxphyaddr = cpu->maxphyaddr >= 32 && cpu->maxphyaddr <= 52 ? cpu->maxphyaddr : 52,
	};
}

static unsigned int level_shift(int level)
{
	return PAGE_SHIFT + 9 * (level - 1);
}

/** Does this present entry of `level` end the walk? Bit 7 is a page size only at levels 2 and 3. */
static bool is_leaf(uint64_t entry, int level, struct walk_mode mode)
{
	if (level == 1)
		return true;
	return (entry & PTE_PS) && (level == 2 || (level == 3 && mode.gbpages));
}

/** Bits that must be zero in a present entry (SDM vol. 3A, figure 4-11 and 4.5.4). */
static inline uint64_t reserved_bits(uint64_t entry, int level, struct walk_mode mode)
{
	uint64_t reserved = ENTRY_BITS_PFN & ~((1UL << mode.maxphyaddr) - 1);

	if (!mode.nxe)
		reserved |= PTE_NX;
	if (level >= 4 || (level == 3 && !mode.gbpages))
		reserved |= PTE_PS;
	else if (level > 1 && (entry & PTE_PS))
		reserved |= ((1UL << level_shift(level)) - 1) & ~0x1fffUL; /* bit 12 is PAT */
	return reserved;
}

uint64_t pte_reserved_bits(struct walk_mode mode)
{
	return reserved_bits(0, 1, mode);
}

static uint64_t leaf_pa(uint64_t entry, int level)
{
	return entry & ENTRY_BITS_PFN & ~((1UL << level_shift(level)) - 1);
}

static const uint64_t *table_ptr(const struct guest_image *image, uint64_t pa)
{
	return image_ptr(image, (gpa_t){pa}, PAGE_SIZE);
}

static void walk_finish(struct walk *walk, uint64_t entry, int level, uint64_t va)
{
	walk->end = WALK_LEAF;
	walk->page_size = 1UL << level_shift(level);
	walk->pa = leaf_pa(entry, level) | (va & (walk->page_size - 1));
}

struct walk walk_address(const struct guest_image *image, uint64_t root_pa, struct walk_mode mode,
			 uint64_t va)
{
	struct walk walk = {.end = WALK_NOT_PRESENT, .writable = true, .user = true};
	uint64_t table_pa = root_pa & ENTRY_BITS_PFN;

	if (VA_CANONICAL(va, mode.la57) != va) {
		walk.end = WALK_NON_CANONICAL;
		return walk;
	}
	for (int level = mode.la57 ? 5 : 4; level >= 1; level--) {
		const uint64_t *table = table_ptr(image, table_pa);
		unsigned int index = va >> level_shift(level) & (PTRS_PER_TABLE - 1);
		uint64_t entry;

		if (!table) {
			walk.end = WALK_OUTSIDE;
			return walk;
		}
		entry = table[index];
		walk.steps[walk.nr_steps++] = (struct walk_step){
			.level = level, .index = index, .entry_pa = table_pa + index * 8UL, .entry = entry};
		if (!(entry & PTE_P))
			return walk;
		walk.writable &= !!(entry & PTE_RW);
		walk.user &= !!(entry & PTE_US);
		walk.nx |= mode.nxe && (entry & PTE_NX);
		if (entry & reserved_bits(entry, level, mode)) {
			walk.end = WALK_RESERVED;
			return walk;
		}
		if (is_leaf(entry, level, mode)) {
			walk_finish(&walk, entry, level, va);
			return walk;
		}
		table_pa = entry & ENTRY_BITS_PFN;
	}
	return walk;
}

/* --- whole trees ------------------------------------------------------------------------------ */

struct tree {
	const struct guest_image *image;
	struct walk_mode mode;
	const struct walk_visitor *visitor;
	uint64_t left; /* tables that may still be entered */
	bool ended;
	struct addr_map seen; /* tables already entered */
};

/** Is this the first visit of the table at pa? */
static bool first_visit(struct tree *tree, uint64_t pa)
{
	uint32_t nr = tree->seen.nr;

	return addr_map_put(&tree->seen, pa, nr) == nr;
}

static void report_trouble(struct tree *tree, enum walk_trouble what, const struct leaf *at)
{
	if (what == TROUBLE_LIMIT)
		tree->ended = true;
	if (tree->visitor->trouble)
		tree->visitor->trouble(tree->visitor->ctx, what, at);
}

static unsigned int count_present(const uint64_t *table, unsigned int first, unsigned int last)
{
	unsigned int n = 0;

	for (unsigned int i = first; i <= last; i++)
		n += table[i] & PTE_P;
	return n;
}

/** First index from `i` to `last` whose entry is not zero, or last + 1. */
static unsigned int next_nonzero(const uint64_t *table, unsigned int i, unsigned int last)
{
	for (; i <= last && i % 8; i++)
		if (table[i])
			return i;
	for (; i + 7 <= last; i += 8) {
		const uint64_t *e = table + i;

		if (e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7])
			break;
	}
	for (; i <= last && !table[i]; i++)
		;
	return i;
}

static void walk_table(struct tree *tree, const uint64_t *table, const struct leaf *parent,
		       unsigned int first, unsigned int last);

/** A present entry that points to a table: enter it, or say why not. */
static void walk_down(struct tree *tree, const struct leaf *at)
{
	const uint64_t *table = table_ptr(tree->image, at->pa);

	if (!table)
		report_trouble(tree, TROUBLE_OUTSIDE, at);
	else if (tree->left == 0)
		report_trouble(tree, TROUBLE_LIMIT, at);
	else if (!first_visit(tree, at->pa))
		report_trouble(tree, TROUBLE_REPEATED, at);
	else
		walk_table(tree, table, at, 0, PTRS_PER_TABLE - 1);
}

/** One entry that is not zero; *at has address, entry and level, and the rights of the tables above. */
static void walk_entry(struct tree *tree, struct leaf *at)
{
	uint64_t entry = at->entry;

	at->pa = leaf_pa(entry, at->level);
	at->writable &= !!(entry & PTE_RW);
	at->user &= !!(entry & PTE_US);
	at->nx |= tree->mode.nxe && (entry & PTE_NX);
	if (!(entry & PTE_P)) {
		report_trouble(tree, TROUBLE_NONZERO, at);
		return;
	}
	at->reserved = entry & reserved_bits(entry, at->level, tree->mode);
	if (at->reserved)
		report_trouble(tree, TROUBLE_RESERVED, at);
	if (!is_leaf(entry, at->level, tree->mode)) {
		at->pa = entry & ENTRY_BITS_PFN;
		if (!at->reserved)
			walk_down(tree, at);
	} else if (tree->visitor->leaf) {
		tree->visitor->leaf(tree->visitor->ctx, at);
	}
}

/** Of a table of the last level, a present entry without a reserved bit: nearly all there are, so by the shortest way. */
static inline void walk_pte(struct tree *tree, struct leaf *at)
{
	uint64_t entry = at->entry;

	at->pa = entry & ENTRY_BITS_PFN;
	at->writable &= !!(entry & PTE_RW);
	at->user &= !!(entry & PTE_US);
	at->nx |= tree->mode.nxe && (entry & PTE_NX);
	tree->visitor->leaf(tree->visitor->ctx, at);
}

/** Walk entries first to last of the table that `parent`, an entry one level up, points to. */
static void walk_table(struct tree *tree, const uint64_t *table, const struct leaf *parent,
		       unsigned int first, unsigned int last)
{
	int level = parent->level - 1;
	const bool whole = level == 1 && tree->visitor->last;
	const uint64_t reserved_pte = reserved_bits(0, 1, tree->mode);

	tree->left--;
	if (tree->visitor->table) {
		struct table info = {.pa = parent->pa, .parent_pa = parent->entry_pa, .va = parent->va, .level = level};

		info.present = whole ? tree->visitor->last(tree->visitor->ctx, table, parent)
				     : count_present(table, first, last);
		tree->visitor->table(tree->visitor->ctx, &info);
	}
	if (whole)
		return;
	for (unsigned int i = next_nonzero(table, first, last); i <= last && !tree->ended;
	     i = next_nonzero(table, i + 1, last)) {
		uint64_t va = parent->va + ((uint64_t)i << level_shift(level));
		struct leaf at = {.va = VA_CANONICAL(va, tree->mode.la57),
				  .entry = table[i],
				  .entry_pa = parent->pa + i * 8UL,
				  .level = level,
				  .writable = parent->writable,
				  .user = parent->user,
				  .nx = parent->nx};

		if (level > 1 || !(table[i] & PTE_P) || (table[i] & reserved_pte))
			walk_entry(tree, &at);
		else if (tree->visitor->leaf)
			walk_pte(tree, &at);
	}
}

void walk_tree(const struct guest_image *image, uint64_t root_pa, struct walk_mode mode,
	       unsigned int first_index, unsigned int last_index, uint64_t max_tables,
	       const struct walk_visitor *visitor)
{
	struct tree tree = {.image = image, .mode = mode, .visitor = visitor, .left = max_tables};
	/* CR3 as an entry one level above the root. */
	struct leaf cr3 = {.entry = root_pa,
			   .pa = root_pa & ENTRY_BITS_PFN,
			   .level = mode.la57 ? 6 : 5,
			   .writable = true,
			   .user = true};

	if (last_index >= PTRS_PER_TABLE)
		last_index = PTRS_PER_TABLE - 1;
	if (first_index > last_index)
		return;
	if (!table_ptr(image, cr3.pa)) {
		report_trouble(&tree, TROUBLE_OUTSIDE, &cr3);
	} else if (max_tables == 0) {
		report_trouble(&tree, TROUBLE_LIMIT, &cr3);
	} else {
		first_visit(&tree, cr3.pa);
		walk_table(&tree, table_ptr(image, cr3.pa), &cr3, first_index, last_index);
	}
	addr_map_free(&tree.seen);
}
