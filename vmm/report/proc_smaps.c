/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/smaps and smaps_rollup: how the pages of areas are shared, dirty, accessed (Linux
 * fs/proc/task_mmu.c: show_smap). A page that n mappings share counts n-th part in Pss; fractions are kept to
 * 12 bits.
 */
#include <inttypes.h>

#include "observe/leaves.h"
#include "report/proc.h"

#define PSS_SHIFT 12

/* Bytes; those of pss are shifted by PSS_SHIFT. */
struct mem_size_stats {
	uint64_t resident, shared_clean, shared_dirty, private_clean, private_dirty;
	uint64_t referenced, anonymous, lazyfree;
	uint64_t pss, pss_anon, pss_file, pss_shmem, pss_dirty, pss_locked;
};

static void account_pss(struct mem_size_stats *mss, const struct page *page, uint64_t pss)
{
	mss->pss += pss;
	if (page->mapping.va & PAGE_MAPPING_ANON)
		mss->pss_anon += pss;
	else if (page->flags & PG_swapbacked)
		mss->pss_shmem += pss;
	else
		mss->pss_file += pss;
}

static void account(struct mem_size_stats *mss, const struct model_frame *frame, uint64_t entry, bool locked)
{
	bool dirty = (entry & PTE_D) || (frame->raw.flags & PG_dirty);
	bool shared = frame->nr_maps >= 2;
	uint64_t pss = (PAGE_SIZE << PSS_SHIFT) / (shared ? frame->nr_maps : 1);

	mss->resident += PAGE_SIZE;
	if (entry & PTE_A)
		mss->referenced += PAGE_SIZE;
	if (frame->raw.mapping.va & PAGE_MAPPING_ANON) {
		mss->anonymous += PAGE_SIZE;
		mss->lazyfree += dirty || (frame->raw.flags & PG_swapbacked) ? 0 : PAGE_SIZE;
	}
	account_pss(mss, &frame->raw, pss);
	mss->pss_locked += locked ? pss : 0;
	mss->pss_dirty += dirty ? pss : 0;
	if (shared)
		*(dirty ? &mss->shared_dirty : &mss->shared_clean) += PAGE_SIZE;
	else
		*(dirty ? &mss->private_dirty : &mss->private_clean) += PAGE_SIZE;
}

static void gather(struct mem_size_stats *mss, const struct model *model, const struct model_mm *mm,
		   const struct vm_area_struct *vma)
{
	for (struct leaf_walk w = leaves_from(mm, LEAVES_ALL, vma->vm_start); leaf_next(&w) && w.leaf.va < vma->vm_end;) {
		const struct model_frame *frame = proc_page(model, &w.leaf);

		if (frame)
			account(mss, frame, w.leaf.entry, vma->vm_flags & VM_LOCKED);
	}
}

/* --- text ----------------------------------------------------------------------------------------- */

static void put_kb(struct buf *b, const char *key, uint64_t bytes)
{
	buf_printf(b, "%-16s%8" PRIu64 " kB\n", key, bytes >> 10);
}

static void put_stats(struct buf *b, const struct mem_size_stats *mss, bool rollup)
{
	put_kb(b, "Rss:", mss->resident);
	put_kb(b, "Pss:", mss->pss >> PSS_SHIFT);
	put_kb(b, "Pss_Dirty:", mss->pss_dirty >> PSS_SHIFT);
	if (rollup) {
		put_kb(b, "Pss_Anon:", mss->pss_anon >> PSS_SHIFT);
		put_kb(b, "Pss_File:", mss->pss_file >> PSS_SHIFT);
		put_kb(b, "Pss_Shmem:", mss->pss_shmem >> PSS_SHIFT);
	}
	put_kb(b, "Shared_Clean:", mss->shared_clean);
	put_kb(b, "Shared_Dirty:", mss->shared_dirty);
	put_kb(b, "Private_Clean:", mss->private_clean);
	put_kb(b, "Private_Dirty:", mss->private_dirty);
	put_kb(b, "Referenced:", mss->referenced);
	put_kb(b, "Anonymous:", mss->anonymous);
	put_kb(b, "LazyFree:", mss->lazyfree);
	put_kb(b, "AnonHugePages:", 0);
	put_kb(b, "ShmemPmdMapped:", 0);
	put_kb(b, "FilePmdMapped:", 0);
	put_kb(b, "Shared_Hugetlb:", 0);
	buf_printf(b, "Private_Hugetlb: %7u kB\n", 0);
	put_kb(b, "Swap:", 0);
	put_kb(b, "SwapPss:", 0);
	put_kb(b, "Locked:", mss->pss_locked >> PSS_SHIFT);
}

static void put_vmflags_line(struct buf *b, uint64_t vm_flags)
{
	/* By bit. Those that nothing here can set are unknown, as Linux calls what it does not know. */
	static const char letters[64][3] = {
		[0] = "rd",  [1] = "wr",  [2] = "ex",  [3] = "sh",  [4] = "mr",	 [5] = "mw",  [6] = "me",
		[7] = "ms",  [8] = "gd",  [10] = "pf", [13] = "lo", [14] = "io", [15] = "sr", [16] = "rr",
		[17] = "dc", [18] = "de", [20] = "ac", [21] = "nr", [22] = "ht", [23] = "sf", [24] = "ar",
		[25] = "wf", [26] = "dd", [27] = "sd", [28] = "mm", [29] = "hg", [30] = "nh", [31] = "mg",
	};

	buf_puts(b, "VmFlags: ");
	for (int i = 0; i < 64; i++)
		if (vm_flags >> i & 1)
			buf_printf(b, "%s ", letters[i][0] ? letters[i] : "??");
	buf_puts(b, "\n");
}

void proc_put_smaps(struct buf *b, const struct model *model, const struct model_mm *mm)
{

	for (uint32_t i = 0; i < mm->nr_vmas; i++) {
		const struct vm_area_struct *vma = &mm->vmas[i].raw;
		struct mem_size_stats mss = {0};

		gather(&mss, model, mm, vma);
		proc_put_area(b, model, mm, &mm->vmas[i]);
		put_kb(b, "Size:", vma->vm_end - vma->vm_start);
		put_kb(b, "KernelPageSize:", PAGE_SIZE);
		put_kb(b, "MMUPageSize:", PAGE_SIZE);
		put_stats(b, &mss, /* rollup = */ false);
		buf_puts(b, "THPeligible:    0\n");
		put_vmflags_line(b, vma->vm_flags);
	}
}

void proc_put_smaps_rollup(struct buf *b, const struct model *model, const struct model_mm *mm)
{
	struct mem_size_stats mss = {0};
	uint64_t start = mm->nr_vmas ? mm->vmas[0].raw.vm_start : 0, end = 0;

	for (uint32_t i = 0; i < mm->nr_vmas; i++) {
		gather(&mss, model, mm, &mm->vmas[i].raw);
		end = mm->vmas[i].raw.vm_end;
	}
	proc_put_range(b, start, end, 0, 0, 0, 0, true);
	buf_puts(b, "[rollup]\n");
	put_stats(b, &mss, /* rollup = */ true);
}
