// SPDX-License-Identifier: MIT
/* Faults: demand zero, copy on write and its reuse, files, stacks, forks and what they leave behind. */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

static int rss(void) { return get_current()->mm->rss_stat[MM_ANONPAGES]; }
static int file_rss(void) { return get_current()->mm->rss_stat[MM_FILEPAGES]; }
static bool exclusive(int page) { return page_at(page)->flags & PG_anon_exclusive; }

/* The last fault was decided so, and told so once. */
#define expect_fault(n, expected_how) \
	do { \
		expect_long(nr_faults, n); \
		expect_long(last_event()->args[2], expected_how); \
		nr_faults = 0; \
	} while (0)

/* --- anonymous memory ------------------------------------------------------------------------- */

Test(faults, demand_zero)
{
	boot(16);
	map(0, 4, "rw");
	/* z... a read: the zero page, which nobody counts */
	expect_long(peek(PG(0)), 0);
	expect_fault(1, LAB_FAULT_ZERO_READ);
	expect_long(last_event()->args[3], zero_pfn);
	expect_long(pte_at(PG(0)), zero_pfn << PAGE_SHIFT | PTE_SPECIAL | PTE_P | PTE_US | PTE_A | PTE_NX);
	expect_long(rss(), 0);
	expect_true(get_current()->mm->mmap->anon_vma == NULL);
	/* w... a write there: a fresh page */
	expect_long(poke(PG(0), 7), 0);
	expect_fault(1, LAB_FAULT_COW_ZERO);
	expect_long(rss(), 1);
	expect_long(counts.pages_copied, 0);
	/* ww.. a write where nothing was */
	expect_long(poke(PG(1), 8), 0);
	expect_fault(1, LAB_FAULT_ANON);
	expect_long(last_event()->args[3], page_to_pfn(page_at(1)));
	expect_long(pte_at(PG(1)) & ~PTE_PFN_MASK, 
		    PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | PTE_SOFT_DIRTY | PTE_NX);
	expect_long(rss(), 2);
	expect_true(exclusive(0) && exclusive(1));
	/* again: no fault */
	expect_long(peek(PG(0)), 7);
	expect_long(poke(PG(1), 9), 0);
	expect_long(nr_faults, 0);
	/* three tables, and none more for the neighbours */
	expect_long(get_current()->mm->pgtables_bytes, 3 * PAGE_SIZE);
	validate_all();
}

Test(faults, outside_every_area)
{
	boot(16);
	map(4, 2, "rw");
	expect_long(peek(PG(3)), -LX_SIGSEGV);
	expect_long(last_fault.si_code, LX_SEGV_MAPERR);
	expect_fault(1, LAB_FAULT_SEGV_MAPERR);
	expect_long(poke(PG(6), 1), -LX_SIGSEGV);
	expect_long(last_fault.si_code, LX_SEGV_MAPERR);
	expect_long(peek(0), -LX_SIGSEGV);
	expect_long(peek(TASK_SIZE), -LX_SIGSEGV);
	expect_long(last_fault.si_code, LX_SEGV_MAPERR);
	validate_all();
}

Test(faults, rights)
{
	boot(16);
	map(0, 1, "r");
	map(1, 1, "");
	expect_long(poke(PG(0), 1), -LX_SIGSEGV);
	expect_long(last_fault.si_code, LX_SEGV_ACCERR);
	expect_fault(1, LAB_FAULT_SEGV_ACCERR);
	expect_long(pte_at(PG(0)), 0);
	expect_long(peek(PG(1)), -LX_SIGSEGV);
	expect_long(last_fault.si_code, LX_SEGV_ACCERR);
	/* What may be written may be read. */
	map(2, 1, "w");
	expect_long(peek(PG(2)), 0);
	expect_long(poke(PG(2), 1), 0);
	validate_all();
}

