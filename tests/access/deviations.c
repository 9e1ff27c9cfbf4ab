/* SPDX-License-Identifier: MIT */
/* The list. Each entry is a fact that was met, with where it comes from. */
#include "deviations.h"

#include <cpuid.h>
#include <string.h>
#include "x86.h"

/* QEMU's emulator runs the guest: as the machine itself, or below the KVM that we are on (CPUID 0x40000000). */
static bool runs_on_tcg(const char *machine)
{
	unsigned int a, words[3] = {0};

	__cpuid(0x40000000, a, words[0], words[1], words[2]);
	return !strncmp(machine, "qemu (tcg)", 10) || !memcmp(words, "TCGTCGTCGTCG", 12);
}

/* QEMU 7.2, target/i386/tcg/sysemu/excp_helper.c: the error code of a reserved bit is made without P. */
static bool reserved_without_p(struct access_outcome *o)
{
	if (!o->fault || !(o->error & PF_RSVD))
		return false;
	o->error &= ~PF_P;
	return true;
}

/* The same file: A of a level-3 entry is set before the entry is seen to be a leaf, and the access judged. */
static bool marks_1g_leaf(struct access_outcome *o)
{
	const struct walk_step *last = &o->walk.steps[o->walk.nr_steps - 1];

	if (!o->fault || last->level != 3 || !(last->entry & PTE_PS))
		return false;
	o->may_set_a |= 1 << (o->walk.nr_steps - 1);
	return true;
}

const struct deviation deviations[] = {
	{"TCG: the error code of a reserved bit lacks P", runs_on_tcg, reserved_without_p},
	{"TCG: A of a 1 GiB leaf is set though the access faults", runs_on_tcg, marks_1g_leaf},
};
const unsigned int nr_deviations = sizeof(deviations) / sizeof(deviations[0]);
_Static_assert(sizeof(deviations) / sizeof(deviations[0]) <= MAX_DEVIATIONS, "room to count them");
