// SPDX-License-Identifier: MIT
/* Pages of any address space: whose rights decide, what force may do, where a copy ends. */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

/* Bytes that could be written to, read from, page p of mm. */
static uint64_t write_to(struct mm_struct *mm, uint64_t at, const char *bytes, unsigned int flags)
{
	return access_remote_vm(mm, at, (void *)bytes, strlen(bytes), FOLL_WRITE | flags);
}

static const char *read_from(struct mm_struct *mm, uint64_t at, uint64_t n, unsigned int flags)
{
	static char buf[4 * PAGE_SIZE];

	memset(buf, 0, sizeof(buf));
	return access_remote_vm(mm, at, buf, n, flags) == n ? buf : NULL;
}

Test(gup, rights_of_the_area)
{
	struct mm_struct *mm = boot(16)->mm;

	map(0, 1, "rw");
	map(1, 1, "r");
	map(2, 1, "");
	expect_long(write_to(mm, PG(0), "abc", 0), 3);
	cr_assert_str_eq(read_from(mm, PG(0), 3, 0), "abc");
	expect_long(write_to(mm, PG(1), "abc", 0), 0);
	expect_true(read_from(mm, PG(1), 1, 0) != NULL);
	expect_true(read_from(mm, PG(2), 1, 0) == NULL);
	/* neither below nor behind every area */
	expect_true(read_from(mm, PG(3), 1, FOLL_FORCE) == NULL);
	expect_true(read_from(mm, PG(0) - 1, 1, FOLL_FORCE) == NULL);
	validate_all();
}

Test(gup, force_writes_a_private_copy)
{
	struct mm_struct *mm = boot(16)->mm;
	struct page *file_page;

	/* f. a page of the file, mapped to be read */
	map_file(0, 1, "r", 1);
	expect_long(peek(PG(0)), 'b');
	file_page = page_at(0);
	expect_long(write_to(mm, PG(0), "X", FOLL_FORCE), 1);
	expect_long(peek(PG(0)), 'X');
	expect_true(page_at(0) != file_page && PageAnon(page_at(0)));
	expect_true(!(pte_at(PG(0)) & PTE_RW));
	expect_long(poke(PG(0), 1), -LX_SIGSEGV);
	expect_long(*(char *)__va(page_to_pfn(file_page) << PAGE_SHIFT), 'b');
	/* once more: the copy is its own, no second one is made */
	file_page = page_at(0);
	expect_long(write_to(mm, PG(0), "Y", FOLL_FORCE), 1);
	expect_true(page_at(0) == file_page);
	validate_all();
}

Test(gup, force_and_prot_none)
{
	struct mm_struct *mm = boot(16)->mm;

	/* n. with a page that it held before, and one that was never there */
	map(0, 2, "rw");
	poke(PG(0), 'q');
	protect(0, 2, "");
	cr_assert_str_eq(read_from(mm, PG(0), 1, FOLL_FORCE), "q");
	cr_assert_str_eq(read_from(mm, PG(1), 1, FOLL_FORCE), "");
	expect_long(write_to(mm, PG(1), "r", FOLL_FORCE), 1);
	expect_long(peek(PG(1)), -LX_SIGSEGV);
	protect(0, 2, "r");
	expect_long(peek(PG(1)), 'r');
	validate_all();
}

Test(gup, force_does_not_write_what_others_see)
{
	struct mm_struct *mm = boot(16)->mm;

	ksys_mmap(PG(0), PAGE_SIZE, LX_PROT_READ, LX_MAP_SHARED | LX_MAP_ANONYMOUS | LX_MAP_FIXED, NULL, 0);
	expect_long(write_to(mm, PG(0), "abc", FOLL_FORCE), 0);
	protect(0, 1, "rw");
	expect_long(write_to(mm, PG(0), "abc", FOLL_FORCE), 3);
	expect_true(page_at(0)->flags & PG_dirty);
	unmap(0, 1);
}

Test(gup, breaks_cow_of_another_process)
{
	struct task_struct *parent = boot(16), *child;

	map(0, 1, "rw");
	poke(PG(0), 'p');
	child = fork_current();
	expect_long(write_to(child->mm, PG(0), "c", 0), 1);
	expect_long(peek(PG(0)), 'p');
	switch_to(child);
	expect_long(peek(PG(0)), 'c');
	switch_to(parent);
	/* The parent's is its own again: reused, not copied. */
	expect_long(poke(PG(0), 'x'), 0);
	expect_long(last_event()->args[2], LAB_FAULT_COW_REUSE);
	validate_all();
}

Test(gup, ends_where_a_page_cannot_be_had)
{
	struct mm_struct *mm = boot(16)->mm;
	struct page *pages[8];
	char buf[4 * PAGE_SIZE];

	/* ww.w */
	map(0, 2, "rw");
	map(3, 1, "rw");
	expect_long(access_remote_vm(mm, PG(0) + 100, buf, sizeof(buf), 0), 2 * PAGE_SIZE - 100);
	mmap_read_lock(mm);
	expect_long(get_user_pages_remote(mm, PG(0), 4, FOLL_WRITE, pages), 2);
	put_page(pages[0]);
	put_page(pages[1]);
	expect_long(get_user_pages_remote(mm, PG(2), 2, FOLL_WRITE, pages), -LX_EFAULT);
	mmap_read_unlock(mm);
	validate_all();
}

Test(gup, beyond_the_end_of_a_file)
{
	struct mm_struct *mm = boot(16)->mm;

	/* ff the last page of the file, and one behind it */
	map_file(0, 2, "r", 3);
	expect_true(read_from(mm, PG(0), PAGE_SIZE, 0) != NULL);
	expect_true(read_from(mm, PG(1), 1, 0) == NULL);
	expect_true(read_from(mm, PG(1), 1, FOLL_FORCE) == NULL);
	validate_all();
}

Test(gup, a_stack_grows_for_bytes_and_not_for_pages)
{
	struct mm_struct *mm = boot(16)->mm;
	struct page *page;

	map_flags(32, 2, "rw", LX_MAP_GROWSDOWN);
	mmap_read_lock(mm);
	expect_long(get_user_pages_remote(mm, PG(30), 1, 0, &page), -LX_EFAULT);
	mmap_read_unlock(mm);
	expect_long(write_to(mm, PG(30), "s", 0), 1);
	expect_long(area_at(30)->vm_start, PG(30));
	expect_long(peek(PG(30)), 's');
	validate_all();
}

/* A device's two bytes at every address, of which it gives one at a time. */
static int device_access(struct vm_area_struct *vma, uint64_t addr, void *buf, uint64_t len, bool write)
{
	(void)len;
	if (write)
		return -LX_EINVAL;
	*(char *)buf = '0' + (addr - vma->vm_start) % 10;
	return 1;
}

Test(gup, devices_are_asked_and_have_no_pages)
{
	static const struct vm_operations_struct device_ops = { .access = device_access };
	struct mm_struct *mm = boot(16)->mm;
	struct page *page;

	map(0, 1, "rw");
	area_at(0)->vm_ops = &device_ops;
	area_at(0)->vm_flags |= VM_IO | VM_PFNMAP;
	cr_assert_str_eq(read_from(mm, PG(0) + 8, 4, 0), "8901");
	expect_long(write_to(mm, PG(0), "x", FOLL_FORCE), 0);
	mmap_read_lock(mm);
	expect_long(get_user_pages_remote(mm, PG(0), 1, 0, &page), -LX_EFAULT);
	mmap_read_unlock(mm);
	expect_long(mm->mmap_lock.count, 0);
}
