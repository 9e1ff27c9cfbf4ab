/* SPDX-License-Identifier: MIT */
/* A scenario that comes line by line from C instead of a file: what the explorers run. */
#ifndef VMM_SCRIPT_PROGRAM_H
#define VMM_SCRIPT_PROGRAM_H

#include <stdio.h>
#include "script/session.h"

struct program;

/** A session without a machine yet (the first operation starts it). `to` gets the document. NULL: no memory. */
struct program *program_open(const struct options *options, const char *name, FILE *to);
/** The session; valid until program_close. */
struct session *program_session(struct program *p);
/**
 * Run one chunk of Lua in the scenario's world; globals live on. 0; or -1 with the error's text in *why (valid until the
 * next call): the script's mistake, or, if the session is over, what ended it.
 */
int program_line(struct program *p, const char *text, const char **why);
/** The value of a global that is an integer, or a text (with its size, the program's own); false or NULL: it is not. */
bool program_number(struct program *p, const char *global, int64_t *value);
const char *program_text(struct program *p, const char *global, size_t *size);
void program_close(struct program *p);

#endif
