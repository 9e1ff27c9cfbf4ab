// SPDX-License-Identifier: MIT
/*
 * Random system calls, accesses and forks against a naive reference: per process an array of pages
 * in address order, each with its rights and its one byte of contents, where everything is found by
 * looking at every page. After each operation areas and reference are compared page by page; now
 * and then the whole state is counted again (validate.h).
 *
 * Two windows are modelled: LOW, where MAP_FIXED and brk work, and TOP, right below mmap_base,
 * where the kernel places.
 *
 *	usage: fuzz_areas OPERATIONS [SEED [LOG]]	LOG: print every operation from that number on
 */
#include "harness.h"

#define LOW_PAGES	256
#define TOP_PAGES	256
#define PAGES		(LOW_PAGES + TOP_PAGES)
#define HEAP_FIRST	192		/* brk's part of LOW; MAP_FIXED may lie in it, too */
#define MAX_PROCESSES	4
#define TOP_BASE	(0x7ffff7fff000UL - TOP_PAGES * PAGE_SIZE)

struct ref_page {
	bool mapped;
	bool grows;
	bool heap;
	uint8_t prot;
	uint8_t value;
};

static struct process {
	struct task_struct *task;	/* NULL: slot is free */
	bool unmerged;			/* an allocation failed in it: a merge may not have happened */
	struct ref_page pages[PAGES];
} processes[MAX_PROCESSES], *now;

static uint64_t operation, seed, log_from = UINT64_MAX;
static bool armed;			/* an allocation may fail in this operation */
static uint64_t times_run[16];

#define say(...) \
	do { \
		if (operation >= log_from) { \
			printf("%lu: ", operation); \
			printf(__VA_ARGS__); \
			printf("\n"); \
		} \
	} while (0)

static void __noreturn fail(const char *what, uint64_t expected, uint64_t found)
{
	fprintf(stderr,
		"operation %lu: %s: expected %#lx, found %#lx\nrepeat with: fuzz_areas %lu %lu %lu\n",
		operation,
		what, expected, found, operation + 1, seed, operation > 20 ? operation - 20 : 0);
	abort();
}

static void expect(const char *what, uint64_t expected, uint64_t found)
{
	if (expected != found)
		fail(what, expected, found);
}

/* Did one? Then an operation may have failed for that reason. */
static bool injected(void)
{
	return armed && !fail_alloc.nth;
}

/* --- the reference ---------------------------------------------------------------------------- */

static uint64_t address_of(int page)
{
	return page < LOW_PAGES ? PG(page) : TOP_BASE + (page - LOW_PAGES) * PAGE_SIZE;
}

static int page_of(uint64_t address)
{
	if (address >= TOP_BASE)
		return LOW_PAGES + (address - TOP_BASE) / PAGE_SIZE;
	return (address - BASE) / PAGE_SIZE;
}

static bool is_free(int page) { return !now->pages[page].mapped; }

/* May an area end right below `page`? Not in the guard gap of a stack above it, if one begins there. */
static bool in_guard_gap(int page)
{
	for (int i = page; i < (page < LOW_PAGES ? LOW_PAGES : PAGES); i++)
		if (now->pages[i].mapped)
			return now->pages[i].grows;
	return false;
}

/* What is left of the space below `page`, if a stack begins there. */
static int below_guard(int page)
{
	return page < PAGES && now->pages[page].grows ? page - (int)mm_profile.stack_guard_gap : page;
}

/*
 * Highest place for n pages below mmap_base. Right below a stack it must not be; then the search
 * goes on below the stack's guard gap, which is as deep as the window: there is the free space
 * below the window, and what is above that may be a stack, too.
 */
static uint64_t ref_place(int n)
{
	int top = PAGES, bottom, lowest;

	for (lowest = LOW_PAGES; lowest < PAGES && is_free(lowest); lowest++)
		;
	for (;;) {
		for (bottom = top; bottom > LOW_PAGES && is_free(bottom - 1); bottom--)
			;
		if (top - bottom >= n || bottom == LOW_PAGES)
			break;
		for (top = bottom; top > LOW_PAGES && !is_free(top - 1); top--)
			;
	}
	top = below_guard(top);
	if (top < LOW_PAGES)
		top = min(top, below_guard(lowest));
	return TOP_BASE + (int64_t)(top - n - LOW_PAGES) * (int64_t)PAGE_SIZE;
}

