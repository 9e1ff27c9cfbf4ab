/* SPDX-License-Identifier: MIT */
/*
 * What the host program (matrix.c) and the guest kernel (kernel.c) of the access matrix share: where things lie in
 * guest-physical memory, what one case says and what comes of it. For C and assembly.
 */
#ifndef TESTS_ACCESS_LAYOUT_H
#define TESTS_ACCESS_LAYOUT_H

/*
 * One page is accessed, through one chain of tables. The low 30 bits of its virtual and physical address are
 * the same, so a leaf of 4 KiB, 2 MiB or 1 GiB all lead there. Physical addresses below.
 */
#define ACCESS_TARGET	0x234000
#define ACCESS_PGD	0x400000	/* also what CR3 holds; the three tables of the chain follow */
#define ACCESS_PUD	0x401000
#define ACCESS_PMD	0x402000
#define ACCESS_PTE	0x403000
#define ACCESS_STUB	0x404000	/* the three accesses, for ring 3 */
#define ACCESS_RUN	0x500000
#define ACCESS_CASES	0x600000
#define ACCESS_RESULTS	0x1000000
#define ACCESS_MAX	65536		/* cases of one run */

/* Entry of the root: 0 is the kernel's identity map, 1 the stub, 2 the chain, 511 the image. */
#define ACCESS_VA	0x100C0234000	/* 2 << 39 | 3 << 30 | target */
#define STUB_VA		0x8000000000	/* 1 << 39 */

#ifndef __ASSEMBLER__

#include <stdint.h>

enum access_cpu { CPU_WP = 1, CPU_NXE = 2, CPU_SMEP = 4, CPU_SMAP = 8 };

struct access_case {
	uint64_t entry[4];		/* of the root, level 3, 2, 1 */
	uint8_t kind;			/* enum access_kind of observe/access.h: read, write, fetch */
	uint8_t user, ac, cpu;		/* ring 3; RFLAGS.AC; enum access_cpu */
	uint32_t pad;
};

struct access_result {
	uint64_t entry[4];		/* afterwards */
	uint64_t cr2;			/* of a fault */
	uint16_t error;
	uint8_t fault;			/* #PF was taken */
	uint8_t reached;		/* the access met the page that was meant */
	uint32_t pad;
};

/* The guest fills cpu_has once, rings COM2, waits for `go` to change, does nr_cases, rings, waits, … */
struct access_run {
	volatile uint32_t go;
	uint32_t nr_cases;
	uint32_t cpu_has;		/* enum access_cpu */
	uint32_t pad;
};

#endif
#endif
