/* SPDX-License-Identifier: MIT */
/* See agree.h. */
#include "observe/agree.h"

/* Bits of the error code that the tables decide; others tell of protection keys and the like, which nobody uses. */
#define TOLD (PF_P | PF_W | PF_U | PF_RSVD | PF_I)

const char *access_disagrees(const struct access_outcome *foretold, const struct access_seen *seen)
{
	if (!foretold->known || foretold->general_protection)
		return NULL;
	if (foretold->fault && !seen->fault)
		return "the tables forbid it, and no fault came";
	if (!foretold->fault && seen->fault)
		return "the tables allow it, and a fault came";
	if (foretold->fault)
		return (seen->error ^ foretold->error) & TOLD ? "the error code of the fault is another" : NULL;
	if (!seen->done)
		return "the tables allow it, and it was not made";
	if (seen->value != seen->expected)
		return "it met another byte than the one that the tables lead to";
	if (foretold->set_a && !(seen->leaf & PTE_A))
		return "A is clear after it";
	return foretold->set_d && !(seen->leaf & PTE_D) ? "D is clear after it" : NULL;
}
