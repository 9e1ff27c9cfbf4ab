// SPDX-License-Identifier: MIT
/* Areas that map a file: the page comes from the file's address_space (Linux mm/filemap.c). */
#include "internal.h"

/* Of a file whose pages are the image's: in no index, and all there. */
static void image_map_pages(struct vm_fault *vmf, uint64_t start, uint64_t end)
{
	struct vm_area_struct *vma = vmf->vma;
	struct page *page;
	int error;

	for (uint64_t index = start;
	     index <= end && (page = read_mapping_page(vma->vm_file->f_mapping, index, &error)); index++) {
		uint64_t *pte = vmf->pte + (int64_t)(index - vmf->pgoff);

		if (!pte_none(*pte)) {
			put_page(page);
			continue;
		}
		page_add_file_rmap(page);
		vma->vm_mm->rss_stat[mm_counter(page)]++;
		set_pte(pte, mk_pte(page_to_pfn(page), vma->vm_page_prot));
	}
}

/*
 * Beyond the end: whoever touches it gets SIGBUS. Linux has mapped what lies around before it finds that; here that is the
 * rare case, so a page that is there comes without it.
 */
static int filemap_fault(struct vm_fault *vmf)
{
	int error = 0, around = 0;

	vmf->page = read_mapping_page(vmf->vma->vm_file->f_mapping, vmf->pgoff, &error);
	if (vmf->page)
		return 0;
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		do_fault_around(vmf, image_map_pages, &around);
	return around ? around : vmf_error(error);
}

/* The first page at or behind *index whose contents are there (Linux next_uptodate_page). */
static struct page *next_uptodate_page(const struct address_space *mapping, uint64_t *index)
{
	struct page *page;

	while ((page = xa_find(&mapping->i_pages, index)) && (page->flags & PG_fallocated))
		++*index;
	return page;
}

bool filemap_has_pages(struct address_space *mapping, uint64_t start, uint64_t end)
{
	uint64_t size = ALIGN_UP(mapping->host->i_size, PAGE_SIZE) >> PAGE_SHIFT, index = start;
	bool found;

	spin_lock(&mapping->i_pages.xa_lock);
	found = next_uptodate_page(mapping, &index) && index <= end && index < size;
	spin_unlock(&mapping->i_pages.xa_lock);
	return found || ((mapping->host->i_flags & S_IMAGE) && start < size);
}

/*
 * Linux filemap_map_pages: what the cache already holds around the fault is mapped along with it.
 * vmf->pte is the entry of the page that faulted, and all of [start, end] lies in its table.
 */
void filemap_map_pages(struct vm_fault *vmf, uint64_t start, uint64_t end)
{
	struct vm_area_struct *vma = vmf->vma;
	struct address_space *mapping = vma->vm_file->f_mapping;
	uint64_t size = ALIGN_UP(mapping->host->i_size, PAGE_SIZE) >> PAGE_SHIFT;
	struct page *page;

	spin_lock(&mapping->i_pages.xa_lock);
	for (uint64_t index = start;
	     (page = next_uptodate_page(mapping, &index)) && index <= end && index < size;
	     index++) {
		uint64_t *pte = vmf->pte + (int64_t)(index - vmf->pgoff);

		if (!pte_none(*pte) || unlikely(page->flags & PG_hwpoison))
			continue;
		get_page(page);
		page_add_file_rmap(page);
		vma->vm_mm->rss_stat[mm_counter(page)]++;
		set_pte(pte, mk_pte(page_to_pfn(page), vma->vm_page_prot));
	}
	spin_unlock(&mapping->i_pages.xa_lock);
}

static const struct vm_operations_struct generic_file_vm_ops __vm_ops = {
	.fault = filemap_fault,
};

int generic_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	(void)file;
	vma->vm_ops = &generic_file_vm_ops;
	return 0;
}