Test(faults, spurious)
{
	struct fault_result result;

	boot(16);
	map(0, 1, "rw");
	poke(PG(0), 1);
	/* As when two CPUs fault at once: the entry is there when the second comes. */
	result = do_user_addr_fault(get_current()->mm, PG(0), PF_U | PF_W | PF_P);
	expect_long(result.signo, 0);
	expect_long(last_event()->args[2], LAB_FAULT_SPURIOUS);
	result = do_user_addr_fault(get_current()->mm, PG(0), PF_U);
	expect_long(result.signo, 0);
	validate_all();
}

Test(faults, kernel_access_makes_no_signal_of_its_own)
{
	boot(16);
	map(0, 1, "r");
	expect_long(do_user_addr_fault(get_current()->mm, PG(4), PF_W).signo, LX_SIGSEGV);
	expect_long(last_event()->args[2], LAB_FAULT_FIXUP);
	expect_long(do_user_addr_fault(get_current()->mm, PG(0), PF_W).si_code, LX_SEGV_ACCERR);
	expect_long(last_event()->args[2], LAB_FAULT_FIXUP);
	expect_long(do_user_addr_fault(get_current()->mm, PG(0), 0).signo, 0);
	expect_long(last_event()->args[2], LAB_FAULT_ZERO_READ);
	expect_long(do_user_addr_fault(NULL, PG(0), PF_U).signo, LX_SIGSEGV);
	validate_all();
}

Test(faults, populate_and_locked)
{
	struct mm_struct *mm = boot(16)->mm;

	map_flags(0, 4, "rw", LX_MAP_POPULATE);
	expect_long(rss(), 4);
	map_flags(8, 4, "r", LX_MAP_POPULATE);
	expect_true(pte_at(PG(8)) & PTE_SPECIAL);
	map_flags(16, 4, "", LX_MAP_POPULATE);
	expect_long(pte_at(PG(16)), 0);
	map_flags(24, 4, "rw", LX_MAP_POPULATE | LX_MAP_NONBLOCK);
	expect_long(rss(), 4);
	map_flags(32, 4, "rw", LX_MAP_LOCKED);
	expect_long(rss(), 8);
	expect_long(mm->locked_vm, 4);
	/* Locked and read-only, then writable: copied at once. */
	map_flags(40, 2, "r", LX_MAP_LOCKED);
	expect_long(rss(), 8);
	protect(40, 2, "rw");
	expect_long(rss(), 10);
	unmap(32, 2);
	expect_long(mm->locked_vm, 4);
	nr_faults = 0;
	poke(PG(0), 1);
	expect_long(peek(PG(8)), 0);
	expect_long(nr_faults, 0);
	validate_all();
}

Test(faults, populating_behind_a_cached_zero_page)
{
	boot(16);
	map_flags(0, 2, "r", LX_MAP_LOCKED);
	expect_long(peek(PG(0)), 0);
	/* The TLB knows the zero page; the kernel puts another frame there, without a fault of ours. */
	protect(0, 2, "rw");
	expect_true(page_at(0) != pfn_to_page(zero_pfn));
	expect_long(peek(PG(0)), 0);
	expect_long(poke(PG(0), 1), 0);
	expect_long(peek(PG(0)), 1);
	validate_all();
}

/* --- fork ------------------------------------------------------------------------------------- */

Test(cow, copy_in_the_child_reuse_in_the_parent)
{
	struct task_struct *parent = boot(16), *child;
	struct page *page;

	map(0, 2, "rw");
	poke(PG(0), 41);
	page = page_at(0);
	child = fork_current();
	validate_all();
	/* one page, twice mapped, writable nowhere */
	expect_long(page->_refcount, 2);
	expect_long(page->_mapcount, 1);
	expect_true(!exclusive(0) && !(pte_at(PG(0)) & PTE_RW));
	/* The child's entry is not accessed, but dirty. */
	switch_to(child);
	expect_long(pte_at(PG(0)) & (PTE_A | PTE_D), PTE_D);
	expect_long(peek(PG(0)), 41);
	expect_long(nr_faults, 1);
	nr_faults = 0;
	/* the child's write: a copy, its own */
	expect_long(poke(PG(0), 42), 0);
	expect_fault(1, LAB_FAULT_COW_COPY);
	expect_true(page_at(0) != page && exclusive(0));
	expect_long(rss(), 1);
	expect_long(page->_refcount, 1);
	validate_all();
	/* the parent alone is left: its write takes the page back */
	switch_to(parent);
	expect_true(!exclusive(0));
	expect_long(poke(PG(0), 43), 0);
	expect_fault(1, LAB_FAULT_COW_REUSE);
	expect_true(page_at(0) == page && exclusive(0));
	expect_long(counts.pages_copied, 1);
	switch_to(child);
	expect_long(peek(PG(0)), 42);
	validate_all();
}

