/* SPDX-License-Identifier: MIT */
/* Corruptions of inodes, page caches and open files. */
#include "inject/rows.h"
#include "uapi.h"

static const struct model_inode *inode(const struct inject_object *o)
{
	return o->item;
}

static bool has_pages(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return inode(o)->nr_pages;
}

static bool is_regular(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return (inode(o)->raw.i_mode & LX_S_IFMT) == LX_S_IFREG;
}

static bool is_directory(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return (inode(o)->raw.i_mode & LX_S_IFMT) == LX_S_IFDIR;
}

static bool has_operations(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return inode(o)->raw.i_data.a_ops.va;
}

/** Type of an open file's inode; 0: it has none. */
static uint32_t type_of_file(const struct model *m, const struct inject_object *o)
{
	const uint32_t i = addr_map_get(&m->inode_map, ((const struct model_file *)o->item)->raw.f_inode.va);

	return i == ADDR_MAP_NONE ? 0 : m->inodes[i].raw.i_mode & LX_S_IFMT;
}

static bool has_dentry(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return ((const struct model_file *)o->item)->raw.f_dentry.va;
}

static bool is_pipe(const struct model *m, const struct inject_object *o)
{
	return type_of_file(m, o) == LX_S_IFIFO;
}

/** No attachment of System V either, which has a pointer. */
static bool is_plain(const struct model *m, const struct inject_object *o)
{
	const struct file *raw = &((const struct model_file *)o->item)->raw;
	const uint32_t i = addr_map_get(&m->inode_map, raw->f_inode.va);

	return type_of_file(m, o) == LX_S_IFREG && m->inodes[i].raw.i_data.a_ops.va && !raw->private_data.va;
}

static bool has_no_backing(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return !inode(o)->raw.i_backing.va && !(inode(o)->raw.i_flags & S_HOST);
}

static bool is_mapped(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return inode(o)->raw.i_data.i_mmap.rb_node.va;
}

static bool first_slot_used(const struct model *m, const struct inject_object *o)
{
	const struct model_xa_node *node = o->item;
	uint64_t slot = 0;

	return node->shift == 0 && image_read_va(m->image, (gva_t){o->addr + offsetof(struct xa_node, slots)}, &slot, 8) &&
	       slot;
}

/** Where it stands in its parent means nothing for the top node. */
static bool has_parent(const struct model *m, const struct inject_object *o)
{
	uint64_t parent = 0;

	return image_read_va(m->image, (gva_t){o->addr + offsetof(struct xa_node, parent)}, &parent, 8) && parent;
}

/** Who is blocked in a call may hold one reference more. */
static bool nobody_blocked(const struct model *m, const struct inject_object *o)
{
	(void)o;
	for (int i = 0; i < AGENT_CHANNELS; i++)
		if (m->lab.channels[i].state == LAB_CHANNEL_BUSY)
			return false;
	for (uint32_t i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].mm > 0 && m->tasks[i].raw.channel < 0 && m->tasks[i].raw.state == TASK_INTERRUPTIBLE)
			return false;
	return true;
}

