/* SPDX-License-Identifier: MIT */
/* What could not be decoded at all: the model's damage, told by kind. */
#include "verify/check.h"

static void report_damage(struct verify_context *c, const struct invariant *self, enum damage_kind kind)
{
	const struct model *now = c->now;

	c->checks++;
	for (uint32_t i = 0; i < now->nr_damage; i++) {
		const struct damage *damage = &now->damage[i];
		struct site site = {.mm = damage->mm, .object = damage->where, .pfn = NO_PFN};

		if (damage->kind == kind)
			report(c, self, site, "%s", damage->text);
	}
}

void check_lab(struct verify_context *c, const struct invariant *self)
{
	report_damage(c, self, DAMAGE_LAB);
}

void check_pointers(struct verify_context *c, const struct invariant *self)
{
	report_damage(c, self, DAMAGE_BAD_POINTER);
}

void check_lists(struct verify_context *c, const struct invariant *self)
{
	report_damage(c, self, DAMAGE_LIST);
}

void check_trees(struct verify_context *c, const struct invariant *self)
{
	report_damage(c, self, DAMAGE_TREE);
}

void check_roots(struct verify_context *c, const struct invariant *self)
{
	report_damage(c, self, DAMAGE_TABLE);
}

void check_limits(struct verify_context *c, const struct invariant *self)
{
	report_damage(c, self, DAMAGE_LIMIT);
}
