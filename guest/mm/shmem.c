// SPDX-License-Identifier: MIT
/*
 * Memory that is a file (Linux mm/shmem.c): behind shared anonymous areas, memfds, System V segments and the files of the
 * tree. Nothing lies below it, so a page once in the cache stays until truncation or the inode's end.
 */
#include "internal.h"
#include "list.h"

static DEFINE_KMEM_CACHE(inode_cachep, "inode_cache", sizeof(struct inode));
static struct spinlock inode_list_lock;
static uint64_t last_ino = FIRST_FREE_INO - 1;

/* Pages committed one by one, when they come to be; else the whole size was, at the start. */
static bool commits_by_page(const struct inode *inode) { return inode->i_vm_flags & VM_NORESERVE; }

static uint64_t size_pages(uint64_t size) { return ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT; }

/* A new page of zeros at index, with a reference for the caller beside the cache's. */
static struct page *add_page(struct inode *inode, uint64_t index)
{
	struct address_space *mapping = &inode->i_data;
	struct page *page;
	int error;

	if (commits_by_page(inode) && vm_enough_memory(1))
		return NULL;
	page = alloc_pages(__GFP_ZERO, 0);
	if (!page)
		goto uncommit;
	spin_lock(&mapping->i_pages.xa_lock);
	error = xa_store(&mapping->i_pages, index, page);
	if (!error)
		mapping->nrpages++;
	spin_unlock(&mapping->i_pages.xa_lock);
	if (error)
		goto free;
	page->mapping = mapping;
	page->index = index;
	page->flags |= PG_swapbacked;
	get_page(page);
	return page;
free:
	put_page(page);
uncommit:
	if (commits_by_page(inode))
		vm_unacct_memory(1);
	return NULL;
}

struct page *shmem_get_page(struct inode *inode, uint64_t index, enum sgp_type sgp, int *error)
{
	struct page *page;

	*error = 0;
	if (sgp != SGP_WRITE && index >= size_pages(inode->i_size)) {
		*error = -LX_EINVAL;
		return NULL;
	}
	page = xa_load(&inode->i_data.i_pages, index);
	if (page) {
		get_page(page);
		return page;
	}
	if (sgp == SGP_READ)
		return NULL;
	page = add_page(inode, index);
	if (!page)
		*error = -LX_ENOMEM;
	return page;
}

static struct page *shmem_cache_page(struct address_space *mapping, uint64_t index, int *error)
{
	return shmem_get_page(mapping->host, index, SGP_CACHE, error);
}

static const struct address_space_operations shmem_aops = { .get_page = shmem_cache_page };

static int shmem_fault(struct vm_fault *vmf)
{
	int error;

	vmf->page = shmem_get_page(vmf->vma->vm_file->f_inode, vmf->pgoff, SGP_CACHE, &error);
	if (vmf->page)
		return 0;
	return error == -LX_ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct shmem_vm_ops = {
	.fault = shmem_fault,
	.map_pages = filemap_map_pages,
};

int shmem_mmap(struct file *file, struct vm_area_struct *vma)
{
	(void)file;
	vma->vm_ops = &shmem_vm_ops;
	return 0;
}

/* --- inodes --------------------------------------------------------------------------------------------- */

struct inode *new_inode(uint32_t mode)
{
	struct inode *inode = kmem_cache_zalloc(&inode_cachep);

	if (!inode)
		return NULL;
	inode->i_ino = ++last_ino;
	inode->i_mode = mode;
	inode->i_count = 1;
	inode->i_vm_flags = VM_NORESERVE;
	inode->i_atime = inode->i_mtime = inode->i_ctime = lab.virtual_ns;
	inode->i_data.host = inode;
	spin_lock(&inode_list_lock);
	list_add_tail(&inode->i_sb_list, &super_inodes);
	spin_unlock(&inode_list_lock);
	return inode;
}

struct inode *shmem_get_inode(uint32_t mode, uint64_t size, uint64_t vm_flags)
{
	struct inode *inode = new_inode(mode);

	if (!inode)
		return NULL;
	inode->i_size = size;
	inode->i_vm_flags = vm_flags & VM_NORESERVE;
	inode->i_data.a_ops = &shmem_aops;
	return inode;
}

static void evict(struct inode *inode)
{
	uint64_t gone = truncate_inode_pages(&inode->i_data, 0);

	BUG_ON(inode->i_data.i_mmap.rb_node);
	vm_unacct_memory(commits_by_page(inode) ? gone : size_pages(inode->i_size));
	spin_lock(&inode_list_lock);
	list_del(&inode->i_sb_list);
	spin_unlock(&inode_list_lock);
	kmem_cache_free(&inode_cachep, inode);
}

void iput(struct inode *inode)
{
	BUG_ON(inode->i_count <= 0);
	if (--inode->i_count == 0)
		evict(inode);
}

/* What lies behind the end in the last page must read as zeros when the file grows again. */
static void clear_tail(struct inode *inode, uint64_t size)
{
	struct page *page = xa_load(&inode->i_data.i_pages, size >> PAGE_SHIFT);
	uint64_t in_page = size % PAGE_SIZE;

	if (!page || !in_page)
		return;
	memset((char *)__va(page_to_pfn(page) << PAGE_SHIFT) + in_page, 0, PAGE_SIZE - in_page);
	page->flags |= PG_dirty;
}

void shmem_truncate(struct inode *inode, uint64_t size)
{
	uint64_t first = size_pages(size), gone;
	bool cuts = size <= inode->i_size;	/* of the same size, too: what a mapping left behind the end is cleared */

	BUG_ON(!commits_by_page(inode));
	inode->i_size = size;
	if (!cuts)
		return;
	/* Twice, as Linux: a fault may have brought back a private copy between the two. */
	unmap_mapping_pages(&inode->i_data, first, UINT64_MAX);
	gone = truncate_inode_pages(&inode->i_data, first);
	clear_tail(inode, size);
	unmap_mapping_pages(&inode->i_data, first, UINT64_MAX);
	vm_unacct_memory(gone);
}

struct file *shmem_file_setup(const char *name, uint64_t size, uint64_t vm_flags)
{
	uint64_t committed = vm_flags & VM_NORESERVE ? 0 : size_pages(size);
	struct inode *inode;
	struct file *file;

	if ((int64_t)size < 0)
		return ERR_PTR(-LX_EINVAL);
	if (vm_enough_memory(committed))
		return ERR_PTR(-LX_ENOMEM);
	inode = shmem_get_inode(LX_S_IFREG | 0777, size, vm_flags);
	if (!inode) {
		vm_unacct_memory(committed);
		return ERR_PTR(-LX_ENOSPC);
	}
	file = alloc_file_pseudo(inode, name, LX_O_RDWR, &shmem_file_operations);
	if (!file) {
		iput(inode);		/* uncommits */
		return ERR_PTR(-LX_ENFILE);
	}
	return file;
}

int shmem_zero_setup(struct vm_area_struct *vma)
{
	struct file *file = shmem_file_setup("dev/zero", vma->vm_end - vma->vm_start, vma->vm_flags);

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (vma->vm_file)
		fput(vma->vm_file);
	vma->vm_file = file;
	vma->vm_ops = &shmem_vm_ops;
	return 0;
}
