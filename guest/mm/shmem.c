// SPDX-License-Identifier: MIT
/*
 * Memory that is a file (Linux mm/shmem.c): behind shared anonymous areas, memfds, System V segments and the files of the
 * tree. Nothing lies below it, so a page that was written stays in the cache until truncation or the inode's end.
 */
#include "internal.h"
#include "list.h"

static DEFINE_KMEM_CACHE(inode_cachep, "inode_cache", sizeof(struct inode));
static struct spinlock inode_list_lock;
static uint64_t last_ino = FIRST_FREE_INO - 1;

/* Pages committed one by one, when they come to be; else the whole size was, at the start. */
static bool commits_by_page(const struct inode *inode) { return inode->i_vm_flags & VM_NORESERVE; }

static uint64_t size_pages(uint64_t size) { return ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT; }

/* Does the page begin as bytes of the initrd, or of the host's file? */
static bool is_backed(const struct inode *inode, uint64_t index)
{
	return index < size_pages(inode->i_backing_size);
}

/* Those bytes, and zeros behind the last. 0 or -errno. */
static int fill_from_backing(const struct inode *inode, uint64_t index, struct page *page)
{
	uint64_t at = index << PAGE_SHIFT, n = min(inode->i_backing_size - at, PAGE_SIZE);

	if (inode->i_flags & S_HOST)
		return host_read_page((uint64_t)inode->i_private, inode->i_backing_size, index, page_to_pfn(page));
	memcpy(__va(page_to_pfn(page) << PAGE_SHIFT), (const char *)inode->i_backing + at, n);
	return 0;
}

/* A new page at index, of zeros or of what backs it, with a reference for the caller beside the cache's. NULL with *error. */
static struct page *add_page(struct inode *inode, uint64_t index, int *error)
{
	struct address_space *mapping = &inode->i_data;
	bool backed = is_backed(inode, index);
	struct page *page;

