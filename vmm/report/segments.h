/* SPDX-License-Identifier: MIT */
/* System V segments in a picture: none in most runs, and then nothing is told. */
#ifndef VMM_REPORT_SEGMENTS_H
#define VMM_REPORT_SEGMENTS_H

#include "report/buf.h"
#include "report/picture.h"

struct pic_segment {
	int32_t id;
	uint32_t key;		/* 0: none */
	uint32_t mode;		/* rights, SHM_* */
	uint32_t areas;		/* that map it, counted from outside */
	uint64_t size;		/* bytes */
	uint64_t pages;		/* of them that exist */
	uint64_t attached;	/* shm_nattch as the guest holds it */
};

/** Those of the model, in the guest's order, into p. */
void picture_add_segments(struct picture *p, const struct model *model);
/** A line each: "segment 0  key 0x1234, 5000 bytes, 1 page, mode 600, attached 1, to be removed, locked". */
void put_segments(struct buf *b, const struct picture *p);
/** What came, went and changed. */
void put_segment_changes(struct buf *b, const struct picture *before, const struct picture *now);

#endif
