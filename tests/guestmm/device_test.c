// SPDX-License-Identifier: MIT
/* Areas that map a device: frames without struct page, by fault or all at once; what refuses them and what copies them. */
#include <criterion/criterion.h>

#include "harness.h"
#include "expect.h"

/* --- a device of three pages, in frames that the allocator does not have ------------------------ */

#define DEVICE_PFN	4
#define DEVICE_PAGES	3

static int nr_areas;			/* as open and close count them */

static void device_open(struct vm_area_struct *vma) { (void)vma; nr_areas++; }
static void device_close(struct vm_area_struct *vma) { (void)vma; nr_areas--; }

static int device_fault(struct vm_fault *vmf)
{
	if (!(vmf->vma->vm_flags & VM_SHARED) || vmf->pgoff >= DEVICE_PAGES)
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vmf->vma, vmf->address, DEVICE_PFN + vmf->pgoff);
}

static const struct vm_operations_struct device_vm_ops = {
	.open = device_open,
	.close = device_close,
	.fault = device_fault,
	.access = generic_access_phys,
};

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	uint64_t len = vma->vm_end - vma->vm_start;
	int error = 0;

	(void)file;
	vma->vm_ops = &device_vm_ops;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	if (!(vma->vm_flags & VM_SHARED))
		error = remap_pfn_range(vma, vma->vm_start, DEVICE_PFN + vma->vm_pgoff, len, vma->vm_page_prot);
	if (!error)
		device_open(vma);
	return error;
}

static const struct file_operations device_fops = { .mmap = device_mmap };
static struct inode device_inode = { .i_count = 1, .i_data = { .host = &device_inode, .a_ops = &test_aops } };
static struct file device_file = {
	.f_count = 1, .f_mode = FMODE_READ | FMODE_WRITE, .f_inode = &device_inode, .f_mapping = &device_inode.i_data,
	.f_op = &device_fops,
};

static char *device(int page) { return __va((uint64_t)(DEVICE_PFN + page) << PAGE_SHIFT); }

static long map_device(int first, int n, const char *rights, uint64_t how)
{
	return ksys_mmap(PG(first), n * PAGE_SIZE, prot_of(rights), how | LX_MAP_FIXED, &device_file, 0);
}

static uint64_t rss_of(const struct mm_struct *mm) { return get_mm_rss(mm); }

/* --- tests -------------------------------------------------------------------------------------- */

Test(device, shared_pages_come_by_faults_and_nobody_counts_them)
{
	struct mm_struct *mm = boot(16)->mm;

	*device(0) = 7;
	expect_long(map_device(0, 3, "rw", LX_MAP_SHARED), PG(0));
	expect_long(pte_at(PG(0)), 0);
	expect_long(peek(PG(0)), 7);
	expect_long(last_event()->args[2], LAB_FAULT_PFN);
	expect_long(last_event()->args[3], DEVICE_PFN);
	expect_long(pte_at(PG(0)) & (PTE_SPECIAL | PTE_RW), PTE_SPECIAL | PTE_RW);
	expect_long(poke(PG(2), 9), 0);
	expect_long(*device(2), 9);
	expect_long(rss_of(mm), 0);
	expect_long(nr_faults, 2);
	expect_true(mm->mmap->anon_vma == NULL);
	expect_picture("www");
	unmap(0, 3);
	expect_long(nr_areas, 0);
	expect_picture("");
}

Test(device, open_and_close_follow_every_area)
{
	struct task_struct *parent = boot(16), *child;

	map_device(0, 3, "rw", LX_MAP_SHARED);
	poke(PG(0), 1);
	/* ww. : the middle goes, two areas stay */
	unmap(1, 1);
	expect_long(nr_areas, 2);
	expect_picture("w.w");
	child = fork_current();
	expect_long(nr_areas, 4);
	switch_to(child);
	/* the entry was copied, though no anon_vma says that it must be */
	expect_long(pte_pfn(pte_at(PG(0))), DEVICE_PFN);
	expect_long(rss_of(child->mm), 0);
	exit_current(parent);
	expect_long(nr_areas, 2);
	/* a move is another area, and then one less; the entries move along */
	expect_long(ksys_mremap(PG(0), PAGE_SIZE, PAGE_SIZE, LX_MREMAP_MAYMOVE | LX_MREMAP_FIXED, PG(8)), PG(8));
	expect_long(nr_areas, 2);
	expect_long(pte_pfn(pte_at(PG(8))), DEVICE_PFN);
	validate_all();
}