Test(cow, parent_writes_first)
{
	struct task_struct *parent = boot(16), *child;
	struct anon_vma *parents;

	map(0, 2, "rw");
	poke(PG(0), 1);
	parents = area_at(0)->anon_vma;
	child = fork_current();
	nr_faults = 0;
	expect_long(poke(PG(0), 2), 0);
	expect_fault(1, LAB_FAULT_COW_COPY);
	/*
	 * The old page is the child's alone, still under the parent's anon_vma; the child's write
	 * moves it.
	 */
	switch_to(child);
	expect_true(page_at(0)->mapping == (void *)((uint64_t)parents | PAGE_MAPPING_ANON));
	expect_long(peek(PG(0)), 1);
	nr_faults = 0;
	expect_long(poke(PG(0), 3), 0);
	expect_fault(1, LAB_FAULT_COW_REUSE);
	expect_true(page_at(0)->mapping ==
		    (void *)((uint64_t)area_at(0)->anon_vma | PAGE_MAPPING_ANON));
	validate_all();
	switch_to(parent);
	expect_long(peek(PG(0)), 2);
}

Test(cow, parent_dies_first)
{
	struct task_struct *child;

	boot(16);
	map(0, 8, "rw");
	for (int i = 0; i < 8; i++)
		poke(PG(i), i + 1);
	child = fork_current();
	exit_current(child);
	validate_all();
	counts.pages_copied = 0;
	for (int i = 0; i < 8; i++) {
		expect_long(peek(PG(i)), i + 1);
		expect_long(poke(PG(i), 9), 0);
	}
	expect_long(counts.pages_copied, 0);
	validate_all();
	exit_current(&tasks[0]);
	drop_lazy_mm();
	validate_nothing_left();
}

Test(cow, what_is_not_copied)
{
	struct task_struct *parent = boot(16), *child;

	/* Zero pages of an area without an anon_vma are not even looked at. */
	map(0, 4, "rw");
	for (int i = 0; i < 4; i++)
		peek(PG(i));
	map_file(8, 2, "r", 0);
	peek(PG(8));
	child = fork_current();
	expect_long(child->mm->pgtables_bytes, 0);
	expect_long(child->mm->rss_stat[MM_FILEPAGES], 0);
	switch_to(child);
	expect_picture("wwww....rr");
	expect_long(peek(PG(8)), 'a');
	expect_long(test_file_pages[0]->_refcount, 3);
	/* With one, they come along. */
	switch_to(parent);
	poke(PG(0), 1);
	child = fork_current();
	switch_to(child);
	expect_true(pte_at(PG(1)) & PTE_SPECIAL);
	expect_long(child->mm->hiwater_rss, 1);
	validate_all();
}

Test(cow, rights_taken_before_the_fork)
{
	struct task_struct *child;

	boot(16);
	map(0, 2, "rw");
	poke(PG(0), 5);
	protect(0, 2, "");
	child = fork_current();
	switch_to(child);
	expect_long(rss(), 1);
	expect_true(pte_protnone(pte_at(PG(0))));
	protect(0, 2, "rw");
	/* Not exclusive: mprotect must not make it writable. */
	expect_true(!(pte_at(PG(0)) & PTE_RW));
	expect_long(poke(PG(0), 6), 0);
	expect_long(last_event()->args[2], LAB_FAULT_COW_COPY);
	validate_all();
}

