/* SPDX-License-Identifier: MIT */
/* Words of the language for one number or one bit each: madvise's advice, open's flags. */
#ifndef VMM_SCRIPT_NAMED_H
#define VMM_SCRIPT_NAMED_H

#include <lauxlib.h>
#include <stdint.h>

#include "report/buf.h"

/** A table of them ends with name == NULL. */
struct named {
	const char *name;
	uint64_t value;
};

/** One word of the table, or an integer that goes as it is; anything else is an error that lists the words.
 */
uint64_t check_named(lua_State *L, int index, const char *what, const struct named *table);
/** Words with commas or blanks between them, their bits together; likewise. */
uint64_t check_named_set(lua_State *L, int index, const char *what, const struct named *table);
/** The word for a value, or the value in hex. */
void put_named(struct buf *b, const struct named *table, uint64_t value);
/** The words for the bits, "0" for none; what has no word in hex. A word of value 0 is never put. */
void put_named_set(struct buf *b, const struct named *table, uint64_t bits);

#endif
