/* SPDX-License-Identifier: MIT */
/* The parts of a picture beside the mms: tasks, frames with their owners, CPUs. Used by picture.c alone. */
#ifndef VMM_REPORT_PICTURE_FRAMES_H
#define VMM_REPORT_PICTURE_FRAMES_H

#include "report/picture.h"

/** After p->mms is built and all names are given. */
void picture_add_tasks(struct picture *p, const struct names *names, const struct model *model);
void picture_add_frames(struct picture *p, const struct names *names, const struct model *model);
void picture_add_cpus(struct picture *p, const struct names *names, const struct model *model);

#endif
