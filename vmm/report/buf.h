/* SPDX-License-Identifier: MIT */
/* A growing piece of text: everything that the report renders is built in one of these first. */
#ifndef VMM_REPORT_BUF_H
#define VMM_REPORT_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Zero-initialise before use; text is NUL-terminated whenever it is not NULL. Freed by buf_free. */
struct buf {
	char *text;
	size_t len, capacity;
};

void buf_add(struct buf *b, const char *bytes, size_t n);
void buf_puts(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args);
/** Spaces until `column` bytes-that-show have been written since `start` (an offset into the text). */
void buf_pad(struct buf *b, size_t start, size_t column);
/** A JSON string, quotes included; bytes that are not UTF-8 become \u00XX. */
void buf_json_string(struct buf *b, const char *text);
/** Empty, keeping the memory. */
void buf_clear(struct buf *b);
void buf_free(struct buf *b);
/** The text, never NULL. */
static inline const char *buf_text(const struct buf *b)
{
	return b->text ? b->text : "";
}

#endif
