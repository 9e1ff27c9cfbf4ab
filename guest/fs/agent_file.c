/* SPDX-License-Identifier: MIT */
/*
 * The one built-in file: the agent. Its page cache is the image itself, so it is never read from
 * anywhere and its pages are never freed: each keeps a base reference from its first use on.
 */
#include "files.h"
#include "mm_env.h"

extern char agent_blob[], agent_blob_end[];

static struct page *agent_get_page(struct address_space *mapping, uint64_t index);
static void agent_release(struct file *file);

static struct address_space agent_mapping = { .get_page = agent_get_page };
static const struct file_operations agent_fops = { .release = agent_release };
static struct file the_agent = {
	.f_count = 1,
	.f_mapping = &agent_mapping,
	.f_op = &agent_fops,
	.f_name = "/agent",
};

/** struct pages of the image hold nothing until somebody says what they are. */
static void init_page(struct page *page, uint64_t index)
{
	page->flags = PG_reserved;
	page->page_type = PGTY_none;
	page->mapping = &agent_mapping;
	page->index = index;
	page->_mapcount = -1;
	page->_refcount = 1;
}

static struct page *agent_get_page(struct address_space *mapping, uint64_t index)
{
	struct page *page = pfn_to_page((__pa_symbol(agent_blob) >> PAGE_SHIFT) + index);

	if (index >= mapping->nr_pages)
		return NULL;
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
	agent_mapping.nr_pages = (agent_blob_end - agent_blob + PAGE_SIZE - 1) >> PAGE_SHIFT;
	return &the_agent;
}