const struct corruption file_corruptions[] = {
#define KIND OBJ_INODE
	SET("inode.i_count=0", NULL, "i_count", 0, "inode-fields"),
	SET("inode.i_size=0", has_pages, "i_size", 0, "cache-size"),
	XOR("inode.i_mode", NULL, "i_mode", 0x7000, "inode-fields"),
	XOR("inode.i_flags.image", has_pages, "i_flags", S_IMAGE, "inode-fields|cache-held|cache-pages"),
	XOR("inode.i_flags.unevictable", NULL, "i_flags", S_UNEVICTABLE, "shm-fields"),
	XOR("inode.i_flags.bit-20", NULL, "i_flags", 1 << 20, "inode-fields"),
	SET("inode.i_rdev", is_regular, "i_rdev", 0x103, "inode-fields"),
	SET("inode.i_backing_size", has_no_backing, "i_backing_size", PAGE_SIZE, "inode-fields"),
	XOR("inode.i_op.other", is_directory, "i_op", 8, "inode-fields"),
	SET("inode.i_op=0", is_directory, "i_op", 0, "inode-fields"),
	XOR("inode.i_fop.other", is_directory, "i_fop", 32, "inode-fields"),
	XOR("inode.i_vm_flags.account", NULL, "i_vm_flags", VM_ACCOUNT, "inode-fields"),
	SET("inode.i_backing=wild", has_no_backing, "i_backing", WILD, "inode-fields"),
	SET("inode.i_rwsem", NULL, "i_rwsem.count", 1, "inode-fields"),
	SELF("inode.i_sb_list.next=self", NULL, "i_sb_list.next", "lists-sound|inode-slab"),
	SET("inode.i_sb_list.next=wild", NULL, "i_sb_list.next", WILD, "pointers-sound|lists-sound"),
#undef KIND
#define KIND OBJ_MAPPING
	COPY("mapping.host=other", NULL, "host", "inode-fields"),
	SET("mapping.host=0", NULL, "host", 0, "inode-fields"),
	SET("mapping.xa_head=0", has_pages, "i_pages.xa_head", 0, "cache-held|cache-size"),
	SET("mapping.xa_head=wild", has_pages, "i_pages.xa_head", WILD, "pointers-sound"),
	SWAP("mapping.xa_head<>other", has_pages, "i_pages.xa_head", "cache-pages"),
	SET("mapping.xa_lock", NULL, "i_pages.xa_lock.locked", 1, "inode-fields"),
	SET("mapping.i_mmap_rwsem", NULL, "i_mmap_rwsem.count", 1, "inode-fields"),
	SET("mapping.i_mmap=0", is_mapped, "i_mmap.rb_node", 0, "i-mmap"),
	SET("mapping.i_mmap=wild", is_mapped, "i_mmap.rb_node", WILD, "pointers-sound|i-mmap"),
	MORE_AND_LESS("mapping.nrpages", has_pages, "nrpages", "cache-size"),
	SET("mapping.a_ops=wild", NULL, "a_ops", WILD, "inode-fields"),
	XOR("mapping.a_ops.other", has_operations, "a_ops", 8, "inode-fields"),
#undef KIND
#define KIND OBJ_NODE
	MORE_AND_LESS("node.count", NULL, "count", "cache-index"),
	ADD("node.shift+6", NULL, "shift", 6, "cache-index|cache-pages|pointers-sound"),
	ADD("node.offset+1", has_parent, "offset", 1, "cache-index"),
	SET("node.parent=wild", NULL, "parent", WILD, "cache-index"),
	SET("node.slots[0]=0", first_slot_used, "slots[0]", 0, "cache-held|cache-index"),
	SET("node.slots[0]=wild", first_slot_used, "slots[0]", WILD, "pointers-sound|cache-pages|cache-index"),
	SWAP2("node.slots<>", first_slot_used, "slots[0]", "slots[1]", "cache-pages"),
#undef KIND
#define KIND OBJ_FILE
	SET("file.f_inode=wild", NULL, "f_inode", WILD, "file-fields|pointers-sound"),
	COPY("file.f_inode=other", NULL, "f_inode", "file-fields|i-mmap|pointers-sound"),
	SET("file.f_mapping=wild", NULL, "f_mapping", WILD, "file-fields|i-mmap"),
	SET("file.f_op=wild", NULL, "f_op", WILD, "file-fields"),
	XOR("file.f_op.other", NULL, "f_op", 32, "file-fields"),
	SET("file.f_op=0", NULL, "f_op", 0, "file-fields"),
	SET("file.private_data=wild", NULL, "private_data", WILD << 32, "file-private"),
	XOR("file.private_data.of-plain", is_plain, "private_data", 64, "file-private"),
	XOR("file.private_data.of-pipe", is_pipe, "private_data", 64, "file-private"),
	XOR("file.f_mode.bit-9", NULL, "f_mode", 1 << 9, "file-fields"),
	ADD("file.f_dentry+8", has_dentry, "f_dentry", 8, "file-fields"),
	SET("file.f_count=0", NULL, "f_count", 0, "file-count"),
	ADD("file.f_count+1", nobody_blocked, "f_count", 1, "file-count"),
	ADD("file.f_count-1", NULL, "f_count", -1, "file-count"),
	{0},
};
#undef KIND
