/* SPDX-License-Identifier: MIT */
/*
 * Assertions for the unit tests: a failure shows the expressions and both values (Criterion's own show
 * neither without a message). Each test is a process of its own; the first failure ends it.
 */
#ifndef TESTS_UNIT_CHECK_H
#define TESTS_UNIT_CHECK_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

/** A condition, with nothing more to say. */
#define CHECK(condition) cr_assert((condition), "%s:%d: %s", __FILE__, __LINE__, #condition)

/** A condition, with words of the caller's (which case of a loop, for one). */
#define CHECK_THAT(condition, format, ...)                                                                   \
	cr_assert((condition), "%s:%d: %s: " format, __FILE__, __LINE__, #condition, ##__VA_ARGS__)

/** Two integers or enumerators. */
#define CHECK_EQ(a, b)                                                                                       \
	do {                                                                                                 \
		uint64_t a_ = (uint64_t)(a), b_ = (uint64_t)(b);                                             \
		cr_assert(a_ == b_, "%s:%d: %s is %#lx (%ld), %s is %#lx (%ld)", __FILE__, __LINE__, #a, a_, \
			  (int64_t)a_, #b, b_, (int64_t)b_);                                                 \
	} while (0)

/** Two strings. */
#define CHECK_STR(a, b)                                                                                      \
	do {                                                                                                 \
		const char *a_ = (a), *b_ = (b);                                                             \
		cr_assert(!strcmp(a_, b_), "%s:%d: %s is\n\t\"%s\"\nand not\n\t\"%s\"", __FILE__, __LINE__,  \
			  #a, a_, b_);                                                                       \
	} while (0)

/** A string that holds another. */
#define CHECK_HAS(text, part)                                                                                \
	do {                                                                                                 \
		const char *text_ = (text), *part_ = (part);                                                 \
		cr_assert(strstr(text_, part_), "%s:%d: %s lacks\n\t\"%s\"\nin\n\t\"%s\"", __FILE__,         \
			  __LINE__, #text, part_, text_);                                                    \
	} while (0)

#endif
