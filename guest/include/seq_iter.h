/* SPDX-License-Identifier: MIT */
/*
 * Files of many records, made page by page as they are read (Linux fs/seq_file.c): however many records there are, the
 * kernel holds the text of one buffer, and between two reads no lock. Short files are made whole: seq_file.c.
 */
#ifndef GUEST_SEQ_ITER_H
#define GUEST_SEQ_ITER_H

#include "fs.h"

#define SEQ_END		UINT64_MAX	/* *pos behind the last record */

/** How the records follow each other. `pos` is a measure of the file's own: 0 is the first, SEQ_END behind the last. */
struct seq_operations {
	/**
	 * Take the locks that show() needs; the record at *pos, or the first behind it, of which *pos tells; NULL with
	 * SEQ_END: none. stop() follows in any case.
	 */
	void *(*start)(struct seq_file *m, uint64_t *pos);
	/** The record behind v, and its *pos; NULL with SEQ_END: there is none. */
	void *(*next)(struct seq_file *m, void *v, uint64_t *pos);
	void (*stop)(struct seq_file *m);
	/** Write record v. */
	void (*show)(struct seq_file *m, void *v);
};

/** One open file. `m` is what its functions are given. */
struct seq_iter {
	struct seq_file m;		/* its buffer; NULL before the first read */
	const struct seq_operations *op;
	unsigned int order;		/* of the buffer */
	uint64_t from;			/* bytes of the buffer that were given out */
	uint64_t index;			/* of the record that comes next */
	uint64_t read_pos;		/* place in the file of what comes next */
};

/** read_at of such a file. -LX_EFAULT or -LX_ENOMEM if no byte could be given. */
long seq_iter_read(struct seq_iter *iter, uint64_t at, uint64_t len, uint64_t *pos);
/** Give back the buffer. */
void seq_iter_release(struct seq_iter *iter);

/* Numbers, quicker than seq_printf(). */
/** `before`, then hexadecimal digits, at least `width` of them. */
void seq_put_hex_ll(struct seq_file *m, const char *before, uint64_t value, unsigned int width);
/** `before`, then a decimal number, with blanks in front up to `width` characters. */
void seq_put_decimal_ull_width(struct seq_file *m, const char *before, uint64_t value, unsigned int width);
/** The text is to be made again with more room. */
static inline void seq_set_overflow(struct seq_file *m) { m->count = m->size + 1; }

#endif
