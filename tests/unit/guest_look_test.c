/* SPDX-License-Identifier: MIT */
/* Hashes from look to look: what the machine says was not written is not hashed again; all else is. */
#include "check.h"
#include "observe/view.h"
#include "target/guest_look.h"
#include "tiny_kernel.h"

/* What the machine of the test answers: bits, or that it does not know. */
static uint64_t written[TINY_FRAMES / 64 + 1];
static bool known;
static unsigned int asked;

static uint64_t *dirty(struct machine *m)
{
	(void)m;
	asked++;
	return known ? written : NULL;
}

static const struct machine_ops tells = {.name = "tells", .dirty = dirty}, mute = {.name = "mute"};

/** A look: the hash that it has of the page of own_pfn, and whether that is right. */
static bool look(struct tiny *t, struct guest_look *h, const struct machine_ops *ops)
{
	struct machine m = {.ops = ops, .ram = t->ram, .ram_size = TINY_RAM, .nr_cpus = 1};
	struct model *model = guest_look(h, &m, &t->image.image, &t->cpu, true);
	uint64_t wrong;

	CHECK(model->hashes);
	wrong = model_wrong_hash(model);
	CHECK(wrong == NO_FRAME || wrong == t->own_pfn);
	model_free(model);
	return wrong == NO_FRAME;
}

static uint8_t *own_page(struct tiny *t)
{
	return t->ram + (t->own_pfn << PAGE_SHIFT);
}

Test(guest_look, only_what_was_written_is_hashed_again)
{
	struct guest_look h = {.asking = true};
	struct tiny t;

	tiny_new(&t);
	CHECK(look(&t, &h, &tells)); /* the first answer: not known */
	own_page(&t)[5] ^= 1;
	known = true;
	CHECK(!look(&t, &h, &tells)); /* believed, and so the old hash stands */
	written[t.own_pfn / 64] |= 1UL << t.own_pfn % 64;
	CHECK(look(&t, &h, &tells));
	written[t.own_pfn / 64] = 0;
	own_page(&t)[5] ^= 1;
	known = false;
	CHECK(look(&t, &h, &tells));
	CHECK_EQ(asked, 4);
	guest_look_free(&h);
	tiny_end(&t);
}

Test(guest_look, who_may_write_unseen_makes_all_be_hashed)
{
	struct guest_look h = {.asking = true};
	struct tiny t;

	tiny_new(&t);
	known = true;
	CHECK(look(&t, &h, &tells));
	h.blind = true;
	own_page(&t)[5] ^= 1;
	CHECK(look(&t, &h, &tells));
	guest_look_free(&h);
	tiny_end(&t);
}

Test(guest_look, a_machine_that_cannot_tell_is_not_asked)
{
	struct guest_look h = {.asking = true};
	struct tiny t;

	tiny_new(&t);
	CHECK(look(&t, &h, &mute));
	own_page(&t)[5] ^= 1;
	CHECK(look(&t, &h, &mute));
	guest_look_free(&h);
	tiny_end(&t);
}

Test(guest_look, few_pages_are_hashed_without_a_question)
{
	struct guest_look h = {0};
	struct tiny t;

	tiny_new(&t);
	known = true;
	CHECK(look(&t, &h, &tells));
	own_page(&t)[5] ^= 1;
	CHECK(look(&t, &h, &tells));
	CHECK_EQ(asked, 0);
	guest_look_free(&h);
	tiny_end(&t);
}

/** The log tells that the struct page of own_pfn was written. */
static void write_home(struct tiny *t)
{
	uint64_t pfn = (IMAGE_REGION >> PAGE_SHIFT) + t->own_pfn / CHUNK_FRAMES;

	written[pfn / 64] |= 1UL << pfn % 64;
}

/** A frame that was no user memory in between has no hash to keep: what it held then is not known. */
Test(guest_look, a_frame_that_comes_back_is_hashed)
{
	struct guest_look h = {.asking = true};
	__typeof__(((struct page *)0)->mapping) mapping;
	struct tiny t;

	tiny_new(&t);
	known = true;
	CHECK(look(&t, &h, &tells));
	mapping = t.mem_map[t.own_pfn].mapping;
	t.mem_map[t.own_pfn].mapping.va = 0; /* of no role */
	write_home(&t);
	look(&t, &h, &tells);
	t.mem_map[t.own_pfn].mapping = mapping;
	own_page(&t)[5] ^= 1;
	CHECK(look(&t, &h, &tells));
	guest_look_free(&h);
	tiny_end(&t);
}
