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
/** A part of a file that is not a hole. */
struct outdir_piece {
	uint64_t offset;
	const void *bytes;
	size_t n;
};
/** The same with a file of `size` bytes (fewer if no file can be so long), zeros but for the pieces. */
int outdir_sparse_file(struct outdir *d, const char *name, uint64_t size, const struct outdir_piece *pieces, size_t n,
		       struct error *e);
/** Append one line to index.jsonl; a line that does not fit the disk leaves no part of itself. */
int outdir_index(struct outdir *d, const struct buf *line, struct error *e);
void outdir_close(struct outdir *d);

#endif
