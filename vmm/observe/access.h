/* SPDX-License-Identifier: MIT */
/*
 * What the MMU will do with one access: fault or not, error code, CR2, which A and D bits it sets. Rights on
 * top of the walk (walk.h): SDM vol. 3A, 4.6 (rights), 4.7 (error code), 4.8 (A and D); APM vol. 2, 5.4 to 5.6.
 */
#ifndef VMM_OBSERVE_ACCESS_H
#define VMM_OBSERVE_ACCESS_H

#include "observe/walk.h"

/** What decides how an access is judged, beyond how tables are read. */
struct access_mode {
	struct walk_mode walk;
	bool wp;			/* CR0.WP */
	bool smep, smap;		/* CR4 */
};
struct access_mode access_mode_of(const struct cpu_state *cpu);

enum access_kind { ACCESS_READ, ACCESS_WRITE, ACCESS_FETCH };
struct access {
	uint64_t va;
	enum access_kind kind;
	bool user;			/* CPL 3; otherwise an explicit access of a supervisor */
	bool ac;			/* RFLAGS.AC: lifts SMAP */
};

/** Bits by place in walk.steps: bit 0 is the root's entry. */
struct access_outcome {
	struct walk walk;
	bool known;			/* false: a table lies outside RAM, the rest means nothing */
	bool general_protection;	/* the address is not canonical: #GP, no page fault */
	bool fault;			/* #PF */
	uint16_t error;			/* its error code; CR2 is the address */
	uint8_t set_a;			/* entries that have A afterwards, whether or not they had it */
	uint8_t may_set_a;		/* entries passed before a fault: processors differ */
	bool set_d;			/* the leaf has D afterwards */
};
struct access_outcome walk_access(const struct guest_image *image, uint64_t root_pa, struct access_mode mode,
				  struct access access);

#endif
