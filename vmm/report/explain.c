/* SPDX-License-Identifier: MIT */
/* Stories of faults; see explain.h. */
#include <inttypes.h>

#include "report/explain.h"
#include "report/render.h"
#include "report/words.h"
#include "x86.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct fault_branch branches[] = {
	[LAB_FAULT_ZERO_READ] = {"do_anonymous_page, do_zero_page", "the shared zero page, read-only"},
	[LAB_FAULT_ANON] = {"do_anonymous_page", "a fresh frame of zeros"},
	[LAB_FAULT_COW_ZERO] = {"do_wp_page, wp_page_copy", "a fresh frame in the place of the zero page"},
	[LAB_FAULT_COW_COPY] = {"do_wp_page, wp_page_copy", "others hold the page, so this mm gets a copy"},
	[LAB_FAULT_COW_REUSE] = {"do_wp_page, wp_page_reuse", "nobody else holds the page, so it becomes writable"},
	[LAB_FAULT_FILE_READ] = {"do_fault, do_read_fault", "the file's page, with those around it that are cached"},
	[LAB_FAULT_FILE_SHARED] = {"do_fault, do_shared_fault", "the file's page, to be written"},
	[LAB_FAULT_SHARED_REUSE] = {"do_wp_page, wp_page_shared", "the file's page becomes writable"},
	[LAB_FAULT_FILE_COW] = {"do_cow_fault or wp_page_copy", "a private copy of the file's page"},
	[LAB_FAULT_PFN] = {"do_fault, finish_pfn_fault", "a frame of a device"},
	[LAB_FAULT_SPURIOUS] = {"handle_present", "the entry allowed it already"},
	[LAB_FAULT_SEGV_MAPERR] = {"bad_area", "no area, so SIGSEGV"},
	[LAB_FAULT_SEGV_ACCERR] = {"access_error, bad_area", "the area lacks the right, so SIGSEGV"},
	[LAB_FAULT_SIGBUS] = {"fault_outcome", "the file ends before the page, so SIGBUS"},
	[LAB_FAULT_OOM] = {"fault_outcome", "no memory, so SIGKILL"},
	[LAB_FAULT_HWPOISON] = {"handle_present", "its memory went bad, so SIGBUS"},
	[LAB_FAULT_FIXUP] = {"fixup_exception", "the kernel's own access on behalf of a call, which gives EFAULT"},
};

const struct fault_branch *fault_branch(uint64_t how)
{
	how &= ~(uint64_t)LAB_FAULT_GREW;
	return how < COUNT(branches) && branches[how].functions ? &branches[how] : NULL;
}

/* "write from ring 3, page not present (error code 0x6)". */
static void put_access(struct buf *b, uint64_t error_code)
{
	const char *kind = error_code & PF_I ? "fetch" : error_code & PF_W ? "write" : "read";
	const char *found = error_code & PF_RSVD ? "reserved bit set" : error_code & PF_P ? "right missing" : "page not present";

	buf_printf(b, "%s from ring %d, %s (error code %#" PRIx64 ")", kind, error_code & PF_U ? 3 : 0, found, error_code);
}

static const struct model_mm *mm_at(const struct model *model, uint64_t addr)
{
	for (uint32_t i = 0; model && i < model->nr_mms; i++)
		if (model->mms[i].addr.va == addr)
			return &model->mms[i];
	return NULL;
}

static const struct table *table_at(const struct model_mm *mm, uint64_t va, int level)
{
	uint64_t span = PAGE_SIZE << 9 * level;

	for (uint32_t i = 0; i < mm->nr_tables; i++)
		if (mm->tables[i].level == level && (mm->tables[i].va & ~(span - 1)) == (va & ~(span - 1)))
			return &mm->tables[i];
	return NULL;
}

/* The tables on the way to va, from the top, until one is missing: "pgd[255], pud[511]; pmd[447] empty". */
static void put_walk(struct buf *b, const struct picture *p, const struct model_mm *mm, uint64_t va)
{
	const char *separator = "";
	struct leaf leaf;

	buf_puts(b, "  walk       ");
	for (int level = p->la57 ? 5 : 4; level > 1; level--) {
		buf_printf(b, "%s%s[%u]", separator, level_name(p->la57, level),
			   (unsigned int)(va >> (12 + 9 * (level - 1)) & 511));
		separator = ", ";
		if (!table_at(mm, va, level - 1)) {
			buf_puts(b, " empty\n");
			return;
		}
	}
	buf_printf(b, "%spte[%u]", separator, (unsigned int)(va >> 12 & 511));
	if (model_find_leaf(mm, va, &leaf) && leaf.va == va) {
		buf_printf(b, " present%s%s\n", leaf.writable ? " writable" : " read-only", leaf.nx ? " nx" : "");
		return;
	}
	buf_puts(b, " not present\n");
}

static void put_area_story(struct buf *b, const struct pic_mm *mm, uint64_t va)
{
	const struct pic_area *area = mm ? pic_find_area(mm, va) : NULL;

	if (!area)
		return;
	buf_puts(b, "  area       ");
	put_area(b, area);
	buf_puts(b, "\n");
}

void put_fault_story(struct buf *b, const struct fault_scene *scene, const struct lab_event *fault)
{
	const struct picture *p = scene->picture;
	const struct pic_mm *mm = picture_mm_of(p, fault->pid);
	const struct model_mm *was = mm ? mm_at(scene->before, mm->addr) : NULL;
	const struct fault_branch *branch = fault_branch(fault->args[2]);
	uint64_t va = fault->args[0] & ~(PAGE_SIZE - 1);
	const struct pic_page *page = mm ? pic_find_page(mm, va) : NULL;

	buf_printf(b, "fault of %s at %" PRIx64 ": ", names_of_task(scene->names, scene->model, fault->pid), fault->args[0]);
	put_access(b, fault->args[1]);
	buf_puts(b, "\n");
	if (was)
		put_walk(b, p, was, va);
	put_area_story(b, mm, va);
	if (fault->args[2] & LAB_FAULT_GREW)
		buf_puts(b, "  stack      expand_stack: it grew down to the page first\n");
	if (branch)
		buf_printf(b, "  handler    %s: %s\n", branch->functions, branch->deed);
	if (!page || !fault_maps(fault->args[2]))
		return;
	buf_puts(b, "  now        ");
	put_page(b, p->raw, page, 1);
	buf_puts(b, "\n");
}
