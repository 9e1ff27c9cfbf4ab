/* SPDX-License-Identifier: MIT */
/* Translations that a CPU may still hold though the tables say otherwise: what the trace came to in this step. */
#include "verify/check.h"

static int mm_of_pgd(const struct model *model, uint64_t pgd_pa)
{
	for (uint32_t i = 0; i < model->nr_mms; i++)
		if (model->mms[i].pgd_pa == pgd_pa)
			return i;
	return -1;
}

/** Each problem of this kind is one finding; without any, one comparison that held. */
static void tell(struct verify_context *c, const struct invariant *self, enum tlb_fault what, const char *words)
{
	const struct tlb_watch *tlb = c->aids ? c->aids->tlb : NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; tlb && i < tlb->nr_problems; i++) {
		const struct tlb_problem *p = &tlb->problems[i];
		int mm = mm_of_pgd(c->now, p->pgd_pa);

		if (p->what != what)
			continue;
		n++;
		c->checks++;
		report(c, self, (struct site){.mm = mm, .va = p->va, .pfn = p->pfn},
		       "%s: CPU %u may still hold %#lx as entry %#lx, which became %#lx: %s (frame %#lx)",
		       mm >= 0 ? mm_label(c->now, mm).text : "an mm that is gone", p->cpu, p->va, p->old, p->now,
		       words, p->pfn);
	}
	if (tlb && !n)
		c->checks++;
}

void check_tlb_stale(struct verify_context *c, const struct invariant *self)
{
	tell(c, self, TLB_STALE, "nothing flushed it before ring 3 ran on");
}

void check_tlb_free(struct verify_context *c, const struct invariant *self)
{
	tell(c, self, TLB_FRAME_FREED, "the frame was freed");
}

void check_tlb_table(struct verify_context *c, const struct invariant *self)
{
	tell(c, self, TLB_TABLE_FREED, "the table was freed");
}

void check_tlb_dirty(struct verify_context *c, const struct invariant *self)
{
	tell(c, self, TLB_DIRTY, "a write may leave D clear");
}
