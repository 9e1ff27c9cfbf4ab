/* SPDX-License-Identifier: MIT */
/*
 * Who shares a page with whom. The numbers of frames mean nothing across two kernels, but that two pages have the same
 * frame does: over all address spaces of a step, frames of the guest and frames of Linux must stand one to one.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "target/compare.h"

void compare_note_frames(struct comparison *c, int pid, const struct view_page *guest, const struct view_page *linux_side)
{
	if (!linux_side->frame)
		return;
	if (c->nr_pairs == c->cap_pairs) {
		c->cap_pairs = c->cap_pairs ? 2 * c->cap_pairs : 256;
		c->pairs = xrealloc(c->pairs, c->cap_pairs * sizeof(*c->pairs));
	}
	c->pairs[c->nr_pairs++] = (struct frame_pair){
		.guest = guest->frame, .linux_side = linux_side->frame, .va = guest->va, .pid = pid};
}

static int order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_guest(const void *a, const void *b)
{
	const struct frame_pair *p = a, *q = b;

	return order(p->guest, q->guest) ?: order(p->pid, q->pid) ?: order(p->va, q->va);
}

static int by_linux(const void *a, const void *b)
{
	const struct frame_pair *p = a, *q = b;

	return order(p->linux_side, q->linux_side) ?: order(p->pid, q->pid) ?: order(p->va, q->va);
}

/* Two pages that have one frame on the side that `together` names, and two on the other. */
static void tell(struct comparison *c, const struct frame_pair *a, const struct frame_pair *b, bool together)
{
	static const char *const words[] = {"two frames", "one frame"};

	compare_tell(c, "  page %" PRIx64 " of pid %d and page %" PRIx64 " of pid %d\n    guest  %s\n    linux  %s\n", a->va,
		     a->pid, b->va, b->pid, words[together], words[!together]);
}

void compare_frames(struct comparison *c)
{
	struct frame_pair *pairs = c->pairs;

	if (c->nr_pairs)
		qsort(pairs, c->nr_pairs, sizeof(*pairs), by_guest);
	for (uint32_t i = 1; i < c->nr_pairs; i++)
		if (pairs[i - 1].guest == pairs[i].guest && pairs[i - 1].linux_side != pairs[i].linux_side)
			tell(c, &pairs[i - 1], &pairs[i], true);
	if (c->nr_pairs)
		qsort(pairs, c->nr_pairs, sizeof(*pairs), by_linux);
	for (uint32_t i = 1; i < c->nr_pairs; i++)
		if (pairs[i - 1].linux_side == pairs[i].linux_side && pairs[i - 1].guest != pairs[i].guest)
			tell(c, &pairs[i - 1], &pairs[i], false);
	c->compared += c->nr_pairs;
	c->nr_pairs = 0;
}
