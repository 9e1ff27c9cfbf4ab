// SPDX-License-Identifier: MIT
/*
 * Merging, case by case (the numbers are those of guest/mm/merge.c), and what anon_vmas have to say
 * to it. Areas of one kind are made by mapping writable memory and taking rights away, so that all
 * of it is committed alike.
 */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

static struct anon_vma *anon_of(int page) { return area_at(page)->anon_vma; }

static int chain_length(int page)
{
	struct anon_vma_chain *avc;
	int n = 0;

	list_for_each_entry(avc, &area_at(page)->anon_vma_chain, same_vma)
		n++;
	return n;
}

/* --- a free range: mmap ----------------------------------------------------------------------- */

Test(merge, new_range_without_neighbours)
{
	boot(16);
	/* ww  **  ww */
	map(0, 2, "rw");
	map(8, 2, "rw");
	map(4, 2, "rw");
	expect_picture("ww..ww..ww");
}

Test(merge, case_1_both)
{
	boot(16);
	/* ww**ww -> one */
	map(0, 2, "rw");
	map(4, 2, "rw");
	map(2, 2, "rw");
	expect_picture("wwwwww");
}

Test(merge, case_2_prev)
{
	boot(16);
	/* ww** rr */
	map(0, 2, "rw");
	map(4, 2, "r");
	map(2, 2, "rw");
	expect_picture("wwwwrr");
}

Test(merge, case_3_next)
{
	boot(16);
	/* rr**ww */
	map(0, 2, "r");
	map(4, 2, "rw");
	map(2, 2, "rw");
	expect_picture("rrwwww");
}

Test(merge, new_range_into_the_hole_that_fixed_makes)
{
	boot(16);
	/* wwwwww
	 *   **    replaced by the same kind: one again */
	map(0, 6, "rw");
	map(2, 2, "rw");
	expect_picture("wwwwww");
}

Test(merge, flags_keep_apart)
{
	boot(16);
	map(0, 2, "rw");
	map_flags(2, 2, "rw", LX_MAP_NORESERVE);
	expect_picture("wwWW");
	map_flags(4, 2, "rw", LX_MAP_LOCKED);
	expect_picture("wwWWww");
	map_flags(6, 2, "rw", LX_MAP_GROWSDOWN);
	expect_picture("wwWWwwWW");
	/* MAP_STACK and MAP_POPULATE leave no flag. */
	map_flags(8, 2, "rw", LX_MAP_STACK);
	map_flags(10, 2, "rw", LX_MAP_POPULATE);
	expect_picture("wwWWwwWWwwww");
	expect_long(get_current()->mm->rss_stat[MM_ANONPAGES], 4);
}

/* --- pages on both sides ---------------------------------------------------------------------- */

Test(merge, pages_in_prev_only)
{
	boot(16);
	/* Ww**ww: W has a page; all can be found by its anon_vma */
	map(0, 2, "rw");
	poke(PG(0), 1);
	map(4, 2, "rw");
	map(2, 2, "rw");
	expect_picture("wwwwww");
	expect_long(chain_length(0), 1);
}

Test(merge, pages_in_next_only)
{
	boot(16);
	/* ww**wW: Linux 6.1 looks at next first, and then prev, without an anon_vma, does not fit with it */
	map(0, 2, "rw");
	map(4, 2, "rw");
	poke(PG(5), 1);
	map(2, 2, "rw");
	expect_picture("wwWWWW");
	/* without a prev in the way */
	expect_true(anon_of(2) != NULL && anon_of(0) == NULL);
}

Test(merge, pages_of_two_anon_vmas)
{
	boot(16);
	/* Ww**wW: each fits alone, not both: next grows */
	map(0, 2, "rw");
	poke(PG(0), 1);
	map(4, 2, "rw");
	poke(PG(5), 1);
	expect_true(anon_of(0) != anon_of(4));
	map(2, 2, "rw");
	expect_picture("wwWWWW");
}

Test(merge, mprotect_of_two_anon_vmas_takes_prev)
{
	boot(16);
	/* P and N have anon_vmas of their own, M between has no pages: case 7, not 6 */
	map(0, 2, "rw");
	poke(PG(0), 1);
	map(4, 2, "rw");
	poke(PG(5), 1);
	map(2, 2, "");
	protect(2, 2, "rw");
	expect_picture("wwwwWW");
}

Test(merge, neighbour_lends_its_anon_vma)
{
	boot(16);
	map(0, 6, "rw");
	protect(2, 2, "r");
	expect_picture("wwrrww");
	/* The first page makes an anon_vma; the neighbours, which differ in rights only, share it */
	poke(PG(0), 1);
	expect_true(anon_of(2) == NULL);
	protect(2, 2, "rwx");
	poke(PG(2), 1);
	expect_true(anon_of(2) == anon_of(0));
	poke(PG(4), 1);
	expect_true(anon_of(4) == anon_of(0));
	expect_long(anon_of(0)->num_active_vmas, 3);
	/* so that all can be one again */
	protect(2, 2, "rw");
	expect_picture("wwwwww");
	expect_long(anon_of(0)->num_active_vmas, 1);
}

/* --- an existing range: mprotect -------------------------------------------------------------- */

static const char *rights_of(char kind)
{
	return kind == 'w' ? "rw" : kind == 'r' ? "r" : "rx";
}

/* One area, with rights as in the string; a page touched where `touch` has a '*'. */
static void make(const char *rights, const char *touch)
{
	boot(16);
	map(0, strlen(rights), "rwx");
	for (int i = 0; touch[i]; i++)
		if (touch[i] == '*')
			poke(PG(i), i + 1);
	for (int i = 0; rights[i]; i++)
		protect(i, 1, rights_of(rights[i]));
	expect_picture(rights);
}

