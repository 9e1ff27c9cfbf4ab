/* SPDX-License-Identifier: MIT */
/* `vmm guest.bin -- prog args`: a program of the host runs in the guest, as if it had been started here. */
#ifndef VMM_EXPLORE_PROG_H
#define VMM_EXPLORE_PROG_H

#include "options.h"

/**
 * Run options->prog. Its output is ours, and so is its end: its exit status, 128 + the signal that killed it, or 120 + the
 * tool's own status where the tool has something to say (on stderr).
 */
int prog_main(const struct options *options);

#endif
