// SPDX-License-Identifier: MIT
/*
 * Areas: mapping, unmapping, splitting and rights. A picture stands above each step (harness.h says
 * how to read it).
 */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

Test(areas, map_and_unmap_shapes)
{
	boot(16);
	/* ******** */
	map(0, 8, "rw");
	expect_picture("wwwwwwww");
	/* wwwwwwww
	 *    **     a hole */
	expect_long(unmap(3, 2), 0);
	expect_picture("www..www");
	/* www..www
	 *   ****    both ends, over a hole */
	expect_long(unmap(2, 4), 0);
	expect_picture("ww....ww");
	/* ww....ww
	 * **        exactly one area */
	expect_long(unmap(0, 2), 0);
	expect_picture("......ww");
	/* ......ww
	 * **        nothing there: fine, too */
	expect_long(unmap(0, 2), 0);
	expect_picture("......ww");
	/* ......ww
	 * ********  more than there is */
	expect_long(unmap(0, 8), 0);
	expect_picture("");
}

Test(areas, unmap_many_areas_at_once)
{
	boot(16);
	/* ww rr ww xx ww */
	map(0, 10, "rw");
	protect(2, 2, "r");
	protect(6, 2, "rx");
	expect_picture("wwrrwwxxww");
	/* wwrrwwxxww
	 *  ********   first and last are cut */
	unmap(1, 8);
	expect_picture("w........w");
	expect_long(get_current()->mm->map_count, 2);
}

Test(areas, fixed_mapping_replaces)
{
	boot(16);
	map(0, 8, "rw");
	for (int i = 0; i < 8; i++)
		poke(PG(i), i);
	/* wwwwwwww
	 *   rrrr    pages and all */
	map(2, 4, "r");
	expect_picture("wwrrrrww");
	expect_long(peek(PG(2)), 0);
	expect_long(peek(PG(1)), 1);
	expect_long(peek(PG(7)), 7);
	validate_all();
}

Test(areas, mprotect_splits_and_merges_back)
{
	boot(16);
	map(0, 9, "rw");
	/* wwwwwwwww
	 *    rrr     the middle: case of two splits */
	protect(3, 3, "r");
	expect_picture("wwwrrrwww");
	/* wwwrrrwww
	 *    www     case 6: one again */
	protect(3, 3, "rw");
	expect_picture("wwwwwwwww");
	/* the start, the end */
	protect(0, 2, "r");
	expect_picture("rrwwwwwww");
	protect(7, 2, "r");
	expect_picture("rrwwwwwrr");
	protect(0, 9, "rw");
	expect_picture("wwwwwwwww");
	protect(0, 9, "r");
	expect_picture("rrrrrrrrr");
	expect_long(get_current()->mm->map_count, 1);
}

Test(areas, mprotect_over_several_areas)
{
	boot(16);
	map(0, 10, "rw");
	protect(2, 2, "r");
	protect(6, 2, "rx");
	/* wwrrwwxxww
	 *  ********   all of one kind in the middle */
	expect_long(protect(1, 8, "r"), 0);
	expect_picture("wrrrrrrrrw");
	/* a hole stops it; what came before stays changed */
	unmap(5, 1);
	expect_long(protect(1, 8, "rw"), -LX_ENOMEM);
	expect_picture("wwwww.rrrw");
}

Test(areas, mprotect_keeps_pages_and_their_rights)
{
	boot(16);
	map(0, 4, "rw");
	poke(PG(0), 10);
	poke(PG(1), 11);
	/* readable only: a write is refused, what was written stays */
	protect(0, 4, "r");
	expect_long(peek(PG(0)), 10);
	expect_long(poke(PG(0), 1), -LX_SIGSEGV);
	expect_long(last_fault.si_code, LX_SEGV_ACCERR);
	/* nothing at all */
	protect(0, 4, "");
	expect_picture("nnnn");
	expect_long(peek(PG(0)), -LX_SIGSEGV);
	expect_long(last_fault.si_code, LX_SEGV_ACCERR);
	expect_true(pte_protnone(pte_at(PG(0))));
	expect_long(get_current()->mm->rss_stat[MM_ANONPAGES], 2);
	/* and back: exclusive and dirty, so writable at once, without a fault */
	protect(0, 4, "rw");
	nr_faults = 0;
	expect_long(peek(PG(1)), 11);
	expect_long(poke(PG(1), 12), 0);
	/* From PROT_NONE Linux 6.1 leaves the write bit to a fault. */
	expect_long(nr_faults, 0);
	validate_all();
}

