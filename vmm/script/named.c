/* SPDX-License-Identifier: MIT */
/* See named.h. */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "script/named.h"

static uint64_t find_word(lua_State *L, const char *what, const struct named *table, const char *word,
			  size_t n)
{
	struct buf known = {0};

	for (const struct named *row = table; row->name; row++)
		if (strlen(row->name) == n && memcmp(row->name, word, n) == 0)
			return row->value;
	for (const struct named *row = table; row->name; row++)
		buf_printf(&known, "%s%s", row == table ? "" : ", ", row->name);
	lua_pushstring(L, buf_text(&known));
	buf_free(&known);
	lua_pushlstring(L, word, n);
	luaL_error(L, "%s: unknown word \"%s\" (known: %s)", what, lua_tostring(L, -1), lua_tostring(L, -2));
	return 0;
}

static const char *check_text(lua_State *L, int index, const char *what, const struct named *table)
{
	if (lua_type(L, index) != LUA_TSTRING)
		luaL_error(L, "%s: a word such as \"%s\" or a number is wanted, not a %s", what, table->name,
			   luaL_typename(L, index));
	return lua_tostring(L, index);
}

uint64_t check_named(lua_State *L, int index, const char *what, const struct named *table)
{
	const char *word;

	if (lua_isinteger(L, index))
		return lua_tointeger(L, index);
	word = check_text(L, index, what, table);
	return find_word(L, what, table, word, strlen(word));
}

uint64_t check_named_set(lua_State *L, int index, const char *what, const struct named *table)
{
	const char *words;
	uint64_t bits = 0;

	if (lua_isinteger(L, index))
		return lua_tointeger(L, index);
	words = check_text(L, index, what, table);
	while (*words) {
		size_t n = strcspn(words, ", ");

		if (n)
			bits |= find_word(L, what, table, words, n);
		words += n + !!words[n];
	}
	return bits;
}

void put_named(struct buf *b, const struct named *table, uint64_t value)
{
	for (; table->name; table++) {
		if (table->value == value) {
			buf_puts(b, table->name);
			return;
		}
	}
	buf_printf(b, "%#" PRIx64, value);
}

void put_named_set(struct buf *b, const struct named *table, uint64_t bits)
{
	const char *separator = "";

	for (; table->name; table++) {
		if (!table->value || (bits & table->value) != table->value)
			continue;
		buf_printf(b, "%s%s", separator, table->name);
		separator = ",";
		bits &= ~table->value;
	}
	if (bits || !separator[0])
		buf_printf(b, bits ? "%s%#" PRIx64 : "%s%" PRIu64, separator, bits);
}
