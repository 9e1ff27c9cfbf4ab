/* SPDX-License-Identifier: MIT */
/*
 * The naive reference of fuzz_areas.c: what each page of each process should be, and each page of each file; where the
 * kernel should place; and the comparison with what is there. Include after the harness.
 */
#ifndef TESTS_GUESTMM_FUZZ_REFERENCE_H
#define TESTS_GUESTMM_FUZZ_REFERENCE_H

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
	uint8_t value;			/* of a file's page: once it is own */
	uint8_t file;			/* 0: anonymous; else files[file - 1] */
	uint8_t index;			/* page of the file */
	bool shared, own;		/* own: written through a private mapping, so a copy */
};

static struct process {
	struct task_struct *task;	/* NULL: slot is free */
	bool unmerged;			/* an allocation failed in it: a merge may not have happened */
	struct ref_page pages[PAGES];
} processes[MAX_PROCESSES], *now;

#define NR_FILES	3
#define FILE_PAGES	48

static struct ref_file {
	struct file *file;
	int pages;			/* its size */
	uint8_t value[FILE_PAGES];
} files[NR_FILES];

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

/* What a read finds: a byte, or -LX_SIGBUS beyond the end of the file. */
static int ref_value(const struct ref_page *ref)
{
	if (!ref->file)
		return ref->value;
	if (ref->index >= files[ref->file - 1].pages)
		return -LX_SIGBUS;
	return ref->own ? ref->value : files[ref->file - 1].value[ref->index];
}

static void ref_write(struct ref_page *ref, uint8_t value)
{
	if (ref->file && ref->shared) {
		files[ref->file - 1].value[ref->index] = value;
		return;
	}
	ref->own = ref->file;
	ref->value = value;
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
	expect("file", ref->file ? (uint64_t)files[ref->file - 1].file : 0, (uint64_t)vma->vm_file);
	if (!ref->file)
		return;
	expect("page of the file", ref->index, linear_page_index(vma, address_of(page)));
	expect("page is shared", ref->shared, !!(vma->vm_flags & VM_SHARED));
}

/*
 * Two areas side by side, alike and continuing each other, both without an anon_vma, should be one.
 * (With pages it depends on their history; the heap does not join what lies below it.)
 */
static void compare_border(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	if (!now->unmerged && a->vm_end == b->vm_start && a->vm_flags == b->vm_flags && a->vm_file == b->vm_file && !a->anon_vma &&
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

/* A page that the reference did not expect there: what it is, by its area and its entry. */
static void adopt(struct ref_page *ref, int page, const struct vm_area_struct *vma)
{
	uint64_t pte = pte_at(address_of(page));
	struct page *frame = pfn_to_page(pte_pfn(pte));

	ref->own = pte && !(pte & PTE_SPECIAL) && PageAnon(frame);
	ref->value = ref->own ? *(uint8_t *)__va(pte_pfn(pte) << PAGE_SHIFT) : 0;
	ref->file = 0;
	for (int k = 0; k < NR_FILES; k++)
		if (vma->vm_file == files[k].file)
			ref->file = k + 1;
	ref->own &= ref->file != 0;
	ref->index = ref->file ? linear_page_index(vma, address_of(page)) : 0;
	ref->shared = vma->vm_flags & VM_SHARED;
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
		if (!now->pages[page].mapped)
			adopt(&now->pages[page], page, vma);
		now->pages[page].mapped = true;
		now->pages[page].prot = vma->vm_flags & VM_ACCESS_FLAGS;
		now->pages[page].grows = vma->vm_flags & VM_GROWSDOWN;
		now->pages[page].heap = vma->vm_end > now->task->mm->start_brk &&
			vma->vm_start >= now->task->mm->start_brk &&
					page < LOW_PAGES;
	}
}

#endif
