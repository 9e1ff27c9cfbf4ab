/* SPDX-License-Identifier: MIT */
/*
 * The page walk against tables made by hand, and against a second walker written from the SDM's tables
 * entry by entry, over random ones: 4 and 5 levels, every leaf size, every mode, garbage in every field.
 */
#include "check.h"
#include "observe/walk.h"

#include <stdlib.h>
#include <time.h>

TestSuite(walk, .timeout = 120);

#define NR_TABLES 64
#define RAM	  (NR_TABLES * PAGE_SIZE)

struct machine {
	uint64_t (*table)[512]; /* frame n holds table[n] */
	struct guest_region region;
	struct guest_image image;
};

static void machine_init(struct machine *m)
{
	m->table = calloc(NR_TABLES, PAGE_SIZE);
	m->region = (struct guest_region){.pa = 0, .size = RAM, .bytes = (uint8_t *)m->table};
	m->image = (struct guest_image){.regions = &m->region, .nr_regions = 1};
}

static const struct walk_mode plain = {.nxe = true, .gbpages = true, .maxphyaddr = 40};

#define LINK (PTE_P | PTE_RW | PTE_US)

/** Tables 1, 2, 3 … from the root down, linked at the indices of va; returns the entry of `level`. */
static uint64_t *link_tables(struct machine *m, uint64_t va, int top, int level)
{
	uint64_t n = 0;

	for (int l = top; l > level; l--, n++)
		m->table[n][va >> (12 + 9 * (l - 1)) & 511] = (n + 1) << 12 | LINK;
	return &m->table[n][va >> (12 + 9 * (level - 1)) & 511];
}

/* --- one address, by hand ------------------------------------------------------------------------------- */

Test(walk, leaves_of_every_size_at_four_and_five_levels)
{
	static const uint64_t sizes[] = {0, PAGE_SIZE, PMD_SIZE, PUD_SIZE};
	uint64_t va = 0x0000123456789abc;

	for (int top = 4; top <= 5; top++) {
		for (int level = 1; level <= 3; level++) {
			struct walk_mode mode = plain;
			struct machine m;
			struct walk walk;

			machine_init(&m);
			mode.la57 = top == 5;
			*link_tables(&m, va, top, level) = 0x40000000 | LINK | (level > 1 ? PTE_PS : 0);
			walk = walk_address(&m.image, 0, mode, va);
			CHECK_EQ(walk.end, WALK_LEAF);
			CHECK_EQ(walk.page_size, sizes[level]);
			CHECK_EQ(walk.pa, 0x40000000 + (va & (sizes[level] - 1)));
			CHECK_EQ(walk.nr_steps, (unsigned int)(top - level + 1));
			CHECK_EQ(walk.steps[0].level, top);
			CHECK_EQ(walk.steps[walk.nr_steps - 1].level, level);
			CHECK(walk.writable && walk.user && !walk.nx);
			free(m.table);
		}
	}
}

Test(walk, rights_combine_over_the_levels)
{
	uint64_t va = 0x7f0000401000;

	for (int level = 1; level <= 4; level++) {
		struct machine m;
		struct walk walk;
		uint64_t *entry;

		machine_init(&m);
		*link_tables(&m, va, 4, 1) = 0x5000 | LINK;
		entry = &m.table[4 - level][va >> (12 + 9 * (level - 1)) & 511];
		*entry = (*entry & ~(PTE_RW | PTE_US)) | PTE_NX;
		walk = walk_address(&m.image, 0, plain, va);
		CHECK_EQ(walk.end, WALK_LEAF);
		CHECK_THAT(!walk.writable && !walk.user && walk.nx, "level %d", level);
		free(m.table);
	}
}

