/* SPDX-License-Identifier: MIT */
/*
 * The one built-in file: the agent. Its page cache is the image itself, so it is never read from
 * anywhere and its pages are never freed: each keeps a base reference from its first use on.
 */
#include "files.h"
#include "mm_env.h"

extern char agent_blob[], agent_blob_end[];

static struct page *agent_get_page(struct address_space *mapping, uint64_t index, int *error);
static void agent_release(struct file *file);

static const struct address_space_operations agent_aops = { .get_page = agent_get_page };
static struct inode agent_inode = {
	.i_sb_list = { &super_inodes, &super_inodes },
	.i_ino = 1,
	.i_mode = 0100555,
	.i_nlink = 1,
	.i_count = 2,			/* its name, and the open file below */
	.i_flags = S_IMAGE,
	.i_data = { .host = &agent_inode, .a_ops = &agent_aops },
	.i_name = "/agent",
};

/* The first inode is there from the start; others join behind it. */
struct list_head super_inodes = { &agent_inode.i_sb_list, &agent_inode.i_sb_list };

static const struct file_operations agent_fops = { .release = agent_release, .mmap = generic_file_mmap };
static struct file the_agent = {
	.f_count = 1,
	.f_inode = &agent_inode,
	.f_mapping = &agent_inode.i_data,
	.f_op = &agent_fops,
	.f_name = "/agent",
};

/** struct pages of the image hold nothing until somebody says what they are. */
static void init_page(struct page *page, uint64_t index)
{
	page->flags = PG_reserved;
	page->page_type = PGTY_none;
	page->mapping = &agent_inode.i_data;
	page->index = index;
	page->_mapcount = -1;
	page->_refcount = 1;
}

static struct page *agent_get_page(struct address_space *mapping, uint64_t index, int *error)
{
	struct page *page = pfn_to_page((__pa_symbol(agent_blob) >> PAGE_SHIFT) + index);

	if (index >= ALIGN_UP(mapping->host->i_size, PAGE_SIZE) >> PAGE_SHIFT) {
		*error = -LX_EINVAL;
		return NULL;
	}
	if (page->mapping != mapping)
		init_page(page, index);
	get_page(page);
	return page;
}

static void agent_release(struct file *file)
{
	panic("%s: the base reference of a built-in file was dropped", file->f_name);
}

struct file *agent_file(void)
{
	agent_inode.i_size = agent_blob_end - agent_blob;
	return &the_agent;
}
