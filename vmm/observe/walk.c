/* SPDX-License-Identifier: MIT */
/*
 * The page walk in software (SDM vol. 3A, 4.5). Two uses: one address with every step kept, and a
 * whole tree in ascending order. A table is fetched through the image once, as 512 entries; zero
 * entries, nearly all of them, are skipped eight at a time.
 */
#include "observe/walk.h"

#include <stdlib.h>

#define ENTRY_BITS_PFN	PTE_PFN_MASK		/* 51:12 */
#define VA_CANONICAL(va, la57) \
	((uint64_t)((int64_t)((va) << ((la57) ? 7 : 16)) >> ((la57) ? 7 : 16)))

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
static uint64_t reserved_bits(uint64_t entry, int level, struct walk_mode mode)
{
	uint64_t reserved = ENTRY_BITS_PFN & ~((1UL << mode.maxphyaddr) - 1);

	if (!mode.nxe)
		reserved |= PTE_NX;
	if (level >= 4 || (level == 3 && !mode.gbpages))
		reserved |= PTE_PS;
	else if (level > 1 && (entry & PTE_PS))
		reserved |= ((1UL << level_shift(level)) - 1) & ~0x1fffUL;	/* bit 12 is PAT */
	return reserved;
}

static uint64_t leaf_pa(uint64_t entry, int level)
{
	return entry & ENTRY_BITS_PFN & ~((1UL << level_shift(level)) - 1);
}

static const uint64_t *table_ptr(const struct guest_image *image, uint64_t pa)
{
	return image_ptr(image, (gpa_t){ pa }, PAGE_SIZE);
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
	struct walk walk = { .end = WALK_NOT_PRESENT, .writable = true, .user = true };
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
			.level = level, .index = index, .entry_pa = table_pa + index * 8UL, .entry = entry };
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

/** Tables already entered: open addressing over table addresses (never 0 mod PAGE_SIZE + 1). */
struct seen {
	uint64_t *slots;
	uint64_t nr_slots;			/* power of two */
	uint64_t used;
	uint64_t first[256];
};

struct tree {
	const struct guest_image *image;
	struct walk_mode mode;
	const struct walk_visitor *visitor;
	uint64_t left;				/* tables that may still be entered */
	bool ended;
	struct seen seen;
};

/** Rights gathered on the way down. */
struct rights {
	bool writable, user, nx;
};

/** Put pa into slots; false: it was there. Slots hold pa | 1, so that table 0 is not an empty slot. */
static bool seen_put(uint64_t *slots, uint64_t nr_slots, uint64_t pa)
{
	uint64_t at = (pa >> PAGE_SHIFT) * 0x9e3779b97f4a7c15UL >> 32;

	for (;; at++) {
		uint64_t *slot = &slots[at & (nr_slots - 1)];

		if (!*slot) {
			*slot = pa | 1;
			return true;
		}
		if (*slot == (pa | 1))
			return false;
	}
}

static bool seen_grow(struct seen *seen)
{
	uint64_t nr = seen->nr_slots * 4;
	uint64_t *slots = calloc(nr, sizeof(*slots));

	if (!slots)
		return false;
	for (uint64_t i = 0; i < seen->nr_slots; i++)
		if (seen->slots[i])
			seen_put(slots, nr, seen->slots[i] & ~1UL);
	if (seen->slots != seen->first)
		free(seen->slots);
	seen->slots = slots;
	seen->nr_slots = nr;
	return true;
}

/** Is this the first visit of the table at pa? Out of host memory counts as the limit. */
static bool first_visit(struct tree *tree, uint64_t pa)
{
	struct seen *seen = &tree->seen;

	if (seen->used * 2 >= seen->nr_slots && !seen_grow(seen))
		return false;
	if (!seen_put(seen->slots, seen->nr_slots, pa))
		return false;
	seen->used++;
	return true;
}

