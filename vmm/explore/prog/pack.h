/* SPDX-License-Identifier: MIT */
/* What a program of the host finds in the guest: itself in /bin, a /tmp, and what the options add. */
#ifndef VMM_EXPLORE_PROG_PACK_H
#define VMM_EXPLORE_PROG_PACK_H

#include "base/cpio.h"
#include "options.h"

/** The last component. */
const char *base_name(const char *path);
/** All of options->prog's files into a cpio that was begun, and its end. 0, or -1 with *e. */
int prog_pack(struct cpio *c, const struct options *o, struct error *e);

#endif
