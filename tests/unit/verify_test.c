/* SPDX-License-Identifier: MIT */
/*
 * Each invariant is shown to fire: for every one at least one corruption of a sound guest that it must name,
 * and none on the sound guest itself. Then random corruption: no crash, no hang, whatever the bytes.
 */
#include "check.h"
#include "tiny_kernel.h"
#include "uapi.h"
#include "verify/verify.h"

#include <stdio.h>
#include <time.h>

#include "corruptions.h"

TestSuite(verify, .timeout = 300);

/* --- the machine's second opinion, true or false ---------------------------------------------- */

static int true_translate(void *ctx, uint64_t va, uint64_t *pa)
{
	struct tiny *t = ctx;
	struct walk walk = walk_address(&t->image.image, t->cpu.cr3, walk_mode_of(&t->cpu), va);

	*pa = walk.pa;
	return walk.end == WALK_LEAF;
}

static int lying_translate(void *ctx, uint64_t va, uint64_t *pa)
{
	int valid = true_translate(ctx, va, pa);

	*pa += PAGE_SIZE;
	return valid;
}

/** What the sieve lets through has no findings: with and without it they are the same, in the same order. */
static void check_same(const struct findings *a, const struct findings *b)
{
	uint32_t where;

	CHECK_THAT(findings_equal(a, b, &where), "finding %u: %s, not %s", where, where < a->n ? a->items[where].text : "none",
		   where < b->n ? b->items[where].text : "none");
}

/* A host that gave other bytes, whatever they are; only what says to be of its folder is asked for. */
static bool other_bytes(void *ctx, uint64_t node, uint64_t index, uint32_t *hash)
{
	(void)ctx;
	*hash = 0x600d0000 + index;
	return node == 7;
}

static bool twice = true; /* verify again by the long way: the random test does so now and then, for the time it takes */

/** A second look finds what is still wrong, though nothing differs from the first. */
static void look_once_more(struct tiny *t, const struct model *model, const struct verify_aids *aids)
{
	struct findings findings = {0}, thorough = {0};
	struct model *later = tiny_next(t, model);

	model_hash(later);
	verify_model(later, model, aids, &findings);
	verify_model_thoroughly(later, model, aids, &thorough);
	check_same(&findings, &thorough);
	findings_free(&findings);
	findings_free(&thorough);
	model_free(later);
}

static struct findings verify(struct tiny *t, const struct model *before, bool lie)
{
	struct verify_aids aids = {.ctx = t, .translate = lie ? lying_translate : true_translate, .tlb = &tlb,
				   .facts = &facts, .root_given = other_bytes};
	struct findings findings = {0}, thorough = {0};
	struct model *model = tiny_next(t, before), *again = tiny_model(t);
	const char *wrong = model_difference(model, again);
	uint64_t checks;

	CHECK_THAT(!wrong, "a model made from another has otherwise: %s", wrong);
	model_hash(model);
	model_hash(again);
	checks = verify_model(model, before, &aids, &findings);
	CHECK(checks > 0);
	if (twice) {
		CHECK_EQ(verify_model_thoroughly(again, before, &aids, &thorough), checks);
		check_same(&findings, &thorough);
		findings_free(&thorough);
		look_once_more(t, model, &aids);
	}
	model_free(again);
	model_free(model);
	tlb_watch_forget(&tlb);
	facts = (struct step_facts){0};
	return findings;
}

static bool has(const struct findings *findings, const char *id)
{
	for (uint32_t i = 0; i < findings->n; i++)
		if (!strcmp(findings->items[i].invariant->id, id))
			return true;
	return false;
}

/** Hashed, verified and found sound: what the next look need judge by differences alone. */
static struct model *sound_model(struct tiny *t)
{
	struct model *model = tiny_model(t);
	struct findings findings = {0};

	model_hash(model);
	verify_model(model, NULL, NULL, &findings);
	CHECK_EQ(findings.n, 0);
	CHECK(model->verdict->sound && model->plain);
	return model;
}

/* --- tests ------------------------------------------------------------------------------------ */

Test(verify, a_sound_guest_has_no_findings)
{
	struct findings findings;
	struct model *before;
	struct tiny t;

	tiny_new(&t);
	before = tiny_model(&t);
	model_hash(before);
	findings = verify(&t, before, /* lie = */ false);
	CHECK_THAT(findings.n == 0, "%s: %s", findings.items[0].invariant->id, findings.items[0].text);
	CHECK_EQ(findings.suppressed, 0);
	findings_free(&findings);
	model_free(before);
	tiny_end(&t);
}