Test(cow, dontcopy_wipeonfork_and_locked)
{
	struct task_struct *child;

	boot(16);
	map_flags(0, 2, "rw", LX_MAP_LOCKED);
	map(4, 2, "rw");
	map(8, 2, "rw");
	poke(PG(4), 1);
	poke(PG(8), 1);
	/* What madvise will do. */
	area_at(4)->vm_flags |= VM_DONTCOPY;
	area_at(8)->vm_flags |= VM_WIPEONFORK;
	child = fork_current();
	validate_all();
	switch_to(child);
	expect_picture("ww......ww");
	expect_long(child->mm->locked_vm, 0);
	expect_true(!(area_at(0)->vm_flags & VM_LOCKED));
	expect_long(peek(PG(8)), 0);
	expect_long(child->mm->total_vm, 4);
}

Test(cow, a_child_gets_an_anon_vma_of_its_own)
{
	struct task_struct *parent = boot(16), *child, *grandchild;
	struct anon_vma *root, *second;

	map(0, 2, "rw");
	poke(PG(0), 1);
	root = area_at(0)->anon_vma;
	expect_long(root->num_children, 1);		/* itself */
	child = fork_current();
	switch_to(child);
	second = area_at(0)->anon_vma;
	expect_true(second != root && second->root == root && second->parent == root);
	expect_long(root->num_children, 2);
	expect_long(root->num_active_vmas, 1);
	/* The middle one dies: its child may have its anon_vma, which no area calls its own. */
	grandchild = fork_current();
	exit_current(grandchild);
	validate_all();
	expect_true(area_at(0)->anon_vma != second);
	expect_long(second->num_active_vmas, 0);
	child = fork_current();
	expect_true(child->mm->mmap->anon_vma == second);
	expect_long(second->num_active_vmas, 1);
	switch_to(parent);
	validate_all();
}

Test(cow, generations_reuse_anon_vmas)
{
	struct task_struct *task = boot(16), *child;
	uint64_t most = 0;

	map(0, 2, "rw");
	poke(PG(0), 1);
	/* Each child forks and dies: without reuse, one anon_vma more each time. */
	for (int i = 0; i < 50; i++) {
		child = fork_current();
		exit_current(child);
		poke(PG(0), i);
		validate_all();
		most = max(most, anon_vma_cachep.nr_inuse);
	}
	expect_true(most <= 3);
	exit_current(&tasks[0]);
	drop_lazy_mm();
	validate_nothing_left();
	expect_true(task->mm == NULL);
}

Test(cow, fork_without_memory_leaks_nothing)
{
	uint64_t n = 0;
	struct task_struct *parent = boot(16), *child = NULL;

	map(0, 40, "rw");
	for (int i = 0; i < 40; i += 3)
		protect(i, 1, "r");
	for (int i = 1; i < 40; i += 3)
		poke(PG(i), i);
	/* Fail the first allocation, the second, … until the fork gets through. */
	while (!child) {
		uint64_t frames = contig_zone.frontier_pfn - contig_zone.nr_free;

		fail_alloc.nth = ++n;
		child = fork_current();
		fail_alloc.nth = 0;
		validate_all();
		expect_true(child || frames == contig_zone.frontier_pfn - contig_zone.nr_free);
	}
	expect_true(n > 40);
	switch_to(child);
	expect_long(peek(PG(1)), 1);
	switch_to(parent);
	for (int i = 1; i < 40; i += 3)
		expect_long(poke(PG(i), i), 0);
	validate_all();
}

Test(cow, faults_without_memory_leak_nothing)
{
	uint64_t n = 0;
	int result;

	boot(16);
	do {
		map(0, 1, "rw");
		fail_alloc.nth = ++n;
		result = poke(PG(0), 1);
		expect_true(fail_alloc.nth == 0 || result == 0);
		fail_alloc.nth = 0;
		validate_all();
		expect_true(result == 0 || result == -LX_SIGKILL);
		if (result)
			expect_long(last_event()->args[2], LAB_FAULT_OOM);
		unmap(0, 1);
	} while (result);
	expect_true(n >= 6);
}

