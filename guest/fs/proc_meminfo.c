/* SPDX-License-Identifier: MIT */
/* /proc/meminfo: what there is of RAM and what it is used for (Linux fs/proc/meminfo.c), as far as it exists here. */
#include "proc.h"
#include "seq_iter.h"

/* Pages of files, and those among them that are memory without a file system. */
static void count_cache(uint64_t *cached, uint64_t *shmem)
{
	struct inode *inode;

	*cached = *shmem = 0;
	list_for_each_entry(inode, &super_inodes, i_sb_list) {
		*cached += inode->i_data.nrpages;
		*shmem += inode->i_data.nrpages;
	}
}

static uint64_t slab_pages(void)
{
	struct kmem_cache *cache;
	uint64_t pages = 0;

	list_for_each_entry(cache, &slab_caches, list)
		pages += cache->nr_slabs;
	return pages;
}

static uint64_t page_table_pages(void)
{
	struct mm_struct *mm;
	uint64_t pages = 0;

	list_for_each_entry(mm, &init_mm.mmlist, mmlist)
		pages += 1 + (mm->pgtables_bytes >> PAGE_SHIFT);
	return pages;
}

static void put_pages(struct seq_file *m, const char *key, uint64_t pages)
{
	seq_put_decimal_ull_width(m, key, pages << (PAGE_SHIFT - 10), 8);
	seq_puts(m, " kB\n");
}

static int meminfo_show(struct seq_file *m)
{
	uint64_t free = contig_zone.nr_free + (contig_zone.end_pfn - contig_zone.frontier_pfn);
	uint64_t total = contig_zone.end_pfn - contig_zone.start_pfn, cached, shmem;

	count_cache(&cached, &shmem);
	put_pages(m, "MemTotal:       ", total);
	put_pages(m, "MemFree:        ", free);
	put_pages(m, "MemAvailable:   ", free);
	put_pages(m, "Buffers:        ", 0);
	put_pages(m, "Cached:         ", cached);
	put_pages(m, "SwapCached:     ", 0);
	put_pages(m, "SwapTotal:      ", 0);
	put_pages(m, "SwapFree:       ", 0);
	put_pages(m, "Shmem:          ", shmem);
	put_pages(m, "Slab:           ", slab_pages());
	put_pages(m, "PageTables:     ", page_table_pages());
	put_pages(m, "CommitLimit:    ", total * mm_profile.overcommit_ratio / 100);
	put_pages(m, "Committed_AS:   ", lab.vm_committed_as);
	return 0;
}

const struct file_operations proc_meminfo_operations __file_ops = SEQ_FILE_OPERATIONS(meminfo_show);
