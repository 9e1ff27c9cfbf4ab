/* SPDX-License-Identifier: MIT */
/* Parts of a picture as text; see render.h. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "report/render.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct counter_row counter_rows[] = {
	{"anon", offsetof(struct pic_counters, anon)},
	{"file", offsetof(struct pic_counters, file)},
	{"shmem", offsetof(struct pic_counters, shmem)},
	{"swap", offsetof(struct pic_counters, swap)},
	{"total_vm", offsetof(struct pic_counters, total_vm)},
	{"data_vm", offsetof(struct pic_counters, data_vm)},
	{"exec_vm", offsetof(struct pic_counters, exec_vm)},
	{"stack_vm", offsetof(struct pic_counters, stack_vm)},
	{"locked_vm", offsetof(struct pic_counters, locked_vm)},
	{"tables", offsetof(struct pic_counters, tables)},
	{"areas", offsetof(struct pic_counters, areas)},
};
const unsigned int nr_counter_rows = COUNT(counter_rows);

static const struct {
	uint64_t flag;
	const char *name;
} vm_flags[] = {
	{VM_GROWSDOWN, "growsdown"},
	{VM_PFNMAP, "pfnmap"},
	{VM_LOCKED, "locked"},
	{VM_IO, "io"},
	{VM_SEQ_READ, "sequential"},
	{VM_RAND_READ, "random"},
	{VM_DONTCOPY, "dontcopy"},
	{VM_DONTEXPAND, "dontexpand"},
	{VM_LOCKONFAULT, "lockonfault"},
	{VM_NORESERVE, "noreserve"},
	{VM_SYNC, "sync"},
	{VM_WIPEONFORK, "wipeonfork"},
	{VM_DONTDUMP, "dontdump"},
};

const char *level_name(bool la57, int level)
{
	static const char *const names[] = {"?", "pte", "pmd", "pud", "pgd", "pgd"};

	if (la57 && level == 4)
		return "p4d";
	return level >= 1 && level <= 5 ? names[level] : "?";
}

/* 's' is VM_MAYSHARE, as in /proc/PID/maps: a shared mapping of a file opened to be read lacks VM_SHARED. */
void put_prot(struct buf *b, uint64_t flags)
{
	buf_printf(b, "%c%c%c%c", flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
		   flags & VM_EXEC ? 'x' : '-', flags & VM_MAYSHARE ? 's' : 'p');
}

void put_vm_flags(struct buf *b, uint64_t flags, const char *separator, bool quoted)
{
	const char *before = "";

	for (size_t i = 0; i < COUNT(vm_flags); i++) {
		if (!(flags & vm_flags[i].flag))
			continue;
		buf_printf(b, quoted ? "%s\"%s\"" : "%s%s", before, vm_flags[i].name);
		before = separator;
	}
}

void put_rights(struct buf *b, uint16_t bits)
{
	if (bits & PB_NONE)
		buf_puts(b, "none");
	else if (bits & PB_POISON)
		buf_puts(b, "poisoned");
	else
		buf_printf(b, "r%c%c%c", bits & PB_W ? 'w' : '-', bits & PB_X ? 'x' : '-',
			   bits & PB_U ? 'u' : 's');
	if (bits & (PB_A | PB_D))
		buf_printf(b, " %s%s", bits & PB_A ? "A" : "", bits & PB_D ? "D" : "");
	if (bits & PB_COW)
		buf_puts(b, " cow");
	if (bits & PB_RESERVED)
		buf_puts(b, " RESERVED");
}

void put_page(struct buf *b, bool raw, const struct pic_page *page, uint32_t n)
{
	static const char *const sizes[] = {"", "", " 2M", " 1G"};

	if (!page) {
		buf_puts(b, "----");
		return;
	}
	if (page->bits & PB_ZERO) {
		buf_puts(b, "zero");
	} else {
		put_frame(b, raw, page->pfn, page->name);
		if (n > 1) {
			buf_puts(b, "..");
			put_frame(b, raw, page->pfn + n - 1, page->name ? page->name + n - 1 : 0);
		}
	}
	buf_puts(b, " ");
	put_rights(b, page->bits);
	buf_puts(b, page->level <= 3 ? sizes[page->level] : "");
}

void put_path(struct buf *b, bool la57, const struct pic_page *page, uint32_t n)
{
	for (int level = la57 ? 5 : 4; level >= page->level; level--) {
		unsigned int index = page->va >> (12 + 9 * (level - 1)) & 511;

		buf_printf(b, "%s[%u", level_name(la57, level), index);
		if (level == page->level && n > 1 && index + n - 1 < 512)
			buf_printf(b, "..%u", index + n - 1);
		buf_puts(b, level == page->level ? "]" : "] ");
	}
	if (n > 1 && (page->va >> (12 + 9 * (page->level - 1)) & 511) + n - 1 >= 512)
		buf_puts(b, " and on");
}

bool page_follows(bool raw, const struct pic_page *first, uint32_t n, const struct pic_page *next)
{
	if (!first || !next)
		return first == next;
	if (first->level != next->level || (first->bits & PB_SHOWN) != (next->bits & PB_SHOWN))
		return false;
	if (next->va != first->va + n * pic_page_size(first))
		return false;
	if (first->bits & PB_ZERO)
		return true;
	if (raw || !first->name)
		return next->pfn == first->pfn + n * (pic_page_size(first) / PAGE_SIZE);
	return next->name == first->name + n;
}

void put_owners(struct buf *b, const struct picture *p, const struct pic_frame *frame)
{
	for (unsigned int i = 0; i < frame->nr_owners; i++) {
		const struct pic_mm *mm = picture_mm(p, frame->owners[i]);
		bool last = i + 1 == frame->nr_owners && !frame->more_owners;

		buf_puts(b, i == 0 ? "" : last ? " and " : ", ");
		buf_puts(b, mm ? mm->label : "?");
	}
	if (frame->more_owners)
		buf_puts(b, " and more");
}

void put_frame_role(struct buf *b, const struct picture *p, const struct pic_frame *frame)
{
	if (frame->role == FRAME_TABLE && frame->level)
		buf_printf(b, "%s table", level_name(p->la57, frame->level));
	else
		buf_puts(b, frame_role_name(frame->role));
	if (frame->nr_owners) {
		buf_puts(b, " of ");
		put_owners(b, p, frame);
	}
	if (frame->role != FRAME_TABLE)
		return;
	if (frame->level && frame->level < (p->la57 ? 5 : 4))
		buf_printf(b, ", covers %" PRIx64, frame->va);
}

void put_area(struct buf *b, const struct pic_area *area)
{
	size_t start = b->len;

	buf_printf(b, "%" PRIx64 "-%" PRIx64 " ", area->start, area->end);
	buf_pad(b, start, 26);
	put_prot(b, area->flags);
	buf_printf(b, "  %s", area->name);
	buf_puts(b, " ");
	put_vm_flags(b, area->flags, ",", /* quoted = */ false);
	buf_puts(b, " ");
	buf_pad(b, start, 46);
	buf_printf(b, "%" PRIu64 " of %" PRIu64 " present", area->present,
		   (area->end - area->start) / PAGE_SIZE);
}

void put_count(struct buf *b, uint64_t n, const char *noun)
{
	buf_printf(b, "%" PRIu64 " %s%s", n, noun, n == 1 ? "" : "s");
}
