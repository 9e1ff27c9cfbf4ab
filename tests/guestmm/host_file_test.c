// SPDX-License-Identifier: MIT
/* Files of the host's folder: which pages the host is asked for, when, and what becomes of them (machine.h's host_read_page()). */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

#define NODE	  7UL
#define FILE_SIZE (2 * PAGE_SIZE + 64)

/* Two pages and 64 bytes of the host's file 7. */
static struct file *host_file(void)
{
	struct file *file = shmem_file_setup("memfd:host", FILE_SIZE, VM_NORESERVE);

	file->f_inode->i_flags = S_HOST;
	file->f_inode->i_private = (void *)NODE;
	file->f_inode->i_backing_size = FILE_SIZE;
	return file;
}

static uint64_t *words_at(int i)
{
	return (uint64_t *)(arena + (page_to_pfn(page_at(i)) << PAGE_SHIFT));
}

static struct file *map_host(int n, uint64_t flags)
{
	struct file *file = host_file();

	ksys_mmap(PG(0), n * PAGE_SIZE, 3, flags | LX_MAP_FIXED, file, 0);
	return file;
}

/* Nobody maps it any more, and nobody has it open. */
static void end(struct file *file)
{
	ksys_munmap(PG(0), 3 * PAGE_SIZE);
	fput(file);
}

Test(host_file, a_page_is_asked_for_when_it_is_used)
{
	struct file *file;

	boot(16);
	file = map_host(3, LX_MAP_PRIVATE);
	expect_long(file->f_inode->i_data.nrpages, 0);
	expect_long(peek(PG(1)), (char)1);	/* the lowest byte of 7 << 32 | 1 */
	expect_long(file->f_inode->i_data.nrpages, 1);
	expect_true(words_at(1)[5] == (NODE << 32 | 1));
	expect_true(!(page_at(1)->flags & PG_dirty));
	/* Behind the end: zeros, and no page at all. */
	expect_long(peek(PG(2)), (char)2);
	expect_true(words_at(2)[7] == (NODE << 32 | 2) && words_at(2)[8] == 0);
	end(file);
}

Test(host_file, a_private_write_leaves_the_cache_alone)
{
	struct page *cached;
	struct file *file;

	boot(16);
	file = map_host(3, LX_MAP_PRIVATE);
	expect_long(peek(PG(0)), 0);
	cached = page_at(0);
	expect_long(poke(PG(0), 9), 0);
	expect_true(page_at(0) != cached && PageAnon(page_at(0)));
	expect_true(!(cached->flags & PG_dirty));
	end(file);
}

Test(host_file, a_shared_write_is_kept_and_never_asked_for_again)
{
	struct page *page;
	struct file *file;

	boot(16);
	file = map_host(3, LX_MAP_SHARED);
	expect_long(poke(PG(0), 9), 0);
	page = page_at(0);
	expect_true(page->flags & PG_dirty);
	ksys_munmap(PG(0), 3 * PAGE_SIZE);
	shmem_reclaim_page(page);
	expect_true(xa_load(&file->f_inode->i_data.i_pages, 0) == page);
	end(file);
}

/* A page that nobody wrote can be had again, so reclaim may take it. */
Test(host_file, reclaim_takes_what_the_host_still_has)
{
	struct page *page;
	struct file *file;
	int error;

	boot(16);
	file = host_file();
	page = shmem_get_page(file->f_inode, 1, SGP_READ, &error);
	shmem_reclaim_page(page);
	put_page(page);
	expect_long(file->f_inode->i_data.nrpages, 0);
	end(file);
}

Test(host_file, cut_off_bytes_do_not_come_back)
{
	struct file *file;

	boot(16);
	file = map_host(3, LX_MAP_SHARED);
	shmem_truncate(file->f_inode, 16);
	shmem_truncate(file->f_inode, FILE_SIZE);
	expect_long(peek(PG(0)), 0);
	expect_true(words_at(0)[1] == NODE << 32 && words_at(0)[2] == 0);
	expect_long(peek(PG(1)), 0);
	expect_true(words_at(1)[0] == 0);
	end(file);
}

Test(host_file, one_that_cannot_be_read_is_a_sigbus_and_holds_nothing)
{
	struct file *file;
	int error;

	boot(16);
	file = map_host(3, LX_MAP_SHARED);
	file->f_inode->i_private = NULL;
	expect_true(!shmem_get_page(file->f_inode, 0, SGP_READ, &error));
	expect_long(error, -LX_EIO);
	expect_long(poke(PG(1), 1), -LX_SIGBUS);
	expect_long(file->f_inode->i_data.nrpages, 0);
	expect_long(vm_committed_as, 0);
	end(file);
}