Test(areas, exec_rights)
{
	boot(16);
	map(0, 2, "rw");
	expect_long(poke(PG(0), 0xc3), 0);
	expect_true(user_access(PG(0), ACCESS_EXEC) == NULL);
	expect_long(last_fault.si_code, LX_SEGV_ACCERR);
	/* The rights come with a flush: no second fault. */
	protect(0, 2, "rx");
	nr_faults = 0;
	expect_true(user_access(PG(0), ACCESS_EXEC) != NULL);
	expect_long(nr_faults, 0);
	/* A fetch from a missing page of a readable area brings the page, and then is refused. */
	map(4, 1, "r");
	expect_true(user_access(PG(4), ACCESS_EXEC) == NULL);
	expect_long(nr_faults, 2);
	expect_long(last_fault.si_code, LX_SEGV_ACCERR);
	/* What may only be executed may be read. */
	map(8, 1, "x");
	expect_long(peek(PG(8)), 0);
	validate_all();
}

Test(areas, counters)
{
	struct mm_struct *mm = boot(16)->mm;

	map(0, 4, "rw");
	map(8, 3, "rx");
	map(16, 2, "r");
	map_flags(32, 1, "rw", LX_MAP_GROWSDOWN);
	expect_long(mm->total_vm, 10);
	expect_long(mm->data_vm, 4);
	expect_long(mm->exec_vm, 3);
	expect_long(mm->stack_vm, 1);
	expect_long(vm_committed_as, 5);
	/* Becoming writable commits, once. */
	protect(16, 2, "rw");
	expect_long(mm->data_vm, 6);
	expect_long(vm_committed_as, 7);
	protect(16, 2, "r");
	protect(16, 2, "rw");
	expect_long(vm_committed_as, 7);
	map_flags(20, 2, "rw", LX_MAP_NORESERVE);
	expect_long(vm_committed_as, 7);
	unmap(0, 64);
	expect_long(mm->total_vm, 0);
	expect_long(mm->hiwater_vm, 12);
	expect_long(vm_committed_as, 0);
	validate_all();
}

/* 16 MiB of RAM are fewer than 4096 pages for all; half of them, less the reserves, may be committed. */
Test(areas, overcommit_modes)
{
	boot(16);
	mm_profile.overcommit_memory = OVERCOMMIT_ALWAYS;
	expect_long(map(0, 8192, "rw"), PG(0));
	unmap(0, 8192);
	mm_profile.overcommit_memory = OVERCOMMIT_NEVER;
	expect_long(map(0, 2048, "rw"), -LX_ENOMEM);
	expect_long(map(0, 1500, "rw"), PG(0));
	expect_long(map(2048, 1500, "rw"), -LX_ENOMEM);
	expect_long(map(2048, 1500, "r"), PG(2048));
	expect_long(protect(2048, 1500, "rw"), -LX_ENOMEM);
	/* MAP_NORESERVE is not believed any more. */
	expect_long(map_flags(4096, 1500, "rw", LX_MAP_NORESERVE), -LX_ENOMEM);
	expect_long(vm_committed_as, 1500);
	cr_assert(!fork_current(), "twice 1500 is too much");
	expect_long(vm_committed_as, 1500);
	unmap(0, 8192);
	expect_long(vm_committed_as, 0);
	mm_profile.overcommit_memory = OVERCOMMIT_GUESS;
	validate_all();
}

Test(areas, all_of_ram_at_once_is_refused)
{
	boot(16);
	expect_long(map(0, 8192, "rw"), -LX_ENOMEM);
	expect_picture("");
	expect_long(map_flags(0, 8192, "rw", LX_MAP_NORESERVE), PG(0));
	expect_long(unmap(0, 8192), 0);
	validate_all();
}

Test(areas, max_map_count_stops_splits_and_maps)
{
	struct mm_struct *mm = boot(16)->mm;

	mm_profile.max_map_count = 4;
	for (int i = 0; i < 5; i++)
		expect_long(map(4 * i, 3, "rw"), PG(4 * i));
	expect_long(mm->map_count, 5);
	/* One too many was let in, as on Linux; now it is enough. */
	expect_long(map(40, 1, "rw"), -LX_ENOMEM);
	/* A hole would make one more; an end would not. */
	expect_long(unmap(1, 1), -LX_ENOMEM);
	expect_long(unmap(0, 1), 0);
	expect_long(protect(5, 1, "r"), -LX_ENOMEM);
	expect_picture(".ww.www.www.www.www");
}

