// SPDX-License-Identifier: MIT
/*
 * System calls with arguments that must be refused, and which refusal comes first. Each row is put
 * to guest/mm and, by a child without privileges, to the Linux that runs the test: the answer in
 * the row must be both theirs. Then brk, hints and limits, where the answer is an address.
 */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

/* After the guest's headers: these define macros by names of its fields. */
#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KIB	1024UL
#define HOLE	0x30000000UL		/* nothing is mapped near it, here or there */
#define AREA	0x38000000UL		/* four pages, read-write */
#define PA	(LX_MAP_PRIVATE | LX_MAP_ANONYMOUS)
#define FIXED	(PA | LX_MAP_FIXED)
#define MMAP	NR_mmap
#define MUNMAP	NR_munmap
#define MPROTECT NR_mprotect

static const struct row {
	const char *what;
	int call;
	uint64_t addr, len, prot, flags, off;
	long answer;
} rows[] = {
	{ "offset before descriptor", MMAP, 0, 4096, 1, LX_MAP_PRIVATE, 1, -LX_EINVAL },
	{ "descriptor before length", MMAP, 0, 0, 1, LX_MAP_PRIVATE, 0, -LX_EBADF },
	{ "length 0", MMAP, 0, 0, 1, PA, 0, -LX_EINVAL },
	{ "length 0 before type", MMAP, 0, 0, 1, LX_MAP_ANONYMOUS, 0, -LX_EINVAL },
	{ "length that rounds to 0", MMAP, 0, -1UL, 1, PA, 0, -LX_ENOMEM },
	{ "all of the address space", MMAP, 0, TASK_SIZE, 0, PA, 0, -LX_ENOMEM },
	{ "more than that", MMAP, 0, TASK_SIZE + 4096, 0, PA, 0, -LX_ENOMEM },
	{ "offset and length overflow", MMAP, 0, -4096UL, 1, PA, 0x1000, -LX_ENOMEM },
	{ "no type", MMAP, 0, 4096, 1, LX_MAP_ANONYMOUS, 0, -LX_EINVAL },
	{ "type 4", MMAP, 0, 4096, 1, LX_MAP_ANONYMOUS | 4, 0, -LX_EINVAL },
	{ "shared-validate without a file", MMAP, 0, 4096, 1, LX_MAP_ANONYMOUS | 3, 0, -LX_EINVAL },
	{ "shared and growing", MMAP, 0, 4096, 1, LX_MAP_SHARED | LX_MAP_ANONYMOUS | LX_MAP_GROWSDOWN,
	 0, -LX_EINVAL },
	{ "fixed, not aligned", MMAP, HOLE + 1, 4096, 1, FIXED, 0, -LX_EINVAL },
	{ "fixed, alignment before type", MMAP, HOLE + 1, 4096, 1, LX_MAP_ANONYMOUS | LX_MAP_FIXED, 0,
	 -LX_EINVAL },
	{ "fixed beyond the end", MMAP, TASK_SIZE, 4096, 1, FIXED, 0, -LX_ENOMEM },
	{ "fixed over the end", MMAP, TASK_SIZE - 4096, 8192, 1, FIXED, 0, -LX_ENOMEM },
	{ "fixed in the upper half", MMAP, 0xffff800000000000, 4096, 1, FIXED, 0, -LX_ENOMEM },
	{ "fixed at 0", MMAP, 0, 4096, 1, FIXED, 0, -LX_EPERM },
	{ "fixed at 0, right before type", MMAP, 0, 4096, 1, LX_MAP_ANONYMOUS | LX_MAP_FIXED, 0, -LX_EPERM },
	{ "not to replace, but there", MMAP, AREA, 4096, 1, PA | LX_MAP_FIXED_NOREPLACE, 0, -LX_EEXIST },
	{ "not to replace, partly there", MMAP, AREA - 4096, 8192, 1, PA | LX_MAP_FIXED_NOREPLACE, 0,
	 -LX_EEXIST },
	{ "there before type", MMAP, AREA, 4096, 1, LX_MAP_ANONYMOUS | LX_MAP_FIXED_NOREPLACE, 0,
	 -LX_EEXIST },
	{ "alignment before there", MMAP, AREA + 1, 4096, 1, PA | LX_MAP_FIXED_NOREPLACE, 0, -LX_EINVAL },
	{ "more than may be locked", MMAP, 0, 16 << 20, 1, PA | LX_MAP_LOCKED, 0, -LX_EAGAIN },
	{ "locked before type", MMAP, 0, 16 << 20, 1, LX_MAP_ANONYMOUS | LX_MAP_LOCKED, 0, -LX_EAGAIN },
	{ "unknown prot bits are ignored", MMAP, AREA, 4096, 0xf0 | 3, FIXED, 0, AREA },
	{ "unmap, not aligned", MUNMAP, AREA + 1, 4096, 0, 0, 0, -LX_EINVAL },
	{ "unmap, length 0", MUNMAP, AREA, 0, 0, 0, 0, -LX_EINVAL },
	{ "unmap, rounds to 0", MUNMAP, AREA, -1UL, 0, 0, 0, -LX_EINVAL },
	{ "unmap beyond the end", MUNMAP, TASK_SIZE + 4096, 4096, 0, 0, 0, -LX_EINVAL },
	{ "unmap over the end", MUNMAP, AREA, TASK_SIZE, 0, 0, 0, -LX_EINVAL },
	{ "unmap nothing", MUNMAP, HOLE, 4096, 0, 0, 0, 0 },
	{ "unmap right at the end", MUNMAP, TASK_SIZE, 0, 0, 0, 0, -LX_EINVAL },
	{ "protect, not aligned", MPROTECT, AREA + 1, 4096, 1, 0, 0, -LX_EINVAL },
	{ "protect nothing at all", MPROTECT, AREA, 0, 1, 0, 0, 0 },
	{ "length 0 before bad prot", MPROTECT, AREA, 0, 0x10, 0, 0, 0 },
	{ "alignment before length 0", MPROTECT, AREA + 1, 0, 1, 0, 0, -LX_EINVAL },
	{ "protect, length wraps", MPROTECT, AREA, -4096UL, 1, 0, 0, -LX_ENOMEM },
	{ "wrap before bad prot", MPROTECT, AREA, -4096UL, 0x10, 0, 0, -LX_ENOMEM },
	{ "protect, bad prot", MPROTECT, AREA, 4096, 0x10, 0, 0, -LX_EINVAL },
	{ "bad prot before hole", MPROTECT, HOLE, 4096, 0x10, 0, 0, -LX_EINVAL },
	{ "protect a hole", MPROTECT, HOLE, 4096, 1, 0, 0, -LX_ENOMEM },
	{ "protect from a hole on", MPROTECT, AREA - 4096, 8192, 1, 0, 0, -LX_ENOMEM },
	{ "PROT_SEM is known", MPROTECT, AREA, 4096, 8 | 3, 0, 0, 0 },
	{ "both directions", MPROTECT, AREA, 4096, LX_PROT_GROWSDOWN | LX_PROT_GROWSUP, 0, 0, -LX_EINVAL },
	{ "both directions before alignment", MPROTECT, AREA + 1, 0,
	 LX_PROT_GROWSDOWN | LX_PROT_GROWSUP, 0, 0,
	  -LX_EINVAL },
	{ "growsdown where nothing grows", MPROTECT, AREA, 4096, 3 | LX_PROT_GROWSDOWN, 0, 0, -LX_EINVAL },
	{ "growsup where nothing grows", MPROTECT, AREA, 4096, 3 | LX_PROT_GROWSUP, 0, 0, -LX_EINVAL },
	{ "growsdown in a hole", MPROTECT, HOLE, 4096, 3 | LX_PROT_GROWSDOWN, 0, 0, -LX_ENOMEM },
	{ "growsdown below an area", MPROTECT, AREA - 4096, 4096, 3 | LX_PROT_GROWSDOWN, 0, 0, -LX_ENOMEM },
	{ "length 0 before growsdown", MPROTECT, AREA, 0, 3 | LX_PROT_GROWSDOWN, 0, 0, 0 },
};