Test(verify, every_corruption_is_named)
{
	struct model *before;
	struct tiny sound, t;

	tiny_new(&sound);
	mm_a(&sound)->hiwater_vm = 1000; /* reached before the step; sound otherwise */
	mm_a(&sound)->hiwater_rss = 10;
	before = sound_model(&sound);
	for (size_t i = 0; i < NR_CORRUPTIONS; i++) {
		struct findings findings;

		tiny_new(&t);
		corruptions[i].corrupt(&t);
		findings = verify(&t, before, corruptions[i].corrupt == translation);
		CHECK_THAT(has(&findings, corruptions[i].id),
			   "%s was not named by %s (%u findings, first: %s)", corruptions[i].name,
			   corruptions[i].id, findings.n, findings.n ? findings.items[0].text : "none");
		for (uint32_t j = 0; j < findings.n; j++)
			CHECK_THAT(findings.items[j].text[0], "a finding of %s without words",
				   findings.items[j].invariant->id);
		findings_free(&findings);
		tiny_end(&t);
	}
	model_free(before);
	tiny_end(&sound);
}

Test(verify, every_invariant_has_a_corruption)
{
	for (unsigned int i = 0; i < nr_invariants; i++) {
		bool found = false;

		for (size_t j = 0; j < NR_CORRUPTIONS && !found; j++)
			found = !strcmp(corruptions[j].id, invariants[i]->id);
		CHECK_THAT(found, "nothing shows that %s fires", invariants[i]->id);
		CHECK(find_invariant(invariants[i]->id) == invariants[i]);
	}
	CHECK(nr_invariants >= 40);
	CHECK(find_invariant("no-such-invariant") == NULL);
}

/** A corruption of one counter is told by its own invariant and by no other. */
Test(verify, counters_are_told_alone)
{
	static const struct {
		const char *id;
		void (*corrupt)(struct tiny *t);
	} alone[] = {
		{"map-count", map_count},
		{"total-vm", total_vm},
		{"data-vm", data_vm},
		{"stack-vm", stack_vm},
		{"rss", rss},
		{"pgtables-bytes", pgtables_bytes},
		{"mm-users", mm_users},
		{"mm-count", mm_count},
		{"cr3", cr3},
		{"rb-gap", gap},
		{"frame-refs", refcount},
		{"frame-maps", mapcount},
		{"zone-free", zone_free},
		{"anon-refs", anon_refcount},
		{"zero-content", zero_dirty},
		{"area-prot", wrong_prot},
		{"table-owner", table_level},
		{"highest-end", highest},
	};

	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
		struct findings findings;
		struct tiny t;

		tiny_new(&t);
		alone[i].corrupt(&t);
		findings = verify(&t, NULL, /* lie = */ false);
		for (uint32_t j = 0; j < findings.n; j++)
			/* Another CR3 is another bitmap and another space to sample, too. */
			CHECK_THAT(!strcmp(findings.items[j].invariant->id, alone[i].id) ||
					   alone[i].corrupt == cr3,
				   "%s: also %s: %s", alone[i].id, findings.items[j].invariant->id,
				   findings.items[j].text);
		CHECK(findings.n > 0);
		findings_free(&findings);
		tiny_end(&t);
	}
}

Test(verify, texts_tell_expected_and_found)
{
	struct findings findings;
	struct tiny t;

	tiny_new(&t);
	map_count(&t);
	findings = verify(&t, NULL, /* lie = */ false);
	CHECK_EQ(findings.n, 1);
	CHECK_STR(findings.items[0].text, "a (pid 2): map_count is 8, expected 7");
	CHECK_EQ(findings.items[0].mm, 1);
	findings_free(&findings);
	tiny_end(&t);

	tiny_new(&t);
	cow_writable(&t);
	findings = verify(&t, NULL, /* lie = */ false);
	CHECK_HAS(findings.items[0].text, "7ffff7000000 is writable");
	CHECK_EQ(findings.items[0].va, t.cow_va);
	CHECK_EQ(findings.items[0].pfn, t.cow_pfn);
	findings_free(&findings);
	tiny_end(&t);
}

/* --- what is judged by differences, though it is told of something that is the same ------------- */

static void look_again(struct tiny *t, const struct model *before, const char *id)
{
	struct findings findings = verify(t, before, /* lie = */ false);

	CHECK_THAT(has(&findings, id), "%s is not told", id);
	findings_free(&findings);
}

/** That two free blocks should be one is told of the lower: here the upper one alone is new. */
Test(verify, a_block_is_freed_above_its_free_buddy)
{
	struct model *before;
	struct tiny t;
	uint64_t low;

	tiny_new(&t);
	low = t.next_pfn;
	CHECK_EQ(low % 2, 0);
	for (uint64_t pfn = low; pfn < low + 4; pfn += 2) { /* the second is its neighbour on the list, which changes, too */
		tiny_free_block(&t, pfn, 0, 0);
		t.next_pfn++;
		tiny_frame(&t, PGTY_kernel);
	}
	t.zone->frontier_pfn = t.next_pfn;
	before = sound_model(&t);
	tiny_free_block(&t, low + 1, 0, 0);
	look_again(&t, before, "buddy-merged");
	model_free(before);
	tiny_end(&t);
}

/** Where areas overlap, one that moved decides of pages in another that did not. */
Test(verify, an_area_is_moved_into_another)
{
	struct model *before;
	struct vm_area_struct *heap;
	struct tiny t;

	tiny_new(&t);
	before = sound_model(&t);
	heap = at(&t, t.heap_a);
	heap->vm_start = TINY_STACK_END - 20 * PAGE_SIZE;
	heap->vm_end = TINY_STACK_END - 10 * PAGE_SIZE; /* below the stack's one page */
	look_again(&t, before, "leaf-area");
	model_free(before);
	tiny_end(&t);
}