Test(areas, find_vma_family)
{
	struct mm_struct *mm = boot(16)->mm;
	struct vm_area_struct *prev, *a, *b;

	map(2, 2, "rw");
	map(8, 2, "r");
	a = area_at(2);
	b = area_at(8);
	mmap_read_lock(mm);
	for (int again = 0; again < 2; again++) {	/* from the tree, then from the cache */
		/* ..aa....bb.. */
		expect_true(find_vma(mm, 0) == a);
		expect_true(find_vma(mm, PG(2) - 1) == a);
		expect_true(find_vma(mm, PG(2)) == a);
		expect_true(find_vma(mm, PG(4) - 1) == a);
		expect_true(find_vma(mm, PG(4)) == b);
		expect_true(find_vma(mm, PG(9)) == b);
		expect_true(find_vma(mm, PG(10)) == NULL);
		expect_true(find_vma_prev(mm, PG(0), &prev) == a && prev == NULL);
		expect_true(find_vma_prev(mm, PG(5), &prev) == b && prev == a);
		expect_true(find_vma_prev(mm, PG(20), &prev) == NULL && prev == b);
		expect_true(find_vma_intersection(mm, PG(0), PG(2)) == NULL);
		expect_true(find_vma_intersection(mm, PG(0), PG(2) + 1) == a);
		expect_true(find_vma_intersection(mm, PG(3), PG(9)) == a);
		expect_true(find_vma_intersection(mm, PG(4), PG(8)) == NULL);
	}
	mmap_read_unlock(mm);
}

Test(areas, cache_forgets_what_was_unmapped)
{
	struct task_struct *task = boot(16);
	struct task_struct *child;

	map(0, 2, "rw");
	poke(PG(0), 1);
	expect_true(task->vmacache[vmacache_hash(PG(0))] == area_at(0));
	/* The child got a copy of the cache, with areas that are not its own. */
	child = fork_current();
	switch_to(child);
	expect_true(child->vmacache[vmacache_hash(PG(0))] != area_at(0));
	expect_long(poke(PG(0), 2), 0);
	expect_true(child->vmacache[vmacache_hash(PG(0))] == area_at(0));
	unmap(0, 2);
	expect_long(poke(PG(0), 2), -LX_SIGSEGV);
	switch_to(task);
	expect_long(peek(PG(0)), 1);
	validate_all();
}

Test(areas, insert_vm_struct_refuses_overlap)
{
	struct mm_struct *mm = boot(16)->mm;
	struct vm_area_struct *vma = vm_area_alloc(mm);

	map(4, 2, "rw");
	vma->vm_flags = VM_READ | VM_MAYREAD;
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	mmap_write_lock(mm);
	vma->vm_start = PG(2);
	vma->vm_end = PG(5);
	expect_long(insert_vm_struct(mm, vma), -LX_ENOMEM);
	vma->vm_end = PG(4);
	expect_long(insert_vm_struct(mm, vma), 0);
	expect_long(vma->vm_pgoff, PG(2) >> PAGE_SHIFT);
	vm_stat_account(mm, vma->vm_flags, 2);
	mmap_write_unlock(mm);
	expect_picture("..rrww");
}

Test(areas, files)
{
	boot(16);
	/* pages 0 and 1 of the file, then 2 and 3: offsets go on */
	expect_long(map_file(0, 2, "r", 0), PG(0));
	expect_long(map_file(2, 2, "r", 2), PG(2));
	expect_picture("rrrr");
	/* offsets do not go on */
	expect_long(map_file(4, 2, "r", 0), PG(4));
	expect_picture("rrrrRR");
	/* next to anonymous memory of the same rights */
	map(6, 2, "r");
	expect_picture("rrrrRRrr");
	expect_long(peek(PG(3)), 'd');
	expect_long(peek(PG(5)), 'b');
	/* split and cut: the offset follows */
	unmap(1, 1);
	expect_picture("r.rrRRrr");
	expect_long(area_at(2)->vm_pgoff, 2);
	expect_long(peek(PG(2)), 'c');
	expect_long(test_file.f_count, 1 + 3);
	unmap(0, 64);
	expect_picture("");
	expect_long(test_file.f_count, 1);
}

Test(areas, exit_gives_everything_back)
{
	boot(16);
	map(0, 32, "rw");
	protect(8, 8, "r");
	map_file(40, 3, "rw", 0);
	for (int i = 0; i < 32; i += 3)
		poke(PG(i), i);
	peek(PG(41));
	poke(PG(42), 1);
	exit_current(&tasks[0]);
	validate_all();
	drop_lazy_mm();
	for (int i = 0; i < 4; i++)
		if (test_file_pages[i])
			put_page(test_file_pages[i]);
	validate_nothing_left();
}
