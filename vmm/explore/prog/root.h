/* SPDX-License-Identifier: MIT */
/* Where a program of the host is in the guest, and where it begins: with --root as in that folder. */
#ifndef VMM_EXPLORE_PROG_ROOT_H
#define VMM_EXPLORE_PROG_ROOT_H

#include <stdbool.h>
#include "options.h"

/** PATH of a program in the guest, "PATH=…". */
const char *prog_path_variable(const struct options *o);
/** The guest's path of options->prog[0], as execvp would find it. */
void prog_path(const struct options *o, char path[4096]);
/** The guest's directory to begin in: this process's own, if it lies in --root's folder, and "/" otherwise. */
void prog_directory(const struct options *o, char path[4096]);
/** Is there anything of that name in --root's folder? */
bool in_root(const struct options *o, const char *path);
/** Can the program at fd be run without more files than itself? 0, or -1 with *e (EXIT_USAGE). */
int prog_is_whole(const char *name, int fd, struct error *e);

#endif