Test(merge, case_4_border_moves_down)
{
	/* wwwwrrrr
	 *   **      the end of P */
	make("wwwwrrrr", "");
	protect(2, 2, "r");
	expect_picture("wwrrrrrr");
	expect_long(area_at(2)->vm_pgoff, PG(2) >> PAGE_SHIFT);
}

Test(merge, case_5_border_moves_up)
{
	/* rrrrwwww
	 *     **    the start of M */
	make("rrrrwwww", "");
	protect(4, 2, "r");
	expect_picture("rrrrrrww");
	expect_long(area_at(6)->vm_pgoff, PG(6) >> PAGE_SHIFT);
}

Test(merge, case_6_all_three)
{
	/* rrwwrr
	 *   **    all of M */
	make("rrwwrr", "");
	protect(2, 2, "r");
	expect_picture("rrrrrr");
}

Test(merge, case_7_prev_swallows)
{
	/* rrwwxx */
	make("rrwwxx", "");
	protect(2, 2, "r");
	expect_picture("rrrrxx");
}

Test(merge, case_8_next_swallows)
{
	/* xxwwrr */
	make("xxwwrr", "");
	protect(2, 2, "r");
	expect_picture("xxrrrr");
}

/* Every case with pages at every subset of three places: contents and reverse maps must survive. */
Test(merge, every_case_with_every_pattern_of_pages)
{
	static const struct { const char *rights; int first, n; const char *after; } cases[] = {
		{ "wwwwrrrr", 2, 2, "wwrrrrrr" }, { "rrrrwwww", 4, 2, "rrrrrrww" },
		{ "rrwwrr", 2, 2, "rrrrrr" },	  { "rrwwxx", 2, 2, "rrrrxx" },
		{ "xxwwrr", 2, 2, "xxrrrr" },	  { "wwwwww", 2, 2, "wwrrww" },
		{ "rrwwrrww", 2, 2, "rrrrrrww" },
	};

	boot(16);
	for (unsigned int c = 0; c < ARRAY_SIZE(cases); c++) {
		int n = strlen(cases[c].rights);

		for (int pattern = 0; pattern < 1 << n; pattern++) {
			/* Separate mappings: an area without pages has no anon_vma to begin with. */
			for (int i = 0; i < n; i++) {
				map(i, 1, "rwx");
				protect(i, 1, rights_of(cases[c].rights[i]));
			}
			for (int i = 0; i < n; i++)
				if (pattern & 1 << i && cases[c].rights[i] == 'w')
					poke(PG(i), i + 1);
			protect(cases[c].first, cases[c].n, "r");
			validate_all();
			for (int i = 0; i < n; i++)
				expect_long(peek(PG(i)), pattern & 1 << i && cases[c].rights[i] == 'w' ?
					    i + 1 : 0);
			unmap(0, n);
		}
	}
	validate_all();
}

/* P r and M w without pages, N r with one: the only way to an heir without an anon_vma. */
static void pages_in_the_third(void)
{
	boot(16);
	map(0, 2, "rw");
	protect(0, 2, "r");
	map(4, 2, "rw");
	poke(PG(4), 7);
	protect(4, 2, "r");
	map(2, 2, "rw");
	expect_picture("rrwwrr");
	expect_true(!anon_of(0) && !anon_of(2) && anon_of(4));
}

Test(merge, heir_without_anon_vma_gets_one)
{
	pages_in_the_third();
	/* rrwwrr
	 *   **    case 6: P inherits N's page */
	protect(2, 2, "r");
	expect_picture("rrrrrr");
	expect_true(anon_of(0) != NULL);
	expect_long(peek(PG(4)), 7);
}

Test(merge, no_memory_to_clone_means_no_merge)
{
	pages_in_the_third();
	/* The chain link cannot be had: the areas stay three, and right. */
	fail_alloc.nth = 1;
	expect_long(protect(2, 2, "r"), 0);
	expect_picture("rrRRrr");
	expect_true(anon_of(0) == NULL);
	expect_long(peek(PG(4)), 7);
}

Test(merge, without_pages_nothing_joins_what_has_them)
{
	boot(16);
	/* P r never had a page, M w has: an empty chain is not a chain of one link (Linux until 6.15) */
	map(0, 2, "rw");
	protect(0, 2, "r");
	map(2, 2, "rw");
	poke(PG(2), 7);
	protect(2, 2, "r");
	expect_picture("rrRR");
}

/* --- fork ------------------------------------------------------------------------------------- */

Test(merge, inherited_areas_do_not_grow)
{
	struct task_struct *parent = boot(16), *child;

	map(0, 2, "rw");
	poke(PG(0), 1);
	child = fork_current();
	/* the parent's chain is its own: ww** */
	map(2, 2, "rw");
	expect_picture("wwww");
	/* the child's has two links, and would grow with each generation */
	switch_to(child);
	expect_long(chain_length(0), 2);
	map(2, 2, "rw");
	expect_picture("wwWW");
	/* what was never touched before the fork has no chain, and merges: (ww)**ww */
	map(8, 2, "rw");
	map(10, 2, "rw");
	expect_picture("wwWW....wwww");
	switch_to(parent);
	expect_picture("wwww");
}

Test(merge, inherited_areas_merge_with_each_other)
{
	struct task_struct *child;

	boot(16);
	map(0, 6, "rw");
	poke(PG(0), 1);
	poke(PG(5), 1);
	child = fork_current();
	switch_to(child);
	/* wwrrww and back: the parts have the same chain */
	protect(2, 2, "r");
	expect_picture("wwrrww");
	protect(2, 2, "rw");
	expect_picture("wwwwww");
	expect_long(chain_length(0), 2);
}
