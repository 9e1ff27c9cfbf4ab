/* SPDX-License-Identifier: MIT */
/* Core dumps that a step's processes left in the guest's tree of files, copied to the directory of --out. */
#ifndef VMM_REPORT_CORES_H
#define VMM_REPORT_CORES_H

#include "report/outdir.h"
#include "report/report.h"

/**
 * Each as step-NNNN.core.PID, with its holes. One that another has taken the place of in the same step is not there to be
 * copied any more. 0, or -1 with *e.
 */
int record_cores(struct outdir *d, const struct report_step *step, struct error *e);

#endif
