/* SPDX-License-Identifier: MIT */
/*
 * The cases of the access matrix: one word of bits is one case. A plane of the matrix is a mask of the bits that
 * vary in it; a counter over the mask runs through all of them, and a filter drops words that mean nothing.
 */
#ifndef TESTS_ACCESS_CASES_H
#define TESTS_ACCESS_CASES_H

#include <stdbool.h>
#include <stdio.h>
#include "layout.h"
#include "observe/access.h"

/* Nine bits an entry, from bit 9 * (level - 1) on. */
enum entry_flag {
	E_P = 1 << 0, E_W = 1 << 1, E_U = 1 << 2, E_NX = 1 << 3, E_A = 1 << 4, E_D = 1 << 5,
	E_PS = 1 << 6,			/* PAT at level 1, reserved at level 4 */
	E_HIGH = 1 << 7,		/* bit 51: reserved where the CPU has fewer address bits */
	E_LOW = 1 << 8,			/* bit 13: reserved in large leaves */
};
#define E_ALL	0x1ffULL
#define AT(level, flags) ((uint64_t)(flags) << 9 * ((level) - 1))

/* Above the entries: what the CPU is set to and what it does. */
#define C_KIND_SHIFT 36			/* two bits: enum access_kind */
#define C_KIND	(3ULL << 36)
#define C_USER	(1ULL << 38)
#define C_AC	(1ULL << 39)
#define C_WP	(1ULL << 40)
#define C_NXE	(1ULL << 41)
#define C_SMEP	(1ULL << 42)
#define C_SMAP	(1ULL << 43)
#define C_CPU_SHIFT 40
#define C_ALL	(C_KIND | C_USER | C_AC | C_WP | C_NXE | C_SMEP | C_SMAP)

/** What a word has where its plane does not vary it. */
#define CASE_DEFAULT (AT(4, E_P | E_W | E_U) | AT(3, E_P | E_W | E_U) | AT(2, E_P | E_W | E_U) | \
		      AT(1, E_P | E_W | E_U) | C_WP | C_NXE)

struct plane {
	const char *name;
	uint64_t varied;
	uint64_t random;		/* 0: every word of the plane; otherwise so many, at random */
};
extern const struct plane planes[];
extern const unsigned int nr_planes;

/** What the machine under test can do. */
struct abilities {
	uint32_t cpu_has;		/* enum access_cpu */
	bool gbpages;
	unsigned int maxphyaddr;
};

/** Does the word mean a case of its own on this machine? */
bool case_is_legal(uint64_t word, const struct abilities *can);
struct access_case case_of(uint64_t word);
/** One entry of it, as the tables hold it. */
uint64_t case_entry(uint64_t word, int level);
struct access_mode case_mode(uint64_t word, const struct abilities *can);
struct access case_access(uint64_t word);
/** In words: "WP NXE, ring 3 write; pgd P W U; pud P W; pmd P W U PS; pte -". */
void case_print(FILE *f, uint64_t word);

#endif
