/* SPDX-License-Identifier: MIT */
/* Rights over a finished walk. The order is the processor's: presence and reserved bits first, level by level
 * (walk_address does that), rights only of a complete translation. */
#include "observe/access.h"

struct access_mode access_mode_of(const struct cpu_state *cpu)
{
	return (struct access_mode){
		.walk = walk_mode_of(cpu),
		.wp = cpu->cr0 & CR0_WP,
		.smep = cpu->cr4 & CR4_SMEP,
		.smap = cpu->cr4 & CR4_SMAP,
	};
}

/* A page of ring 3 is one whose U is set at every level: only there SMEP and SMAP say something. */
static bool supervisor_may(const struct walk *walk, struct access_mode mode, struct access access)
{
	if (access.kind == ACCESS_FETCH)
		return !walk->nx && !(mode.smep && walk->user);
	if (mode.smap && walk->user && !access.ac)
		return false;
	return access.kind == ACCESS_READ || walk->writable || !mode.wp;
}

static bool user_may(const struct walk *walk, struct access access)
{
	if (!walk->user)
		return false;
	return access.kind == ACCESS_FETCH ? !walk->nx : access.kind == ACCESS_READ || walk->writable;
}

/** Bits that tell of the access, whatever went wrong. I exists only with NX or SMEP (SDM vol. 3A, 4.7). */
static uint16_t error_of_access(struct access_mode mode, struct access access)
{
	uint16_t error = access.user ? PF_U : 0;

	if (access.kind == ACCESS_WRITE)
		error |= PF_W;
	if (access.kind == ACCESS_FETCH && (mode.walk.nxe || mode.smep))
		error |= PF_I;
	return error;
}

static void page_fault(struct access_outcome *outcome, uint16_t error)
{
	outcome->fault = true;
	outcome->error = error;
	/* Every entry that led on may have been marked; the one that stopped the walk, or forbade, not. */
	outcome->may_set_a = outcome->walk.nr_steps ? (1U << (outcome->walk.nr_steps - 1)) - 1 : 0;
}

struct access_outcome walk_access(const struct guest_image *image, uint64_t root_pa, struct access_mode mode,
				  struct access access)
{
	struct access_outcome outcome = {.walk = walk_address(image, root_pa, mode.walk, access.va)};
	const struct walk *walk = &outcome.walk;
	uint16_t error = error_of_access(mode, access);

	outcome.known = walk->end != WALK_OUTSIDE;
	outcome.general_protection = walk->end == WALK_NON_CANONICAL;
	if (walk->end == WALK_NOT_PRESENT) {
		page_fault(&outcome, error);
	} else if (walk->end == WALK_RESERVED) {
		page_fault(&outcome, error | PF_P | PF_RSVD);
	} else if (walk->end == WALK_LEAF) {
		if (!(access.user ? user_may(walk, access) : supervisor_may(walk, mode, access))) {
			page_fault(&outcome, error | PF_P);
		} else {
			outcome.set_a = (1U << walk->nr_steps) - 1;
			outcome.set_d = access.kind == ACCESS_WRITE;
		}
	}
	return outcome;
}
