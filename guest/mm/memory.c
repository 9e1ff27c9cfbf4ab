// SPDX-License-Identifier: MIT
/*
 * What a fault in an area does, once area and rights are found good (Linux mm/memory.c):
 *
 *	no PTE, anonymous, read      the shared zero page, read-only          do_anonymous_page
 *	no PTE, anonymous, write     a fresh page of zeros
 *	no PTE, file, read           the file's page, read-only if private    do_read_fault
 *	no PTE, file, write          private: a copy of the file's page       do_cow_fault
 *	no PTE, file, write, shared  the file's page, writable and dirty      do_shared_fault
 *	no PTE, device               the device maps its frame itself         vm_ops->fault
 *	PTE read-only, write         exclusive or last reference: reuse;      do_wp_page
 *	                             else copy (the zero page: a fresh one)
 *	PTE allows it                spurious: another fault was faster
 *	not present, not empty       its memory went bad: memory_failure.c
 *
 * Pages are prepared before page_table_lock is taken; under it the PTE is looked at again. A table
 * that the first look-up found stays for as long as mmap_lock is held.
 */
#include "internal.h"

uint64_t zero_pfn;

static uint64_t maybe_mkwrite(uint64_t pte, const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_WRITE ? pte | PTE_RW : pte;
}

static int done(struct vm_fault *vmf, enum lab_fault how, uint64_t pfn)
{
	vmf->how = how;
	vmf->pfn = pfn;
	return 0;
}

/*
 * page_table_lock taken; false, and lock dropped: the entry is not what it was, the fault is
 * somebody else's work now and the access is to be tried again.
 */
static bool lock_pte(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->vm_mm;

	spin_lock(&mm->page_table_lock);
	if (likely(*vmf->pte == vmf->orig_pte))
		return true;
	spin_unlock(&mm->page_table_lock);
	return false;
}

static void unlock_pte(struct vm_fault *vmf)
{
	spin_unlock(&vmf->vma->vm_mm->page_table_lock);
}

/* A page made for this fault takes its place. page_table_lock held. */
static void map_new_anon(struct vm_fault *vmf, struct page *page)
{
	struct vm_area_struct *vma = vmf->vma;
	uint64_t pte = mk_pte(page_to_pfn(page), vma->vm_page_prot);

	page_add_new_anon_rmap(page, vma, vmf->address);
	set_pte(vmf->pte, vmf->flags & FAULT_FLAG_UNSHARE ? pte : maybe_mkwrite(pte_mkdirty(pte), vma));
}

/* --- anonymous memory ------------------------------------------------------------------------- */

static int do_zero_page(struct vm_fault *vmf)
{
	if (!lock_pte(vmf))
		return done(vmf, LAB_FAULT_SPURIOUS, 0);
	set_pte(vmf->pte, mk_pte(zero_pfn, vmf->vma->vm_page_prot) | PTE_SPECIAL);
	unlock_pte(vmf);
	return done(vmf, LAB_FAULT_ZERO_READ, zero_pfn);
}

static int do_anonymous_page(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct page *page;

	if (!vmf->pte)
		vmf->pte = pte_alloc(vma->vm_mm, vmf->address);
	if (!vmf->pte)
		return VM_FAULT_OOM;
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		return do_zero_page(vmf);
	if (anon_vma_prepare(vma))
		return VM_FAULT_OOM;
	page = alloc_pages(__GFP_ZERO, 0);
	if (!page)
		return VM_FAULT_OOM;
	if (!lock_pte(vmf)) {
		put_page(page);
		return done(vmf, LAB_FAULT_SPURIOUS, 0);
	}
	vma->vm_mm->rss_stat[MM_ANONPAGES]++;
	map_new_anon(vmf, page);
	unlock_pte(vmf);
	return done(vmf, LAB_FAULT_ANON, page_to_pfn(page));
}

/* --- write to a read-only entry --------------------------------------------------------------- */

