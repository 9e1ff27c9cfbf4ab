/* SPDX-License-Identifier: MIT */
/*
 * Files: every inode with the pages of its cache and the areas in its tree of mappings, and what file each
 * area names. The cache's index and the tree are hostile: each node is entered once, to a bounded depth.
 */
#include "observe/build.h"

#include <string.h>

#define MAX_XA_DEPTH 11 /* 64 bits of index, 6 a level */

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
	mark_frame(b, pfn)->nr_cache++;
	inode_at(b, inode)->nr_pages++;
}

/** Where a node whose first slot is for index `first` must stand in the node above it. */
static unsigned int slot_in_parent(const struct xa_node *node, uint64_t first)
{
	const unsigned int shift = node->shift + XA_CHUNK_SHIFT;

	return shift < 64 ? first >> shift & (XA_CHUNK_SIZE - 1) : 0;
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
	found->parent_ok = node.parent.va == parent.va && (!parent.va || node.offset == slot_in_parent(&node, first));
	for (uint64_t i = 0, index = b->xa_nodes.n - 1; i < XA_CHUNK_SIZE; i++) {
		if (!node.slots[i].va)
			continue;
		((struct model_xa_node *)b->xa_nodes.items)[index].nr_slots++;
		walk_xarray(b, inode, node.slots[i], addr, first + (i << node.shift), depth + 1);
	}
}

/* --- the tree of areas -------------------------------------------------------------------------- */

static int64_t find_shared(struct interval_walk *walk, gva_t node, struct interval_node *at)
{
	gva_t addr = {node.va - offsetof(struct vm_area_struct, shared)};
	uint32_t index = addr_map_get(&walk->b->model->vma_map, addr.va);
	const struct model_vma *vma;

	if (index == ADDR_MAP_NONE)
		return -1;
	vma = (const struct model_vma *)walk->b->vmas.items + index;
	at->rb = vma->raw.shared.rb;
	vma_interval(&vma->raw, at);
	return index;
}

static struct model_interval *shared_place(struct build *b, uint64_t index)
{
	return &((struct model_vma *)b->vmas.items)[index].i_mmap;
}

/* --- inodes ------------------------------------------------------------------------------------- */

static bool visit_inode(struct build *b, const struct list_walk *list, gva_t node)
{
	gva_t addr = {node.va - offsetof(struct inode, i_sb_list)};
	struct model_inode *inode;
	uint32_t index = b->inodes.n;
	struct inode raw;

	(void)list;
	if (!read_struct(b, addr, &raw, sizeof(raw)))
		return false;
	addr_map_put(&b->model->inode_map, addr.va, index);
	inode = grow_add(&b->inodes, sizeof(*inode));
	inode->addr = addr;
	inode->raw = raw;
	walk_xarray(b, index, raw.i_data.i_pages.xa_head, (gva_t){0}, 0, 0);
	decode_intervals(&(struct interval_walk){.b = b,
						 .name = "i_mmap",
						 .owner = addr,
						 .find = find_shared,
						 .place = shared_place},
			 raw.i_data.i_mmap.rb_node);
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