static void ref_set(int first, int n, struct ref_page page)
{
	for (int i = first; i < first + n; i++)
		now->pages[i] = page;
}

/* --- comparing -------------------------------------------------------------------------------- */

static void compare_page(int page, const struct vm_area_struct *vma)
{
	const struct ref_page *ref = &now->pages[page];

	expect("page is mapped", ref->mapped, vma != NULL);
	if (!vma)
		return;
	expect("rights of a page", ref->prot, vma->vm_flags & VM_ACCESS_FLAGS);
	expect("page of a stack", ref->grows, !!(vma->vm_flags & VM_GROWSDOWN));
}

/*
 * Two areas side by side, alike and continuing each other, both without an anon_vma, should be one.
 * (With pages it depends on their history; the heap does not join what lies below it.)
 */
static void compare_border(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	if (!now->unmerged && a->vm_end == b->vm_start && a->vm_flags == b->vm_flags && !a->anon_vma &&
	    !b->anon_vma &&
	    a->vm_pgoff + vma_pages(a) == b->vm_pgoff &&
	    !now->pages[page_of(a->vm_end - 1)].heap && !now->pages[page_of(b->vm_start)].heap)
		fail("areas that should be one meet at", 0, a->vm_end);
}

static void compare(void)
{
	struct vm_area_struct *vma = now->task->mm->mmap;
	uint64_t pages = 0;

	for (int page = 0; page < PAGES; page++) {
		uint64_t address = address_of(page);

		while (vma && vma->vm_end <= address) {
			if (vma->vm_next)
				compare_border(vma, vma->vm_next);
			vma = vma->vm_next;
		}
		compare_page(page, vma && vma->vm_start <= address ? vma : NULL);
	}
	for (int page = 0; page < PAGES; page++)
		pages += now->pages[page].mapped;
	expect("pages mapped", pages, now->task->mm->total_vm);
}

/* What a failed operation left is not the reference's to say; that it is consistent is validate_all()'s. */
static void learn(void)
{
	for (int page = 0; page < PAGES; page++) {
		struct vm_area_struct *vma;

		mmap_read_lock(now->task->mm);
		vma = find_vma_intersection(now->task->mm, address_of(page), address_of(page) + 1);
		mmap_read_unlock(now->task->mm);
		if (!vma) {
			now->pages[page] = (struct ref_page){ 0 };
			continue;
		}
		now->pages[page].mapped = true;
		now->pages[page].prot = vma->vm_flags & VM_ACCESS_FLAGS;
		now->pages[page].grows = vma->vm_flags & VM_GROWSDOWN;
		now->pages[page].heap = vma->vm_end > now->task->mm->start_brk &&
			vma->vm_start >= now->task->mm->start_brk &&
					page < LOW_PAGES;
	}
}

/* --- operations ------------------------------------------------------------------------------- */

/* A run of pages inside one window. */
static void pick_range(int *first, int *n, int most)
{
	int window = rnd(2) * LOW_PAGES;

	*first = window + rnd(LOW_PAGES);
	*n = 1 + rnd(most);
	*n = min(*n, window + LOW_PAGES - *first);
}

static uint64_t pick_prot(void)
{
	static const uint8_t prots[] = { 3, 3, 3, 1, 1, 5, 7, 0 };

	return prots[rnd(ARRAY_SIZE(prots))];
}

static void op_map_fixed(void)
{
	int first, n;
	uint64_t prot = pick_prot(), flags = LX_MAP_PRIVATE | LX_MAP_ANONYMOUS | LX_MAP_FIXED;
	bool noreplace = rnd(4) == 0, grows = rnd(16) == 0, free = true;
	long result, wanted;

	pick_range(&first, &n, 24);
	if (noreplace)
		flags = (flags & ~LX_MAP_FIXED) | LX_MAP_FIXED_NOREPLACE;
	if (grows)
		flags |= LX_MAP_GROWSDOWN;
	for (int i = first; i < first + n; i++)
		free &= is_free(i);
	wanted = noreplace && !free ? -LX_EEXIST : (long)address_of(first);
	result = ksys_mmap(address_of(first), n * PAGE_SIZE, prot, flags, NULL, 0);
	say("mmap fixed%s%s page %d, %d pages, prot %lu: %#lx", noreplace ? " noreplace" : "",
	    grows ? " grows" : "", first, n,
	    prot, result);
	if (result == -LX_ENOMEM && injected())
		return learn();
	expect("mmap fixed", wanted, result);
	if (result > 0)
		ref_set(first, n, (struct ref_page){ .mapped = true, .prot = prot, .grows = grows });
}