Test(cow, kernel_threads_borrow_and_nothing_is_loaded)
{
	struct task_struct *task = boot(16);
	uint64_t loads = counts.cr3_loads;

	map(0, 1, "rw");
	poke(PG(0), 1);
	switch_to(&tasks[0]);
	expect_long(task->mm->mm_count, 2);
	switch_to(task);
	expect_long(task->mm->mm_count, 1);
	expect_long(counts.cr3_loads, loads);
	expect_long(cpus[0].nr_cr3_loads, 1);
	expect_long(task->mm->cpu_bitmap, 1);
	expect_long(init_mm.cpu_bitmap, 0);
	/* The mm outlives its last task while a kernel thread has it loaded. */
	exit_current(&tasks[0]);
	expect_true(tasks[0].active_mm->mm_users == 0 && tasks[0].active_mm->mm_count == 1);
	expect_long(tasks[0].active_mm->cpu_bitmap, 1);
	drop_lazy_mm();
	validate_nothing_left();
}

/* --- files ------------------------------------------------------------------------------------ */

Test(files, read_write_and_beyond_the_end)
{
	boot(16);
	map_file(0, 8, "rw", 0);
	/* the file's own page, read-only */
	expect_long(peek(PG(1)), 'b');
	expect_fault(1, LAB_FAULT_FILE_READ);
	expect_true(page_at(1) == test_file_pages[1]);
	expect_long(test_file_pages[1]->_refcount, 2);
	expect_long(file_rss(), 1);
	/* written where it was read: a copy; the file keeps what it had */
	expect_long(poke(PG(1), 1), 0);
	expect_fault(1, LAB_FAULT_FILE_COW);
	expect_long(file_rss(), 0);
	expect_long(rss(), 1);
	expect_long(*(uint8_t *)__va(page_to_pfn(test_file_pages[1]) << PAGE_SHIFT), 'b');
	expect_long(*user_access(PG(1) + 1, ACCESS_READ), 'b');
	/* written at once */
	expect_long(poke(PG(2), 1), 0);
	expect_fault(1, LAB_FAULT_FILE_COW);
	expect_long(test_file_pages[2]->_refcount, 1);
	/* the file has four pages */
	expect_long(peek(PG(4)), -LX_SIGBUS);
	expect_long(last_fault.si_code, LX_BUS_ADRERR);
	expect_fault(1, LAB_FAULT_SIGBUS);
	expect_long(poke(PG(7), 1), -LX_SIGBUS);
	validate_all();
}

Test(files, private_pages_after_a_fork)
{
	struct task_struct *parent = boot(16), *child;

	map_file(0, 4, "rw", 0);
	poke(PG(0), 1);
	peek(PG(1));
	/* There is an anon_vma now, so the file's pages are copied, too. */
	child = fork_current();
	expect_long(child->mm->rss_stat[MM_FILEPAGES], 1);
	expect_long(test_file_pages[1]->_refcount, 3);
	switch_to(child);
	expect_long(poke(PG(0), 2), 0);
	expect_long(poke(PG(1), 2), 0);
	exit_current(parent);
	expect_long(peek(PG(0)), 1);
	expect_long(peek(PG(1)), 'b');
	validate_all();
}

Test(files, fault_in_user_gives_the_frame)
{
	struct mm_struct *mm = boot(16)->mm;
	char *byte;

	map_file(0, 2, "rw", 0);
	map(4, 1, "r");
	byte = fault_in_user(mm, PG(0) + 5, /* write = */ true);
	expect_true(byte && *byte == 'a');
	*byte = 'X';
	expect_long(*user_access(PG(0) + 5, ACCESS_READ), 'X');
	expect_true(fault_in_user(mm, PG(4), /* write = */ true) == NULL);
	expect_true(fault_in_user(mm, PG(4), /* write = */ false) != NULL);
	expect_true(fault_in_user(mm, PG(9), /* write = */ false) == NULL);
	expect_long(nr_events, 0);
	validate_all();
}

/* --- stacks ----------------------------------------------------------------------------------- */

