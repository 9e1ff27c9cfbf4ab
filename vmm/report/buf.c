/* SPDX-License-Identifier: MIT */
/* Growing text; see buf.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/buf.h"

static void buf_reserve(struct buf *b, size_t more)
{
	size_t need = b->len + more + 1;

	if (need <= b->capacity)
		return;
	b->capacity = need < 256 ? 256 : need + need / 2;
	b->text = xrealloc(b->text, b->capacity);
}

void buf_add(struct buf *b, const char *bytes, size_t n)
{
	buf_reserve(b, n);
	memcpy(b->text + b->len, bytes, n);
	b->len += n;
	b->text[b->len] = 0;
}

void buf_puts(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		return;
	buf_reserve(b, n);
	vsnprintf(b->text + b->len, n + 1, format, args);
	b->len += n;
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(b, format, args);
	va_end(args);
}

/* UTF-8 continuation bytes take no column of their own. */
static size_t columns(const char *text, size_t n)
{
	size_t columns = 0;

	for (size_t i = 0; i < n; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

void buf_pad(struct buf *b, size_t start, size_t column)
{
	size_t at = b->len > start ? columns(b->text + start, b->len - start) : 0;

	for (; at < column; at++)
		buf_add(b, " ", 1);
}

/* Length of the UTF-8 sequence at p (1 to 4), or 0 when the bytes are none. */
static int utf8_length(const unsigned char *p)
{
	int n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;

	if (p[0] >= 0xf5)
		return 0;
	for (int i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

void buf_json_string(struct buf *b, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	buf_puts(b, "\"");
	while (*p) {
		int n = utf8_length(p);

		if (*p == '"' || *p == '\\')
			buf_printf(b, "\\%c", *p);
		else if (*p == '\n')
			buf_puts(b, "\\n");
		else if (*p < 0x20 || *p == 0x7f || n == 0)
			buf_printf(b, "\\u%04x", *p);
		else
			buf_add(b, (const char *)p, n);
		p += n ? n : 1;
	}
	buf_puts(b, "\"");
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->text)
		b->text[0] = 0;
}

void buf_free(struct buf *b)
{
	free(b->text);
	*b = (struct buf){0};
}
