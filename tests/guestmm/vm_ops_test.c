// SPDX-License-Identifier: MIT
/* The operations of a kind of area that no area of the guest has: page_mkwrite, which a file system with a disk needs. */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

static struct {
	int calls, answer;
	struct page *page;
} asked;

static int test_page_mkwrite(struct vm_fault *vmf)
{
	asked.calls++;
	asked.page = vmf->page;
	expect_true(vmf->flags & FAULT_FLAG_WRITE);
	expect_true(!vmf->vma->vm_mm->page_table_lock.locked);
	return asked.answer;
}

static struct vm_operations_struct asking_ops;

/* Shared memory as if of a file system that wants to know of first writes. */
static void map_asking(int first, int n)
{
	ksys_mmap(PG(first), n * PAGE_SIZE, 3, LX_MAP_SHARED | LX_MAP_ANONYMOUS | LX_MAP_FIXED, NULL, 0);
	asking_ops = *area_at(first)->vm_ops;
	asking_ops.page_mkwrite = test_page_mkwrite;
	area_at(first)->vm_ops = &asking_ops;
	/* Pages are mapped read-only until the file has said yes (Linux vma_wants_writenotify). */
	area_at(first)->vm_page_prot = vm_get_page_prot(area_at(first)->vm_flags & ~VM_SHARED);
}

Test(page_mkwrite, is_asked_once_before_a_shared_page_is_written)
{
	boot(16);
	map_asking(0, 4);
	expect_long(poke(PG(0), 1), 0);		/* not there yet: asked on the way in */
	expect_long(asked.calls, 1);
	expect_true(asked.page == page_at(0));
	expect_long(poke(PG(0), 2), 0);
	expect_long(asked.calls, 1);
	expect_long(peek(PG(1)), 0);
	expect_true(!(pte_at(PG(1)) & PTE_RW));
	expect_long(asked.calls, 1);
	expect_long(poke(PG(1), 3), 0);		/* read before: asked when it becomes writable */
	expect_long(asked.calls, 2);
	expect_long(last_event()->args[2], LAB_FAULT_SHARED_REUSE);
	expect_true(page_at(1)->flags & PG_dirty);
}

Test(page_mkwrite, its_no_is_a_sigbus_and_nothing_is_written)
{
	boot(16);
	map_asking(0, 4);
	asked.answer = VM_FAULT_SIGBUS;
	expect_long(poke(PG(0), 1), -LX_SIGBUS);
	expect_long(last_fault.si_code, LX_BUS_ADRERR);
	expect_long(pte_at(PG(0)), 0);
	expect_long(peek(PG(1)), 0);
	expect_long(poke(PG(1), 1), -LX_SIGBUS);
	expect_long(peek(PG(1)), 0);
	expect_long(asked.calls, 2);
	asked.answer = 0;
	expect_long(poke(PG(1), 1), 0);
	expect_long(peek(PG(1)), 1);
	/* Nobody holds the page that was refused. */
	expect_long(page_at(1)->_refcount, 2);
}
