// SPDX-License-Identifier: MIT
/*
 * Every entry point of the mm with its first allocation failing, its second, its third … until it gets through without
 * meeting the failure. Each try is a child's: it sets its scene, runs the operation, tries again without a failure, and
 * ends. After each step the whole state is counted again; after its end all is as before it was born: frames, objects,
 * commitment, files. Which errno may come, and whether a failed call may have changed what is mapped, is docs/mm.md's.
 */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

/* --- what must not leak ----------------------------------------------------------------------- */

struct held {
	uint64_t frames, objects, committed, files;
};

static struct held holds_now(void)
{
	struct held held = {
		.frames = contig_zone.frontier_pfn - contig_zone.nr_free, .committed = vm_committed_as,
		.files = nr_open_files,
	};
	struct kmem_cache *cache;

	list_for_each_entry(cache, &slab_caches, list)
		held.objects += cache->nr_inuse;
	return held;
}

/* What is mapped, cuts between areas of the same kind left out. */
static void layout(char *text, size_t size)
{
	struct vm_area_struct *vma, *prev = NULL;
	size_t n = 0;

	text[0] = '\0';
	for (vma = get_current()->mm->mmap; vma; prev = vma, vma = vma->vm_next) {
		if (prev && prev->vm_end == vma->vm_start && prev->vm_flags == vma->vm_flags)
			continue;
		n += snprintf(text + n, size - n, "%lx:%lx ", vma->vm_start, vma->vm_flags);
		cr_assert(n < size);
	}
	snprintf(text + n, size - n, "%lx", get_current()->mm->total_vm);
}

/* --- the sweep -------------------------------------------------------------------------------- */

struct sweep {
	const char *name;
	void (*scene)(void);		/* NULL: an empty stage */
	long (*op)(void);		/* an address, a byte or 0; -errno, -signal */
	long errors[3];			/* that a lack of memory may come to */
	bool may_change;		/* a failed call may have changed what is mapped */
};
#define KEEPS(name, scene, op, ...)	{ name, scene, op, { __VA_ARGS__ }, false }
#define CHANGES(name, scene, op, ...)	{ name, scene, op, { __VA_ARGS__ }, true }

static bool failed(long result) { return result < 0 && result > -4096; }

static void check_error(const struct sweep *s, uint64_t n, long result)
{
	for (int i = 0; i < 3; i++)
		if (result == s->errors[i])
			return;
	cr_assert_fail("%s, allocation %lu failed: %ld", s->name, n, result);
}

/* The n-th allocation fails. True: it was met. */
static bool one_try(const struct sweep *s, uint64_t n)
{
	static char before[8192], after[8192];
	long result;
	bool met;

	if (s->scene)
		s->scene();
	layout(before, sizeof(before));
	fail_alloc = (struct fault_attr){ .nth = n };
	result = s->op();
	met = fail_alloc.failed;
	fail_alloc = (struct fault_attr){ 0 };
	validate_all();
	cr_assert(met || !failed(result), "%s: %ld, and no allocation failed", s->name, result);
	if (!failed(result))
		return met;
	check_error(s, n, result);
	layout(after, sizeof(after));
	cr_assert(s->may_change || !strcmp(before, after), "%s, allocation %lu failed: mapped was\n%s, is\n%s", s->name, n,
		  before, after);
	result = s->op();
	cr_assert(!failed(result), "%s, allocation %lu failed; tried again: %ld", s->name, n, result);
	validate_all();
	return met;
}

static uint64_t sweep(const struct sweep *s)
{
	struct task_struct *parent = get_current();
	uint64_t n = 0;
	bool met;

	do {
		struct held before = holds_now(), after;
		struct task_struct *child = fork_current();

		switch_to(child);
		met = one_try(s, ++n);
		exit_current(parent);
		after = holds_now();
		cr_assert(!memcmp(&before, &after, sizeof(before)),
			  "%s, allocation %lu failed: frames %lu -> %lu, objects %lu -> %lu, committed %lu -> %lu, files %lu "
			  "-> %lu", s->name, n, before.frames, after.frames, before.objects, after.objects, before.committed,
			  after.committed, before.files, after.files);
	} while (met);
	cr_assert(n > 1, "%s allocates nothing", s->name);
	return n - 1;
}

static void sweep_all(const struct sweep *sweeps, unsigned int nr)
{
	boot(32);
	/* The test file's pages are there for good. */
	map_file(40, 4, "r", 0);
	for (int i = 40; i < 44; i++)
		peek(PG(i));
	validate_all();
	for (unsigned int i = 0; i < nr; i++)
		sweep(&sweeps[i]);
	validate_all();
}

