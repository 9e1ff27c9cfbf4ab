/* SPDX-License-Identifier: MIT */
/* The chunks of Lua that make a task of the guest become options->prog. */
#ifndef VMM_EXPLORE_PROG_SCRIPT_H
#define VMM_EXPLORE_PROG_SCRIPT_H

#include "options.h"
#include "report/buf.h"

/** Into `b`: a task that waits, and its child that is ready to become the program. */
void prog_script(struct buf *b, const struct options *o);
/** The child becomes the program, and runs to its end. */
extern const char prog_run_lua[];
/** What it left running ends, too; `status` is its wait status. */
extern const char prog_end_lua[];

#endif
