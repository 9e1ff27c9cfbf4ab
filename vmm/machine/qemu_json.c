/* SPDX-License-Identifier: MIT */
/* Reading QEMU's JSON in place: one cursor that never leaves its text, nesting counted, not recursed. */
#include "machine/qemu_json.h"

#include <stdint.h>
#include <string.h>

struct cursor {
	const char *at, *end;
};

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && strchr(" \t\r\n", *c->at) && *c->at)
		c->at++;
}

static bool take(struct cursor *c, char wanted)
{
	skip_blanks(c);
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

/* Behind the quote that ends the string at the cursor. */
static bool skip_string(struct cursor *c)
{
	if (!take(c, '"'))
		return false;
	while (c->at < c->end && *c->at != '"')
		c->at += (*c->at == '\\' && c->end - c->at > 1) ? 2 : 1;
	return take(c, '"');
}

/*
 * Behind the value at the cursor. Brackets are counted, not matched by kind: QEMU is trusted to write
 * JSON, and garbage only has to end somewhere.
 */
static bool skip_value(struct cursor *c)
{
	const char *start;
	size_t depth = 0;

	skip_blanks(c);
	start = c->at;
	while (c->at < c->end) {
		if (!depth && strchr(",}]", *c->at) && *c->at)
			break;
		if (*c->at == '"') {
			if (!skip_string(c))
				return false;
			continue;
		}
		depth += *c->at == '{' || *c->at == '[';
		depth -= *c->at == '}' || *c->at == ']';
		c->at++;
	}
	return c->at > start && !depth;
}

/* A string at the cursor that reads `key` to the letter; the cursor ends behind it either way. */
static bool skip_key(struct cursor *c, const char *key, bool *same)
{
	const char *start;
	size_t size;

	skip_blanks(c);
	start = c->at + 1;
	if (!skip_string(c))
		return false;
	size = c->at - 1 - start;
	*same = size == strlen(key) && !memcmp(start, key, size);
	return take(c, ':');
}

struct json json_member(struct json object, const char *key)
{
	struct cursor c = {object.text, object.text + object.size};
	const struct json none = {NULL, 0};
	const char *start;
	bool same;

	if (!object.text || !take(&c, '{'))
		return none;
	do {
		if (!skip_key(&c, key, &same))
			return none;
		skip_blanks(&c);
		start = c.at;
		if (!skip_value(&c))
			return none;
		if (same)
			return (struct json){start, c.at - start};
	} while (take(&c, ','));
	return none;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* The character of an escape, the cursor behind its backslash; -1: malformed. Beyond ASCII: a question mark.
 */
static int escaped(struct cursor *c)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *known;
	int code = 0, digit;

	if (c->at == c->end)
		return -1;
	if (*c->at != 'u') {
		known = *c->at ? strchr(from, *c->at) : NULL;
		return known ? (c->at++, to[known - from]) : (unsigned char)*c->at++;
	}
	if (c->end - c->at < 5)
		return -1;
	c->at++;
	for (int i = 0; i < 4; i++, c->at++) {
		digit = hex_digit(*c->at);
		if (digit < 0)
			return -1;
		code = code * 16 + digit;
	}
	return code && code < 0x80 ? code : '?';
}

bool json_string(struct json value, char *out, size_t size)
{
	struct cursor c = {value.text, value.text + value.size};
	size_t n = 0;
	int byte;

	*out = '\0';
	if (!value.text || !take(&c, '"'))
		return false;
	while (c.at < c.end && *c.at != '"') {
		byte = (unsigned char)*c.at++;
		if (byte == '\\')
			byte = escaped(&c);
		if (byte == -1)
			return false;
		if (n + 1 < size)
			out[n++] = byte;
	}
	out[n] = '\0';
	return c.at < c.end;
}