static long on_guest(const struct row *row)
{
	switch (row->call) {
	case MMAP:
		return ksys_mmap(row->addr, row->len, row->prot, row->flags, NULL, row->off);
	case MUNMAP:
		return ksys_munmap(row->addr, row->len);
	default:
		return ksys_mprotect(row->addr, row->len, row->prot);
	}
}

static long on_linux(const struct row *row)
{
	long result = syscall(row->call, row->addr, row->len, row->prot, row->flags, -1, row->off);

	return result == -1 ? -errno : result;
}

/* A process of its own per row, for nobody's privileges and so that no row can hurt the next. */
static long ask_linux(const struct row *row)
{
	long answer = 0;
	int from[2];
	pid_t pid;

	cr_assert(pipe(from) == 0);
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && setuid(65534))
			_exit(1);
		syscall(SYS_mmap, AREA, 4 * 4096, 3, FIXED, -1, 0);
		answer = on_linux(row);
		_exit(write(from[1], &answer, sizeof(answer)) != sizeof(answer));
	}
	close(from[1]);
	cr_assert(read(from[0], &answer, sizeof(answer)) == sizeof(answer), "%s: no answer", row->what);
	close(from[0]);
	waitpid(pid, NULL, 0);
	return answer;
}

Test(calls, refusals_of_the_guest)
{
	boot(16);
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		long answer;

		ksys_mmap(AREA, 4 * 4096, 3, FIXED, NULL, 0);
		answer = on_guest(&rows[i]);
		cr_assert(answer == rows[i].answer, "%s: %ld, expected %ld", rows[i].what, answer,
			  rows[i].answer);
		expect_long(get_current()->mm->map_count, 1);
		validate_all();
	}
}