Test(device, what_is_refused)
{
	struct mm_struct *mm = boot(16)->mm;

	map_device(0, 2, "rw", LX_MAP_SHARED | LX_MAP_LOCKED | LX_MAP_POPULATE);
	/* neither locked nor filled in */
	expect_long(mm->locked_vm, 0);
	expect_long(pte_at(PG(0)), 0);
	expect_long(ksys_mlock(PG(0), PAGE_SIZE), 0);
	expect_long(mm->locked_vm, 0);
	expect_long(ksys_mremap(PG(0), 2 * PAGE_SIZE, 3 * PAGE_SIZE, LX_MREMAP_MAYMOVE, 0), -LX_EFAULT);
	expect_long(ksys_mremap(PG(0), 2 * PAGE_SIZE, PAGE_SIZE, 0, 0), PG(0));
	expect_long(ksys_madvise(PG(0), PAGE_SIZE, LX_MADV_DONTNEED), -LX_EINVAL);
	expect_long(ksys_madvise(PG(0), PAGE_SIZE, LX_MADV_FREE), -LX_EINVAL);
	expect_long(ksys_madvise(PG(0), PAGE_SIZE, LX_MADV_COLD), -LX_EINVAL);
	expect_long(ksys_madvise(PG(0), PAGE_SIZE, LX_MADV_POPULATE_READ), -LX_EINVAL);
	expect_long(ksys_madvise(PG(0), PAGE_SIZE, LX_MADV_DODUMP), -LX_EINVAL);
	expect_long(ksys_madvise(PG(0), PAGE_SIZE, LX_MADV_DOFORK), -LX_EINVAL);
	/* beyond the device */
	map_device(0, 4, "r", LX_MAP_SHARED);
	expect_long(peek(PG(3)), -LX_SIGBUS);
	validate_all();
}

Test(device, a_private_mapping_is_whole_and_copied_on_write)
{
	struct task_struct *parent = boot(16), *child;
	struct mm_struct *mm = parent->mm;

	*device(0) = 'd';
	map_device(0, 2, "rw", LX_MAP_PRIVATE);
	expect_long(pte_at(PG(1)) & (PTE_PFN_MASK | PTE_SPECIAL | PTE_RW), (DEVICE_PFN + 1) << PAGE_SHIFT | PTE_SPECIAL);
	expect_long(mm->mmap->vm_pgoff, DEVICE_PFN);
	expect_long(peek(PG(0)), 'd');
	expect_long(nr_faults, 0);
	expect_long(poke(PG(0) + 1, 'x'), 0);
	expect_long(last_event()->args[2], LAB_FAULT_COW_COPY);
	expect_long(counts.pages_copied, 1);
	expect_long(peek(PG(0)), 'd');
	expect_long(device(0)[1], 0);
	expect_long(rss_of(mm), 1);
	child = fork_current();
	expect_long(rss_of(child->mm), 1);
	switch_to(child);
	expect_long(peek(PG(0) + 1), 'x');
	expect_long(poke(PG(1), 'y'), 0);
	exit_current(parent);
	expect_long(peek(PG(1)), 0);
	validate_all();
}

/* Growing tables take memory: each failure on the way leaves nothing behind. */
Test(device, a_mapping_that_fails_leaves_nothing)
{
	struct mm_struct *mm = boot(16)->mm;
	long error = -LX_ENOMEM;
	int n;

	map(WINDOW - 1, 1, "rw");
	for (n = 1; error == -LX_ENOMEM; n++) {
		fail_alloc = (struct fault_attr){ .nth = n };
		error = ksys_mmap(0x40000000000, 2 * PAGE_SIZE, LX_PROT_READ, LX_MAP_PRIVATE | LX_MAP_FIXED, &device_file, 0);
		fail_alloc = (struct fault_attr){ 0 };
		if (error < 0) {
			expect_long(nr_areas, 0);
			expect_long(mm->map_count, 1);
			expect_long(device_file.f_count, 1);
		}
		validate_all();
	}
	expect_long(error, 0x40000000000);
	expect_true(n > 4);
}

Test(device, access_reads_and_writes_what_is_mapped)
{
	struct mm_struct *mm = boot(16)->mm;
	struct vm_area_struct *vma;
	char bytes[8] = "........";

	map_device(0, 2, "rw", LX_MAP_SHARED);
	vma = mm->mmap;
	expect_long(generic_access_phys(vma, PG(0), bytes, 4, false), -LX_EINVAL);
	poke(PG(0), 0);
	memcpy(device(0) + PAGE_SIZE - 3, "end", 3);
	/* up to the end of the page, no further */
	expect_long(generic_access_phys(vma, PG(1) - 3, bytes, 8, false), 3);
	expect_true(!memcmp(bytes, "end.....", 8));
	expect_long(generic_access_phys(vma, PG(0), "new", 3, true), 3);
	expect_long(peek(PG(0)), 'n');
	/* pages of it are nobody's to hold, but its bytes are to be had, up to where it ends */
	expect_long(access_remote_vm(mm, PG(0), bytes, 3, 0), 3);
	expect_true(!memcmp(bytes, "new", 3));
	expect_long(access_remote_vm(mm, PG(0) + 1, "EW", 2, FOLL_WRITE), 2);
	expect_true(!memcmp(device(0), "nEW", 3));
	peek(PG(1));
	expect_long(access_remote_vm(mm, PG(2) - 4, bytes, 8, 0), 4);
	protect(0, 2, "r");
	expect_long(generic_access_phys(mm->mmap, PG(0), "not", 3, true), -LX_EINVAL);
	validate_all();
}