/* The hint is taken if all of it is free, and no guard gap is hurt. */
static bool hint_works(int first, int n)
{
	for (int i = first; i < first + n; i++)
		if (!is_free(i))
			return false;
	return first + n == LOW_PAGES || first + n == PAGES || !in_guard_gap(first + n);
}

static void op_map(void)
{
	int first, n;
	uint64_t prot = pick_prot(), hint = 0, wanted;
	long result;

	pick_range(&first, &n, 16);
	if (rnd(3) == 0)
		hint = address_of(first) + rnd(PAGE_SIZE);
	wanted = hint && hint_works(first, n) ? address_of(first) : ref_place(n);
	result = ksys_mmap(hint, n * PAGE_SIZE - rnd(PAGE_SIZE), prot,
			   LX_MAP_PRIVATE | LX_MAP_ANONYMOUS, NULL, 0);
	say("mmap hint %#lx, %d pages, prot %lu: %#lx", hint, n, prot, result);
	if (result == -LX_ENOMEM && injected())
		return learn();
	expect("mmap", wanted, result);
	if ((uint64_t)result < TOP_BASE && (uint64_t)result >= BASE + LOW_PAGES * PAGE_SIZE) {
		/* Outside the windows: not to be kept. */
		fail_alloc.nth = 0;
		expect("munmap", 0, ksys_munmap(result, n * PAGE_SIZE));
	} else {
		ref_set(page_of(result), n, (struct ref_page){ .mapped = true, .prot = prot });
	}
}

static void op_unmap(void)
{
	int first, n;
	long result;

	pick_range(&first, &n, rnd(8) ? 16 : 128);
	result = ksys_munmap(address_of(first), n * PAGE_SIZE - rnd(PAGE_SIZE));
	say("munmap page %d, %d pages: %ld", first, n, result);
	if (result == -LX_ENOMEM && injected())
		return learn();
	expect("munmap", 0, result);
	ref_set(first, n, (struct ref_page){ 0 });
}

static void op_protect(void)
{
	int first, n, i;
	uint64_t prot = pick_prot();
	long result, wanted = 0;

	pick_range(&first, &n, 24);
	result = ksys_mprotect(address_of(first), n * PAGE_SIZE, prot);
	say("mprotect page %d, %d pages, prot %lu: %ld", first, n, prot, result);
	for (i = first; i < first + n && !is_free(i); i++)
		;
	if (i < first + n)
		wanted = -LX_ENOMEM;
	if (result == -LX_ENOMEM && injected())
		return learn();		/* no memory for a split */
	expect("mprotect", wanted, result);
	for (i = first; i < first + n && !is_free(i); i++)
		now->pages[i].prot = prot;
}

/* The area that holds all of the run and is no stack, or NULL. */
static struct vm_area_struct *one_area(int first, int n)
{
	struct vm_area_struct *vma;

	mmap_read_lock(now->task->mm);
	vma = find_vma_intersection(now->task->mm, address_of(first), address_of(first) + 1);
	mmap_read_unlock(now->task->mm);
	return vma && !(vma->vm_flags & VM_GROWSDOWN) &&
		vma->vm_end >= address_of(first) + n * PAGE_SIZE ? vma : NULL;
}

/*
 * Whatever is at `to` goes; the pages come there, and where they were is nothing, or
 * (MREMAP_DONTUNMAP) zeros.
 */
static void ref_move(int from, int to, int n, bool dontunmap)
{
	for (int i = 0; i < n; i++) {
		now->pages[to + i] = now->pages[from + i];
		now->pages[to + i].heap = to + i >= HEAP_FIRST && to + i < LOW_PAGES;
		if (dontunmap)
			now->pages[from + i].value = 0;
		else
			now->pages[from + i] = (struct ref_page){ 0 };
	}
}

