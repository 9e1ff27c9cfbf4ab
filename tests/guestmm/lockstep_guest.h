/* SPDX-License-Identifier: MIT */
/* lockstep.c's kernel is guest/mm in its host build. */
#include "harness.h"

static uint64_t heap_base;

static long do_mmap_call(uint64_t addr, uint64_t len, uint64_t prot, uint64_t flags, int fd, uint64_t off)
{
	(void)fd;
	return ksys_mmap(addr, len, prot, flags, NULL, off);
}

static long do_munmap_call(uint64_t addr, uint64_t len) { return ksys_munmap(addr, len); }

static long do_mprotect_call(uint64_t addr, uint64_t len, uint64_t prot)
{
	return ksys_mprotect(addr, len, prot);
}

static long do_madvise_call(uint64_t addr, uint64_t len, int advice)
{
	return ksys_madvise(addr, len, advice);
}

enum { SYS_MREMAP, SYS_MLOCK, SYS_MLOCK2, SYS_MUNLOCK, SYS_MSYNC };

static long do_call(unsigned int call, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	switch (call) {
	case SYS_MREMAP:
		return ksys_mremap(a, b, c, d, e);
	case SYS_MLOCK:
		return ksys_mlock(a, b);
	case SYS_MLOCK2:
		return ksys_mlock2(a, b, c);
	case SYS_MUNLOCK:
		return ksys_munlock(a, b);
	default:
		return ksys_msync(a, b, c);
	}
}

static long do_brk_call(uint64_t brk) { return ksys_brk(brk); }

static int touch(uint64_t addr, bool write, int value, int *si_code)
{
	int result = write ? poke(addr, value) : peek(addr);

	*si_code = result < 0 ? last_fault.si_code : 0;
	return result;
}

struct seen_area { uint64_t start, end; unsigned int prot; };

static unsigned int areas_in(uint64_t start, uint64_t end, struct seen_area *areas, unsigned int max)
{
	unsigned int n = 0;

	for (struct vm_area_struct *vma = get_current()->mm->mmap; vma && n < max; vma = vma->vm_next)
		if (vma->vm_start < end && start < vma->vm_end)
			areas[n++] = (struct seen_area){ max(vma->vm_start, start), min(vma->vm_end, end),
							 vma->vm_flags & VM_ACCESS_FLAGS };
	return n;
}

/* As /proc/PID/pagemap has it: 0 not present, 1 present, 2 present here alone. */
static unsigned int page_state(uint64_t addr)
{
	uint64_t pte = pte_at(addr);

	if (pte_none(pte))
		return 0;
	return !(pte & PTE_SPECIAL) && pfn_to_page(pte_pfn(pte))->_mapcount == 0 ? 2 : 1;
}

static struct task_struct *parents[4];
static unsigned int nr_parents;
static uint64_t told[3];

/* The child's steps run here; the parent goes on when they are done. */
static bool fork_call(void)
{
	struct task_struct *child = fork_current();

	BUG_ON(!child);
	parents[nr_parents++] = get_current();
	switch_to(child);
	return true;
}

static void child_done(uint64_t state, uint64_t hash, uint64_t step)
{
	told[0] = state;
	told[1] = hash;
	told[2] = step;
	exit_current(parents[--nr_parents]);
}

static void wait_for_child(uint64_t *state, uint64_t *hash, uint64_t *step)
{
	*state = told[0];
	*hash = told[1];
	*step = told[2];
	validate_all();
}

static void orphan_call(void)
{
	exit_current(fork_current());
	validate_all();
}

static int start(int argc, char **argv, int (*main_function)(int, char **))
{
	struct task_struct *first = boot(64);
	struct mm_struct *mm = first->mm;
	int result;

	/* A program with a heap of its own, as any. */
	BUG_ON(setup_stack_area(mm, TASK_SIZE, 0));
	mm->start_brk = mm->brk = 0x4c0000;
	ksys_brk(0x4e1000);
	poke(0x4c0000, 1);
	heap_base = 0x4e1000;
	/* The steps are a child's, here as there. */
	switch_to(fork_current());
	result = main_function(argc, argv);
	exit_current(first);
	exit_current(&tasks[0]);
	drop_lazy_mm();
	validate_nothing_left();
	return result;
}
