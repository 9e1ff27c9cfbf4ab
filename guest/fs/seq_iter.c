/* SPDX-License-Identifier: MIT */
/* Reading files of many records; see seq_iter.h. A read gives what is left of the buffer, then one buffer more at most. */
#include "seq_iter.h"
#include "uaccess.h"

void seq_put_hex_ll(struct seq_file *m, const char *before, uint64_t value, unsigned int width)
{
	char digits[16];
	char *end = digits + sizeof(digits), *at = end;

	do {
		*--at = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value);
	while (at > end - width)
		*--at = '0';
	seq_puts(m, before);
	seq_write(m, at, end - at);
}

void seq_put_decimal_ull_width(struct seq_file *m, const char *before, uint64_t value, unsigned int width)
{
	char digits[20];
	char *end = digits + sizeof(digits), *at = end;

	do {
		*--at = '0' + value % 10;
		value /= 10;
	} while (value);
	while (at > end - width)
		*--at = ' ';
	seq_puts(m, before);
	seq_write(m, at, end - at);
}

/* --- the buffer ------------------------------------------------------------------------------- */

static int alloc_buffer(struct seq_iter *iter, unsigned int order)
{
	struct page *page = alloc_pages(GFP_KERNEL, order);

	if (!page)
		return -LX_ENOMEM;
	page->page_type = PGTY_kernel;
	iter->order = order;
	iter->m.buf = __va(page_to_pfn(page) << PAGE_SHIFT);
	iter->m.size = PAGE_SIZE << order;
	iter->m.count = iter->from = 0;
	return 0;
}

void seq_iter_release(struct seq_iter *iter)
{
	if (iter->m.buf)
		__free_pages(pfn_to_page(__pa(iter->m.buf) >> PAGE_SHIFT), iter->order);
	iter->m.buf = NULL;
}

/* A record did not fit into an empty buffer. */
static int grow_buffer(struct seq_iter *iter)
{
	seq_iter_release(iter);
	return alloc_buffer(iter, iter->order + 1);
}

/* Records from index on into the empty buffer, until it holds `want` bytes or is full. 0 or -LX_ENOMEM. */
static int fill(struct seq_iter *iter, uint64_t want)
{
	struct seq_file *m = &iter->m;
	int error = 0;
	void *v;

	m->count = iter->from = 0;
	v = iter->op->start(m, &iter->index);
	while (v && m->count < want) {
		uint64_t before = m->count;

		iter->op->show(m, v);
		if (m->count <= m->size) {
			v = iter->op->next(m, v, &iter->index);
			continue;
		}
		m->count = before;
		if (before)
			break;
		iter->op->stop(m);
		error = grow_buffer(iter);
		if (error)
			return error;
		v = iter->op->start(m, &iter->index);
	}
	iter->op->stop(m);
	return 0;
}

/* Give out of the buffer. Bytes given. */
static uint64_t give(struct seq_iter *iter, uint64_t at, uint64_t len)
{
	uint64_t n = min(len, iter->m.count - iter->from);

	n -= copy_to_user(at, iter->m.buf + iter->from, n);
	iter->from += n;
	iter->read_pos += n;
	return n;
}

/* The reader is elsewhere than where it left off: make everything before again, and throw it away. */
static int seek_to(struct seq_iter *iter, uint64_t pos)
{
	int error = 0;

	iter->index = iter->read_pos = 0;
	iter->from = iter->m.count = 0;
	while (!error && iter->read_pos < pos) {
		uint64_t skip;

		error = fill(iter, pos - iter->read_pos);
		skip = min(iter->m.count, pos - iter->read_pos);
		if (!skip)
			break;
		iter->from = skip;
		iter->read_pos += skip;
	}
	/* Behind the end there is nothing, wherever that is. */
	iter->read_pos = pos;
	return error;
}

long seq_iter_read(struct seq_iter *iter, uint64_t at, uint64_t len, uint64_t *pos)
{
	uint64_t done, wanted = len;
	int error = 0;

	if (!len)
		return 0;
	if (!iter->m.buf)
		error = alloc_buffer(iter, 0);
	if (!error && *pos != iter->read_pos)
		error = seek_to(iter, *pos);
	if (error)
		return error;
	done = give(iter, at, len);
	if (iter->from == iter->m.count && done < len) {
		error = fill(iter, len - done);
		wanted = min(len, done + iter->m.count);
		if (!error)
			done += give(iter, at + done, len - done);
	}
	*pos += done;
	if (done)
		return done;
	return error ? error : wanted ? -LX_EFAULT : 0;
}
