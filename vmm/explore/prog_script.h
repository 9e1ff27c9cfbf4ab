/* SPDX-License-Identifier: MIT */
/* The chunk of Lua that makes a task of the guest become options->prog. */
#ifndef VMM_EXPLORE_PROG_SCRIPT_H
#define VMM_EXPLORE_PROG_SCRIPT_H

#include "options.h"
#include "report/buf.h"

/** The whole chunk into `b`. When it has run, `status` is the program's wait status and `errors_said` what it wrote to stderr. */
void prog_script(struct buf *b, const struct options *o);

#endif
