/* SPDX-License-Identifier: MIT */
/* The directory of --out: files that are complete whenever they are there, whatever ends the run. */
#ifndef VMM_REPORT_OUTDIR_H
#define VMM_REPORT_OUTDIR_H

#include "base/error.h"
#include "report/buf.h"

struct outdir;

/** Make the directory, or take one without a run. NULL: *e, EXIT_USAGE if it holds a run, or EXIT_HOST. */
struct outdir *outdir_open(const char *path, struct error *e);
/** Write the whole file `name` (temporary file, then rename). 0 or -1 with *e (EXIT_HOST). */
int outdir_file(struct outdir *d, const char *name, const struct buf *content, struct error *e);
/** Append one line to index.jsonl; a line that does not fit the disk leaves no part of itself. */
int outdir_index(struct outdir *d, const struct buf *line, struct error *e);
void outdir_close(struct outdir *d);

#endif
