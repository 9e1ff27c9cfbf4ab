/* SPDX-License-Identifier: MIT */
/*
 * The little JSON that QEMU's monitor speaks (RFC 8259): find a member of an object, read a string. It
 * looks at text in place, allocates nothing, and takes any bytes: what is malformed is not found.
 */
#ifndef VMM_MACHINE_QEMU_JSON_H
#define VMM_MACHINE_QEMU_JSON_H

#include <stdbool.h>
#include <stddef.h>

/** A value inside a text; not terminated. text NULL: there is none. */
struct json {
	const char *text;
	size_t size;
};

/** The value of `key` in the object `object`; text NULL if it is no object, or has no such member. */
struct json json_member(struct json object, const char *key);
/** Decode a string into out (size > 0), cut to fit, always terminated. False: it is not a string. */
bool json_string(struct json value, char *out, size_t size);

#endif
