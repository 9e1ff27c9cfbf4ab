/* SPDX-License-Identifier: MIT */
/*
 * Random single bits in live page tables and kernel objects. A flip that the verifier does not find may be one that makes
 * no difference; the probe tells.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "explore/mutate/mutate.h"
#include "explore/mutate/probe.h"
#include "inject/field.h"

#define PROBE_EVENTS 20000 /* of one operation: a broken guest may fault for ever, and ring for each hundred that it does */

/* --- choosing a bit -------------------------------------------------------------------------------- */

/* xorshift64: the same bits for the same seed on every machine. */
static uint64_t pick(struct mutation *m, uint64_t n)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return n ? (m->random >> 11) % n : 0;
}

static const struct table *pick_table(struct mutation *m, const struct model *model)
{
	uint64_t n = model->nr_kernel_tables, at;

	for (uint32_t i = 0; i < model->nr_mms; i++)
		n += model->mms[i].nr_tables;
	at = pick(m, n);
	for (uint32_t i = 0; i < model->nr_mms; i++) {
		if (at < model->mms[i].nr_tables)
			return &model->mms[i].tables[at];
		at -= model->mms[i].nr_tables;
	}
	return n ? &model->kernel_tables[at] : NULL;
}

/* Mostly entries that are in use: the others are many, and all alike. */
static bool flip_in_table(struct mutation *m, const struct model *model, struct flip *flip)
{
	const struct table *table = pick_table(m, model);
	const uint64_t *entries = table ? image_ptr(model->image, (gpa_t){table->pa}, PAGE_SIZE) : NULL;
	unsigned int index = pick(m, PTRS_PER_TABLE), bit = pick(m, 64);

	if (!entries)
		return false;
	for (int tries = 0; tries < PTRS_PER_TABLE && !entries[index] && pick(m, 4); tries++)
		index = (index + 1) % PTRS_PER_TABLE;
	flip->pa = table->pa + index * 8 + bit / 8;
	flip->mask = 1 << bit % 8;
	flip->object = table->pa;
	flip->bit = bit;
	snprintf(flip->field, sizeof(flip->field), "%s%u", entries[index] ? "pte" : "no pte", table->level);
	return true;
}

/* What an inode has inside it goes by the name that it has there. */
static void name_field(struct flip *flip, const char *structure, const char *name, unsigned int byte)
{
	uint32_t offset, size;

	flip->bit += byte * 8;
	snprintf(flip->field, sizeof(flip->field), "%s.%s", structure, name);
	if (strcmp(flip->field, "inode.i_data"))
		return;
	for (unsigned int n = 0; (name = field_name("address_space", n)); n++) {
		if (!field_extent("address_space", name, &offset, &size) || byte < offset || byte - offset >= size)
			continue;
		flip->bit -= offset * 8;
		snprintf(flip->field, sizeof(flip->field), "address_space.%s", name);
		return;
	}
}

static bool flip_in_object(struct mutation *m, const struct model *model, struct flip *flip)
{
	const enum inject_kind kind = pick(m, OBJ_LAB);
	const char *structure = inject_kind_structure(kind), *name;
	struct inject_objects list = inject_list(model, kind);
	struct inject_field field = {0};
	unsigned int n = 0, byte;
	gpa_t pa;
	bool found;

	while (field_name(structure, n))
		n++;
	name = field_name(structure, pick(m, n));
	found = list.n && field_extent(structure, name, &field.offset, &n);
	if (found) {
		const struct inject_object *object = &list.items[pick(m, list.n)];

		byte = pick(m, n);
		found = image_linear(model->image, (gva_t){object->addr + field.offset + byte}, 1, &pa);
		flip->pa = pa.pa;
		flip->object = object->addr;
		flip->bit = pick(m, 8);
		flip->mask = 1 << flip->bit;
		name_field(flip, structure, name, byte);
	}
	free(list.items);
	return found;
}

/* --- one flip -------------------------------------------------------------------------------------- */

static bool died(const struct probe *probe)
{
	for (unsigned int i = 0; i < PROBE_OPS; i++)
		if (probe->answers[i].fate == FATE_GUEST_DIED)
			return true;
	return false;
}

/* Back to the state, with the bit flipped or without, and the probe from there. */
static bool probe_once(struct session *s, const struct target_state *state, const struct model *model,
		       const struct flip *flip, struct probe *probe)
{
	struct error e;
	uint8_t *byte;

	if (s->target->ops->restore(s->target, state, &e))
		return false;
	if (flip) {
		byte = s->target->ops->memory(s->target, flip->pa, 1);
		*byte ^= flip->mask;
		if (s->target->ops->tables_changed(s->target, &e))
			return false;
	}
	probe_run(s->target, model, probe);
	return true;
}

/* A guest that hangs is known by the clock alone, and it may be the host that was busy: one that died is asked again. */
static bool probe_from(struct session *s, const struct target_state *state, const struct model *model,
		       const struct flip *flip, struct probe *probe)
{
	return probe_once(s, state, model, flip, probe) && (!died(probe) || probe_once(s, state, model, flip, probe));
}

static bool is_found(struct mutation *m, struct session *s, const struct model *model, const struct flip *flip)
{
	uint8_t *byte = s->target->ops->memory(s->target, flip->pa, 1);
	struct findings findings;
	bool found;

	*byte ^= flip->mask;
	findings = verify_image(m, model);
	*byte ^= flip->mask;
	found = findings.n > 0;
	findings_free(&findings);
	return found;
}

/* The first answer that is another, and which bit it was. */
static void tell_flip(struct mutation *m, const struct flip *flip, const struct probe *sound, const struct probe *broken)
{
	unsigned int n = 0;

	if (!m->misses)
		return;
	while (n < PROBE_OPS - 1 && !memcmp(&sound->answers[n], &broken->answers[n], sizeof(sound->answers[n])))
		n++;
	fprintf(m->misses, "%s: bit %u of %s of %#" PRIx64 " matters and is not found: operation %u gives %" PRId64
		" (fate %u, signal %u), expected %" PRId64 " (fate %u)\n", m->last_state, flip->bit, flip->field, flip->object,
		n + 1, broken->answers[n].value, broken->answers[n].fate, broken->answers[n].signo, sound->answers[n].value,
		sound->answers[n].fate);
}

void mutate_by_flips(struct mutation *m, struct session *s, const struct model *model,
		     const struct target_state *state)
{
	struct probe sound, broken;
	struct error e;

	s->target->max_events = PROBE_EVENTS;
	if (!m->flips || !probe_from(s, state, model, NULL, &sound) || died(&sound))
		return;
	for (unsigned int i = 0; i < m->flips; i++) {
		struct flip flip;
		bool found, matters;

		if (s->target->ops->restore(s->target, state, &e))
			return;
		if (!(pick(m, 2) ? flip_in_table(m, model, &flip) : flip_in_object(m, model, &flip)))
			continue;
		found = is_found(m, s, model, &flip);
		matters = found && m->quick;
		if (!matters && probe_from(s, state, model, &flip, &broken))
			matters = !probe_same(&sound, &broken);
		count_flip(m, &flip, found, matters);
		if (matters && !found)
			tell_flip(m, &flip, &sound, &broken);
	}
	/* What was flipped may have left the machine itself other than it was: then nothing above counts. */
	if (!probe_from(s, state, model, NULL, &broken) || !probe_same(&sound, &broken)) {
		fprintf(stderr, "vmm: %s: set back, the sound guest does not answer as it did\n", m->last_state);
		m->nr_astray++;
	}
}
