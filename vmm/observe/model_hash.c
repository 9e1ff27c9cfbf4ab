/* SPDX-License-Identifier: MIT */
/* What the pages of user memory hold, as hashes: of what was not written since, those of the model before. */
#include <stdlib.h>

#include "base/error.h"
#include "observe/build.h"
#include "observe/view.h"

static uint64_t nr_chunks(const struct model *model)
{
	return (model->nr_touched + CHUNK_FRAMES - 1) / CHUNK_FRAMES;
}

/** The page to be hashed, or NULL. */
static const void *user_page(const struct model *model, uint64_t pfn)
{
	const struct model_frame *frame = frame_at(model, pfn);

	if ((frame->role != FRAME_ANON && frame->role != FRAME_FILE) || (!frame->nr_maps && !frame->nr_cache))
		return NULL;
	return image_ptr(model->image, (gpa_t){pfn << PAGE_SHIFT}, PAGE_SIZE);
}

/** The frames of a chunk that are not in `written` keep the hash that they have in `old`; NULL: none does. */
static struct hash_chunk *hash_chunk(const struct model *model, uint64_t chunk, const struct hash_chunk *old, uint64_t written)
{
	struct hash_chunk *c = xcalloc(1, sizeof(*c));

	c->refs = 1;
	for (uint64_t i = 0; i < CHUNK_FRAMES && chunk * CHUNK_FRAMES + i < model->nr_touched; i++) {
		const void *page = user_page(model, chunk * CHUNK_FRAMES + i);
		uint64_t known = old && !(written >> i & 1) ? old->hash[i] : 0;

		c->hash[i] = !page ? 0 : known ? known : view_hash(page);
	}
	return c;
}

void model_hash_since(struct model *model, const struct model *before, const uint64_t *written)
{
	struct hash_chunk **hashes;

	if (!model->nr_touched)
		return;
	if (before && (!before->hashes || !written))
		before = NULL;
	hashes = xmalloc(nr_chunks(model) * sizeof(*hashes));
	for (uint64_t i = 0; i < nr_chunks(model); i++) {
		struct hash_chunk *old = before && i < nr_chunks(before) ? before->hashes[i] : NULL;

		if (old && !written[i] && frames_shared(before, model, i)) {
			old->refs++;
			hashes[i] = old;
		} else {
			hashes[i] = hash_chunk(model, i, old, old ? written[i] : ~0UL);
		}
	}
	put_hashes(model);
	model->hashes = hashes;
}

void model_hash(struct model *model)
{
	model_hash_since(model, NULL, NULL);
}

void put_hashes(struct model *model)
{
	for (uint64_t i = 0; model->hashes && i < nr_chunks(model); i++)
		if (--model->hashes[i]->refs == 0)
			free(model->hashes[i]);
	free(model->hashes);
	model->hashes = NULL;
}

uint64_t model_wrong_hash(const struct model *model)
{
	for (uint64_t pfn = 0; pfn < model->nr_touched; pfn++) {
		const void *page = user_page(model, pfn);

		if (model_hash_of(model, pfn) != (page ? view_hash(page) : 0))
			return pfn;
	}
	return NO_FRAME;
}
