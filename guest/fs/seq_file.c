/* SPDX-License-Identifier: MIT */
/* Files whose contents a function writes when they are read (Linux fs/seq_file.c with single_open). */
#include "fs.h"
#include "uaccess.h"

/* The text of an open file, in its private_data, in a block of pages with this in front. */
struct seq_text {
	uint64_t count;
	unsigned int order;
	char bytes[];
};

void seq_write(struct seq_file *m, const void *bytes, uint64_t n)
{
	if (m->count <= m->size && n <= m->size - m->count)
		memcpy(m->buf + m->count, bytes, n);
	m->count += n;
}

void seq_putc(struct seq_file *m, char c) { seq_write(m, &c, 1); }
void seq_puts(struct seq_file *m, const char *s) { seq_write(m, s, strlen(s)); }

void seq_printf(struct seq_file *m, const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	seq_write(m, line, vsnprintf(line, sizeof(line), format, args));
	va_end(args);
}

static void free_text(struct file *file)
{
	struct seq_text *text = file->private_data;

	if (text)
		__free_pages(pfn_to_page(__pa(text) >> PAGE_SHIFT), text->order);
	file->private_data = NULL;
}

/* Into a block of that order. 0, 1: it does not fit; or -errno. */
static int try_make(struct file *file, unsigned int order)
{
	struct page *page = alloc_pages(GFP_KERNEL, order);
	struct seq_file m = { .inode = file->f_inode, .file = file };
	struct seq_text *text;
	int error;

	if (!page)
		return -LX_ENOMEM;
	/* It stays as long as the file is open and not read to its end. */
	page->page_type = PGTY_kernel;
	text = __va(page_to_pfn(page) << PAGE_SHIFT);
	text->order = order;
	m.buf = text->bytes;
	m.size = (PAGE_SIZE << order) - sizeof(*text);
	error = file->f_op->show(&m);
	text->count = m.count;
	if (!error && m.count <= m.size) {
		file->private_data = text;
		return 0;
	}
	__free_pages(page, order);
	return error ? error : 1;
}

static int make_text(struct file *file)
{
	int error = 1;

	free_text(file);
	for (unsigned int order = 0; order < NR_ORDERS && error == 1; order++)
		error = try_make(file, order);
	return error == 1 ? -LX_ENOMEM : error;
}

long seq_read_at(struct file *file, uint64_t at, uint64_t len, uint64_t *pos)
{
	struct seq_text *text = file->private_data;
	uint64_t n, left;

	if (!text || !*pos) {
		int error = make_text(file);

		if (error)
			return error;
		text = file->private_data;
	}
	if (*pos >= text->count)
		return 0;
	n = min(len, text->count - *pos);
	left = copy_to_user(at, text->bytes + *pos, n);
	*pos += n - left;
	return left == n && n ? -LX_EFAULT : (long)(n - left);
}

void seq_release(struct file *file)
{
	free_text(file);
}
