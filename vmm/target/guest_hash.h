/* SPDX-License-Identifier: MIT */
/* The hashes of the guest's pages from look to look: only what was written since is hashed again. */
#ifndef VMM_TARGET_GUEST_HASH_H
#define VMM_TARGET_GUEST_HASH_H

#include "machine/machine.h"
#include "observe/model.h"

struct guest_hash {
	struct page_hashes last;
	bool asking;			/* the machine logs what is written */
	bool blind;			/* somebody has a pointer to RAM and may write at any time: hash everything */
};

/** Hash the contents of a model that was just made. */
void guest_hash(struct guest_hash *h, struct machine *m, struct model *model);
/** The host itself writes to this frame, which no log tells. Any number will do. */
void guest_hash_forget(struct guest_hash *h, uint64_t pfn);
void guest_hash_free(struct guest_hash *h);

#endif
