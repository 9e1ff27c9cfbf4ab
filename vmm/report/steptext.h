/* SPDX-License-Identifier: MIT */
/* Lines of the text document: header, the line of a step, events, findings, summary. */
#ifndef VMM_REPORT_STEPTEXT_H
#define VMM_REPORT_STEPTEXT_H

#include "report/report.h"

void text_header(struct buf *b, const struct report_config *config, const struct report_header *header);
/** "3  a write 7ffff7ffc000 41        ok, 1 fault: anonymous, write". */
void text_step_line(struct buf *b, const struct names *names, const struct report_step *step);
/** Signals, deaths and the like that neither result nor changes tell. */
void text_events(struct buf *b, const struct names *names, const struct report_step *step,
		 const struct picture *p);
void text_finding(struct buf *b, const struct finding *finding);
/** What is said below a finding: each line of text behind its sentence. */
void text_indented(struct buf *b, const char *text);
/** What the verifier found and the script waits for: ids in words, "" for nothing. Of texts only their ids are canonical. */
void text_expected(struct buf *b, const char *ids);
/** How many findings of earlier steps still hold. */
void text_standing(struct buf *b, uint32_t n);
void text_end(struct buf *b, const struct report_config *config, const struct report_totals *totals);

#endif
