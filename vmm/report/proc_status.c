/* SPDX-License-Identifier: MIT */
/* /proc/PID/status, as far as it tells of memory, and statm (Linux fs/proc/task_mmu.c: task_mem, task_statm).
 */
#include <inttypes.h>

#include "report/proc.h"

/* Pages, counted by the host over areas and leaves. */
struct sums {
	uint64_t total, locked, data, exec, stack, tables;
	uint64_t anon, file, shmem;
};

static struct sums sums_of(const struct model_mm *mm)
{
	struct sums s = {
		.anon = mm->rss[MM_ANONPAGES],
		.file = mm->rss[MM_FILEPAGES],
		.shmem = mm->rss[MM_SHMEMPAGES],
		.tables = mm->nr_tables ? mm->nr_tables - 1 : 0, /* the top one is not counted */
	};

	for (uint32_t i = 0; i < mm->nr_vmas; i++) {
		const struct vm_area_struct *vma = &mm->vmas[i].raw;
		uint64_t n = (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;

		s.total += n;
		s.locked += vma->vm_flags & VM_LOCKED ? n : 0;
		if ((vma->vm_flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC)
			s.exec += n;
		else if (vma->vm_flags & VM_GROWSDOWN)
			s.stack += n;
		else if ((vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
			s.data += n;
	}
	return s;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Pages of what exec loaded as the program's text. */
static uint64_t text_pages(const struct mm_struct *mm)
{
	return ((mm->end_code + PAGE_SIZE - 1) >> PAGE_SHIFT) - (mm->start_code >> PAGE_SHIFT);
}

static void put_pages(struct buf *b, const char *key, uint64_t pages)
{
	buf_printf(b, "%s:\t%8" PRIu64 " kB\n", key, pages << (PAGE_SHIFT - 10));
}

void proc_put_status(struct buf *b, const struct model *model, const struct model_mm *mm)
{
	struct sums s = sums_of(mm);
	uint64_t rss = s.anon + s.file + s.shmem, text = text_pages(&mm->raw);

	(void)model;
	text = text < s.exec ? text : s.exec;
	put_pages(b, "VmPeak", larger(s.total, mm->raw.hiwater_vm));
	put_pages(b, "VmSize", s.total);
	put_pages(b, "VmLck", s.locked);
	put_pages(b, "VmPin", mm->raw.pinned_vm);
	put_pages(b, "VmHWM", larger(rss, mm->raw.hiwater_rss));
	put_pages(b, "VmRSS", rss);
	put_pages(b, "RssAnon", s.anon);
	put_pages(b, "RssFile", s.file);
	put_pages(b, "RssShmem", s.shmem);
	put_pages(b, "VmData", s.data);
	put_pages(b, "VmStk", s.stack);
	put_pages(b, "VmExe", text);
	put_pages(b, "VmLib", s.exec - text);
	put_pages(b, "VmPTE", s.tables);
	put_pages(b, "VmSwap", 0);
	put_pages(b, "HugetlbPages", 0);
}

void proc_put_statm(struct buf *b, const struct model *model, const struct model_mm *mm)
{
	struct sums s = sums_of(mm);

	(void)model;
	buf_printf(b, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " 0 %" PRIu64 " 0\n", s.total,
		   s.anon + s.file + s.shmem, s.file + s.shmem, text_pages(&mm->raw), s.data + s.stack);
}
