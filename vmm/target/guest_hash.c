/* SPDX-License-Identifier: MIT */
#include "target/guest_hash.h"

#include <stdlib.h>

/*
 * Pages of user memory from which on the machine is asked what was written. Below, to hash them all (60 ns a page that is in
 * the cache) is cheaper than the question and the faults of its log (some 10 us, and 1 to 2 us for each page written).
 */
#define MANY_PAGES 512

void guest_hash(struct guest_hash *h, struct machine *m, struct model *model)
{
	uint64_t pages = model->role_count[FRAME_ANON] + model->role_count[FRAME_FILE];
	const uint64_t *written = NULL;

	h->asking |= pages >= MANY_PAGES;
	if (h->asking && m->ops->dirty && !h->blind)
		written = m->ops->dirty(m);
	model_hash_since(model, &h->last, written);
}

void guest_hash_forget(struct guest_hash *h, uint64_t pfn)
{
	if (pfn < h->last.nr)
		h->last.hash[pfn] = 0;
}

void guest_hash_free(struct guest_hash *h)
{
	free(h->last.hash);
	*h = (struct guest_hash){0};
}