#define GUARD 256

Test(stack, as_exec_leaves_it)
{
	struct mm_struct *mm = boot(16)->mm;

	expect_long(setup_stack_area(mm, TASK_SIZE, 0), 0);
	expect_long(mm->mmap->vm_start, 0x7ffffffde000);
	expect_long(mm->mmap->vm_end, 0x7ffffffff000);
	expect_long(mm->stack_vm, 33);
	expect_long(mm->mmap_base, 0x7ffff7fff000);
	expect_long(mm->mmap_legacy_base, 0x2aaaaaaab000);
	validate_all();
}

Test(stack, grows_to_its_limit)
{
	struct mm_struct *mm = boot(16)->mm;
	uint64_t limit = TASK_SIZE - (8UL << 20);

	setup_stack_area(mm, TASK_SIZE, 0);
	expect_long(poke(0x7ffffffde000 - 1, 1), 0);
	expect_fault(1, LAB_FAULT_ANON | LAB_FAULT_GREW);
	expect_long(mm->mmap->vm_start, 0x7ffffffdd000);
	/* Linux 6.1 does not ask where RSP is: any address will do. */
	expect_long(poke(limit, 1), 0);
	expect_long(mm->mmap->vm_start, limit);
	expect_long(mm->stack_vm, 2048);
	expect_long(poke(limit - 1, 1), -LX_SIGSEGV);
	expect_long(last_fault.si_code, LX_SEGV_MAPERR);
	expect_long(mm->mmap_lock.count, 0);
	validate_all();
}

Test(stack, guard_gap_below)
{
	boot(64);
	/* aaaa  <- 300 pages ->  S: pages may not come closer than 256 */
	ksys_mmap(PG(0), 4 * PAGE_SIZE, LX_PROT_READ | LX_PROT_WRITE,
		  LX_MAP_PRIVATE | LX_MAP_ANONYMOUS | LX_MAP_FIXED, NULL, 0);
	map_flags(304, 1, "rw", LX_MAP_GROWSDOWN);
	expect_long(poke(PG(4 + GUARD), 1), 0);
	expect_long(poke(PG(3 + GUARD), 1), -LX_SIGSEGV);
	/* what nobody can touch may be close: a guard of the program's own */
	protect(0, 4, "");
	expect_long(poke(PG(3 + GUARD), 1), 0);
	expect_long(poke(PG(4), 1), 0);
	expect_long(poke(PG(3), 1), -LX_SIGSEGV);
	expect_long(last_fault.si_code, LX_SEGV_ACCERR);
	validate_all();
}

Test(stack, never_below_mmap_min_addr)
{
	boot(16);
	ksys_mmap(0x11000, PAGE_SIZE, LX_PROT_READ | LX_PROT_WRITE,
		  LX_MAP_PRIVATE | LX_MAP_ANONYMOUS | LX_MAP_FIXED | LX_MAP_GROWSDOWN, NULL, 0);
	expect_long(poke(0x10000, 1), 0);
	expect_long(poke(0xf000, 1), -LX_SIGSEGV);
	validate_all();
}

Test(stack, grows_within_a_page_number_and_keeps_pages)
{
	boot(16);
	map_flags(20, 4, "rw", LX_MAP_GROWSDOWN);
	poke(PG(20), 20);
	poke(PG(17), 17);
	expect_picture(".................wwwwwww");
	expect_long(area_at(17)->vm_pgoff, PG(17) >> PAGE_SHIFT);
	expect_long(peek(PG(20)), 20);
	/* Both parts of a split grow down; the upper one has no room. */
	unmap(20, 1);
	poke(PG(16), 16);
	expect_picture("................wwww.www");
	expect_long(poke(PG(20), 1), 0);
	expect_picture("................wwwwWWWW");
	/* and mprotect with PROT_GROWSDOWN starts where the area starts */
	expect_long(ksys_mprotect(PG(18), PAGE_SIZE, LX_PROT_READ | LX_PROT_GROWSDOWN), 0);
	expect_picture("................rrrwWWWW");
	validate_all();
}
