/* SPDX-License-Identifier: MIT */
/* A reader of JSON into paths and values; see flat.h. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/buf.h"
#include "report/flat.h"

#define MAX_DEPTH   32
#define MAX_ENTRIES (1u << 24)

struct parser {
	struct flat *flat;
	const char *start, *at, *end;
	const char *name;
	struct error *error;
	struct buf path;
	unsigned int depth;
};

static int fail(struct parser *p, const char *what)
{
	return error_set(p->error, EXIT_USAGE, "%s is no recorded step: %s at byte %zu", p->name, what,
			 (size_t)(p->at - p->start));
}

static void skip_blanks(struct parser *p)
{
	while (p->at < p->end && strchr(" \t\r\n", *p->at) && *p->at)
		p->at++;
}

static bool take(struct parser *p, char c)
{
	skip_blanks(p);
	if (p->at == p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

static int add(struct parser *p, const char *value)
{
	struct flat *flat = p->flat;

	if (flat->nr_entries == MAX_ENTRIES)
		return fail(p, "more values than a step can have");
	if (flat->nr_entries == flat->capacity) {
		flat->capacity = flat->capacity ? 2 * flat->capacity : 256;
		flat->entries = xrealloc(flat->entries, flat->capacity * sizeof(*flat->entries));
	}
	flat->entries[flat->nr_entries++] =
		(struct flat_entry){.path = strdup(buf_text(&p->path)), .value = strdup(value)};
	return 0;
}

/* A string without its quotes. Escapes stay as they are written: they compare just as well. */
static int parse_string(struct parser *p, struct buf *to)
{
	if (!take(p, '"'))
		return fail(p, "no string");
	for (; p->at < p->end && *p->at != '"'; p->at++) {
		if ((unsigned char)*p->at < 0x20)
			return fail(p, "a control character in a string");
		if (*p->at == '\\' && p->at + 1 < p->end)
			buf_add(to, p->at++, 1);
		buf_add(to, p->at, 1);
	}
	return take(p, '"') ? 0 : fail(p, "a string without end");
}

static int parse_value(struct parser *p);

/* Append one more name to the path; returns what path_leave needs. */
static size_t path_enter(struct parser *p, const char *name)
{
	size_t before = p->path.len;

	buf_printf(&p->path, "%s%s", before ? "." : "", name);
	return before;
}

static void path_leave(struct parser *p, size_t before)
{
	p->path.len = before;
	if (p->path.text)
		p->path.text[before] = 0;
}

static int parse_object(struct parser *p)
{
	struct buf name = {0};
	int failed = 0;

	p->at++;
	if (take(p, '}'))
		return 0;
	do {
		size_t before;

		buf_clear(&name);
		failed = parse_string(p, &name);
		if (!failed && !take(p, ':'))
			failed = fail(p, "no colon");
		if (failed)
			break;
		before = path_enter(p, buf_text(&name));
		failed = parse_value(p);
		path_leave(p, before);
	} while (!failed && take(p, ','));
	buf_free(&name);
	return failed ? -1 : take(p, '}') ? 0 : fail(p, "an object without end");
}

/* What identifies an element of an array, by the first of these members that it has. */
static const char *const identities[] = {"\"start\":\"", "\"va\":\"",	     "\"frame\":\"",
					 "\"pid\":",	 "\"invariant\":\"", "\"name\":\""};

/* Append the value that follows `member` in the n bytes at `text`; false: it is not there. */
static bool add_member(struct buf *name, const char *text, size_t n, const char *member)
{
	const char *found = memmem(text, n, member, strlen(member));
	size_t len = 0;

	if (!found)
		return false;
	found += strlen(member);
	while (found + len < text + n && !strchr("\",}", found[len]))
		len++;
	buf_add(name, found, len);
	return true;
}

/* The name of the element that begins at p->at: its identity, or its place. */
static void element_name(const struct parser *p, uint32_t place, struct buf *name)
{
	size_t n = p->end - p->at < 200 ? p->end - p->at : 200;
	const char *stop = memchr(p->at, '}', n);

	n = stop ? (size_t)(stop - p->at) : n;
	/* Tables of several levels begin at one address. */
	if (*p->at == '{' && add_member(name, p->at, n, "\"kind\":\""))
		buf_puts(name, "@");
	for (size_t i = 0; *p->at == '{' && i < sizeof(identities) / sizeof(identities[0]); i++)
		if (add_member(name, p->at, n, identities[i]))
			return;
	buf_printf(name, "%" PRIu32, place);
}

static int parse_array(struct parser *p)
{
	struct buf name = {0};
	uint32_t place = 0;
	int failed = 0;

	p->at++;
	if (take(p, ']'))
		return 0;
	do {
		size_t before;

		skip_blanks(p);
		if (p->at == p->end) {
			failed = fail(p, "an array without end");
			break;
		}
		buf_clear(&name);
		element_name(p, place++, &name);
		before = path_enter(p, buf_text(&name));
		failed = parse_value(p);
		path_leave(p, before);
	} while (!failed && take(p, ','));
	buf_free(&name);
	return failed ? -1 : take(p, ']') ? 0 : fail(p, "an array without end");
}

/* A number, true, false or null: kept as it is written. */
static int parse_word(struct parser *p)
{
	size_t n = 0;
	char *word;
	int failed;

	while (p->at + n < p->end && p->at[n] && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", p->at[n]))
		n++;
	if (n == 0)
		return fail(p, "no value");
	word = strndup(p->at, n);
	failed = add(p, word);
	free(word);
	p->at += n;
	return failed;
}

static int parse_value(struct parser *p)
{
	struct buf text = {0};
	int failed;

	skip_blanks(p);
	if (p->at == p->end)
		return fail(p, "it ends too soon");
	if (*p->at == '{' || *p->at == '[') {
		if (p->depth == MAX_DEPTH)
			return fail(p, "nested too deep");
		p->depth++;
		failed = *p->at == '{' ? parse_object(p) : parse_array(p);
		p->depth--;
		return failed;
	}
	if (*p->at != '"')
		return parse_word(p);
	failed = parse_string(p, &text) || add(p, buf_text(&text));
	buf_free(&text);
	return failed ? -1 : 0;
}

static int by_path(const void *a, const void *b)
{
	const struct flat_entry *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : strcmp(x->value, y->value);
}

int flat_parse(struct flat *flat, const char *text, size_t size, const char *name, struct error *e)
{
	struct parser p = {
		.flat = flat, .start = text, .at = text, .end = text + size, .name = name, .error = e};
	int failed;

	skip_blanks(&p);
	if (p.at == p.end || *p.at != '{') {
		failed = fail(&p, "no object");
	} else {
		failed = parse_value(&p);
		skip_blanks(&p);
		if (!failed && p.at != p.end)
			failed = fail(&p, "something follows the object");
	}
	buf_free(&p.path);
	if (!failed)
		qsort(flat->entries, flat->nr_entries, sizeof(*flat->entries), by_path);
	return failed ? -1 : 0;
}

void flat_free(struct flat *flat)
{
	for (uint32_t i = 0; i < flat->nr_entries; i++) {
		free(flat->entries[i].path);
		free(flat->entries[i].value);
	}
	free(flat->entries);
	*flat = (struct flat){0};
}