Test(walk, ends_that_are_no_translation)
{
	uint64_t va = 0x7f0000401000;
	struct machine m;

	machine_init(&m);
	CHECK_EQ(walk_address(&m.image, 0, plain, va).end, WALK_NOT_PRESENT);
	CHECK_EQ(walk_address(&m.image, RAM, plain, va).end, WALK_OUTSIDE);
	CHECK_EQ(walk_address(&m.image, 0xfffffffffffff000, plain, va).end, WALK_OUTSIDE);
	CHECK_EQ(walk_address(&m.image, 0, plain, 0x0000800000000000).end, WALK_NON_CANONICAL);
	CHECK_EQ(walk_address(&m.image, 0, plain, 0xffff7fffffffffff).end, WALK_NON_CANONICAL);
	CHECK_EQ(walk_address(&m.image, 0, plain, 0xffff800000000000).end, WALK_NOT_PRESENT);
	*link_tables(&m, va, 4, 2) = 0x7ffffff000 | LINK;
	CHECK_EQ(walk_address(&m.image, 0, plain, va).end, WALK_OUTSIDE);
	*link_tables(&m, va, 4, 2) = 0x7ffffff000 | (LINK & ~PTE_P);
	CHECK_EQ(walk_address(&m.image, 0, plain, va).end, WALK_NOT_PRESENT);
	free(m.table);
}

Test(walk, canonical_depends_on_la57)
{
	struct walk_mode mode = plain;
	struct machine m;

	machine_init(&m);
	mode.la57 = true;
	CHECK_EQ(walk_address(&m.image, 0, mode, 0x0000800000000000).end, WALK_NOT_PRESENT);
	CHECK_EQ(walk_address(&m.image, 0, mode, 0x0100000000000000).end, WALK_NON_CANONICAL);
	CHECK_EQ(walk_address(&m.image, 0, mode, 0xff00000000000000).end, WALK_NOT_PRESENT);
	free(m.table);
}

