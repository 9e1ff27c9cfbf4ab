/* SPDX-License-Identifier: MIT */
/* From a word of bits to a case, and which words are cases. */
#include "cases.h"

#include "x86.h"

#define LEAF_FLAGS  (E_ALL & ~E_LOW)	/* at level 1 bit 13 is part of the frame's number */
#define RIGHTS	    (E_W | E_U | E_NX)
#define MARKS	    (E_P | E_A | E_D)

/* Two levels in all their bits at a time; what all four say together of rights, and of presence and marks; the rest by chance. */
const struct plane planes[] = {
	{"rights of all four levels", AT(4, RIGHTS) | AT(3, RIGHTS) | AT(2, RIGHTS) | AT(1, RIGHTS) | C_ALL, 0},
	{"P, A, D and large leaves", AT(4, MARKS) | AT(3, MARKS | E_PS) | AT(2, MARKS | E_PS) | AT(1, MARKS) |
	 C_KIND | C_USER, 0},
	{"pte and pmd, all bits", AT(1, LEAF_FLAGS) | AT(2, E_ALL) | C_ALL, 0},
	{"pte and pud, all bits", AT(1, LEAF_FLAGS) | AT(3, E_ALL) | C_ALL, 0},
	{"pte and pgd, all bits", AT(1, LEAF_FLAGS) | AT(4, E_ALL) | C_ALL, 0},
	{"pmd and pud, all bits", AT(2, E_ALL) | AT(3, E_ALL) | C_ALL, 0},
	{"pmd and pgd, all bits", AT(2, E_ALL) | AT(4, E_ALL) | C_ALL, 0},
	{"pud and pgd, all bits", AT(3, E_ALL) | AT(4, E_ALL) | C_ALL, 0},
	{"anything", AT(5, 1) - 1, 200000},
};
const unsigned int nr_planes = sizeof(planes) / sizeof(planes[0]);

static unsigned int flags_at(uint64_t word, int level)
{
	return word >> 9 * (level - 1) & E_ALL;
}

/* Does the walk end here, for whatever reason? Then what lies below is nobody's business. */
static bool walk_ends(unsigned int flags, int level, const struct abilities *can, bool nxe)
{
	bool large = flags & E_PS && (level == 2 || (level == 3 && can->gbpages));
	bool bad_ps = flags & E_PS && level > 2 && !large;

	return !(flags & E_P) || large || bad_ps || flags & E_HIGH || (flags & E_NX && !nxe);
}

static bool entry_is_legal(unsigned int flags, int level, const struct abilities *can)
{
	bool large = flags & E_PS && (level == 2 || level == 3);

	/* Elsewhere bit 13 leads to another frame, and bit 51 is an address where the CPU has 52 bits. */
	if (flags & E_LOW && (!large || !(flags & E_P)))
		return false;
	return !(flags & E_HIGH) || can->maxphyaddr <= 51;
}

static bool cpu_is_legal(uint64_t word, const struct abilities *can)
{
	uint32_t cpu = word >> C_CPU_SHIFT & 0xf;

	if ((word & C_KIND) == C_KIND || cpu & ~can->cpu_has)
		return false;
	return !(word & C_AC) || cpu & CPU_SMAP; /* without SMAP AC means alignment checks only */
}

bool case_is_legal(uint64_t word, const struct abilities *can)
{
	bool ended = false;

	if (!cpu_is_legal(word, can))
		return false;
	for (int level = 4; level >= 1; level--) {
		unsigned int flags = flags_at(word, level);

		if (ended && flags != flags_at(CASE_DEFAULT, level))
			return false;
		if (!ended && !entry_is_legal(flags, level, can))
			return false;
		ended |= walk_ends(flags, level, can, word & C_NXE);
	}
	return true;
}

/* Where the entry leads: the next table, or the page that the test accesses. */
static uint64_t frame_of(unsigned int flags, int level)
{
	static const uint64_t tables[] = {0, 0, ACCESS_PTE, ACCESS_PMD, ACCESS_PUD};
	static const uint64_t masks[] = {0, PAGE_SIZE, PMD_SIZE, PUD_SIZE};

	if (level == 4 || (level > 1 && !(flags & E_PS)))
		return tables[level];
	return ACCESS_TARGET & ~(masks[level] - 1);
}

uint64_t case_entry(uint64_t word, int level)
{
	static const uint64_t bits[] = {PTE_P, PTE_RW, PTE_US, PTE_NX, PTE_A, PTE_D, PTE_PS, 1UL << 51, 1UL << 13};
	unsigned int flags = flags_at(word, level);
	uint64_t entry = frame_of(flags, level);

	for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (flags & 1 << i)
			entry |= bits[i];
	return entry;
}

struct access_case case_of(uint64_t word)
{
	struct access_case c = {
		.kind = word >> C_KIND_SHIFT & 3,
		.user = !!(word & C_USER),
		.ac = !!(word & C_AC),
		.cpu = word >> C_CPU_SHIFT & 0xf,
	};

	for (int level = 4; level >= 1; level--)
		c.entry[4 - level] = case_entry(word, level);
	return c;
}

struct access_mode case_mode(uint64_t word, const struct abilities *can)
{
	return (struct access_mode){
		.walk = {.nxe = word & C_NXE, .gbpages = can->gbpages, .maxphyaddr = can->maxphyaddr},
		.wp = word & C_WP,
		.smep = word & C_SMEP,
		.smap = word & C_SMAP,
	};
}

struct access case_access(uint64_t word)
{
	return (struct access){
		.va = ACCESS_VA,
		.kind = word >> C_KIND_SHIFT & 3,
		.user = word & C_USER,
		.ac = word & C_AC,
	};
}

void case_print(FILE *f, uint64_t word)
{
	static const char *const tables[] = {"", "pte", "pmd", "pud", "pgd"};
	static const char *const flags[] = {"P", "W", "U", "NX", "A", "D", "PS", "bit51", "bit13"};
	static const char *const cpu[] = {"WP", "NXE", "SMEP", "SMAP"};
	static const char *const kinds[] = {"read", "write", "fetch", "?"};

	for (int i = 0; i < 4; i++)
		if (word >> C_CPU_SHIFT & 1 << i)
			fprintf(f, "%s ", cpu[i]);
	fprintf(f, "ring %d %s%s", word & C_USER ? 3 : 0, kinds[word >> C_KIND_SHIFT & 3], word & C_AC ? " AC" : "");
	for (int level = 4; level >= 1; level--) {
		fprintf(f, "; %s", tables[level]);
		for (int i = 0; i < 9; i++)
			if (flags_at(word, level) & 1 << i)
				fprintf(f, " %s", flags[i]);
	}
}
