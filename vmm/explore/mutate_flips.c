/* SPDX-License-Identifier: MIT */
/*
 * Random single bits in live page tables and kernel objects. A flip that the verifier does not find may be one that makes
 * no difference; the probe tells. Classes of bits that nobody can tell from RAM alone are listed with the reason.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "explore/mutate.h"
#include "explore/probe.h"
#include "inject/field.h"

/* --- what cannot be seen --------------------------------------------------------------------------- */

static const struct {
	const char *begin, *why; /* of a class's name */
} unseen[] = {
	{"pte1 bit 1", "a page that its area may write, write-protected: the next write takes a fault more"},
	{"pte1 bit 5", "A: the MMU's own"},
	{"pte1 bit 6", "D: the MMU's own, unless compared with bytes of another step"},
	{"pte2 bit 5", "A"},
	{"pte3 bit 5", "A"},
	{"pte4 bit 5", "A"},
	{"mm_struct.saved_auxv", "a copy that exec wrote and nobody reads"},
	{"mm_struct.vmacache_seqnum", "only says whether caches are stale"},
	{"mm_struct.hiwater", "a past that RAM does not tell"},
	{"mm_struct.start_", "what exec noted"},
	{"mm_struct.end_", "what exec noted"},
	{"mm_struct.arg_", "what exec noted"},
	{"mm_struct.env_", "what exec noted"},
	{"mm_struct.mmap_base", "what exec made of the stack's limit of that time"},
	{"mm_struct.brk", "where in its last page the heap ends"},
	{"vm_area_struct.vm_flags", "advice: another call could have set it"},
	{"vm_area_struct.vm_pgoff", "the number of an area without pages"},
	{"inode.i_", "what the file system alone knows"},
	{"file.", "what open noted"},
	{"cpu_info.nr_", "a count of events"},
	{"anon_vma.rwsem", "how often it was taken"},
	{"task_struct.vmacache", "a stale cache"},
	{"task_struct.comm", "a name"},
};

static const char *why_unseen(const char *name)
{
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (!strncmp(name, unseen[i].begin, strlen(unseen[i].begin)))
			return unseen[i].why;
	return NULL;
}

static struct flip_class *class_of(struct mutation *m, const char *name)
{
	struct flip_class *class;

	for (uint32_t i = 0; i < m->nr_classes; i++)
		if (!strcmp(m->classes[i].name, name))
			return &m->classes[i];
	m->classes = xrealloc(m->classes, (m->nr_classes + 1) * sizeof(*m->classes));
	class = &m->classes[m->nr_classes++];
	*class = (struct flip_class){.why = why_unseen(name)};
	snprintf(class->name, sizeof(class->name), "%s", name);
	return class;
}

/* --- choosing a bit -------------------------------------------------------------------------------- */

/* xorshift64: the same bits for the same seed on every machine. */
static uint64_t pick(struct mutation *m, uint64_t n)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return n ? (m->random >> 11) % n : 0;
}

struct flip {
	uint64_t pa; /* of the byte */
	uint8_t mask;
	char name[64];
};

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
	snprintf(flip->name, sizeof(flip->name), "pte%u bit %u%s", table->level, bit, entries[index] ? "" : " of no entry");
	return true;
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
		flip->mask = 1 << pick(m, 8);
		snprintf(flip->name, sizeof(flip->name), "%s.%s", structure, name);
	}
	free(list.items);
	return found;
}

/* --- one flip -------------------------------------------------------------------------------------- */

/* Back to the state, with the bit flipped or without, and the probe from there. */
static bool probe_from(struct session *s, const struct target_state *state, const struct model *model,
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

static void count_flip(struct mutation *m, const struct flip *flip, bool found, bool matters)
{
	struct flip_class *class;

	m->flipped++;
	m->flips_found += found;
	m->flips_matter += matters;
	m->flips_matter_found += matters && found;
	if (found)
		return;
	class = class_of(m, flip->name);
	class->missed++;
	class->mattered += matters;
}

void mutate_by_flips(struct mutation *m, struct session *s, const struct model *model,
		     const struct target_state *state)
{
	struct probe sound, broken;
	struct error e;

	if (!m->flips || !probe_from(s, state, model, NULL, &sound))
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
	}
}
