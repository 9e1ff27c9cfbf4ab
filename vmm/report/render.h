/* SPDX-License-Identifier: MIT */
/* Parts of a picture as text: the one way in which an address, a page, a frame or an area reads. */
#ifndef VMM_REPORT_RENDER_H
#define VMM_REPORT_RENDER_H

#include "report/buf.h"
#include "report/picture.h"

/** Pages (or frames) that follow each other and look alike. */
struct page_run {
	const struct pic_page *first;
	uint32_t n;
};

/** "pte", "pmd", "pud", "p4d", "pgd". */
const char *level_name(bool la57, int level);
/** "rw-p": as in /proc/PID/maps. */
void put_prot(struct buf *b, uint64_t vm_flags);
/** Names of the VM_* bits that put_prot does not tell, `separator` between; quoted for JSON when asked. */
void put_vm_flags(struct buf *b, uint64_t vm_flags, const char *separator, bool quoted);
/** "rw-u AD cow": rights and bits of a page. */
void put_rights(struct buf *b, uint16_t bits);
/** "F31 rw-u AD", "zero r--u A", "F31..F33 …" for n > 1, "----" for NULL. */
void put_page(struct buf *b, bool raw, const struct pic_page *page, uint32_t n);
/** "pgd[255] pud[511] pmd[447] pte[508]", the last as a range for n > 1. */
void put_path(struct buf *b, bool la57, const struct pic_page *page, uint32_t n);
/** Can `next` join a run of n pages that begins with `first`? NULL joins NULL. */
bool page_follows(bool raw, const struct pic_page *first, uint32_t n, const struct pic_page *next);
/** "anon of a and b", "pte table of a, covers 7ffff7e00000". */
void put_frame_role(struct buf *b, const struct picture *p, const struct pic_frame *frame);
/** "a and b", "a, b and more". */
void put_owners(struct buf *b, const struct picture *p, const struct pic_frame *frame);
/** One line per area: "7ffff7ffc000-7ffff7fff000 rw-p  anon       0 of 3 present". */
void put_area(struct buf *b, const struct pic_area *area);
/** "1 page", "2 pages". */
void put_count(struct buf *b, uint64_t n, const char *noun);

/** A counter by name, for tables of them. */
struct counter_row {
	const char *name;
	size_t offset; /* into struct pic_counters */
};
extern const struct counter_row counter_rows[];
extern const unsigned int nr_counter_rows;
static inline int64_t counter_value(const struct pic_counters *c, unsigned int row)
{
	return *(const int64_t *)((const char *)c + counter_rows[row].offset);
}

#endif
