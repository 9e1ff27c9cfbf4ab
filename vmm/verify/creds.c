/* SPDX-License-Identifier: MIT */
/* Credentials: how many tasks have them, and that nobody has a right that it could not have. */
#include "verify/check.h"


void check_cred_usage(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_creds; i++) {
		const struct model_cred *cred = &c->now->creds[i];
		int32_t expected = (int32_t)cred->nr_tasks + cred->of_image;

		if (!holds(c, cred->raw.usage == expected))
			report(c, self, AT_OBJECT(cred->addr), "credentials %#lx: usage is %d, expected %d (%u tasks have them%s)",
			       cred->addr.va, cred->raw.usage, expected, cred->nr_tasks,
			       cred->of_image ? ", and the image" : "");
	}
}

static const char *cred_trouble(const struct cred *raw)
{
	uint64_t all = raw->cap_inheritable | raw->cap_permitted | raw->cap_effective | raw->cap_bset | raw->cap_ambient;

	if (all & ~CAP_FULL_SET)
		return "a capability that does not exist";
	if (raw->cap_effective & ~raw->cap_permitted)
		return "an effective capability that is not permitted";
	if (raw->cap_ambient & ~(raw->cap_permitted & raw->cap_inheritable))
		return "an ambient capability that is not permitted and inheritable";
	if (raw->securebits & ~SECBITS_ALL)
		return "a securebit that does not exist";
	if (raw->ngroups > NGROUPS)
		return "more groups than there is room for";
	for (uint32_t i = 1; i < raw->ngroups; i++)
		if (raw->groups[i - 1] > raw->groups[i])
			return "groups that are not sorted";
	return NULL;
}

void check_cred_fields(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_creds; i++) {
		const struct model_cred *cred = &c->now->creds[i];
		const char *wrong = cred_trouble(&cred->raw);

		if (!holds(c, !wrong))
			report(c, self, AT_OBJECT(cred->addr), "credentials %#lx have %s (uid %u, permitted %#lx, effective %#lx)",
			       cred->addr.va, wrong, cred->raw.uid, cred->raw.cap_permitted, cred->raw.cap_effective);
	}
}