static void op_move(void)
{
	int from, to, n, most;
	bool dontunmap = rnd(4) == 0;
	long result;

	pick_range(&from, &most, 16);
	pick_range(&to, &n, most);
	if ((from + n > to && to + n > from) || !one_area(from, n))
		return;
	result = ksys_mremap(address_of(from), n * PAGE_SIZE, n * PAGE_SIZE,
			     LX_MREMAP_MAYMOVE | LX_MREMAP_FIXED | (dontunmap ? LX_MREMAP_DONTUNMAP : 0),
			     address_of(to));
	say("mremap page %d, %d pages, to page %d%s: %#lx", from, n, to, dontunmap ? ", dontunmap" : "",
	    result);
	if (result == -LX_ENOMEM && injected()) {
		ref_set(to, n, (struct ref_page){ 0 });
		return learn();
	}
	expect("mremap", address_of(to), result);
	/* No memory to split the old area: it stays, emptied. Emptied areas do not merge by themselves. */
	if (injected() && one_area(from, n))
		dontunmap = true;
	now->unmerged |= dontunmap;
	ref_move(from, to, n, dontunmap);
}

static void op_dontneed(void)
{
	int first, n, i;
	long result, wanted = 0;

	pick_range(&first, &n, 16);
	for (i = first; i < first + n; i++) {
		if (is_free(i))
			wanted = -LX_ENOMEM;
		now->pages[i].value = 0;
	}
	result = ksys_madvise(address_of(first), n * PAGE_SIZE, LX_MADV_DONTNEED);
	say("madvise dontneed page %d, %d pages: %ld", first, n, result);
	expect("madvise", wanted, result);
}

static void op_brk(void)
{
	struct mm_struct *mm = now->task->mm;
	int old = (ALIGN_UP(mm->brk, PAGE_SIZE) - BASE) / PAGE_SIZE;
	int new = HEAP_FIRST + rnd(32);
	uint64_t brk = PG(new) - rnd(PAGE_SIZE), old_brk = mm->brk;
	bool works = brk >= mm->start_brk;
	long result;

	new = (ALIGN_UP(brk, PAGE_SIZE) - BASE) / PAGE_SIZE;
	if (works && new > old) {
		for (int i = old; i <= new; i++)
			works &= is_free(i);
		works = works && !in_guard_gap(new);
	} else if (works && new < old) {
		works = false;
		for (int i = new; i < old; i++)
			works |= !is_free(i);
	}
	result = ksys_brk(brk);
	say("brk %#lx (page %d, was %d): %#lx", brk, new, old, result);
	if (works && result == (long)old_brk && injected())
		return learn();
	expect("brk", works ? brk : old_brk, result);
	if (works && new > old)
		ref_set(old, new - old, (struct ref_page){ .mapped = true, .prot = 3, .heap = true });
	if (works && new < old)
		ref_set(new, old - new, (struct ref_page){ 0 });
}

/*
 * A stack below which the address lies may grow to it; the windows are no deeper than that would be
 * refused for size.
 */
static bool grows_to(int page)
{
	int low = page < LOW_PAGES ? 0 : LOW_PAGES, above, below;

	for (above = page; above < low + LOW_PAGES && is_free(above); above++)
		;
	if (above == low + LOW_PAGES || !now->pages[above].grows)
		return false;
	for (below = page - 1; below >= low && is_free(below); below--)
		;
	if (below >= low && !now->pages[below].grows && now->pages[below].prot)
		return false;		/* closer than the guard gap: that is as deep as a window */
	return true;
}

static void ref_grow(int page)
{
	int above;

	for (above = page; is_free(above); above++)
		;
	for (int i = page; i < above; i++)
		now->pages[i] = (struct ref_page){ .mapped = true, .grows = true,
						  .prot = now->pages[above].prot };
}

