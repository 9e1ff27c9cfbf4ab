/* SPDX-License-Identifier: MIT */
/*
 * The one built-in file: the agent. Its page cache is the image itself, so it is never read from
 * anywhere and its pages are never freed: each keeps a base reference from its first use on.
 */
#include "fs.h"

extern char agent_blob[], agent_blob_end[];

static void agent_release(struct file *file)
{
	panic("%s: the base reference of a built-in file was dropped", file->f_dentry->d_name);
}

static const struct file_operations agent_fops __file_ops = { .release = agent_release, .mmap = generic_file_mmap };
static struct file the_agent = {
	.f_count = 1,
	.f_mode = FMODE_READ,
	.f_dentry = &static_dentries[AGENT_NODE],
	.f_inode = &static_inodes[AGENT_NODE],
	.f_mapping = &static_inodes[AGENT_NODE].i_data,
	.f_op = &agent_fops,
};

/** struct pages of the image hold nothing until somebody says what they are. */
static void init_page(struct page *page, uint64_t index)
{
	page->flags = PG_reserved;
	page->page_type = PGTY_none;
	page->mapping = the_agent.f_mapping;
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

const struct address_space_operations agent_aops = { .get_page = agent_get_page };

struct file *agent_file(void)
{
	the_agent.f_inode->i_size = agent_blob_end - agent_blob;
	return &the_agent;
}
