/* SPDX-License-Identifier: MIT */
#include "target/guest_look.h"

#include <stdlib.h>

#include "base/error.h"

/*
 * Pages of user memory from which on the machine is asked what was written. Below, to hash them all (60 ns a page that is in
 * the cache) is cheaper than the question and the faults of its log (some 10 us, and 1 to 2 us for each page written).
 */
#define MANY_PAGES 512

static uint64_t user_pages(const struct model *model)
{
	return model ? model->role_count[FRAME_ANON] + model->role_count[FRAME_FILE] : 0;
}

/** A bit for each frame that was written since the last look; NULL: not known. */
static const uint64_t *written_since(struct guest_look *h, struct machine *m, bool hash)
{
	uint64_t *written = NULL;

	h->asking |= hash && user_pages(h->last) >= MANY_PAGES;
	if (h->asking && m->ops->dirty && !h->blind)
		written = m->ops->dirty(m);
	for (uint32_t i = 0; written && i < h->nr_forgotten; i++)
		written[h->forgotten[i] / 64] |= 1UL << h->forgotten[i] % 64;
	h->nr_forgotten = 0;
	return h->last ? written : NULL;
}

struct model *guest_look(struct guest_look *h, struct machine *m, const struct guest_image *image, const struct cpu_state *cpus,
			 bool hash)
{
	const uint64_t *written = written_since(h, m, hash);
	struct model *model = model_next(h->last, written, image, cpus, m->nr_cpus);

	if (hash)
		model_hash_since(model, h->last, written);
	model_free(h->last);
	h->last = model_get(model);
	return model;
}

void guest_look_forget(struct guest_look *h, uint64_t pfn)
{
	if (!h->last || pfn >= h->last->nr_frames)
		return;
	if (h->nr_forgotten == h->cap_forgotten) {
		h->cap_forgotten = h->cap_forgotten ? 2 * h->cap_forgotten : 16;
		h->forgotten = xrealloc(h->forgotten, h->cap_forgotten * sizeof(*h->forgotten));
	}
	h->forgotten[h->nr_forgotten++] = pfn;
}

void guest_look_free(struct guest_look *h)
{
	model_free(h->last);
	free(h->forgotten);
	*h = (struct guest_look){.asking = h->asking, .blind = h->blind};
}