static void report_trouble(struct tree *tree, enum walk_trouble what, uint64_t entry_pa, uint64_t entry,
			   int level)
{
	if (what == TROUBLE_LIMIT)
		tree->ended = true;
	if (tree->visitor->trouble)
		tree->visitor->trouble(tree->visitor->ctx, what, entry_pa, entry, level);
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

static void visit_leaf(struct tree *tree, uint64_t entry, uint64_t entry_pa, int level, uint64_t va,
		       struct rights rights, bool reserved)
{
	struct leaf leaf = { .va = va, .entry = entry, .entry_pa = entry_pa, .pa = leaf_pa(entry, level),
			     .level = level, .writable = rights.writable, .user = rights.user,
			     .nx = rights.nx, .reserved = reserved };

	if (tree->visitor->leaf)
		tree->visitor->leaf(tree->visitor->ctx, &leaf);
}

static void walk_table(struct tree *tree, const uint64_t *table, uint64_t pa, uint64_t parent_pa, int level,
		       uint64_t va, struct rights rights, unsigned int first, unsigned int last);

/** A present entry that points to a table: enter it, or say why not. */
static void walk_down(struct tree *tree, uint64_t entry, uint64_t entry_pa, int level, uint64_t va,
		      struct rights rights)
{
	uint64_t pa = entry & ENTRY_BITS_PFN;
	const uint64_t *table = table_ptr(tree->image, pa);

	if (!table)
		report_trouble(tree, TROUBLE_OUTSIDE, entry_pa, entry, level);
	else if (tree->left == 0)
		report_trouble(tree, TROUBLE_LIMIT, entry_pa, entry, level);
	else if (!first_visit(tree, pa))
		report_trouble(tree, TROUBLE_REPEATED, entry_pa, entry, level);
	else
		walk_table(tree, table, pa, entry_pa, level - 1, va, rights, 0, PTRS_PER_TABLE - 1);
}

static void walk_entry(struct tree *tree, uint64_t entry, uint64_t entry_pa, int level, uint64_t va,
		       struct rights rights)
{
	bool reserved;

	if (!(entry & PTE_P)) {
		report_trouble(tree, TROUBLE_NONZERO, entry_pa, entry, level);
		return;
	}
	rights.writable &= !!(entry & PTE_RW);
	rights.user &= !!(entry & PTE_US);
	rights.nx |= tree->mode.nxe && (entry & PTE_NX);
	reserved = entry & reserved_bits(entry, level, tree->mode);
	if (reserved)
		report_trouble(tree, TROUBLE_RESERVED, entry_pa, entry, level);
	if (is_leaf(entry, level, tree->mode))
		visit_leaf(tree, entry, entry_pa, level, va, rights, reserved);
	else if (!reserved)
		walk_down(tree, entry, entry_pa, level, va, rights);
}

static void walk_table(struct tree *tree, const uint64_t *table, uint64_t pa, uint64_t parent_pa, int level,
		       uint64_t va, struct rights rights, unsigned int first, unsigned int last)
{
	tree->left--;
	if (tree->visitor->table) {
		struct table info = { .pa = pa, .parent_pa = parent_pa, .va = va, .level = level,
				      .present = count_present(table, first, last) };

		tree->visitor->table(tree->visitor->ctx, &info);
	}
	for (unsigned int i = next_nonzero(table, first, last); i <= last && !tree->ended;
	     i = next_nonzero(table, i + 1, last)) {
		uint64_t at = VA_CANONICAL(va + ((uint64_t)i << level_shift(level)), tree->mode.la57);

		walk_entry(tree, table[i], pa + i * 8UL, level, at, rights);
	}
}

void walk_tree(const struct guest_image *image, uint64_t root_pa, struct walk_mode mode,
	       unsigned int first_index, unsigned int last_index, uint64_t max_tables,
	       const struct walk_visitor *visitor)
{
	struct tree tree = { .image = image, .mode = mode, .visitor = visitor, .left = max_tables };
	uint64_t pa = root_pa & ENTRY_BITS_PFN;
	const uint64_t *table = table_ptr(image, pa);
	struct rights all = { .writable = true, .user = true, .nx = false };

	tree.seen.slots = tree.seen.first;
	tree.seen.nr_slots = sizeof(tree.seen.first) / sizeof(tree.seen.first[0]);
	if (last_index >= PTRS_PER_TABLE)
		last_index = PTRS_PER_TABLE - 1;
	if (!table) {
		report_trouble(&tree, TROUBLE_OUTSIDE, 0, root_pa, 0);
	} else if (max_tables == 0) {
		report_trouble(&tree, TROUBLE_LIMIT, 0, root_pa, 0);
	} else {
		first_visit(&tree, pa);
		walk_table(&tree, table, pa, 0, mode.la57 ? 5 : 4, 0, all, first_index, last_index);
	}
	if (tree.seen.slots != tree.seen.first)
		free(tree.seen.slots);
}
