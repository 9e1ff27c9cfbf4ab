/* SPDX-License-Identifier: MIT */
/*
 * The catalogue of corruptions against the layout and the invariants, and what it does to a guest that never ran: every
 * row of it names a field that there is and an invariant that there is; a change is taken back byte for byte.
 */
#include "check.h"
#include "inject/catalogue.h"
#include "inject/field.h"
#include "lab.h"
#include "tiny_kernel.h"
#include "verify/verify.h"

TestSuite(inject, .timeout = 300);

static struct inject_field field_of(const char *structure, const char *name)
{
	struct inject_field field;

	CHECK_THAT(find_field(structure, name, &field), "%s.%s", structure, name);
	return field;
}

Test(inject, fields_lie_where_the_compiler_puts_them)
{
	CHECK_EQ(field_of("vm_area_struct", "vm_end").offset, offsetof(struct vm_area_struct, vm_end));
	CHECK_EQ(field_of("vm_area_struct", "vm_rb.rb_left").offset, offsetof(struct vm_area_struct, vm_rb.rb_left));
	CHECK_EQ(field_of("vm_area_struct", "shared.rb.rb_right").offset,
		 offsetof(struct vm_area_struct, shared.rb.rb_right));
	CHECK_EQ(field_of("vm_area_struct", "shared.rb_subtree_last").offset,
		 offsetof(struct vm_area_struct, shared.rb_subtree_last));
	CHECK_EQ(field_of("mm_struct", "rss_stat[2]").offset, offsetof(struct mm_struct, rss_stat[2]));
	CHECK_EQ(field_of("mm_struct", "mmap_lock.count").offset, offsetof(struct mm_struct, mmap_lock.count));
	CHECK_EQ(field_of("zone", "free_area[3].nr_free").offset, offsetof(struct zone, free_area[3].nr_free));
	CHECK_EQ(field_of("zone", "free_area[3].free_list.prev").offset,
		 offsetof(struct zone, free_area[3].free_list.prev));
	CHECK_EQ(field_of("address_space", "i_pages.xa_head").offset, offsetof(struct address_space, i_pages.xa_head));
	CHECK_EQ(field_of("page", "_mapcount").size, 4);
	CHECK(field_of("page", "_mapcount").is_signed);
	CHECK_EQ(field_of("page", "inuse").size, 2);
	CHECK_EQ(field_of("xa_node", "shift").size, 1);
	CHECK_EQ(structure_size("mm_struct"), sizeof(struct mm_struct));
}

Test(inject, what_is_no_field_is_refused)
{
	static const char *const wrong[] = {"vm_rb",		 "vm_rb.",	     "vm_rb.nothing", "mmlist",
					    "rss_stat[4]",	 "rss_stat[",	     "rss_stat[-1]",  "nothing",
					    "mmap_lock.count.x", "mmap_lock[0]", "", "."};
	struct inject_field field;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_THAT(!find_field("mm_struct", wrong[i], &field), "%s", wrong[i]);
	CHECK(!find_field("no_struct", "flags", &field));
	CHECK_EQ(structure_size("no_struct"), 0);
	CHECK(field_name("page", 0) && !strcmp(field_name("page", 0), "flags"));
	CHECK(!field_name("page", 1000));
}

static bool invariants_exist(const char *ids)
{
	char id[64];

	while (*ids) {
		size_t n = strcspn(ids, "|");

		snprintf(id, sizeof(id), "%.*s", (int)n, ids);
		if (!find_invariant(id))
			return false;
		ids += n + !!ids[n];
	}
	return true;
}

Test(inject, every_row_names_what_there_is)
{
	const struct corruption *c;

	for (unsigned int i = 0; (c = catalogue_row(i)); i++) {
		const char *structure = inject_kind_structure(c->kind);
		struct inject_field field;

		CHECK_THAT(catalogue_find(c->name) == c, "%s: its name is not its own", c->name);
		CHECK_THAT(c->found_by && invariants_exist(c->found_by), "%s: %s", c->name, c->found_by);
		CHECK_THAT(!c->field || c->field[0] == '+' || (structure && find_field(structure, c->field, &field)),
			   "%s: there is no %s.%s", c->name, structure, c->field);
		CHECK_THAT(!c->other || find_field(structure, c->other, &field), "%s: %s", c->name, c->other);
	}
	CHECK(catalogue_size() >= 120);
	CHECK(!catalogue_find("no such corruption"));
}

static struct findings verify(struct tiny *t)
{
	struct findings findings = {0};
	struct model *model = tiny_model(t);

	verify_model(model, NULL, NULL, &findings);
	model_free(model);
	return findings;
}

static bool named(const struct findings *findings, const char *ids)
{
	for (uint32_t i = 0; i < findings->n; i++)
		if (strstr(ids, findings->items[i].invariant->id))
			return true;
	return false;
}

/* What it does is found by whom the row says, and undone without a trace. */
Test(inject, every_row_that_fits_is_found_and_undone)
{
	const struct corruption *c;
	unsigned int done = 0;
	struct tiny t;
	uint8_t *before;

	tiny_new(&t);
	before = malloc(TINY_RAM);
	memcpy(before, t.ram, TINY_RAM);
	for (unsigned int i = 0; (c = catalogue_row(i)); i++) {
		struct model *model = tiny_model(&t);
		struct edits edits = {.ram = t.ram, .ram_size = TINY_RAM, .image = &t.image.image};
		struct inject_object object;

		if (catalogue_apply(c, model, 0, &edits, &object)) {
			struct findings findings = verify(&t);

			done++;
			CHECK_THAT(object.kind == c->kind, "%s", c->name);
			CHECK_THAT(named(&findings, c->found_by), "%s is not named by %s (%u findings, first: %s)",
				   c->name, c->found_by, findings.n, findings.n ? findings.items[0].text : "none");
			findings_free(&findings);
		}
		edits_undo(&edits);
		model_free(model);
		CHECK_THAT(!memcmp(before, t.ram, TINY_RAM), "%s left a trace", c->name);
	}
	CHECK_THAT(done >= 300, "%u", done);
	free(before);
	tiny_end(&t);
}

Test(inject, edits_stay_inside_ram)
{
	uint8_t ram[64] = {0};
	struct edits edits = {.ram = ram, .ram_size = sizeof(ram)};
	uint64_t value;

	CHECK(!edit_put(&edits, 60, 8, 1));
	CHECK(!edit_put(&edits, UINT64_MAX - 3, 8, 1));
	CHECK(!edit_get(&edits, 64, 1, &value));
	CHECK(edit_put(&edits, 56, 8, 5) && edit_get(&edits, 56, 8, &value));
	CHECK_EQ(value, 5);
	CHECK(edits_matter(&edits));
	for (int i = 1; i < MAX_EDITS; i++)
		CHECK(edit_put(&edits, 56, 1, i));
	CHECK(!edit_put(&edits, 0, 1, 1));
	edits_undo(&edits);
	CHECK(!edits_matter(&edits));
	CHECK_EQ(ram[56], 0);
}
