/* SPDX-License-Identifier: MIT */
/* A whole picture as text, for `--dump full` and dump(). */
#ifndef VMM_REPORT_FULL_H
#define VMM_REPORT_FULL_H

#include "report/buf.h"
#include "report/picture.h"

void put_full(struct buf *b, const struct picture *p);
/** The areas and pages of one mm alone. */
void put_mm(struct buf *b, const struct picture *p, const struct pic_mm *mm);

#endif
