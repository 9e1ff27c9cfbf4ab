/* SPDX-License-Identifier: MIT */
/*
 * Files: every inode with the pages of its cache and the areas in its tree of mappings, and what file each
 * area names. The cache's index and the tree are hostile: each node is entered once, to a bounded depth.
 */
#include "observe/build.h"

#include <string.h>

#define MAX_XA_DEPTH   11 /* 64 bits of index, 6 a level */
#define MAX_TREE_DEPTH 64

static struct model_inode *inode_at(struct build *b, uint64_t index)
{
	return (struct model_inode *)b->inodes.items + index;
}

/* --- the cache's index -------------------------------------------------------------------------- */

static void add_cached(struct build *b, uint32_t inode, uint64_t index, gva_t page)
{
	int64_t pfn = pfn_of_page(b->model, page);
	struct model_cached *cached;

	if (pfn < 0) {
		add_damage(b, DAMAGE_BAD_POINTER, inode_at(b, inode)->addr.va, -1,
			   "page cache of inode %lu: entry %#lx is %#lx, no struct page",
			   inode_at(b, inode)->raw.i_ino, index, page.va);
		return;
	}
	cached = grow_add(&b->cached, sizeof(*cached));
	*cached = (struct model_cached){.inode = inode, .index = index, .pfn = pfn};
	b->model->frames[pfn].nr_cache++;
	inode_at(b, inode)->nr_pages++;
}

static void walk_xarray(struct build *b, uint32_t inode, gva_t entry, gva_t parent, uint64_t first,
			unsigned int depth)
{
	gva_t addr = {entry.va - XA_INTERNAL};
	struct model_xa_node *found;
	struct xa_node node;

	if (!(entry.va & XA_INTERNAL)) {
		if (entry.va)
			add_cached(b, inode, first, entry);
		return;
	}
	if (depth > MAX_XA_DEPTH || b->xa_nodes.n >= b->max_structs ||
	    addr_map_get(&b->model->xa_node_map, addr.va) != ADDR_MAP_NONE ||
	    !read_struct(b, addr, &node, sizeof(node)) || node.shift > 60) {
		add_damage(b, DAMAGE_TREE, addr.va, -1, "page cache of inode %lu: %#lx is no node of its index",
			   inode_at(b, inode)->raw.i_ino, addr.va);
		return;
	}
	addr_map_put(&b->model->xa_node_map, addr.va, b->xa_nodes.n);
	found = grow_add(&b->xa_nodes, sizeof(*found));
	*found = (struct model_xa_node){.addr = addr, .inode = inode, .shift = node.shift, .count = node.count};
	found->parent_ok = node.parent.va == parent.va;
	for (uint64_t i = 0, index = b->xa_nodes.n - 1; i < XA_CHUNK_SIZE; i++) {
		if (!node.slots[i].va)
			continue;
		((struct model_xa_node *)b->xa_nodes.items)[index].nr_slots++;
		walk_xarray(b, inode, node.slots[i], addr, first + (i << node.shift), depth + 1);
	}
}

/* --- the tree of areas -------------------------------------------------------------------------- */

/** Largest last page of the subtree, as computed here. */
static uint64_t walk_i_mmap(struct build *b, uint32_t inode, gva_t node, uint64_t *before, unsigned int depth)
{
	gva_t addr = {node.va - offsetof(struct vm_area_struct, shared)};
	uint32_t index = addr_map_get(&b->model->vma_map, addr.va);
	struct model_vma *vma;
	uint64_t last, left, right;

	if (node.va == 0)
		return 0;
	if (depth > MAX_TREE_DEPTH || index == ADDR_MAP_NONE ||
	    ((struct model_vma *)b->vmas.items)[index].nr_i_mmap) {
		add_damage(b, DAMAGE_TREE, addr.va, -1, "i_mmap of inode %lu: %#lx is no area, or met before",
			   inode_at(b, inode)->raw.i_ino, addr.va);
		return 0;
	}
	vma = (struct model_vma *)b->vmas.items + index;
	vma->nr_i_mmap++;
	vma->i_mmap_inode = inode;
	left = walk_i_mmap(b, inode, vma->raw.shared.rb.rb_left, before, depth + 1);
	vma->i_mmap_ordered = *before <= vma->raw.vm_pgoff;
	*before = vma->raw.vm_pgoff;
	right = walk_i_mmap(b, inode, vma->raw.shared.rb.rb_right, before, depth + 1);
	last = vma->raw.vm_pgoff + ((vma->raw.vm_end - vma->raw.vm_start) >> PAGE_SHIFT) - 1;
	last = left > last ? left : last;
	vma->i_mmap_last = right > last ? right : last;
	return vma->i_mmap_last;
}

/* --- inodes ------------------------------------------------------------------------------------- */

static bool visit_inode(struct build *b, const struct list_walk *list, gva_t node)
{
	gva_t addr = {node.va - offsetof(struct inode, i_sb_list)};
	struct model_inode *inode;
	uint32_t index = b->inodes.n;
	struct inode raw;
	uint64_t before = 0;

	(void)list;
	if (!read_struct(b, addr, &raw, sizeof(raw)))
		return false;
	addr_map_put(&b->model->inode_map, addr.va, index);
	inode = grow_add(&b->inodes, sizeof(*inode));
	inode->addr = addr;
	inode->raw = raw;
	walk_xarray(b, index, raw.i_data.i_pages.xa_head, (gva_t){0}, 0, 0);
	walk_i_mmap(b, index, raw.i_data.i_mmap.rb_node, &before, 0);
	return true;
}

/** The file of an area; what it says of its inode is believed only if that is one of those on the list. */
static void decode_vma_file(struct build *b, struct model_vma *vma)
{
	struct file file;
	uint32_t inode;

	vma->inode = -1;
	if (vma->raw.vm_file.va == 0)
		return;
	if (!read_struct(b, vma->raw.vm_file, &file, sizeof(file))) {
		add_damage(b, DAMAGE_BAD_POINTER, vma->addr.va, vma->mm, "area %#lx: vm_file %#lx cannot be read",
			   vma->addr.va, vma->raw.vm_file.va);
		return;
	}
	inode = addr_map_get(&b->model->inode_map, file.f_inode.va);
	if (inode == ADDR_MAP_NONE ||
	    file.f_mapping.va != file.f_inode.va + offsetof(struct inode, i_data)) {
		add_damage(b, DAMAGE_BAD_POINTER, vma->raw.vm_file.va, vma->mm,
			   "area %#lx: file %#lx has inode %#lx and mapping %#lx, which no inode has",
			   vma->addr.va, vma->raw.vm_file.va, file.f_inode.va, file.f_mapping.va);
		return;
	}
	vma->inode = inode;
	if (file.f_count < 1)
		add_damage(b, DAMAGE_BAD_POINTER, vma->raw.vm_file.va, vma->mm,
			   "area %#lx: file %#lx has f_count %d", vma->addr.va, vma->raw.vm_file.va,
			   file.f_count);
}

void decode_files(struct build *b)
{
	follow_list(b, &(struct list_walk){.name = "inodes",
					   .what = "inode",
					   .head = b->model->lab.inodes,
					   .mm = -1,
					   .max = b->max_structs,
					   .visit = visit_inode});
	for (uint64_t i = 0; i < b->vmas.n; i++)
		decode_vma_file(b, (struct model_vma *)b->vmas.items + i);
}
