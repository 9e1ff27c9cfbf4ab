/* SPDX-License-Identifier: MIT */
/* The script engine's face to main(): run a scenario, the tour, or the prompt. */
#ifndef VMM_SCRIPT_SCRIPT_H
#define VMM_SCRIPT_SCRIPT_H

#include "options.h"

/** Do what the options ask: scenario, tour, prompt or counting of instructions. Exit status. */
int script_main(const struct options *o);

struct session_watch;

/** Run a scenario (NULL: the tour) for somebody who looks on; its document is thrown away. Exit status. */
int script_watch(const struct options *o, const struct session_watch *watch);

#endif