/* --- scenes ----------------------------------------------------------------------------------- */

/* Eight pages, written, rights alternating: areas that cannot merge. */
static void stripes(void)
{
	map(0, 8, "rw");
	for (int i = 0; i < 8; i++)
		poke(PG(i), i + 1);
	protect(2, 1, "r");
	protect(4, 2, "r");
}

static void written(void)
{
	map(0, 8, "rw");
	for (int i = 0; i < 8; i++)
		poke(PG(i), i + 1);
}

static void untouched(void) { map(0, 8, "rw"); }

static void shared(void)
{
	ksys_mmap(PG(0), 8 * PAGE_SIZE, 3, LX_MAP_SHARED | LX_MAP_ANONYMOUS | LX_MAP_FIXED, NULL, 0);
}

static void shared_written(void)
{
	shared();
	for (int i = 0; i < 8; i++)
		poke(PG(i), i + 1);
}

static void private_file(void) { map_file(0, 4, "rw", 0); }

static void no_heap(void) { get_current()->mm->start_brk = get_current()->mm->brk = PG(0); }

static void heap(void)
{
	no_heap();
	ksys_brk(PG(4));
	poke(PG(1), 1);
}

static void stack(void)
{
	map_flags(8, 2, "rw", LX_MAP_GROWSDOWN);
	poke(PG(8), 1);
}

/* --- areas ------------------------------------------------------------------------------------ */

static long op_mmap(void) { return ksys_mmap(0, 4 * PAGE_SIZE, 3, LX_MAP_PRIVATE | LX_MAP_ANONYMOUS, NULL, 0); }
static long op_mmap_fixed(void) { return map(1, 5, "r"); }
static long op_mmap_shared(void)
{
	return ksys_mmap(0, 4 * PAGE_SIZE, 3, LX_MAP_SHARED | LX_MAP_ANONYMOUS, NULL, 0);
}
static long op_mmap_file(void)
{
	return ksys_mmap(0, 2 * PAGE_SIZE, 3, LX_MAP_PRIVATE, &test_file, PAGE_SIZE);
}
static long op_mmap_populate(void)
{
	return ksys_mmap(0, 4 * PAGE_SIZE, 3, LX_MAP_PRIVATE | LX_MAP_ANONYMOUS | LX_MAP_POPULATE, NULL, 0);
}
static long op_mmap_locked(void)
{
	return ksys_mmap(0, 4 * PAGE_SIZE, 3, LX_MAP_PRIVATE | LX_MAP_ANONYMOUS | LX_MAP_LOCKED, NULL, 0);
}
static long op_mmap_grows(void) { return map_flags(20, 2, "rw", LX_MAP_GROWSDOWN); }
static long op_munmap_hole(void) { return unmap(3, 2); }
static long op_munmap_over(void) { return unmap(1, 6); }
static long op_mprotect_split(void) { return protect(3, 2, "rx"); }
static long op_mprotect_many(void) { return protect(1, 6, "rx"); }
static long op_mprotect_merge(void) { return protect(2, 4, "rw"); }
static long op_brk(void)
{
	/* brk tells no errno: the old end says that it failed. */
	return (uint64_t)ksys_brk(PG(7)) == PG(7) ? 0 : -LX_ENOMEM;
}
static long op_brk_less(void) { return (uint64_t)ksys_brk(PG(2)) == PG(2) ? 0 : -LX_ENOMEM; }

static long remap(int first, int n, int new_n, uint64_t flags, int to)
{
	return ksys_mremap(PG(first), n * PAGE_SIZE, new_n * PAGE_SIZE, flags, PG(to));
}

static long op_mremap_shrink(void) { return remap(1, 4, 2, 0, 0); }
static long op_mremap_move(void) { return remap(2, 3, 5, LX_MREMAP_MAYMOVE, 0); }
static long op_mremap_fixed(void) { return remap(2, 3, 3, LX_MREMAP_MAYMOVE | LX_MREMAP_FIXED, 30); }
static long op_mremap_dontunmap(void) { return remap(2, 3, 3, LX_MREMAP_MAYMOVE | LX_MREMAP_DONTUNMAP, 20); }
static long op_mremap_duplicate(void) { return remap(2, 0, 3, LX_MREMAP_MAYMOVE, 0); }

