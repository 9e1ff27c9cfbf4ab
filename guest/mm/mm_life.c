// SPDX-License-Identifier: MIT
/*
 * Life of an mm (Linux kernel/fork.c, mm/init-mm.c). mm_users counts the tasks that live in it;
 * when the last goes, so do areas, pages and tables. mm_count counts who needs the struct and its
 * top-level table: all users together are one, and each CPU that still has it loaded while it runs
 * a kernel thread (active_mm) is one more.
 */
#include "internal.h"

/* The kernel's own. It heads the ring of all mms and has no areas; its tables are boot's. It never ends. */
struct mm_struct init_mm = {
	.mm_users = 2,
	.mm_count = 1,
	.task_size = TASK_SIZE,
	.mmlist = LIST_HEAD_INIT(init_mm.mmlist),
	.cpu_bitmap = 1,
};

static DEFINE_KMEM_CACHE(mm_cachep, "mm_struct", sizeof(struct mm_struct));
static struct spinlock mmlist_lock;

void mm_init(uint64_t ram_end_pa)
{
	struct page *page;

	/* pgd_alloc() copies one entry of the direct map. */
	BUG_ON(ram_end_pa > PTRS_PER_TABLE * PUD_SIZE);
	init_mm.pgd = __va(__pa_symbol(swapper_pg_dir));
	page = alloc_pages(__GFP_ZERO, 0);
	BUG_ON(!page);
	page->page_type = PGTY_reserved;
	page->flags |= PG_reserved;
	zero_pfn = page_to_pfn(page);
	lab.zero_pfn = zero_pfn;
}

/* --- birth ------------------------------------------------------------------------------------ */

/* Whatever the struct held, it is now that of an mm without areas. Placement, limits and marks stay. */
static struct mm_struct *mm_start(struct mm_struct *mm)
{
	mm->mmap = NULL;
	mm->mm_rb.rb_node = NULL;
	mm->highest_vm_end = 0;
	mm->mm_users = 1;
	mm->mm_count = 1;
	mm->pgtables_bytes = 0;
	mm->map_count = 0;
	mm->page_table_lock = (struct spinlock){ 0 };
	mm->mmap_lock = (struct rw_semaphore){ 0 };
	mm->locked_vm = 0;
	mm->pinned_vm = 0;
	mm->def_flags = 0;
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		mm->rss_stat[i] = 0;
	mm->cpu_bitmap = 0;
	vmacache_invalidate(mm);
	mm->pgd = pgd_alloc(mm);
	if (!mm->pgd) {
		kmem_cache_free(&mm_cachep, mm);
		return NULL;
	}
	if (mm->exe_file)
		set_mm_exe_file(mm, mm->exe_file);
	spin_lock(&mmlist_lock);
	list_add_tail(&mm->mmlist, &init_mm.mmlist);
	spin_unlock(&mmlist_lock);
	return mm;
}

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kmem_cache_zalloc(&mm_cachep);

	if (!mm)
		return NULL;
	mm->task_size = TASK_SIZE;
	mm->flags = get_current()->mm ? get_current()->mm->flags : MMF_DUMP_FILTER_DEFAULT;
	return mm_start(mm);
}

struct mm_struct *mm_alloc_like(const struct mm_struct *oldmm)
{
	struct mm_struct *mm = kmem_cache_alloc(&mm_cachep);

	if (!mm)
		return NULL;
	*mm = *oldmm;
	return mm_start(mm);
}

/* --- end -------------------------------------------------------------------------------------- */

void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *next, *first = mm->mmap;
	struct mmu_gather tlb;

	if (!first)
		return;
	tlb_gather_mmu(&tlb, mm, /* fullmm = */ true);
	mmap_read_lock(mm);
	unmap_vmas(&tlb, first, 0, UINT64_MAX);
	mmap_read_unlock(mm);
	mmap_write_lock(mm);
	free_pgtables(&tlb, first, 0, 0);
	tlb_finish_mmu(&tlb);
	/* Who still looks at the mm (it may be loaded, lazily) finds nothing any more. */
	mm->mmap = NULL;
	mm->mm_rb.rb_node = NULL;
	mm->highest_vm_end = 0;
	mm->total_vm = mm->locked_vm = mm->data_vm = mm->exec_vm = mm->stack_vm = 0;
	vmacache_invalidate(mm);
	for (vma = first; vma; vma = next) {
		next = vma->vm_next;
		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(vma_pages(vma));
		remove_vma(vma);
		mm->map_count--;
	}
	BUG_UNLESS_EQ(mm->map_count, 0);
	mmap_write_unlock(mm);
}

void mmput(struct mm_struct *mm)
{
	BUG_ON(mm->mm_users <= 0);
	if (--mm->mm_users)
		return;
	exit_mmap(mm);
	if (mm->exe_file) {
		mm->exe_file->f_inode->i_writecount++;
		fput(mm->exe_file);
		mm->exe_file = NULL;
	}
	spin_lock(&mmlist_lock);
	list_del(&mm->mmlist);
	spin_unlock(&mmlist_lock);
	mmdrop(mm);
}

/* Something was mapped that no area owned, or freed twice. Linux complains and goes on, too. */
static void check_mm(const struct mm_struct *mm)
{
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		if (unlikely(mm->rss_stat[i]))
			printk("BUG: Bad rss-counter state mm:%p type:%d val:%ld\n", mm, i, mm->rss_stat[i]);
	if (unlikely(mm->pgtables_bytes))
		printk("BUG: non-zero pgtables_bytes on freeing mm: %ld\n", (long)mm->pgtables_bytes);
}

void mmdrop(struct mm_struct *mm)
{
	BUG_ON(mm->mm_count <= 0);
	if (--mm->mm_count)
		return;
	BUG_ON(mm == &init_mm || mm->mm_users || mm->cpu_bitmap);
	pgd_free(mm->pgd);
	check_mm(mm);
	kmem_cache_free(&mm_cachep, mm);
}
