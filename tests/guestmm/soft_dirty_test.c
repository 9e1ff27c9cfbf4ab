// SPDX-License-Identifier: MIT
/* Soft-dirty marks: what sets them, what carries them along, and what loses them. Each case was asked of Linux 6.1, too. */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

/* pagemap's bit 55 of a page of the window. */
static int dirty_at(uint64_t va)
{
	struct mm_struct *mm = get_current()->mm;
	struct vm_area_struct *vma;
	int is;

	mmap_read_lock(mm);
	vma = find_vma(mm, va);
	is = vma && vma->vm_start <= va && page_soft_dirty(vma, pte_at(va));
	mmap_read_unlock(mm);
	return is;
}

static int dirty(int page) { return dirty_at(PG(page)); }

static void clear(void)
{
	struct mm_struct *mm = get_current()->mm;

	mmap_write_lock(mm);
	clear_soft_dirty(mm);
	mmap_write_unlock(mm);
}

/* One character a page: d dirty, . not. */
static const char *marks(int n)
{
	static char text[WINDOW + 1];

	for (int i = 0; i < n; i++)
		text[i] = dirty(i) ? 'd' : '.';
	text[n] = '\0';
	return text;
}

#define expect_marks(expected) \
	do { cr_assert(!strcmp(marks(strlen(expected)), expected), "marks are \"%s\", not \"%s\"", \
		       marks(strlen(expected)), expected); } while (0)

static long map_shared(int first, int n)
{
	return ksys_mmap(PG(first), n * PAGE_SIZE, LX_PROT_READ | LX_PROT_WRITE,
			 LX_MAP_SHARED | LX_MAP_ANONYMOUS | LX_MAP_FIXED, NULL, 0);
}

Test(soft_dirty, new_memory_is_dirty_and_a_write_makes_it_so_again)
{
	boot(16);
	map(0, 5, "rw");
	poke(PG(0), 1);
	poke(PG(1), 1);
	peek(PG(2));
	expect_marks("ddddd");
	clear();
	expect_marks(".....");
	nr_faults = 0;
	poke(PG(0), 2);
	peek(PG(1));
	peek(PG(3));
	/* the write is let through by a fault, the read of a page that is there needs none */
	expect_long(nr_faults, 2);
	expect_marks("d....");
	poke(PG(0), 3);
	expect_long(nr_faults, 2);
	poke(PG(2), 1);
	expect_marks("d.d..");
	validate_all();
}

Test(soft_dirty, shared_memory_tells_each_first_write)
{
	boot(16);
	map_shared(0, 4);
	poke(PG(0), 1);
	peek(PG(1));
	clear();
	expect_marks("....");
	poke(PG(1), 1);
	peek(PG(2));
	/* what is read in now is read-only, or its first write would go unseen */
	expect_long(pte_at(PG(2)) & PTE_RW, 0);
	expect_marks(".d..");
	poke(PG(2), 1);
	expect_long(last_event()->args[2], LAB_FAULT_SHARED_REUSE);
	poke(PG(3), 1);
	expect_marks(".ddd");
	unmap(0, 4);
	validate_all();
}

Test(soft_dirty, a_move_is_a_change_and_rights_are_none)
{
	boot(16);
	map(0, 4, "rw");
	poke(PG(0), 1);
	poke(PG(1), 1);
	clear();
	expect_long(ksys_mremap(PG(1), PAGE_SIZE, PAGE_SIZE, LX_MREMAP_MAYMOVE | LX_MREMAP_FIXED, PG(8)), PG(8));
	expect_long(dirty(8), 1);
	/* mprotect does not give back the right to write without being told */
	protect(0, 1, "r");
	protect(0, 1, "rw");
	expect_marks(".");
	poke(PG(0), 1);
	protect(0, 1, "");
	expect_marks("d");
	protect(0, 1, "rw");
	ksys_madvise(PG(0), PAGE_SIZE, LX_MADV_FREE);
	expect_marks("d");
	ksys_madvise(PG(0), PAGE_SIZE, LX_MADV_COLD);
	expect_marks("d");
	ksys_madvise(PG(0), PAGE_SIZE, LX_MADV_DONTNEED);
	expect_marks(".");
	validate_all();
}

Test(soft_dirty, fork_copies_marks_and_each_clears_its_own)
{
	struct task_struct *parent = boot(16), *child;

	map(0, 2, "rw");
	poke(PG(0), 1);
	poke(PG(1), 1);
	clear();
	poke(PG(0), 2);
	child = fork_current();
	switch_to(child);
	expect_marks("d.");
	clear();
	expect_marks("..");
	poke(PG(1), 3);
	expect_marks(".d");
	exit_current(parent);
	expect_marks("d.");
	poke(PG(1), 3);
	expect_marks("dd");
	validate_all();
}

Test(soft_dirty, an_area_that_grows_is_new_all_over)
{
	boot(16);
	map(0, 2, "rw");
	poke(PG(0), 1);
	clear();
	expect_marks("..");
	map(2, 1, "rw");
	expect_picture("www");
	expect_marks("ddd");
	clear();
	/* brk grows the heap by merging, too */
	get_current()->mm->start_brk = get_current()->mm->brk = PG(20);
	ksys_brk(PG(21));
	poke(PG(20), 1);
	clear();
	expect_long(dirty(20), 0);
	ksys_brk(PG(22));
	expect_long(dirty(20), 1);
	validate_all();
}

/* As Linux 6.1: the merged area has the flag of the range that mprotect was called for, and q's is forgotten. */
Test(soft_dirty, a_merge_may_lose_what_was_new)
{
	boot(16);
	map(1, 1, "r");
	clear();
	map(0, 1, "rw");
	expect_marks("d.");
	protect(1, 1, "rw");
	expect_picture("ww");
	expect_marks("..");
	/* but no write after that is missed */
	poke(PG(0), 1);
	expect_marks("d.");
	validate_all();
}

Test(soft_dirty, a_kernel_without_it_tells_nothing)
{
	boot(16);
	mm_profile.soft_dirty = false;
	map(0, 2, "rw");
	poke(PG(0), 1);
	expect_marks("..");
	clear();
	nr_faults = 0;
	poke(PG(0), 2);
	expect_long(nr_faults, 0);
	expect_marks("..");
	validate_all();
}
