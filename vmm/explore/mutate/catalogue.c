/* SPDX-License-Identifier: MIT */
/* Every row of the catalogue on one state. */
#include <string.h>

#include "explore/mutate/mutate.h"

/** A look made from the sound state must find what the long way finds. */
static void look_from_sound(struct mutation *m, const struct model *like, const struct model *model)
{
	struct model *next = model_next(like, NULL, like->image, like->cpus, like->nr_cpus);
	struct findings fast = {0}, thorough = {0};
	const char *wrong = model_difference(next, model);
	uint32_t where = 0;

	verify_model(next, like, NULL, &fast);
	verify_model_thoroughly(model, like, NULL, &thorough);
	m->looked_again++;
	if (wrong || !findings_equal(&fast, &thorough, &where)) {
		m->looks_differ++;
		if (m->misses)
			fprintf(m->misses, "%s: a look made from the sound state differs from one made from nothing: %s\n", m->last_state,
				wrong ? wrong : where < thorough.n ? thorough.items[where].text : "it finds more");
	}
	findings_free(&fast);
	findings_free(&thorough);
	model_free(next);
}

struct findings verify_image(struct mutation *m, const struct model *like)
{
	struct model *model = model_build(like->image, like->cpus, like->nr_cpus);
	struct findings findings = {0};

	verify_model(model, NULL, NULL, &findings);
	look_from_sound(m, like, model);
	model_free(model);
	return findings;
}

bool findings_have(const struct findings *findings, const char *ids)
{
	for (uint32_t i = 0; i < findings->n; i++) {
		const char *id = findings->items[i].invariant->id, *at = ids;
		const size_t n = strlen(id);

		while (at) {
			if (!strncmp(at, id, n) && (at[n] == '|' || !at[n]))
				return true;
			at = strchr(at, '|');
			at = at ? at + 1 : NULL;
		}
	}
	return false;
}

static void count_invariants(struct row_result *result, const struct findings *findings)
{
	for (unsigned int i = 0; i < nr_invariants; i++)
		for (uint32_t j = 0; j < findings->n; j++)
			if (findings->items[j].invariant == invariants[i]) {
				result->by[i]++;
				break;
			}
}

static void tell_miss(struct mutation *m, const struct corruption *c, const struct findings *findings)
{
	const char *last = NULL;

	if (!m->misses)
		return;
	fprintf(m->misses, "%s: %s is not found by %s", m->last_state, c->name, c->found_by);
	for (uint32_t i = 0; i < findings->n; i++) {
		if (findings->items[i].invariant->id != last)
			fprintf(m->misses, "%s%s", last ? ", " : " but by ", findings->items[i].invariant->id);
		last = findings->items[i].invariant->id;
	}
	fputs("\n", m->misses);
}

static void take_result(struct mutation *m, const struct corruption *c, struct row_result *result,
			struct findings *findings)
{
	const bool named = findings_have(findings, c->found_by);

	result->applied++;
	result->found += findings->n > 0;
	result->named += named;
	count_invariants(result, findings);
	if (!named)
		tell_miss(m, c, findings);
	findings_free(findings);
}

void mutate_by_catalogue(struct mutation *m, struct session *s, const struct model *model)
{
	struct edits edits = {.ram = s->target->ops->memory(s->target, 0, model->lab.ram_end),
			      .ram_size = model->lab.ram_end,
			      .image = model->image};
	const struct corruption *c;

	for (unsigned int i = 0; (c = catalogue_row(i)); i++) {
		struct inject_object object;

		for (unsigned int nth = 0; nth < m->instances; nth++) {
			struct findings findings;

			if (!catalogue_apply(c, model, nth, &edits, &object))
				break;
			findings = verify_image(m, model);
			edits_undo(&edits);
			take_result(m, c, &m->rows[i], &findings);
		}
	}
}