Test(calls, the_same_refusals_of_linux)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		long answer = ask_linux(&rows[i]);

		cr_assert(answer == rows[i].answer, "Linux: %s: %ld, expected %ld", rows[i].what, answer,
			  rows[i].answer);
	}
}

/* --- hints and limits ------------------------------------------------------------------------- */

#define FIRST	(0x7ffff7fff000UL - 4096)

static uint64_t map_at(uint64_t hint, uint64_t pages, uint64_t flags)
{
	return ksys_mmap(hint, pages * 4096, LX_PROT_READ | LX_PROT_WRITE, PA | flags, NULL, 0);
}

Test(calls, placement_top_down)
{
	boot(16);
	expect_long(map_at(0, 1, 0), FIRST);
	expect_long(map_at(0, 2, 0), FIRST - 2 * 4096);
	/* the highest gap that is large enough, not the best */
	ksys_munmap(FIRST - 4096, 4096);
	expect_long(map_at(0, 2, 0), FIRST - 4 * 4096);
	expect_long(map_at(0, 1, 0), FIRST - 4096);
	validate_all();
}

Test(calls, hints)
{
	boot(16);
	expect_long(map_at(HOLE, 2, 0), HOLE);
	/* rounded down; taken: the usual place */
	expect_long(map_at(HOLE + 0x5123, 1, 0), HOLE + 0x5000);
	expect_long(map_at(HOLE, 1, 0), FIRST);
	expect_long(map_at(HOLE - 4096, 2, 0), FIRST - 2 * 4096);
	/* too low: moved up; in the upper half: none */
	expect_long(map_at(0x1000, 1, 0), 0x10000);
	expect_long(map_at(1, 1, 0), FIRST - 3 * 4096);
	expect_long(map_at(TASK_SIZE, 1, 0), FIRST - 4 * 4096);
	expect_long(map_at(-4096UL, 1, 0), FIRST - 5 * 4096);
	/* within a stack's guard gap */
	ksys_mmap(0x31000000, 4096, 3, FIXED | LX_MAP_GROWSDOWN, NULL, 0);
	expect_long(map_at(0x31000000 - 4096, 1, 0), FIRST - 6 * 4096);
	expect_long(map_at(0x31000000 - 257 * 4096, 1, 0), 0x31000000 - 257 * 4096);
	validate_all();
}

Test(calls, map_32bit)
{
	boot(16);
	expect_long(map_at(0, 1, LX_MAP_32BIT), 0x40000000);
	expect_long(map_at(0, 1, LX_MAP_32BIT), 0x40001000);
	/* the lowest gap */
	ksys_munmap(0x40000000, 4096);
	expect_long(map_at(0, 1, LX_MAP_32BIT), 0x40000000);
	expect_long(map_at(0x50000000, 1, LX_MAP_32BIT), 0x50000000);
	/* a hint above the second gigabyte is no hint */
	expect_long(map_at(0x90000000, 1, LX_MAP_32BIT), 0x40002000);
	/* with MAP_FIXED it means nothing */
	expect_long(map_at(0x90000000, 1, LX_MAP_32BIT | LX_MAP_FIXED), 0x90000000);
	expect_long(ksys_mmap(0, 0x40000000, 0, PA | LX_MAP_32BIT, NULL, 0), -LX_ENOMEM);
	validate_all();
}

Test(calls, bottom_up_when_the_top_is_full)
{
	struct mm_struct *mm = boot(16)->mm;

	/* All from the lowest address to mmap_base; what is left lies above it. */
	ksys_mmap(0x10000, mm->mmap_base - 0x10000, 0, FIXED | LX_MAP_NORESERVE, NULL, 0);
	expect_long(map_at(0, 16, 0), mm->mmap_base);
	/* 15 pages are free at the bottom, and the search knows nothing of who may not use them. */
	expect_long(map_at(0, 15, 0), -LX_EPERM);
	validate_all();
}

Test(calls, placement_and_stacks)
{
	boot(64);
	/*
	 * a stack at the top of the region, and an area close below it: nothing fits between, nor
	 * above the guard gap's end
	 */
	ksys_mmap(FIRST - 10 * 4096, 4096, 3, FIXED | LX_MAP_GROWSDOWN, NULL, 0);
	expect_long(map_at(0, 1, 0), FIRST);
	expect_long(map_at(0, 9, 0), FIRST - 9 * 4096);
	expect_long(map_at(0, 1, 0), FIRST - (10 + 256 + 1) * 4096);
	/* the gap of four pages between these two is in the guard gap, although an area is between */
	ksys_mmap(FIRST - 20 * 4096, 4096, 3, FIXED, NULL, 0);
	expect_long(map_at(0, 1, 0), FIRST - (10 + 256 + 2) * 4096);
	validate_all();
}

