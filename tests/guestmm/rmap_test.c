// SPDX-License-Identifier: MIT
/*
 * From pages to entries: who used a page, who has it, and taking it from them. That the walk finds every entry and no
 * other is part of validate_all(), so every step of every test proves it, for its own state.
 */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

#define SHARED	(LX_MAP_SHARED | LX_MAP_ANONYMOUS | LX_MAP_FIXED)

static long map_shared(int first, int n) { return ksys_mmap(PG(first), n * PAGE_SIZE, 3, SHARED, NULL, 0); }

static long advise(int first, int n, int advice) { return ksys_madvise(PG(first), n * PAGE_SIZE, advice); }

/* One character a page of the window: P mapped, '.' not. */
static const char *present(int n)
{
	static char text[WINDOW + 1];

	for (int i = 0; i < n; i++)
		text[i] = pte_at(PG(i)) ? 'P' : '.';
	text[n] = '\0';
	return text;
}

#define expect_present(text) \
	do { validate_all(); cr_assert(!strcmp(present(strlen(text)), text), "%s, not %s", present(strlen(text)), text); } while (0)

/* --- the walk --------------------------------------------------------------------------------- */

static bool note_one(struct page *page, struct vm_area_struct *vma, uint64_t address, void *arg)
{
	struct vm_area_struct ***areas = arg;

	(void)page;
	(void)address;
	*(*areas)++ = vma;
	return true;
}

static int areas_of(struct page *page, struct vm_area_struct **areas)
{
	struct vm_area_struct **end = areas;
	struct rmap_walk_control rwc = { .rmap_one = note_one, .arg = &end };

	rmap_walk(page, &rwc);
	return end - areas;
}

Test(rmap, only_areas_that_cover_the_page_are_met)
{
	struct vm_area_struct *areas[64];

	boot(16);
	map(0, 8, "rw");
	for (int i = 0; i < 8; i++)
		poke(PG(i), i);
	/* w W r x: four areas on one anon_vma; each page leads to its own alone. */
	protect(2, 2, "r");
	protect(6, 1, "rx");
	expect_picture("wwrrwwxw");
	for (int i = 0; i < 8; i++) {
		expect_long(areas_of(page_at(i), areas), 1);
		expect_true(areas[0] == area_at(i));
	}
	/* Moved away, pages keep their offsets. */
	ksys_mremap(PG(4), 2 * PAGE_SIZE, 2 * PAGE_SIZE, LX_MREMAP_MAYMOVE | LX_MREMAP_FIXED, PG(20));
	validate_all();
	expect_long(areas_of(page_at(21), areas), 1);
	expect_true(areas[0] == area_at(20));
}

Test(rmap, children_are_found_through_the_parents_tree)
{
	struct vm_area_struct *areas[64];
	struct task_struct *parent = boot(16), *children[10];
	struct page *page;

	map(0, 2, "rw");
	poke(PG(0), 1);
	page = page_at(0);
	for (int i = 0; i < 10; i++)
		children[i] = fork_current();
	validate_all();
	expect_long(areas_of(page, areas), 11);
	/* A copy of its own: the area is met still, but has another page there. */
	switch_to(children[3]);
	poke(PG(0), 2);
	expect_long(areas_of(page, areas), 11);
	expect_long(page->_mapcount, 9);
	validate_all();
	/* The copy is the child's alone: its own anon_vma leads to one area. */
	expect_long(areas_of(page_at(0), areas), 1);
	for (int i = 0; i < 10; i++) {
		switch_to(children[i]);
		exit_current(parent);
		validate_all();
	}
	expect_long(areas_of(page, areas), 1);
}

Test(rmap, a_file_mapped_many_times)
{
	struct vm_area_struct *areas[64];

	boot(16);
	for (int i = 0; i < 5; i++)
		map_file(8 * i, 1 + i % 4, "rw", i % 3);
	for (int i = 0; i < 5; i++)
		peek(PG(8 * i));
	validate_all();
	/* File page 0: areas at 0 (0) and 24 (0 … 3); page 1: 8 (1, 2), 24 and 32 (1). */
	expect_long(areas_of(page_at(0), areas), 2);
	expect_long(areas_of(page_at(8), areas), 3);
	poke(PG(8), 7);		/* a private copy hangs on the anon_vma, not on the file */
	expect_long(areas_of(page_at(8), areas), 1);
	validate_all();
}

/* --- was it used? ----------------------------------------------------------------------------- */

