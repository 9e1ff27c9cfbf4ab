/* SPDX-License-Identifier: MIT */
/* The text of smaps and smaps_rollup (Linux fs/proc/task_mmu.c: show_smap). The counting is guest/mm/smaps.c's. */
#include "proc.h"
#include "seq_iter.h"

/* "Key:" with blanks behind it, and bytes as kB. */
static void put_kb(struct seq_file *m, const char *key, uint64_t bytes)
{
	seq_put_decimal_ull_width(m, key, bytes >> 10, 8);
	seq_puts(m, " kB\n");
}

static void show_stats(struct seq_file *m, const struct mem_size_stats *mss, bool rollup)
{
	put_kb(m, "Rss:            ", mss->resident);
	put_kb(m, "Pss:            ", mss->pss >> PSS_SHIFT);
	put_kb(m, "Pss_Dirty:      ", mss->pss_dirty >> PSS_SHIFT);
	if (rollup) {
		put_kb(m, "Pss_Anon:       ", mss->pss_anon >> PSS_SHIFT);
		put_kb(m, "Pss_File:       ", mss->pss_file >> PSS_SHIFT);
		put_kb(m, "Pss_Shmem:      ", mss->pss_shmem >> PSS_SHIFT);
	}
	put_kb(m, "Shared_Clean:   ", mss->shared_clean);
	put_kb(m, "Shared_Dirty:   ", mss->shared_dirty);
	put_kb(m, "Private_Clean:  ", mss->private_clean);
	put_kb(m, "Private_Dirty:  ", mss->private_dirty);
	put_kb(m, "Referenced:     ", mss->referenced);
	put_kb(m, "Anonymous:      ", mss->anonymous);
	put_kb(m, "LazyFree:       ", mss->lazyfree);
	/* There are no huge pages, and there is no swap. */
	seq_puts(m, "AnonHugePages:         0 kB\n"
		    "ShmemPmdMapped:        0 kB\n"
		    "FilePmdMapped:         0 kB\n"
		    "Shared_Hugetlb:        0 kB\n"
		    "Private_Hugetlb:       0 kB\n"
		    "Swap:                  0 kB\n"
		    "SwapPss:               0 kB\n");
	put_kb(m, "Locked:         ", mss->pss_locked >> PSS_SHIFT);
}

/* Two letters a flag, by its bit; "??" for what has none (as VM_LOCKONFAULT on Linux). */
static void show_vm_flags(struct seq_file *m, uint64_t vm_flags)
{
	static const char letters[] = "rdwrexshmrmwmemsgd??pf????loiosrrrdcde??acnr??sf??wfddsd";

	seq_puts(m, "VmFlags: ");
	for (unsigned int bit = 0; vm_flags >> bit; bit++) {
		if (!(vm_flags >> bit & 1))
			continue;
		seq_write(m, bit < sizeof(letters) / 2 ? &letters[2 * bit] : "??", 2);
		seq_putc(m, ' ');
	}
	seq_putc(m, '\n');
}

void show_smap(struct seq_file *m, struct vm_area_struct *vma)
{
	struct mem_size_stats mss = { 0 };

	smap_gather_stats(vma, &mss);
	show_map_vma(m, vma);
	put_kb(m, "Size:           ", vma->vm_end - vma->vm_start);
	put_kb(m, "KernelPageSize: ", PAGE_SIZE);
	put_kb(m, "MMUPageSize:    ", PAGE_SIZE);
	show_stats(m, &mss, /* rollup = */ false);
	seq_puts(m, "THPeligible:    0\n");
	show_vm_flags(m, vma->vm_flags);
}

void show_smaps_rollup(struct seq_file *m, struct mm_struct *mm)
{
	struct mem_size_stats mss = { 0 };
	uint64_t start = mm->mmap ? mm->mmap->vm_start : 0, end = 0;

	for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next) {
		smap_gather_stats(vma, &mss);
		end = vma->vm_end;
	}
	show_vma_header(m, start, end, 0, 0, 0, 0, /* named = */ true);
	seq_puts(m, "[rollup]\n");
	show_stats(m, &mss, /* rollup = */ true);
}
