/* SPDX-License-Identifier: MIT */
/* What is known of what was written since the last look, so that the next need not look at everything. */
#ifndef VMM_TARGET_GUEST_LOOK_H
#define VMM_TARGET_GUEST_LOOK_H

#include "machine/machine.h"
#include "observe/model.h"

struct guest_look {
	struct model *last;		/* the last look, or NULL: one more owner of it */
	uint64_t *forgotten;		/* frames that the host itself wrote to since … */
	uint32_t nr_forgotten, cap_forgotten;
	bool asking;			/* the machine logs what is written */
	bool blind;			/* somebody has a pointer to RAM and may write at any time: believe no log */
};

/** Look: a new model, made from the last one; with `hash`, its contents hashed. The caller's. */
struct model *guest_look(struct guest_look *h, struct machine *m, const struct guest_image *image, const struct cpu_state *cpus,
			 bool hash);
/** The host itself writes to this frame, which no log tells. Any number will do. */
void guest_look_forget(struct guest_look *h, uint64_t pfn);
/** There was a look that came to nothing, or the machine is in another state: begin anew. */
void guest_look_free(struct guest_look *h);

#endif