/** One invariant cannot drown the others. */
Test(verify, findings_of_one_invariant_are_limited)
{
	struct findings findings;
	struct tiny t;
	uint32_t n = 0;

	tiny_new(&t);
	for (uint64_t pfn = t.zone->start_pfn; pfn < t.zone->frontier_pfn; pfn++)
		t.mem_map[pfn]._refcount += 5;
	findings = verify(&t, NULL, /* lie = */ false);
	for (uint32_t i = 0; i < findings.n; i++)
		n += !strcmp(findings.items[i].invariant->id, "frame-refs");
	CHECK_EQ(n, MAX_PER_INVARIANT);
	CHECK(findings.suppressed > 0);
	findings_free(&findings);
	tiny_end(&t);
}

Test(verify, the_list_names_every_invariant)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	list_invariants(out);
	fclose(out);
	for (unsigned int i = 0; i < nr_invariants; i++)
		CHECK_HAS(text, invariants[i]->id);
	free(text);
}

/** The document is what the table says today. */
Test(verify, the_document_is_up_to_date)
{
	static char document[1 << 16];
	FILE *file = fopen("docs/invariants.md", "r");
	char *text = NULL;
	size_t size = 0, n;
	FILE *out = open_memstream(&text, &size);

	CHECK_THAT(file, "docs/invariants.md cannot be read: tests run at the top of the tree");
	n = fread(document, 1, sizeof(document) - 1, file);
	fclose(file);
	document[n] = '\0';
	list_invariants(out);
	fclose(out);
	CHECK_THAT(!strcmp(document, text), "run `vmm invariants > docs/invariants.md`");
	free(text);
}

/* --- random corruption ------------------------------------------------------------------------ */

static uint64_t random_state = 0x243f6a8885a308d3UL;

static uint64_t random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/** An address worth corrupting: the image's data, mem_map's used part, frames in use. */
static uint64_t random_pa(const struct tiny *t)
{
	uint64_t start = TINY_DATA, end = t->next_data;

	switch (random64() % 4) {
	case 0:
		start = IMAGE_REGION;
		end = IMAGE_REGION + t->next_pfn * sizeof(struct page);
		break;
	case 1:
	case 2:
		start = t->first_pfn << PAGE_SHIFT;
		end = t->next_pfn << PAGE_SHIFT;
		break;
	}
	return start + random64() % (end - start);
}

struct change {
	uint64_t pa;
	uint8_t old;
};

static void change_byte(struct tiny *t, struct change *change)
{
	change->pa = random_pa(t);
	change->old = t->ram[change->pa];
	if (random64() % 2)
		t->ram[change->pa] ^= 1 << random64() % 8;
	else
		t->ram[change->pa] = random64();
}

#define ROUNDS	100000
#define CHANGES 3

Test(verify, random_corruption_never_crashes)
{
	struct change changes[CHANGES];
	uint64_t nr_findings = 0;
	clock_t slowest = 0;
	struct model *before;
	struct tiny t;

	tiny_new(&t);
	before = sound_model(&t);
	for (int round = 0; round < ROUNDS; round++) {
		int n = 1 + random64() % CHANGES;
		struct findings findings;
		clock_t start = clock();

		for (int i = 0; i < n; i++)
			change_byte(&t, &changes[i]);
		twice = round % 4 == 0;
		findings = verify(&t, before, /* lie = */ false);
		nr_findings += findings.n > 0;
		findings_free(&findings);
		for (int i = n; i-- > 0;)
			t.ram[changes[i].pa] = changes[i].old;
		if (clock() - start > slowest)
			slowest = clock() - start;
	}
	CHECK_THAT(slowest < CLOCKS_PER_SEC, "one verification took %.2f s",
		   (double)slowest / CLOCKS_PER_SEC);
	/* Most bytes hit are zero memory behind objects; enough are not. */
	CHECK_THAT(nr_findings > ROUNDS / 50, "only %lu of %d rounds had a finding", nr_findings, ROUNDS);
	model_free(before);
	tiny_end(&t);
}

/** Whole pages of noise, where a flipped bit is not enough to lead astray. */
Test(verify, noise_never_crashes)
{
	struct model *before;
	struct tiny t, sound;

	tiny_new(&sound);
	before = sound_model(&sound);
	for (int round = 0; round < 300; round++) {
		struct findings findings;

		tiny_new(&t);
		for (int i = 0; i < 4; i++) {
			uint64_t pa = random_pa(&t) & ~(PAGE_SIZE - 1), mask = random64() & random64();

			for (uint64_t j = 0; j < PAGE_SIZE; j += 8)
				*(uint64_t *)(t.ram + pa + j) = random64() & (random64() % 2 ? mask : ~0UL);
		}
		findings = verify(&t, before, /* lie = */ false);
		findings_free(&findings);
		tiny_end(&t);
	}
	model_free(before);
	tiny_end(&sound);
}
