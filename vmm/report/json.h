/* SPDX-License-Identifier: MIT */
/* Records of JSON Lines, as docs/dump-format.md defines them. Each function appends one line. */
#ifndef VMM_REPORT_JSON_H
#define VMM_REPORT_JSON_H

#include "report/report.h"
#include "report/picture.h"

#define DUMP_SCHEMA 1

void json_header(struct buf *b, const struct report_config *config, const struct report_header *header);
/** p may be NULL: the step was not looked at. */
void json_step(struct buf *b, const struct names *names, const struct report_step *step,
	       const struct picture *p);
void json_note(struct buf *b, const char *type, const char *text);
void json_end(struct buf *b, const struct report_config *config, const struct report_totals *totals);

#endif