/* --- brk -------------------------------------------------------------------------------------- */

#define HEAP	0x500000UL

static struct mm_struct *boot_with_heap(void)
{
	struct mm_struct *mm = boot(16)->mm;

	mm->start_brk = mm->brk = HEAP + 0x800;
	return mm;
}

Test(brk, grows_shrinks_and_answers)
{
	struct mm_struct *mm = boot_with_heap();

	expect_long(ksys_brk(0), HEAP + 0x800);
	expect_long(ksys_brk(HEAP + 0x7ff), HEAP + 0x800);
	/* inside the page: nothing to map */
	expect_long(ksys_brk(HEAP + 0xfff), HEAP + 0xfff);
	expect_long(mm->map_count, 0);
	expect_long(ksys_brk(HEAP + 0x3001), HEAP + 0x3001);
	expect_long(mm->total_vm, 3);
	expect_long(mm->data_vm, 3);
	expect_long(poke(HEAP + 0x3fff, 1), 0);
	/* grown again: still one area */
	expect_long(ksys_brk(HEAP + 0x8000), HEAP + 0x8000);
	expect_long(mm->map_count, 1);
	expect_long(ksys_brk(HEAP + 0x2000), HEAP + 0x2000);
	expect_long(mm->total_vm, 1);
	expect_long(ksys_brk(HEAP + 0x5000), HEAP + 0x5000);
	expect_long(peek(HEAP + 0x3fff), 0);
	/* all of it away, and back */
	expect_long(ksys_brk(HEAP + 0x800), HEAP + 0x800);
	expect_long(mm->map_count, 0);
	expect_long(ksys_brk(HEAP + 0x1001), HEAP + 0x1001);
	validate_all();
}

Test(brk, keeps_its_distance)
{
	boot_with_heap();
	/* one page must stay free */
	ksys_mmap(HEAP + 0x8000, 4096, 1, FIXED, NULL, 0);
	expect_long(ksys_brk(HEAP + 0x8000), HEAP + 0x800);
	expect_long(ksys_brk(HEAP + 0x7001), HEAP + 0x800);
	expect_long(ksys_brk(HEAP + 0x7000), HEAP + 0x7000);
	/* and a guard gap before a stack */
	ksys_munmap(HEAP + 0x8000, 4096);
	ksys_mmap(HEAP + 0x200000, 4096, 3, FIXED | LX_MAP_GROWSDOWN, NULL, 0);
	expect_long(ksys_brk(HEAP + 0x100000), HEAP + 0x7000);
	expect_long(ksys_brk(HEAP + 0xff000), HEAP + 0xff000);
	expect_long(ksys_brk(TASK_SIZE), HEAP + 0xff000);
	validate_all();
}

Test(brk, is_no_part_of_what_lies_below)
{
	struct mm_struct *mm = boot_with_heap();

	/* bss, of the same kind, ends where the heap begins */
	mm->start_brk = mm->brk = HEAP;
	expect_long(vm_brk_flags(mm, HEAP - 0x2000, 0x2000, 0), 0);
	ksys_brk(HEAP + 0x1000);
	expect_long(mm->map_count, 2);
	ksys_brk(HEAP + 0x2000);
	expect_long(mm->map_count, 2);
	validate_all();
}

Test(brk, of_a_child_is_another_area)
{
	struct task_struct *child;

	boot_with_heap();
	ksys_brk(HEAP + 0x2000);
	poke(HEAP + 0x1000, 1);
	child = fork_current();
	switch_to(child);
	ksys_brk(HEAP + 0x4000);
	expect_long(child->mm->map_count, 2);
	expect_long(peek(HEAP + 0x1000), 1);
	validate_all();
}

Test(brk, vm_brk_flags_for_exec)
{
	struct mm_struct *mm = boot_with_heap();

	expect_long(vm_brk_flags(mm, HOLE, 0, 0), 0);
	expect_long(vm_brk_flags(mm, HOLE, -1UL, 0), -LX_ENOMEM);
	expect_long(vm_brk_flags(mm, HOLE, 4096, VM_LOCKED), -LX_EINVAL);
	expect_long(vm_brk_flags(mm, HOLE, 5000, 0), 0);
	expect_long(vm_brk_flags(mm, HOLE + 8192, 4096, 0), 0);
	expect_long(mm->map_count, 1);
	expect_long(vm_brk_flags(mm, HOLE + 4096, 4096, VM_EXEC), 0);
	expect_long(mm->map_count, 3);
	validate_all();
}
