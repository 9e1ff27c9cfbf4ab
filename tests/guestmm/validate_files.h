/* SPDX-License-Identifier: MIT */
/*
 * The part of the whole-state check (validate.h) that is about files and the reverse map: page caches, the trees of
 * areas that map a file, and that from every mapped page rmap_walk() comes to each entry that maps it, and to no other.
 */
#ifndef TESTS_GUESTMM_VALIDATE_FILES_H
#define TESTS_GUESTMM_VALIDATE_FILES_H

/* --- files ------------------------------------------------------------------------------------ */

static uint64_t count_nodes(void *entry)
{
	struct xa_node *node = entry_node(entry);
	uint64_t nr = 1;

	if (!node)
		return 0;
	for (unsigned int i = 0; i < XA_CHUNK_SIZE; i++)
		nr += count_nodes(node->slots[i]);
	return nr;
}

static void validate_cache(struct inode *inode)
{
	struct address_space *mapping = &inode->i_data;
	uint64_t nr = 0, index = 0;
	struct page *page;

	must(mapping->host == inode && inode->i_count > 0, "inode %lu", inode->i_ino);
	must(!inode->i_rwsem.count && !mapping->i_mmap_rwsem.count && !mapping->i_pages.xa_lock.locked,
	     "inode %lu is locked", inode->i_ino);
	while ((page = xa_find(&mapping->i_pages, &index))) {
		must(page->mapping == mapping && page->index == index, "page %lu of inode %lu", index, inode->i_ino);
		must(page->flags & PG_swapbacked, "page %lu of inode %lu", index, inode->i_ino);
		must(index < size_pages(inode->i_size), "page %lu of inode %lu lies behind its end", index,
		     inode->i_ino);
		seen.frames[page_to_pfn(page)].cached++;
		nr++;
		index++;
	}
	must_eq(mapping->nrpages, nr, "inode %lu", inode->i_ino);
	seen.nr_nodes += count_nodes(mapping->i_pages.xa_head);
	seen.accounted += commits_by_page(inode) ? nr : size_pages(inode->i_size);
}

static void validate_mappings(struct address_space *mapping)
{
	struct vm_area_struct *vma;

	vma_interval_tree_foreach(vma, &mapping->i_mmap, 0, UINT64_MAX)
		must(vma->vm_file && vma->vm_file->f_mapping == mapping, "area %#lx is of another file", vma->vm_start);
	seen.nr_in_i_mmap += validate_intervals(mapping->i_mmap.rb_node, NULL, &shared_ends).nodes;
}

static void validate_files(void)
{
	struct inode *inode;
	uint64_t nr = 0;

	list_for_each_entry(inode, &super_inodes, i_sb_list) {
		validate_cache(inode);
		validate_mappings(&inode->i_data);
		nr++;
	}
	validate_mappings(&test_inode.i_data);
	must_eq(seen.nr_in_i_mmap, seen.nr_file_vmas, "areas of files and in their trees");
	must_eq(inode_cachep.nr_inuse, nr, "objects");
	must_eq(xa_node_cachep.nr_inuse, seen.nr_nodes, "objects");
}

/* --- the reverse map -------------------------------------------------------------------------- */

struct rmap_count {
	uint64_t found;
	struct vm_area_struct *before;
};

static bool count_one(struct page *page, struct vm_area_struct *vma, uint64_t address, void *arg)
{
	struct rmap_count *count = arg;

	must(vma != count->before, "area %#lx is met twice from frame %#lx", vma->vm_start, page_to_pfn(page));
	count->before = vma;
	must(address >= vma->vm_start && address < vma->vm_end, "address %#lx of frame %#lx", address, page_to_pfn(page));
	if (page_vma_mapped(page, vma, address)) {
		spin_unlock(&vma->vm_mm->page_table_lock);
		count->found++;
	}
	return true;
}

/* As many entries as the tables of all mms have for this frame; each is one of those, since the tables said so. */
static void validate_rmap(uint64_t pfn, uint64_t maps)
{
	struct rmap_count count = { 0 };
	struct rmap_walk_control rwc = { .rmap_one = count_one, .arg = &count };

	rmap_walk(pfn_to_page(pfn), &rwc);
	must_eq(count.found, maps, "entries that the reverse map finds of frame %#lx", pfn);
}

#endif