Test(sweep, areas)
{
	static const struct sweep sweeps[] = {
		KEEPS("mmap", NULL, op_mmap, -LX_ENOMEM),
		KEEPS("mmap that joins a neighbour", written, op_mmap, -LX_ENOMEM),
		CHANGES("mmap fixed over areas", stripes, op_mmap_fixed, -LX_ENOMEM),
		KEEPS("mmap shared", NULL, op_mmap_shared, -LX_ENOMEM, -LX_ENOSPC, -LX_ENFILE),
		KEEPS("mmap file", NULL, op_mmap_file, -LX_ENOMEM),
		KEEPS("mmap populate", NULL, op_mmap_populate, -LX_ENOMEM),
		KEEPS("mmap locked", NULL, op_mmap_locked, -LX_ENOMEM),
		KEEPS("mmap growsdown", NULL, op_mmap_grows, -LX_ENOMEM),
		KEEPS("munmap a hole", written, op_munmap_hole, -LX_ENOMEM),
		KEEPS("munmap over areas", stripes, op_munmap_over, -LX_ENOMEM),
		KEEPS("munmap of a file", private_file, op_munmap_hole, -LX_ENOMEM),
		KEEPS("mprotect split", written, op_mprotect_split, -LX_ENOMEM),
		CHANGES("mprotect over areas", stripes, op_mprotect_many, -LX_ENOMEM),
		KEEPS("brk", no_heap, op_brk, -LX_ENOMEM),
		KEEPS("brk down", heap, op_brk_less, -LX_ENOMEM),
		KEEPS("mremap shrink", untouched, op_mremap_shrink, -LX_ENOMEM),
		KEEPS("mremap move", written, op_mremap_move, -LX_ENOMEM),
		CHANGES("mremap fixed", written, op_mremap_fixed, -LX_ENOMEM),
		KEEPS("mremap dontunmap", written, op_mremap_dontunmap, -LX_ENOMEM),
		KEEPS("mremap duplicate", shared_written, op_mremap_duplicate, -LX_ENOMEM),
		KEEPS("mremap shared", shared_written, op_mremap_move, -LX_ENOMEM),
	};

	sweep_all(sweeps, ARRAY_SIZE(sweeps));
}

/* --- what needs no memory --------------------------------------------------------------------- */

Test(sweep, joining_and_growing_in_place_need_none)
{
	boot(32);
	stripes();
	map(20, 8, "rw");
	fail_alloc = (struct fault_attr){ .nth = 1, .interval = 1 };
	expect_long(op_mprotect_merge(), 0);
	expect_long(remap(20, 8, 12, 0, 0), PG(20));
	expect_long(unmap(0, 8), 0);
	expect_long(fail_alloc.seen, 0);
	fail_alloc = (struct fault_attr){ 0 };
	validate_all();
}

/* --- advice and locks ------------------------------------------------------------------------- */

static long op_dontfork(void) { return ksys_madvise(PG(3), 2 * PAGE_SIZE, LX_MADV_DONTFORK); }
static long op_populate_write(void) { return ksys_madvise(PG(0), 8 * PAGE_SIZE, LX_MADV_POPULATE_WRITE); }
static long op_populate_read(void) { return ksys_madvise(PG(0), 8 * PAGE_SIZE, LX_MADV_POPULATE_READ); }
static long op_mlock(void) { return ksys_mlock(PG(3), 2 * PAGE_SIZE); }
static long op_mlock2(void) { return ksys_mlock2(PG(3), 2 * PAGE_SIZE, LX_MLOCK_ONFAULT); }
static long op_mlockall(void) { return ksys_mlockall(LX_MCL_CURRENT | LX_MCL_FUTURE); }

Test(sweep, advice_and_locks)
{
	static const struct sweep sweeps[] = {
		KEEPS("madvise dontfork", written, op_dontfork, -LX_EAGAIN),
		KEEPS("madvise populate, write", untouched, op_populate_write, -LX_ENOMEM),
		KEEPS("madvise populate, write, shared", shared, op_populate_write, -LX_ENOMEM),
		KEEPS("madvise populate, read", untouched, op_populate_read, -LX_ENOMEM),
		CHANGES("mlock", written, op_mlock, -LX_ENOMEM, -LX_EAGAIN),
		CHANGES("mlock of what is not there", untouched, op_mlock, -LX_ENOMEM, -LX_EAGAIN),
		CHANGES("mlock2 onfault", written, op_mlock2, -LX_ENOMEM, -LX_EAGAIN),
		CHANGES("mlockall", untouched, op_mlockall, -LX_ENOMEM, -LX_EAGAIN),
	};

	sweep_all(sweeps, ARRAY_SIZE(sweeps));
}

/* --- faults: a lack of memory kills ----------------------------------------------------------- */

static long op_write(void) { return poke(PG(1), 1); }
static long op_read(void) { return peek(PG(1)); }
static long op_grow(void) { return poke(PG(3), 1); }

