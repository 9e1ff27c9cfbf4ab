// SPDX-License-Identifier: MIT
/*
 * Random system calls, accesses and forks against a naive reference: per process an array of pages
 * in address order, each with its rights and its one byte of contents, where everything is found by
 * looking at every page; and per file an array of its pages' bytes, which shared mappings show and
 * private ones until they are written. After each operation areas and reference are compared page by page; now
 * and then the whole state is counted again (validate.h).
 *
 * Two windows are modelled: LOW, where MAP_FIXED and brk work, and TOP, right below mmap_base,
 * where the kernel places.
 *
 *	usage: fuzz_areas OPERATIONS [SEED [LOG]]	LOG: print every operation from that number on
 */
#include "harness.h"
#include "fuzz_reference.h"

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

static void op_map_file(void)
{
	int first, n, k = rnd(NR_FILES), index = rnd(FILE_PAGES);
	bool shared = rnd(2);
	uint64_t prot = pick_prot();
	long result;

	pick_range(&first, &n, 16);
	n = min(n, FILE_PAGES - index);
	result = ksys_mmap(address_of(first), n * PAGE_SIZE, prot,
			   LX_MAP_FIXED | (shared ? LX_MAP_SHARED : LX_MAP_PRIVATE), files[k].file, index * PAGE_SIZE);
	say("mmap file %d from page %d, %s, at page %d, %d pages, prot %lu: %#lx", k, index,
	    shared ? "shared" : "private", first, n, prot, result);
	if (result == -LX_ENOMEM && injected())
		return learn();
	expect("mmap file", address_of(first), result);
	for (int i = 0; i < n; i++)
		now->pages[first + i] = (struct ref_page){
			.mapped = true, .prot = prot, .file = k + 1, .index = index + i, .shared = shared,
		};
}

/* What is cut off is zeros when the file grows again, and private copies of it are gone, too. */
static void op_truncate(void)
{
	int k = rnd(NR_FILES), pages = rnd(FILE_PAGES + 1);
	struct inode *inode = files[k].file->f_inode;

	say("truncate file %d to %d pages, was %d", k, pages, files[k].pages);
	down_write(&inode->i_rwsem);
	shmem_truncate(inode, pages * PAGE_SIZE);
	up_write(&inode->i_rwsem);
	files[k].pages = pages;
	for (int i = pages; i < FILE_PAGES; i++)
		files[k].value[i] = 0;
	for (int p = 0; p < MAX_PROCESSES; p++)
		for (int i = 0; i < PAGES; i++)
			if (processes[p].pages[i].file == k + 1 && processes[p].pages[i].index >= pages)
				processes[p].pages[i].own = false;
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
			now->pages[from + i].value = now->pages[from + i].own = 0;
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
	int first, n, i, advice = rnd(2) ? LX_MADV_DONTNEED : LX_MADV_PAGEOUT;
	long result, wanted = 0;

	pick_range(&first, &n, 16);
	for (i = first; i < first + n; i++) {
		if (is_free(i))
			wanted = -LX_ENOMEM;
		if (advice == LX_MADV_DONTNEED)
			now->pages[i].value = now->pages[i].own = 0;
	}
	result = ksys_madvise(address_of(first), n * PAGE_SIZE, advice);
	say("madvise %s page %d, %d pages: %ld", advice == LX_MADV_DONTNEED ? "dontneed" : "pageout", first, n, result);
	expect("madvise", wanted, result);
}

/* A hole: zeros in the file, while private copies stay. Only for shared mappings, which may be written here. */
static void op_remove(void)
{
	struct ref_page *ref;
	long result, wanted;
	int first, n;

	pick_range(&first, &n, 8);
	ref = &now->pages[first];
	if (!one_area(first, n))
		return;
	result = ksys_madvise(address_of(first), n * PAGE_SIZE, LX_MADV_REMOVE);
	say("madvise remove page %d, %d pages: %ld", first, n, result);
	wanted = !ref->file ? -LX_EINVAL : ref->shared ? 0 : -LX_EACCES;
	expect("madvise remove", wanted, result);
	for (int i = 0; !result && i < n; i++)
		files[ref->file - 1].value[ref[i].index] = 0;
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
		wanted = write ? min(ref_value(ref), 0) : ref_value(ref);
	expect("access", wanted, result);
	if (result == -LX_SIGSEGV)
		expect("si_code", is_free(page) ? LX_SEGV_MAPERR : LX_SEGV_ACCERR, last_fault.si_code);
	else if (write && !result)
		ref_write(ref, value);
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
	{ op_move, 12, "mremap" },	    { op_dontneed, 6, "madvise" },
	{ op_map_file, 24, "mmap file" },   { op_truncate, 2, "truncate" }, { op_remove, 3, "remove" },
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
	for (int k = 0; k < NR_FILES; k++) {
		files[k].file = shmem_file_setup("memfd:fuzz", FILE_PAGES * PAGE_SIZE, VM_NORESERVE);
		files[k].pages = FILE_PAGES;
	}
	for (operation = 0; operation < wanted; operation++)
		step();
	fail_alloc.nth = 0;
	for (int i = 1; i < MAX_PROCESSES; i++)
		op_exit();
	exit_current(&tasks[0]);
	drop_lazy_mm();
	for (int k = 0; k < NR_FILES; k++)
		fput(files[k].file);
	printf("fuzz-areas: %lu operations, seed %lu:", wanted, seed);
	for (unsigned int i = 0; i < ARRAY_SIZE(operations); i++)
		printf(" %lu %s%s", times_run[i], operations[i].name,
		       i + 1 < ARRAY_SIZE(operations) ? "," : "\n");
	validate_nothing_left();
	return 0;
}
