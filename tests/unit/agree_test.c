/* SPDX-License-Identifier: MIT */
/* What the MMU did against what the walk foretold: every way to differ is seen. */
#include "check.h"
#include "observe/agree.h"

static const struct access_outcome allowed = {.known = true, .set_a = 0xf, .set_d = true, .walk = {.end = WALK_LEAF, .nr_steps = 4}};
static const struct access_outcome forbidden = {.known = true, .fault = true, .error = PF_P | PF_W | PF_U};
static const struct access_seen made = {.done = true, .value = 7, .expected = 7, .leaf = PTE_P | PTE_A | PTE_D};

Test(agree, what_was_foretold_is_no_difference)
{
	CHECK(!access_disagrees(&allowed, &made));
	CHECK(!access_disagrees(&forbidden, &(struct access_seen){.fault = true, .error = PF_P | PF_W | PF_U}));
}

Test(agree, where_nothing_is_foretold_nothing_differs)
{
	CHECK(!access_disagrees(&(struct access_outcome){.known = false}, &made));
	CHECK(!access_disagrees(&(struct access_outcome){.known = true, .general_protection = true}, &made));
}

Test(agree, each_difference_is_seen)
{
	const struct {
		const struct access_outcome *foretold;
		struct access_seen seen;
		const char *words;
	} cases[] = {
		{&forbidden, made, "no fault came"},
		{&allowed, {.fault = true, .error = PF_U}, "a fault came"},
		{&forbidden, {.fault = true, .error = PF_W | PF_U}, "error code"},
		{&allowed, {.done = false}, "was not made"},
		{&allowed, {.done = true, .value = 7, .expected = 8, .leaf = made.leaf}, "another byte"},
		{&allowed, {.done = true, .value = 7, .expected = 7, .leaf = PTE_P | PTE_D}, "A is clear"},
		{&allowed, {.done = true, .value = 7, .expected = 7, .leaf = PTE_P | PTE_A}, "D is clear"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *words = access_disagrees(cases[i].foretold, &cases[i].seen);

		CHECK_THAT(words && strstr(words, cases[i].words), "case %zu: %s", i, words ? words : "none");
	}
}
