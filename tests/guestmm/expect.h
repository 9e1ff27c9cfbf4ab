/* SPDX-License-Identifier: MIT */
/* Expectations of tests, with both values in the message. Include after Criterion and the harness. */
#ifndef TESTS_GUESTMM_EXPECT_H
#define TESTS_GUESTMM_EXPECT_H

#define expect_long(a, b) \
	do { long a_ = (long)(a), b_ = (long)(b); \
	     cr_assert(a_ == b_, "%s is %ld (%#lx), expected %ld (%#lx)", #a, a_, a_, b_, b_); } while (0)
#define expect_true(cond) \
	do { bool c_ = (cond); cr_assert(c_, "not %s", #cond); } while (0)
/* Every step ends with this: the whole state is checked, then the areas of the window. */
#define expect_picture(text) \
	do { validate_all(); \
	     cr_assert(!strcmp(picture(), text), "areas are \"%s\", not \"%s\"", picture(), text); } while (0)

#endif
