/* SPDX-License-Identifier: MIT */
/* See segments.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/render.h"
#include "report/segments.h"

#define INDENT "     "

void picture_add_segments(struct picture *p, const struct model *model)
{
	if (!model->nr_shms)
		return;
	p->segments = xcalloc(model->nr_shms, sizeof(*p->segments));
	for (uint32_t i = 0; i < model->nr_shms; i++) {
		const struct model_shm *shm = &model->shms[i];

		p->segments[p->nr_segments++] = (struct pic_segment){
			.id = shm->raw.shm_perm.id,
			.key = shm->raw.shm_perm.key,
			.mode = shm->raw.shm_perm.mode,
			.size = shm->raw.shm_segsz,
			.pages = shm->inode < 0 ? 0 : model->inodes[shm->inode].nr_pages,
			.attached = shm->raw.shm_nattch,
			.areas = shm->nr_areas,
		};
	}
}

static void put_state(struct buf *b, const struct pic_segment *s)
{
	if (s->key)
		buf_printf(b, "key %#" PRIx32 ", ", s->key);
	put_count(b, s->size, "byte");
	buf_puts(b, ", ");
	put_count(b, s->pages, "page");
	buf_printf(b, ", mode %o, attached %" PRIu64, s->mode & 0777, s->attached);
	if (s->attached != s->areas)
		buf_printf(b, " (%" PRIu32 " areas map it)", s->areas);
	if (s->mode & SHM_DEST)
		buf_puts(b, ", to be removed");
	if (s->mode & SHM_LOCKED)
		buf_puts(b, ", locked");
}

static void put_segment(struct buf *b, const char *sign, const struct pic_segment *s)
{
	buf_printf(b, INDENT "%ssegment %" PRId32 "  ", sign, s->id);
	put_state(b, s);
	buf_puts(b, "\n");
}

void put_segments(struct buf *b, const struct picture *p)
{
	for (uint32_t i = 0; i < p->nr_segments; i++)
		put_segment(b, "", &p->segments[i]);
}

static const struct pic_segment *find_segment(const struct picture *p, int32_t id)
{
	for (uint32_t i = 0; p && i < p->nr_segments; i++)
		if (p->segments[i].id == id)
			return &p->segments[i];
	return NULL;
}

void put_segment_changes(struct buf *b, const struct picture *before, const struct picture *now)
{
	for (uint32_t i = 0; before && i < before->nr_segments; i++)
		if (!find_segment(now, before->segments[i].id))
			put_segment(b, "- ", &before->segments[i]);
	for (uint32_t i = 0; i < now->nr_segments; i++) {
		const struct pic_segment *was = find_segment(before, now->segments[i].id);

		if (!was)
			put_segment(b, "+ ", &now->segments[i]);
		else if (memcmp(was, &now->segments[i], sizeof(*was)) != 0)
			put_segment(b, "~ ", &now->segments[i]);
	}
}