static void op_access(void)
{
	int page = rnd(PAGES);
	bool write = rnd(2);
	uint8_t value = rnd(256);
	struct ref_page *ref = &now->pages[page];
	int wanted, result;

	if (is_free(page) && grows_to(page)) {
		result = write ? poke(address_of(page), value) : peek(address_of(page));
		if (injected() && !area_in(now->task->mm, address_of(page), address_of(page) + 1))
			return;
		ref_grow(page);
	} else {
		result = write ? poke(address_of(page), value) : peek(address_of(page));
	}
	say("%s page %d: %d", write ? "write" : "read", page, result);
	if (result == -LX_SIGKILL && injected())
		return;
	if (is_free(page) || !(write ? ref->prot & LX_PROT_WRITE : ref->prot))
		wanted = -LX_SIGSEGV;
	else
		wanted = write ? 0 : ref->value;
	expect("access", wanted, result);
	if (result == -LX_SIGSEGV)
		expect("si_code", is_free(page) ? LX_SEGV_MAPERR : LX_SEGV_ACCERR, last_fault.si_code);
	else if (write)
		ref->value = value;
}

static void op_fork(void)
{
	struct task_struct *child;

	for (int i = 0; i < MAX_PROCESSES; i++) {
		if (processes[i].task)
			continue;
		child = fork_current();
		say("fork: %d", i);
		if (!child) {
			expect("fork", true, injected());
			return;
		}
		processes[i] = *now;
		processes[i].task = child;
		return;
	}
}

static void op_switch(void)
{
	struct process *next = &processes[rnd(MAX_PROCESSES)];

	if (!next->task)
		return;
	say("switch to %ld", next - processes);
	switch_to(next->task);
	now = next;
}

static void op_exit(void)
{
	struct process *dying = now;

	for (int i = 0; i < MAX_PROCESSES; i++) {
		if (&processes[i] == now || !processes[i].task)
			continue;
		say("exit; then %d", i);
		exit_current(processes[i].task);
		now = &processes[i];
		dying->task = NULL;
		return;
	}
}

static void op_fail_later(void)
{
	/*
	 * Odd seeds only: a merge that fails for lack of memory leaves traces, and even seeds look
	 * for such.
	 */
	fail_alloc.nth = seed % 2 ? 1 + rnd(20) : 0;
	say("fail allocation %lu", fail_alloc.nth);
}

static const struct { void (*run)(void); unsigned int weight; const char *name; } operations[] = {
	{ op_map_fixed, 20, "mmap fixed" }, { op_map, 16, "mmap" },	 { op_unmap, 20, "munmap" },
	{ op_protect, 24, "mprotect" },	    { op_brk, 8, "brk" },	 { op_access, 60, "access" },
	{ op_fork, 3, "fork" },		    { op_switch, 6, "switch" },	 { op_exit, 2, "exit" },
	{ op_fail_later, 1, "fail an allocation" },
	{ op_move, 12, "mremap" },	    { op_dontneed, 4, "madvise" },
};

static void step(void)
{
	unsigned int total = 0, pick;

	for (unsigned int i = 0; i < ARRAY_SIZE(operations); i++)
		total += operations[i].weight;
	pick = rnd(total);
	armed = fail_alloc.nth;
	for (unsigned int i = 0; i < ARRAY_SIZE(operations); i++) {
		if (pick < operations[i].weight) {
			operations[i].run();
			times_run[i]++;
			break;
		}
		pick -= operations[i].weight;
	}
	now->unmerged |= injected();
	compare();
	if (operation >= log_from || rnd(256) == 0)
		validate_all();
}

int main(int argc, char **argv)
{
	uint64_t wanted = argc > 1 ? strtoull(argv[1], NULL, 0) : 100000;

	setvbuf(stdout, NULL, _IOLBF, 0);
	seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	if (argc > 3)
		log_from = strtoull(argv[3], NULL, 0);
	random_state = (seed + 1) * 0x9e3779b97f4a7c15UL;
	processes[0].task = boot(32);
	now = &processes[0];
	now->task->mm->start_brk = now->task->mm->brk = PG(HEAP_FIRST);
	for (operation = 0; operation < wanted; operation++)
		step();
	fail_alloc.nth = 0;
	for (int i = 1; i < MAX_PROCESSES; i++)
		op_exit();
	exit_current(&tasks[0]);
	drop_lazy_mm();
	printf("fuzz-areas: %lu operations, seed %lu:", wanted, seed);
	for (unsigned int i = 0; i < ARRAY_SIZE(operations); i++)
		printf(" %lu %s%s", times_run[i], operations[i].name,
		       i + 1 < ARRAY_SIZE(operations) ? "," : "\n");
	validate_nothing_left();
	return 0;
}