static int wp_page_reuse(struct vm_fault *vmf)
{
	if (unlikely(vmf->flags & FAULT_FLAG_UNSHARE)) {
		unlock_pte(vmf);
		return done(vmf, LAB_FAULT_SPURIOUS, pte_pfn(vmf->orig_pte));
	}
	set_pte(vmf->pte, maybe_mkwrite(pte_mkdirty(vmf->orig_pte | PTE_A), vmf->vma));
	unlock_pte(vmf);
	return done(vmf, LAB_FAULT_COW_REUSE, pte_pfn(vmf->orig_pte));
}

/* A page of its own for this mm: a copy of what is mapped, or zeros where the zero page was. */
static struct page *wp_new_page(struct vm_fault *vmf)
{
	uint64_t pfn = pte_pfn(vmf->orig_pte);
	struct page *page;

	if (anon_vma_prepare(vmf->vma))
		return NULL;
	page = alloc_pages(pfn == zero_pfn ? __GFP_ZERO : GFP_KERNEL, 0);
	if (page && pfn != zero_pfn)
		copy_page(__va(page_to_pfn(page) << PAGE_SHIFT), __va(pfn << PAGE_SHIFT));
	return page;
}

/* What a copy is called: by what stood there, `old` or a frame without struct page. */
static enum lab_fault how_copied(const struct vm_fault *vmf, const struct page *old)
{
	if (old)
		return PageAnon(old) ? LAB_FAULT_COW_COPY : LAB_FAULT_FILE_COW;
	return pte_pfn(vmf->orig_pte) == zero_pfn ? LAB_FAULT_COW_ZERO : LAB_FAULT_COW_COPY;
}

/* `old` (NULL: the zero page, or a device's) carries a reference for us, so that it stays while it is copied. */
static int wp_page_copy(struct vm_fault *vmf, struct page *old)
{
	struct mm_struct *mm = vmf->vma->vm_mm;
	bool file = old && !PageAnon(old);
	enum lab_fault how = how_copied(vmf, old);
	struct page *page = wp_new_page(vmf);

	if (!page || !lock_pte(vmf)) {
		if (old)
			put_page(old);
		if (!page)
			return VM_FAULT_OOM;
		put_page(page);
		return done(vmf, LAB_FAULT_SPURIOUS, 0);
	}
	if (file)
		mm->rss_stat[mm_counter(old)]--;
	if (file || !old)
		mm->rss_stat[MM_ANONPAGES]++;
	/* No CPU may see the old frame after another sees the new one: clear and flush, then set. */
	set_pte(vmf->pte, 0);
	flush_tlb_page(mm, vmf->address);
	map_new_anon(vmf, page);
	if (old)
		page_remove_rmap(old);
	unlock_pte(vmf);
	if (old) {
		put_page(old);		/* the mapping's */
		put_page(old);		/* ours */
	}
	return done(vmf, how, page_to_pfn(page));
}

/*
 * The file is asked before a page of it is written, with no lock held; the page is ours meanwhile.
 * 0 or VM_FAULT_*.
 */
static int do_page_mkwrite(struct vm_fault *vmf, struct page *page)
{
	int fault;

	vmf->page = page;
	vmf->pgoff = linear_page_index(vmf->vma, vmf->address);
	get_page(page);
	fault = vmf->vma->vm_ops->page_mkwrite(vmf);
	put_page(page);
	return fault;
}

/*
 * A shared page that was read only so far (Linux wp_page_shared; wp_pfn_shared where page is NULL: a
 * device is not asked). page_table_lock held; dropped here or below.
 */
static int wp_page_shared(struct vm_fault *vmf, struct page *page)
{
	int fault;

	if (page && vmf->vma->vm_ops->page_mkwrite) {
		unlock_pte(vmf);
		fault = do_page_mkwrite(vmf, page);
		if (fault)
			return fault;
		if (!lock_pte(vmf))
			return done(vmf, LAB_FAULT_SPURIOUS, 0);
	}
	if (page)
		page->flags |= PG_dirty;
	wp_page_reuse(vmf);
	return done(vmf, LAB_FAULT_SHARED_REUSE, vmf->pfn);
}