Test(rmap, references_are_counted_once_and_by_area)
{
	struct task_struct *parent = boot(16), *child;
	uint64_t vm_flags;
	struct page *page;

	map_shared(0, 2);
	poke(PG(0), 1);
	child = fork_current();
	page = page_at(0);
	switch_to(child);
	peek(PG(0));
	expect_long(page_referenced(page, &vm_flags), 2);
	expect_true(vm_flags & VM_SHARED);
	expect_long(page_referenced(page, &vm_flags), 0);
	expect_long(vm_flags, 0);
	/* The TLB was told: the next access is seen. */
	peek(PG(0));
	expect_long(page_referenced(page, &vm_flags), 1);
	/* Who reads in order will not come back. */
	advise(0, 2, LX_MADV_SEQUENTIAL);
	peek(PG(0));
	expect_long(page_referenced(page, &vm_flags), 0);
	switch_to(parent);
	ksys_mlock(PG(0), PAGE_SIZE);
	page_referenced(page, &vm_flags);
	expect_true(vm_flags & VM_LOCKED);
	validate_all();
}

/* --- away with it ----------------------------------------------------------------------------- */

Test(rmap, a_page_is_taken_from_all_who_have_it)
{
	struct task_struct *child;
	struct page *page;

	boot(16);
	map_shared(0, 4);
	poke(PG(1), 5);
	child = fork_current();
	peek(PG(1));
	page = page_at(1);
	switch_to(child);
	expect_long(peek(PG(1)), 5);
	expect_long(page->_mapcount, 1);
	get_page(page);
	expect_true(try_to_unmap(page));
	put_page(page);
	expect_true(page->flags & PG_dirty);	/* what the entry knew */
	expect_present("....");
	expect_long(peek(PG(1)), 5);		/* the file has it */
	expect_true(page_at(1) == page);
	/* A locked one stays, for all. */
	ksys_mlock(PG(1), PAGE_SIZE);
	get_page(page);
	expect_true(!try_to_unmap(page));
	put_page(page);
	expect_present(".P..");
}

/* What Linux 6.1 and 6.18 came to, asked by a program of the same steps. */
Test(pageout, anonymous_memory_stays_unless_it_was_given_up)
{
	boot(16);
	map(0, 5, "rw");
	for (int i = 0; i < 4; i++)
		poke(PG(i), i + 1);
	expect_long(advise(0, 5, LX_MADV_PAGEOUT), 0);
	expect_present("PPPP.");
	expect_long(advise(0, 2, LX_MADV_FREE), 0);
	poke(PG(0), 9);
	expect_long(advise(0, 4, LX_MADV_PAGEOUT), 0);
	expect_present("P.PP.");
	expect_long(peek(PG(0)), 9);
	expect_long(peek(PG(1)), 0);
	/* Saved by the write, it is wanted until given up anew. */
	advise(0, 1, LX_MADV_PAGEOUT);
	expect_present("PPPP.");
	advise(0, 1, LX_MADV_FREE);
	advise(0, 1, LX_MADV_PAGEOUT);
	expect_present(".PPP.");
	/* A read does not save it: PAGEOUT forgets who looked. */
	advise(2, 1, LX_MADV_FREE);
	expect_long(peek(PG(2)), 3);
	advise(2, 1, LX_MADV_PAGEOUT);
	expect_present(".P.P.");
}

Test(pageout, what_others_map_is_left_alone)
{
	struct task_struct *parent = boot(16), *child;

	map(0, 4, "rw");
	for (int i = 0; i < 4; i++)
		poke(PG(i), i + 1);
	advise(0, 4, LX_MADV_FREE);
	child = fork_current();
	switch_to(child);
	advise(0, 4, LX_MADV_PAGEOUT);
	expect_present("PPPP");
	exit_current(parent);
	expect_present("PPPP");
	advise(0, 4, LX_MADV_PAGEOUT);
	expect_present("....");
}

Test(pageout, shared_memory_leaves_the_tables_and_unwritten_pages_the_cache)
{
	struct inode *inode;

	boot(16);
	map_shared(0, 5);
	poke(PG(0), 1);
	poke(PG(1), 2);
	peek(PG(2));
	inode = list_first_entry(&super_inodes, struct inode, i_sb_list);
	expect_long(inode->i_data.nrpages, 3);
	expect_long(advise(0, 5, LX_MADV_PAGEOUT), 0);
	expect_present(".....");
	expect_long(inode->i_data.nrpages, 2);
	expect_long(peek(PG(0)), 1);
	expect_long(peek(PG(1)), 2);
	expect_long(peek(PG(2)), 0);
	validate_all();
	ksys_mlock(PG(0), PAGE_SIZE);
	expect_long(advise(0, 5, LX_MADV_PAGEOUT), -LX_EINVAL);
	unmap(0, 5);
	validate_all();
}

Test(pageout, pages_of_the_image_stay)
{
	boot(16);
	map_file(0, 2, "r", 0);
	peek(PG(0));
	expect_long(advise(0, 2, LX_MADV_PAGEOUT), 0);
	expect_present("P.");
}