	*error = -LX_ENOMEM;
	if (commits_by_page(inode) && vm_enough_memory(1))
		return NULL;
	page = alloc_pages(backed && (inode->i_flags & S_HOST) ? GFP_KERNEL : __GFP_ZERO, 0);
	if (!page)
		goto uncommit;
	*error = backed ? fill_from_backing(inode, index, page) : 0;
	if (*error)
		goto free;
	spin_lock(&mapping->i_pages.xa_lock);
	*error = xa_store(&mapping->i_pages, index, page);
	if (!*error)
		mapping->nrpages++;
	spin_unlock(&mapping->i_pages.xa_lock);
	if (*error)
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

void shmem_reclaim_page(struct page *page)
{
	struct address_space *mapping = page->mapping;

	/* The cache's reference and the caller's. What the initrd filled was written, on Linux. */
	if ((page->flags & PG_dirty) || page->_refcount != 2 || mapping->host->i_backing)
		return;
	spin_lock(&mapping->i_pages.xa_lock);
	delete_from_page_cache(page);
	spin_unlock(&mapping->i_pages.xa_lock);
	if (commits_by_page(mapping->host))
		vm_unacct_memory(1);
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
	if (unlikely(page && (page->flags & PG_hwpoison))) {
		*error = sgp == SGP_CACHE ? -LX_EHWPOISON : -LX_EIO;
		return NULL;
	}
	if (page && (sgp != SGP_READ || !(page->flags & PG_fallocated))) {
		if (sgp == SGP_CACHE)
			page->flags &= ~PG_fallocated;
		get_page(page);
		return page;
	}
	if (sgp == SGP_READ && !is_backed(inode, index))
		return NULL;
	return add_page(inode, index, error);
}

static struct page *shmem_cache_page(struct address_space *mapping, uint64_t index, int *error)
{
	return shmem_get_page(mapping->host, index, SGP_CACHE, error);
}

const struct address_space_operations shmem_aops = { .get_page = shmem_cache_page };

static int shmem_fault(struct vm_fault *vmf)
{
	int error;

	vmf->page = shmem_get_page(vmf->vma->vm_file->f_inode, vmf->pgoff, SGP_CACHE, &error);
	if (vmf->page)
		return 0;
	return vmf_error(error);
}

static const struct vm_operations_struct shmem_vm_ops __vm_ops = {
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
	inode->i_atime = inode->i_mtime = inode->i_ctime = lab.virtual_ns + lab.live.realtime_offset;
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
	uint64_t gone = truncate_inode_pages(&inode->i_data, 0, UINT64_MAX);

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

/* Bytes [from, to) of one page read as zeros, if the page is there. */
static void zero_partial_page(struct inode *inode, uint64_t from, uint64_t to)
{
	struct page *page = xa_load(&inode->i_data.i_pages, from >> PAGE_SHIFT);

	if (!page || from >= to)
		return;
	memset((char *)__va(page_to_pfn(page) << PAGE_SHIFT) + from % PAGE_SIZE, 0, to - from);
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
	inode->i_fallocend = min(inode->i_fallocend, first);
	inode->i_backing_size = min(inode->i_backing_size, size);
	/* Twice, as Linux: a fault may have brought back a private copy between the two. */
	unmap_mapping_pages(&inode->i_data, first, UINT64_MAX, /* even_cows = */ true);
	gone = truncate_inode_pages(&inode->i_data, first, UINT64_MAX);
	/* What lies behind the end in the last page must read as zeros when the file grows again. */
	zero_partial_page(inode, size, ALIGN_UP(size, PAGE_SIZE));
	unmap_mapping_pages(&inode->i_data, first, UINT64_MAX, /* even_cows = */ true);
	vm_unacct_memory(gone);
}

/* --- room and holes -------------------------------------------------------------------------------------- */

/* Linux shmem_fallocate, punching: whole pages go from where they are mapped, but for private copies; of
 * others the bytes are cleared. */
static void punch_hole(struct inode *inode, uint64_t start, uint64_t end)
{
	uint64_t first = size_pages(start), last = end >> PAGE_SHIFT, gone;

	/*
	 * A hole that ends in the first page: Linux takes the whole pages in it for [first, -1], so nobody maps anything behind
	 * it any more. No contents are lost, and the next access maps them again.
	 */
	if (last == 0)
		unmap_mapping_pages(&inode->i_data, first, UINT64_MAX, /* even_cows = */ false);
	if (first > last) {		/* within one page */
		zero_partial_page(inode, start, end);
		return;
	}
	zero_partial_page(inode, start, first << PAGE_SHIFT);
	zero_partial_page(inode, last << PAGE_SHIFT, end);
	if (first == last)
		return;
	unmap_mapping_pages(&inode->i_data, first, last - 1, /* even_cows = */ false);
	gone = truncate_inode_pages(&inode->i_data, first, last - 1);
	if (commits_by_page(inode))
		vm_unacct_memory(gone);
}

/* The pages of [start, end) that fallocate() made and nobody has used go. */
static void forget_range(struct inode *inode, uint64_t start, uint64_t end)
{
	struct page *page;

	for (uint64_t index = start; (page = xa_find(&inode->i_data.i_pages, &index)) && index < end; index++)
		if (page->flags & PG_fallocated)
			vm_unacct_memory(truncate_inode_pages(&inode->i_data, index, index));
}

/*
 * Pages [start, end) come to be, and are dirty, so that nobody takes them for worthless. What nobody has used yet goes again when one
 * cannot be had; so what an earlier call made and promised counts as used from now on. 0 or -LX_ENOMEM.
 */
static int allocate_range(struct inode *inode, uint64_t start, uint64_t end)
{
	int error = 0;

	for (uint64_t index = start; index < end; index++) {
		bool found = xa_load(&inode->i_data.i_pages, index) != NULL;
		struct page *page = shmem_get_page(inode, index, SGP_WRITE, &error);

		if (!page)
			break;
		page->flags = found ? page->flags & ~PG_fallocated : page->flags | PG_fallocated;
		page->flags |= PG_dirty;
		put_page(page);
	}
	if (error)
		forget_range(inode, start, end);
	return error;
}

/* All that the initrd holds of it, in pages of its own. 0 or -LX_ENOMEM: some of them, which is harmless. */
static int fill_backed_pages(struct inode *inode)
{
	int error = 0;

	for (uint64_t index = 0; is_backed(inode, index); index++) {
		struct page *page = shmem_get_page(inode, index, SGP_WRITE, &error);

		if (!page)
			break;
		put_page(page);
	}
	return error;
}

/** Linux shmem_fallocate. The arguments are checked (vfs_fallocate), but for what modes there are here. */
int shmem_fallocate(struct file *file, uint32_t mode, uint64_t offset, uint64_t len)
{
	struct inode *inode = file->f_inode;
	uint64_t end = offset + len;
	int error = 0;

	if (mode & ~(LX_FALLOC_FL_KEEP_SIZE | LX_FALLOC_FL_PUNCH_HOLE))
		return -LX_EOPNOTSUPP;
	down_write(&inode->i_rwsem);
	if (mode & LX_FALLOC_FL_PUNCH_HOLE) {
		/* What was never looked at must not come back where the hole is. */
		error = fill_backed_pages(inode);
		if (!error) {
			inode->i_backing_size = 0;
			punch_hole(inode, offset, end);
		}
		inode->i_mtime = inode->i_ctime = lab.virtual_ns + lab.live.realtime_offset;
	} else {
		error = allocate_range(inode, offset >> PAGE_SHIFT, size_pages(end));
		if (!error)
			inode->i_fallocend = max(inode->i_fallocend, size_pages(end));
		if (!error && !(mode & LX_FALLOC_FL_KEEP_SIZE))
			inode->i_size = max(inode->i_size, end);
	}
	up_write(&inode->i_rwsem);
	return error;
}

int noop_fsync(struct file *file)
{
	(void)file;
	return 0;
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
		return ERR_PTR(-LX_ENOMEM);
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