/* page_table_lock held; dropped here or below. */
static int do_wp_page(struct vm_fault *vmf)
{
	struct page *page = vm_normal_page(vmf->orig_pte);

	if ((vmf->vma->vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE))
		return wp_page_shared(vmf, page);
	if (page && PageAnon(page)) {
		if (page->flags & PG_anon_exclusive)
			return wp_page_reuse(vmf);
		/* All who shared it let go: it is ours alone again. */
		if (page->_refcount == 1) {
			page_move_anon_rmap(page, vmf->vma);
			return wp_page_reuse(vmf);
		}
	}
	if (page)
		get_page(page);
	unlock_pte(vmf);
	return wp_page_copy(vmf, page);
}

/* --- pages of files --------------------------------------------------------------------------- */

/* How vmf->page takes its place. */
enum file_use {
	USE_READ,			/* as it is */
	USE_COW,			/* it is a page of this mm's own */
	USE_SHARED,			/* as it is, to be written */
};

/* vmf->page, with its reference, takes its place. */
static int finish_fault(struct vm_fault *vmf, enum file_use use)
{
	static const unsigned char how[] = {
		[USE_READ] = LAB_FAULT_FILE_READ,
		[USE_COW] = LAB_FAULT_FILE_COW,
		[USE_SHARED] = LAB_FAULT_FILE_SHARED,
	};
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	uint64_t pfn = page_to_pfn(vmf->page);

	if (!vmf->pte)
		vmf->pte = pte_alloc(mm, vmf->address);
	if (!vmf->pte || !lock_pte(vmf)) {
		put_page(vmf->page);
		return vmf->pte ? done(vmf, LAB_FAULT_SPURIOUS, 0) : VM_FAULT_OOM;
	}
	if (use == USE_COW) {
		mm->rss_stat[MM_ANONPAGES]++;
		map_new_anon(vmf, vmf->page);
	} else {
		uint64_t pte = mk_pte(pfn, vma->vm_page_prot);

		mm->rss_stat[mm_counter(vmf->page)]++;
		page_add_file_rmap(vmf->page);
		if (use == USE_SHARED)
			vmf->page->flags |= PG_dirty;
		set_pte(vmf->pte, use == USE_SHARED ? maybe_mkwrite(pte_mkdirty(pte), vma) : pte);
	}
	unlock_pte(vmf);
	return done(vmf, how[use], pfn);
}

#define FAULT_AROUND_PAGES 16UL

bool do_fault_around(struct vm_fault *vmf, map_pages_fn map_pages, int *error)
{
	struct vm_area_struct *vma = vmf->vma;
	uint64_t window = ALIGN_DOWN(vmf->address, FAULT_AROUND_PAGES * PAGE_SIZE);
	uint64_t start = max(window, vma->vm_start);
	uint64_t end = min(min(start + FAULT_AROUND_PAGES * PAGE_SIZE, vma->vm_end),
			   ALIGN_DOWN(vmf->address, PMD_SIZE) + PMD_SIZE);
	uint64_t first = linear_page_index(vma, start), last = linear_page_index(vma, end) - 1;
	bool mapped;

	/* A table is put in place for the first page that is there; Linux keeps it in vmf->prealloc_pte until then. */
	if (!vmf->pte && !filemap_has_pages(vma->vm_file->f_mapping, first, last))
		return false;
	vmf->pte = pte_alloc(vma->vm_mm, vmf->address);
	if (!vmf->pte) {
		*error = VM_FAULT_OOM;
		return false;
	}
	spin_lock(&vma->vm_mm->page_table_lock);
	map_pages(vmf, first, last);
	mapped = !pte_none(*vmf->pte);
	spin_unlock(&vma->vm_mm->page_table_lock);
	if (mapped)
		done(vmf, LAB_FAULT_FILE_READ, pte_pfn(*vmf->pte));
	return mapped;
}

static int do_read_fault(struct vm_fault *vmf)
{
	map_pages_fn map_pages = vmf->vma->vm_ops->map_pages;
	int error = 0;

	if (map_pages && do_fault_around(vmf, map_pages, &error))
		return 0;
	if (!error)
		error = vmf->vma->vm_ops->fault(vmf);
	return error ? error : finish_fault(vmf, USE_READ);
}