/** Each bit that is reserved at a level, and its neighbour that is not (SDM vol. 3A, tables 4-14 to 4-20). */
Test(walk, reserved_bits)
{
	static const struct {
		int level;
		uint64_t bits;
		bool nxe, gbpages, reserved;
	} cases[] = {
		{1, 1UL << 40, true, true, true},
		{1, 1UL << 51, true, true, true},
		{1, 1UL << 52, true, true, false},
		{1, 1UL << 62, true, true, false},
		{1, PTE_PS, true, true, false},
		{1, PTE_NX, false, true, true},
		{1, PTE_NX, true, true, false},
		{2, PTE_PS | 1UL << 13, true, true, true},
		{2, PTE_PS | 1UL << 20, true, true, true},
		{2, PTE_PS | 1UL << 12, true, true, false},
		{2, PTE_PS | 1UL << 21, true, true, false},
		{3, PTE_PS, true, true, false},
		{3, PTE_PS, true, false, true},
		{3, PTE_PS | 1UL << 29, true, true, true},
		{3, PTE_PS | 1UL << 13, true, true, true},
		{3, PTE_PS | 1UL << 12, true, true, false},
		{4, PTE_PS, true, true, true},
		{4, 1UL << 45, true, true, true},
		{4, PTE_NX, false, true, true},
		{3, 1UL << 40, true, true, true},
		{2, 1UL << 41, true, true, true},
		{2, PTE_NX, true, true, false},
		{5, PTE_PS, true, true, true},
		{5, 1UL << 44, true, true, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct walk_mode mode = {.la57 = cases[i].level == 5,
					 .nxe = cases[i].nxe,
					 .gbpages = cases[i].gbpages,
					 .maxphyaddr = 40};
		int top = mode.la57 ? 5 : 4;
		uint64_t *entry;
		struct machine m;
		struct walk walk;

		machine_init(&m);
		*link_tables(&m, 0, top, 1) = LINK;
		entry = &m.table[top - cases[i].level][0];
		if (cases[i].bits & PTE_PS && cases[i].level > 1)
			*entry = LINK;
		*entry |= cases[i].bits;
		walk = walk_address(&m.image, 0, mode, 0);
		CHECK_THAT((walk.end == WALK_RESERVED) == cases[i].reserved,
			   "case %zu: level %d bits %#lx ends %d", i, cases[i].level, cases[i].bits,
			   walk.end);
		free(m.table);
	}
}

Test(walk, mode_comes_from_registers)
{
	struct cpu_state cpu = {.cr4 = CR4_PAE, .efer = EFER_LME};
	struct walk_mode mode = walk_mode_of(&cpu);

	CHECK(!mode.la57 && !mode.nxe && mode.gbpages);
	CHECK_EQ(mode.maxphyaddr, 52);
	cpu = (struct cpu_state){.cr4 = CR4_LA57, .efer = EFER_NXE, .maxphyaddr = 39, .gbpages = 0};
	mode = walk_mode_of(&cpu);
	CHECK(mode.la57 && mode.nxe && !mode.gbpages);
	CHECK_EQ(mode.maxphyaddr, 39);
	cpu.maxphyaddr = 200;
	CHECK_EQ(walk_mode_of(&cpu).maxphyaddr, 52);
}

/* --- the oracle ----------------------------------------------------------------------------------------- */

struct naive {
	bool mapped, reserved, writable, user, nx;
	int level;
	uint64_t pa;
};

static bool bit(uint64_t value, int n)
{
	return value >> n & 1;
}

static uint64_t field(uint64_t value, int high, int low)
{
	uint64_t result = 0;

	for (int i = high; i >= low; i--)
		result = result << 1 | bit(value, i);
	return result;
}

/** Reserved bits of one present entry, bit by bit as the SDM lists them. */
static bool naive_reserved(uint64_t entry, int level, struct walk_mode mode)
{
	bool big = bit(entry, 7) && (level == 2 || (level == 3 && mode.gbpages));

	for (int i = mode.maxphyaddr; i <= 51; i++)
		if (bit(entry, i))
			return true;
	if (bit(entry, 63) && !mode.nxe)
		return true;
	if (bit(entry, 7) && !big && level != 1)
		return true;
	for (int i = 13; big && i < (level == 2 ? 21 : 30); i++)
		if (bit(entry, i))
			return true;
	return false;
}

static struct naive naive_walk(const struct machine *m, struct walk_mode mode, uint64_t root, uint64_t va)
{
	struct naive n = {.writable = true, .user = true};
	uint64_t frame = root;

	for (n.level = mode.la57 ? 5 : 4; n.level > 0; n.level--) {
		int low = 12 + 9 * (n.level - 1);
		uint64_t entry;

		if (frame >= NR_TABLES)
			return n;
		entry = m->table[frame][field(va, low + 8, low)];
		if (!bit(entry, 0))
			return n;
		n.writable = n.writable && bit(entry, 1);
		n.user = n.user && bit(entry, 2);
		n.nx = n.nx || (mode.nxe && bit(entry, 63));
		if (naive_reserved(entry, n.level, mode)) {
			n.reserved = true;
			return n;
		}
		frame = field(entry, 51, 12);
		if (n.level == 1 || bit(entry, 7)) {
			n.mapped = true;
			n.pa = (field(entry, 51, low) << low) | field(va, low - 1, 0);
			return n;
		}
	}
	return n;
}

static uint64_t random_state = 0x13198a2e03707344UL;

static uint64_t random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/** Mostly entries that lead somewhere, with a strange bit now and then, some noise, a few beyond RAM. */
static uint64_t random_entry(void)
{
	uint64_t kind = random64() % 16;
	uint64_t entry = (random64() % (NR_TABLES + 2)) << 12 | PTE_P |
			 (random64() & (PTE_RW | PTE_US | PTE_A | PTE_D));

	if (kind == 0)
		return random64();
	if (kind == 1)
		return random64() & ~PTE_P;
	if (kind < 4)
		entry |= PTE_PS;
	if (kind == 4)
		entry |= 1UL << random64() % 64;
	if (kind == 5)
		entry |= PTE_NX;
	return entry;
}

static void random_tables(struct machine *m, unsigned int per_table)
{
	memset(m->table, 0, RAM);
	for (int t = 0; t < NR_TABLES; t++)
		for (unsigned int i = 0; i < per_table; i++)
			m->table[t][random64() % 8 ? random64() % 4 : random64() % 512] = random_entry();
}

static struct walk_mode random_mode(void)
{
	return (struct walk_mode){.la57 = random64() % 2,
				  .nxe = random64() % 4 != 0,
				  .gbpages = random64() % 2,
				  .maxphyaddr = 32 + random64() % 21};
}

/** Indices where random_tables() puts entries, so that most walks get somewhere. */
static uint64_t random_va(struct walk_mode mode)
{
	uint64_t va = 0;

	for (int level = mode.la57 ? 5 : 4; level > 0; level--)
		va = va << 9 | (random64() % 16 ? random64() % 4 : random64() % 512);
	va = va << 12 | random64() % PAGE_SIZE;
	return (uint64_t)((int64_t)(va << (mode.la57 ? 7 : 16)) >> (mode.la57 ? 7 : 16));
}

Test(walk, agrees_with_the_oracle_on_random_tables)
{
	unsigned int leaves = 0, faults = 0;
	struct machine m;

	machine_init(&m);
	for (int round = 0; round < 300; round++) {
		struct walk_mode mode = random_mode();
		uint64_t root = random64() % NR_TABLES;

		random_tables(&m, 1 + random64() % 8);
		for (int i = 0; i < 500; i++) {
			uint64_t va = random_va(mode);
			struct walk walk =
				walk_address(&m.image, root << 12 | (random64() & 0xfff), mode, va);
			struct naive naive = naive_walk(&m, mode, root, va);

			CHECK_THAT((walk.end == WALK_LEAF) == naive.mapped, "round %d, %#lx", round, va);
			CHECK_THAT((walk.end == WALK_RESERVED) == naive.reserved, "round %d, %#lx", round,
				   va);
			faults += naive.reserved;
			if (!naive.mapped)
				continue;
			leaves++;
			CHECK_EQ(walk.pa, naive.pa);
			CHECK_EQ(walk.steps[walk.nr_steps - 1].level, naive.level);
			CHECK(walk.writable == naive.writable && walk.user == naive.user &&
			      walk.nx == naive.nx);
		}
	}
	CHECK_THAT(leaves > 1000 && faults > 1000, "%u leaves, %u reserved: the tables are too dull", leaves,
		   faults);
	free(m.table);
}

/* --- whole trees ---------------------------------------------------------------------------------------- */

#define MAX_SEEN 200000

struct seen {
	const struct machine *m;
	struct walk_mode mode;
	uint64_t root;
	uint64_t leaves, tables, trouble[5];
	uint64_t last_va;
	uint8_t entered[NR_TABLES];
};

static void seen_leaf(void *ctx, const struct leaf *leaf)
{
	struct seen *s = ctx;
	struct naive naive = naive_walk(s->m, s->mode, s->root, leaf->va);

	CHECK_THAT(s->leaves == 0 || leaf->va > s->last_va, "%#lx after %#lx", leaf->va, s->last_va);
	s->last_va = leaf->va;
	s->leaves++;
	CHECK_EQ(leaf->reserved, naive.reserved);
	CHECK_EQ(leaf->level, naive.level);
	CHECK(leaf->writable == naive.writable && leaf->user == naive.user && leaf->nx == naive.nx);
	if (!leaf->reserved)
		CHECK_EQ(leaf->pa, naive.pa);
	CHECK_EQ(leaf->entry, ((uint64_t *)s->m->table)[leaf->entry_pa / 8]);
}

static void seen_table(void *ctx, const struct table *table)
{
	struct seen *s = ctx;
	unsigned int present = 0;

	s->tables++;
	CHECK_THAT(!s->entered[table->pa >> 12], "table %#lx was entered twice", table->pa);
	s->entered[table->pa >> 12] = 1;
	if (s->tables == 1)
		CHECK_EQ(table->parent_pa, 0);
	else
		CHECK_EQ(((uint64_t *)s->m->table)[table->parent_pa / 8] & PTE_PFN_MASK, table->pa);
	for (int i = 0; i < 512; i++)
		present += s->m->table[table->pa >> 12][i] & 1;
	CHECK_EQ(table->present, present);
}

static void seen_trouble(void *ctx, enum walk_trouble what, const struct leaf *at)
{
	struct seen *s = ctx;

	s->trouble[what]++;
	if (what == TROUBLE_NONZERO)
		CHECK(at->entry != 0 && !(at->entry & PTE_P));
	if (what == TROUBLE_REPEATED)
		CHECK(s->entered[(at->entry & PTE_PFN_MASK) >> 12]);
}

static void walk_all(struct seen *s, uint64_t max_tables)
{
	struct walk_visitor visitor = {
		.ctx = s, .leaf = seen_leaf, .table = seen_table, .trouble = seen_trouble};

	walk_tree(&s->m->image, s->root << 12, s->mode, 0, 511, max_tables, &visitor);
}

/** Leaves that a tree has when every table is entered at its first entry in address order only. */
static uint64_t naive_leaves(struct seen *s, uint64_t frame, int level)
{
	uint64_t n = 0;

	s->entered[frame] = 1;
	for (int i = 0; i < 512; i++) {
		uint64_t entry = s->m->table[frame][i], next = field(entry, 51, 12);
		bool leaf = level == 1 || (bit(entry, 7) && (level == 2 || (level == 3 && s->mode.gbpages)));

		if (!bit(entry, 0))
			continue;
		if (leaf)
			n++;
		else if (!naive_reserved(entry, level, s->mode) && next < NR_TABLES && !s->entered[next])
			n += naive_leaves(s, next, level - 1);
	}
	return n;
}

/**
 * Rights and addresses by the oracle at each leaf. A table may be reached by two ways in a random graph, so
 * the oracle is asked by address, which takes the way of the walk.
 */
Test(walk, trees_agree_with_the_oracle)
{
	uint64_t leaves = 0, repeated = 0;
	struct machine m;

	machine_init(&m);
	for (int round = 0; round < 400; round++) {
		struct seen s = {.m = &m, .mode = random_mode(), .root = random64() % NR_TABLES}, again;

		random_tables(&m, 1 + random64() % 12);
		again = s;
		walk_all(&s, NR_TABLES);
		CHECK_EQ(s.trouble[TROUBLE_LIMIT], 0);
		CHECK_EQ(s.leaves, naive_leaves(&again, s.root, s.mode.la57 ? 5 : 4));
		CHECK(!memcmp(s.entered, again.entered, sizeof(s.entered)));
		leaves += s.leaves;
		repeated += s.trouble[TROUBLE_REPEATED];
	}
	CHECK_THAT(leaves > 5000 && repeated > 500, "%lu leaves, %lu repeated: too dull", leaves, repeated);
	free(m.table);
}

Test(walk, a_cycle_ends)
{
	struct machine m;
	struct seen s = {.m = &m, .mode = plain};

	machine_init(&m);
	for (int i = 0; i < 512; i++)
		m.table[0][i] = LINK; /* every entry is the root itself */
	walk_all(&s, 1000000);
	CHECK_EQ(s.tables, 1);
	CHECK_EQ(s.trouble[TROUBLE_REPEATED], 512);
	free(m.table);
}

Test(walk, the_limit_ends_the_walk)
{
	struct machine m;

	machine_init(&m);
	for (int i = 0; i < 20; i++)
		m.table[0][i] = (uint64_t)(i + 1) << 12 | LINK;
	for (uint64_t max = 0; max < 25; max++) {
		struct seen s = {.m = &m, .mode = plain};

		walk_all(&s, max);
		CHECK_EQ(s.tables, max < 21 ? max : 21);
		CHECK_EQ(s.trouble[TROUBLE_LIMIT], max < 21);
	}
	free(m.table);
}

Test(walk, troubles_are_told)
{
	struct machine m;
	struct seen s = {.m = &m, .mode = plain};

	machine_init(&m);
	m.table[0][0] = 0x1000 | LINK;
	m.table[0][1] = 0x1000 | LINK;		/* repeated */
	m.table[0][2] = 0x7ffffff000 | LINK;	/* outside */
	m.table[0][3] = 0x2000 | LINK | PTE_PS; /* reserved at this level: not entered */
	m.table[1][511] = 0x123000;		/* not present, not zero */
	walk_all(&s, NR_TABLES);
	CHECK_EQ(s.trouble[TROUBLE_REPEATED], 1);
	CHECK_EQ(s.trouble[TROUBLE_OUTSIDE], 1);
	CHECK_EQ(s.trouble[TROUBLE_RESERVED], 1);
	CHECK_EQ(s.trouble[TROUBLE_NONZERO], 1);
	CHECK_EQ(s.tables, 2);
	CHECK_EQ(s.leaves, 0);
	s = (struct seen){.m = &m, .mode = plain, .root = NR_TABLES};
	walk_all(&s, NR_TABLES);
	CHECK_EQ(s.trouble[TROUBLE_OUTSIDE], 1);
	CHECK_EQ(s.tables, 0);
	free(m.table);
}

/** Entries in every place of a table are found: zero entries are skipped eight at a time. */
Test(walk, no_entry_is_skipped)
{
	struct machine m;

	machine_init(&m);
	for (int first = 0; first < 512; first++) {
		struct seen s = {.m = &m, .mode = plain};
		struct walk_visitor visitor = {.ctx = &s, .leaf = seen_leaf};

		memset(m.table, 0, 4 * PAGE_SIZE);
		*link_tables(&m, (uint64_t)first << 12, 4, 1) = 0x7000 | LINK;
		m.table[3][(first * 7 + 3) % 512] |= 0x8000 | LINK;
		walk_tree(&m.image, 0, plain, 0, 511, NR_TABLES, &visitor);
		CHECK_EQ(s.leaves, (unsigned int)(1 + ((first * 7 + 3) % 512 != first)));
	}
	free(m.table);
}

Test(walk, only_the_indices_asked_for)
{
	struct machine m;
	struct seen s = {.m = &m, .mode = plain};
	struct walk_visitor visitor = {.ctx = &s, .leaf = seen_leaf};

	machine_init(&m);
	*link_tables(&m, 0, 4, 1) = 0x7000 | LINK;
	m.table[0][256] = m.table[0][511] = m.table[0][0];
	walk_tree(&m.image, 0, plain, 0, 255, NR_TABLES, &visitor);
	CHECK_EQ(s.leaves, 1);
	CHECK_EQ(s.last_va, 0);
	s.leaves = 0;
	walk_tree(&m.image, 0, plain, 256, 511, NR_TABLES, &visitor);
	CHECK_EQ(s.leaves, 1);
	CHECK_EQ(s.last_va, 0xffff800000000000);
	walk_tree(&m.image, 0, plain, 300, 200, NR_TABLES, &visitor);
	CHECK_EQ(s.leaves, 1);
	free(m.table);
}

Test(walk, random_bytes_never_crash)
{
	clock_t start = clock();
	struct machine m;

	machine_init(&m);
	for (int round = 0; round < 300; round++) {
		struct walk_visitor quiet = {.ctx = NULL};
		uint64_t keep = round % 2 ? ~0UL : RAM - 1;

		for (uint64_t i = 0; i < RAM / 8; i++)
			((uint64_t *)m.table)[i] = random64() & keep;
		walk_tree(&m.image, random64() % RAM, random_mode(), 0, 511, NR_TABLES, &quiet);
		for (int i = 0; i < 100; i++)
			walk_address(&m.image, random64(), random_mode(), random64());
	}
	CHECK(clock() - start < 60 * CLOCKS_PER_SEC);
	free(m.table);
}