static void zero_read(void)
{
	untouched();
	peek(PG(1));
}

static void file_read(void)
{
	private_file();
	peek(PG(1));
}

Test(sweep, faults)
{
	static const struct sweep sweeps[] = {
		KEEPS("anonymous write", untouched, op_write, -LX_SIGKILL),
		KEEPS("anonymous read", untouched, op_read, -LX_SIGKILL),
		KEEPS("write where the zero page was", zero_read, op_write, -LX_SIGKILL),
		KEEPS("file read", private_file, op_read, -LX_SIGKILL),
		KEEPS("file write, private", private_file, op_write, -LX_SIGKILL),
		KEEPS("file write, private, read before", file_read, op_write, -LX_SIGKILL),
		KEEPS("shared write", shared, op_write, -LX_SIGKILL),
		KEEPS("shared read", shared, op_read, -LX_SIGKILL),
		/* An area that has grown has grown, even if the page then cannot be had. */
		CHANGES("a stack that grows", stack, op_grow, -LX_SIGKILL, -LX_SIGSEGV),
	};

	sweep_all(sweeps, ARRAY_SIZE(sweeps));
}

/* The page is the parent's, too: the scene is set before the child is born. */
static void nothing(void) { }

Test(sweep, a_copy_on_write)
{
	static const struct sweep s = KEEPS("copy on write", nothing, op_write, -LX_SIGKILL);

	boot(32);
	written();
	expect_true(sweep(&s) >= 1);
	expect_long(peek(PG(1)), 2);
}

/* --- lives ------------------------------------------------------------------------------------ */

static long op_fork(void)
{
	struct task_struct *me = get_current(), *child = fork_current();

	if (!child)
		return -LX_ENOMEM;
	switch_to(child);
	exit_current(me);
	return 0;
}

/* What exec does for a new program's stack: a new mm, its first page, its size, its strings. */
static long op_exec_stack(void)
{
	struct mm_struct *mm = mm_alloc();
	long error;

	if (!mm)
		return -LX_ENOMEM;
	arch_pick_mmap_layout(mm, rlimit(LX_RLIMIT_STACK));
	error = setup_stack_area(mm, TASK_SIZE, 0);
	if (!error && !fault_in_user(mm, TASK_SIZE - 8, /* write = */ true))
		error = -LX_ENOMEM;
	mmput(mm);
	return error;
}

static void life(void)
{
	stripes();
	ksys_mmap(PG(20), 4 * PAGE_SIZE, 3, LX_MAP_SHARED | LX_MAP_ANONYMOUS | LX_MAP_FIXED, NULL, 0);
	poke(PG(20), 1);
	map_file(30, 2, "rw", 0);
	poke(PG(30), 1);
	map_flags(50, 2, "rw", LX_MAP_GROWSDOWN);
	poke(PG(51), 1);
}

Test(sweep, lives)
{
	static const struct sweep sweeps[] = {
		KEEPS("fork", life, op_fork, -LX_ENOMEM),
		KEEPS("exec's stack", NULL, op_exec_stack, -LX_ENOMEM, -LX_EFAULT),
	};

	sweep_all(sweeps, ARRAY_SIZE(sweeps));
}

/* --- shared memory and files ------------------------------------------------------------------ */

static long op_file(void)
{
	struct file *file = shmem_file_setup("memfd:x", 4 * PAGE_SIZE, VM_NORESERVE);
	long result = 0;
	int error;

	if (IS_ERR(file))
		return PTR_ERR(file);
	/* A page far behind makes the index grow. */
	for (uint64_t index = 0; index < 5000 && !result; index += 1600) {
		struct page *page = shmem_get_page(file->f_inode, index, SGP_WRITE, &error);

		if (page)
			put_page(page);
		else
			result = error;
	}
	fput(file);
	return result;
}

static long op_file_fallocate(void)
{
	struct file *file = shmem_file_setup("memfd:x", 0, VM_NORESERVE);
	long result;

	if (IS_ERR(file))
		return PTR_ERR(file);
	result = shmem_fallocate(file, 0, 0, 8 * PAGE_SIZE);
	fput(file);
	return result;
}

Test(sweep, files)
{
	static const struct sweep sweeps[] = {
		KEEPS("a file and its pages", NULL, op_file, -LX_ENOMEM, -LX_ENOSPC, -LX_ENFILE),
		KEEPS("room for a file", NULL, op_file_fallocate, -LX_ENOMEM, -LX_ENOSPC, -LX_ENFILE),
	};

	sweep_all(sweeps, ARRAY_SIZE(sweeps));
}
