/* SPDX-License-Identifier: MIT */
/*
 * --verify-twice: what makes a look fast must change nothing that it sees. Each model is made again from nothing, and must be
 * the same; each verification is done again with no entry and no frame sifted out beforehand; each hash of a page is made
 * again of its bytes.
 */
#include <inttypes.h>

#include "script/session.h"

static void differ(struct session *s, const struct findings *found, const struct findings *again, uint32_t where)
{
	error_set(&s->error, EXIT_HOST, "--verify-twice: %u findings (%u more), by the long way %u (%u more); finding %u is "
		  "\"%s\", by the long way \"%s\"", found->n, found->suppressed, again->n, again->suppressed, where + 1,
		  where < found->n ? found->items[where].text : "none", where < again->n ? again->items[where].text : "none");
	session_over(s);
}

int session_observe_twice(struct session *s)
{
	struct model *again = model_build(s->model->image, s->model->cpus, s->model->nr_cpus);
	const char *wrong = model_difference(s->model, again);

	model_free(again);
	if (!wrong)
		return 0;
	error_set(&s->error, EXIT_HOST, "--verify-twice: the model, made from that of the step before, has otherwise than one made "
		  "from nothing: %s", wrong);
	return session_over(s);
}

void session_verify_twice(struct session *s, const struct findings *found, uint64_t checks)
{
	uint64_t pfn = s->model->hashes ? model_wrong_hash(s->model) : NO_FRAME, checks_again;
	struct findings again = {0};
	uint32_t where;

	checks_again = verify_model_thoroughly(s->model, s->before, s->target->ops->aids(s->target), &again);
	if (!findings_equal(found, &again, &where)) {
		differ(s, found, &again, where);
	} else if (checks != checks_again) {
		error_set(&s->error, EXIT_HOST, "--verify-twice: %" PRIu64 " checks, by the long way %" PRIu64, checks,
			  checks_again);
		session_over(s);
	} else if (pfn != NO_FRAME) {
		error_set(&s->error, EXIT_HOST, "--verify-twice: the hash of frame %#" PRIx64 " is not that of its bytes", pfn);
		session_over(s);
	}
	findings_free(&again);
}
