// SPDX-License-Identifier: MIT
/* What smaps, pagemap and clear_refs say and do: page by page, against what the test itself did to the pages. */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

static struct mem_size_stats stats_of(int page)
{
	struct mem_size_stats mss = { 0 };

	mmap_read_lock(get_current()->mm);
	smap_gather_stats(area_at(page), &mss);
	mmap_read_unlock(get_current()->mm);
	return mss;
}

/* Kilobytes, as smaps writes them. */
#define expect_kb(value, expected) expect_long((value) >> 10, expected)

Test(proc, pages_of_one_process)
{
	struct mem_size_stats mss;

	boot(16);
	/* wwzz..wwwwww two written, two read, and one far behind, in another table */
	map(0, 1024, "rw");
	poke(PG(0), 1);
	poke(PG(1), 1);
	peek(PG(2));
	peek(PG(3));
	poke(PG(1000), 1);
	mss = stats_of(0);
	expect_kb(mss.resident, 12);
	expect_kb(mss.private_dirty, 12);
	expect_kb(mss.anonymous, 12);
	expect_kb(mss.referenced, 12);
	expect_kb(mss.pss >> PSS_SHIFT, 12);
	expect_kb(mss.pss_dirty >> PSS_SHIFT, 12);
	expect_kb(mss.pss_locked, 0);
	expect_kb(mss.lazyfree, 0);
	ksys_madvise(PG(0), PAGE_SIZE, LX_MADV_FREE);
	mss = stats_of(0);
	expect_kb(mss.lazyfree, 4);
	expect_kb(mss.private_clean, 4);
	expect_kb(mss.referenced, 8);
	ksys_mlock(PG(0), PAGE_SIZE);
	expect_kb(stats_of(0).pss_locked >> PSS_SHIFT, 4);
	expect_kb(stats_of(1).pss_locked >> PSS_SHIFT, 0);
}

Test(proc, pages_shared_by_three)
{
	struct task_struct *parent = boot(16), *child;
	struct mem_size_stats mss;

	map(0, 2, "rw");
	poke(PG(0), 1);
	poke(PG(1), 1);
	child = fork_current();
	fork_current();
	mss = stats_of(0);
	expect_kb(mss.shared_dirty, 8);
	expect_long(mss.pss, 2 * ((PAGE_SIZE << PSS_SHIFT) / 3));
	expect_kb(mss.pss >> PSS_SHIFT, 2);
	/* The child has accessed nothing yet. */
	switch_to(child);
	expect_kb(stats_of(0).referenced, 0);
	poke(PG(0), 2);
	mss = stats_of(0);
	expect_kb(mss.private_dirty, 4);
	expect_kb(mss.shared_dirty, 4);
	switch_to(parent);
	expect_long(stats_of(0).pss, (PAGE_SIZE << PSS_SHIFT) / 2 + (PAGE_SIZE << PSS_SHIFT) / 3);
	validate_all();
}

Test(proc, kinds_of_pages)
{
	struct mem_size_stats mss;

	boot(16);
	/* ff of a file: one read, one copied; ss shared memory, one written, then no more mapped by this entry */
	map_file(0, 2, "rw", 0);
	peek(PG(0));
	poke(PG(1), 1);
	mss = stats_of(0);
	expect_kb(mss.pss_file >> PSS_SHIFT, 4);
	expect_kb(mss.pss_anon >> PSS_SHIFT, 4);
	expect_kb(mss.private_clean, 4);
	expect_kb(mss.private_dirty, 4);
	ksys_mmap(PG(8), 2 * PAGE_SIZE, LX_PROT_READ | LX_PROT_WRITE,
		  LX_MAP_SHARED | LX_MAP_ANONYMOUS | LX_MAP_FIXED, NULL, 0);
	peek(PG(8));
	poke(PG(9), 1);
	mss = stats_of(8);
	expect_kb(mss.pss_shmem >> PSS_SHIFT, 8);
	expect_kb(mss.private_clean, 4);
	expect_kb(mss.private_dirty, 4);
	/* Its entry goes, what it knew stays with the page. */
	ksys_madvise(PG(9), PAGE_SIZE, LX_MADV_DONTNEED);
	peek(PG(9));
	expect_true(!(pte_at(PG(9)) & PTE_D));
	expect_kb(stats_of(8).private_dirty, 4);
	unmap(8, 2);
	/* No rights, and yet there. */
	protect(0, 2, "");
	expect_kb(stats_of(0).resident, 8);
}

Test(proc, pagemap)
{
	struct mm_struct *mm = boot(16)->mm;
	uint64_t e[8];

	/* .wz.fw.. */
	map(1, 2, "rw");
	map_file(4, 1, "r", 0);
	map(5, 1, "rw");
	poke(PG(1), 1);
	peek(PG(2));
	peek(PG(4));
	pagemap_range(mm, PG(0), 8, e);
	/* The areas are new: soft-dirty, whatever is in them. */
	expect_long(e[0], 0);
	expect_long(e[1], page_to_pfn(page_at(1)) | PM_PRESENT | PM_MMAP_EXCLUSIVE | PM_SOFT_DIRTY);
	expect_long(e[2], zero_pfn | PM_PRESENT | PM_SOFT_DIRTY);
	expect_long(e[3], 0);
	expect_long(e[4], page_to_pfn(page_at(4)) | PM_PRESENT | PM_FILE | PM_MMAP_EXCLUSIVE | PM_SOFT_DIRTY);
	expect_long(e[5], PM_SOFT_DIRTY);
	clear_refs(mm, CLEAR_REFS_SOFT_DIRTY);
	poke(PG(5), 1);
	pagemap_range(mm, PG(4), 2, e);
	expect_long(e[0], page_to_pfn(page_at(4)) | PM_PRESENT | PM_FILE | PM_MMAP_EXCLUSIVE);
	expect_long(e[1], page_to_pfn(page_at(5)) | PM_PRESENT | PM_MMAP_EXCLUSIVE | PM_SOFT_DIRTY);
	fork_current();
	protect(1, 1, "");
	pagemap_range(mm, PG(1), 1, e);
	expect_long(e[0], page_to_pfn(page_at(1)) | PM_PRESENT);
	/* The last page of user space. */
	pagemap_range(mm, TASK_SIZE - PAGE_SIZE, 1, e);
	expect_long(e[0], 0);
	expect_long(mm->mmap_lock.count, 0);
}

Test(proc, clear_refs)
{
	struct mm_struct *mm = boot(16)->mm;

	/* w.f */
	map(0, 1, "rw");
	map_file(2, 1, "r", 0);
	poke(PG(0), 1);
	peek(PG(2));
	clear_refs(mm, CLEAR_REFS_ANON);
	expect_kb(stats_of(0).referenced, 0);
	expect_kb(stats_of(2).referenced, 4);
	clear_refs(mm, CLEAR_REFS_MAPPED);
	expect_kb(stats_of(2).referenced, 0);
	/* The TLB forgot: the next access is seen. */
	peek(PG(0));
	peek(PG(2));
	expect_kb(stats_of(0).referenced, 4);
	clear_refs(mm, CLEAR_REFS_ALL);
	expect_kb(stats_of(0).referenced + stats_of(2).referenced, 0);
	expect_kb(stats_of(0).private_dirty, 4);
	mm->hiwater_rss = 100;
	clear_refs(mm, CLEAR_REFS_MM_HIWATER_RSS);
	expect_long(mm->hiwater_rss, 2);
	validate_all();
}