static int do_shared_fault(struct vm_fault *vmf)
{
	int error = vmf->vma->vm_ops->fault(vmf);

	if (!error && vmf->vma->vm_ops->page_mkwrite) {
		error = do_page_mkwrite(vmf, vmf->page);
		if (error)
			put_page(vmf->page);
	}
	return error ? error : finish_fault(vmf, USE_SHARED);
}

static int do_cow_fault(struct vm_fault *vmf)
{
	struct page *file_page, *page;
	int error;

	if (anon_vma_prepare(vmf->vma))
		return VM_FAULT_OOM;
	page = alloc_pages(GFP_KERNEL, 0);
	if (!page)
		return VM_FAULT_OOM;
	error = vmf->vma->vm_ops->fault(vmf);
	if (error) {
		put_page(page);
		return error;
	}
	file_page = vmf->page;
	copy_page(__va(page_to_pfn(page) << PAGE_SHIFT), __va(page_to_pfn(file_page) << PAGE_SHIFT));
	put_page(file_page);
	vmf->page = page;
	return finish_fault(vmf, USE_COW);
}

/* vm_ops->fault has set the entry itself: the access is tried again, and nothing is left to be done. */
static int finish_pfn_fault(struct vm_fault *vmf)
{
	uint64_t span_end;

	vmf->pte = pte_lookup(vmf->vma->vm_mm, vmf->address, &span_end);
	return done(vmf, LAB_FAULT_PFN, pte_pfn(*vmf->pte));
}

static int do_fault(struct vm_fault *vmf)
{
	int fault;

	if (!vmf->pte && !pmd_alloc(vmf->vma->vm_mm, vmf->address))
		return VM_FAULT_OOM;
	vmf->pgoff = linear_page_index(vmf->vma, vmf->address);
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		fault = do_read_fault(vmf);
	else
		fault = vmf->vma->vm_flags & VM_SHARED ? do_shared_fault(vmf) : do_cow_fault(vmf);
	return unlikely(fault == VM_FAULT_NOPAGE) ? finish_pfn_fault(vmf) : fault;
}

/* --- the tree of decisions -------------------------------------------------------------------- */

/* A present entry: too few rights, or right already. */
static int handle_present(struct vm_fault *vmf)
{
	bool write = vmf->flags & FAULT_FLAG_WRITE;
	uint64_t pte = write ? pte_mkdirty(vmf->orig_pte | PTE_A) : vmf->orig_pte | PTE_A;

	if (unlikely(!pte_present(vmf->orig_pte)))
		return VM_FAULT_HWPOISON;	/* Linux do_swap_page() */
	if (!lock_pte(vmf))
		return done(vmf, LAB_FAULT_SPURIOUS, 0);
	if ((vmf->flags & (FAULT_FLAG_WRITE | FAULT_FLAG_UNSHARE)) && !(vmf->orig_pte & PTE_RW))
		return do_wp_page(vmf);
	if (pte != vmf->orig_pte)
		set_pte(vmf->pte, pte);
	else if (write)
		flush_tlb_page(vmf->vma->vm_mm, vmf->address);
	unlock_pte(vmf);
	return done(vmf, LAB_FAULT_SPURIOUS, pte_pfn(pte));
}

int handle_mm_fault(struct vm_fault *vmf, struct vm_area_struct *vma, uint64_t address, unsigned int flags)
{
	uint64_t span_end;

	vmf->vma = vma;
	vmf->address = ALIGN_DOWN(address, PAGE_SIZE);
	vmf->flags = flags;
	vmf->page = NULL;
	vmf->pte = pte_lookup(vma->vm_mm, address, &span_end);
	vmf->orig_pte = vmf->pte ? *vmf->pte : 0;
	vmf->how = LAB_FAULT_NONE;
	vmf->pfn = 0;
	if (!pte_none(vmf->orig_pte))
		return handle_present(vmf);
	return vma_is_anonymous(vma) ? do_anonymous_page(vmf) : do_fault(vmf);
}
