/* SPDX-License-Identifier: MIT */
/* Rules across a step: the model before and the model now, and the events between them. */
#include "uapi.h"
#include "verify/check.h"

#define STACK_GUARD_GAP (256UL << PAGE_SHIFT) /* mm_profile.stack_guard_gap */

/** The same task before this step, with the same mm; NULL: it was not there, or had another. */
static const struct model_mm *mm_before(const struct verify_context *c, const struct model_task *task)
{
	const struct model_task *then = c->before ? model_find_task(c->before, task->raw.pid) : NULL;

	if (!then || then->mm < 0 || then->raw.mm.va != task->raw.mm.va)
		return NULL;
	return &c->before->mms[then->mm];
}

/** Is every page of [start, end) in an area of mm? */
static bool covered(const struct model_mm *mm, uint64_t start, uint64_t end)
{
	while (start < end) {
		const struct model_vma *vma = model_find_vma(mm, start);

		if (!vma)
			return false;
		start = vma->raw.vm_end;
	}
	return true;
}

void check_brk_grown(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_tasks; i++) {
		const struct model_task *task = &c->now->tasks[i];
		const struct model_mm *now = task->mm >= 0 ? &c->now->mms[task->mm] : NULL;
		const struct model_mm *before = now ? mm_before(c, task) : NULL;
		uint64_t from, to;

		if (!before || before->raw.start_brk != now->raw.start_brk || now->raw.brk <= before->raw.brk)
			continue;
		from = (before->raw.brk + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
		to = (now->raw.brk + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
		if (!holds(c, covered(now, from, to)))
			report(c, self, AT_MM(task->mm),
			       "%s: brk grew from %#lx to %#lx, but %#lx-%#lx is not all mapped",
			       mm_label(c->now, task->mm).text, before->raw.brk, now->raw.brk, from, to);
	}
}

/* What /proc reports of a mark: it is brought up to date only when a counter is about to fall. */
static uint64_t reported(uint64_t mark, uint64_t now)
{
	return mark > now ? mark : now;
}

static uint64_t rss_of(const struct model_mm *mm)
{
	uint64_t pages = 0;

	for (int kind = 0; kind < NR_MM_COUNTERS; kind++)
		pages += kind == MM_SWAPENTS ? 0 : mm->raw.rss_stat[kind];
	return pages;
}

/** clear_refs has let the mark of pages present begin anew. */
static bool reset_hiwater_rss(const struct model_mm *was, const struct model_mm *now)
{
	uint64_t mark = now->raw.hiwater_rss;

	return mark < was->raw.hiwater_rss && (mark == rss_of(now) || mark == rss_of(was));
}

void check_hiwater_grows(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_tasks; i++) {
		const struct model_task *task = &c->now->tasks[i];
		const struct model_mm *now = task->mm >= 0 ? &c->now->mms[task->mm] : NULL;
		const struct model_mm *was = now ? mm_before(c, task) : NULL;
		uint64_t rss, rss_was, vm, vm_was;

		if (!was)
			continue;
		rss = reported(now->raw.hiwater_rss, rss_of(now));
		rss_was = reported(was->raw.hiwater_rss, rss_of(was));
		vm = reported(now->raw.hiwater_vm, now->raw.total_vm);
		vm_was = reported(was->raw.hiwater_vm, was->raw.total_vm);
		if (!holds(c, (rss >= rss_was || reset_hiwater_rss(was, now)) && vm >= vm_was))
			report(c, self, AT_MM(task->mm),
			       "%s: the mark of pages present went from %lu to %lu, that of pages mapped from %lu to %lu",
			       mm_label(c->now, task->mm).text, rss_was, rss, vm_was, vm);
	}
}

/** A stack area that grew to hold `address` in this step must have left its guard gap free. */
static void check_grown(struct verify_context *c, const struct invariant *self, const struct model_task *task,
			uint64_t address)
{
	const struct model_mm *mm = &c->now->mms[task->mm];
	const struct model_vma *vma = model_find_vma(mm, address);
	const struct model_vma *prev = vma && vma > mm->vmas ? vma - 1 : NULL;
	bool shields;

	if (!vma || !(vma->raw.vm_flags & VM_GROWSDOWN) || vma->raw.vm_start != (address & ~(PAGE_SIZE - 1)))
		return;
	shields = prev && !(prev->raw.vm_flags & VM_GROWSDOWN) && (prev->raw.vm_flags & VM_ACCESS);
	if (!holds(c, !shields || vma->raw.vm_start - prev->raw.vm_end >= STACK_GUARD_GAP))
		report(c, self, AT_AREA(vma),
		       "%s: the stack grew down to %#lx, %#lx bytes above area %s, expected a gap of %#lx",
		       mm_label(c->now, task->mm).text, vma->raw.vm_start,
		       vma->raw.vm_start - prev->raw.vm_end, area_label(prev).text, STACK_GUARD_GAP);
}

/** Bytes that a successful call has placed where the kernel chose, at *at; 0: none, or the place was an order. */
static uint64_t placed(const struct step_facts *facts, uint64_t *at)
{
	const struct agent_cmd *cmd = &facts->cmd;

	*at = facts->value;
	if (facts->nr_cmds != 1 || !facts->answered || cmd->op != AGENT_SYSCALL || facts->value <= 0)
		return 0;
	if (cmd->nr == NR_mmap && !(cmd->args[3] & (LX_MAP_FIXED | LX_MAP_FIXED_NOREPLACE)))
		return cmd->args[1];
	if (cmd->nr == NR_mremap && !(cmd->args[3] & LX_MREMAP_FIXED) && *at != cmd->args[0])
		return cmd->args[2];
	return 0;
}

/** The first area at or above `end`, or NULL. */
static const struct model_vma *area_above(const struct model_mm *mm, uint64_t end)
{
	for (uint32_t i = 0; i < mm->nr_vmas; i++)
		if (mm->vmas[i].raw.vm_start >= end)
			return &mm->vmas[i];
	return NULL;
}

/** Linux looks at the area that comes next, and at no other: one in between, or one that the new one became part of, hides a stack. */
static void check_placed(struct verify_context *c, const struct invariant *self)
{
	const struct step_facts *facts = c->aids ? c->aids->facts : NULL;
	const struct model_task *task = facts ? model_find_task(c->now, facts->pid) : NULL;
	uint64_t at = 0, len = facts ? placed(facts, &at) : 0, end = (at + len + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	const struct model_vma *vma, *next;

	if (!len || !task || task->mm < 0)
		return;
	vma = model_find_vma(&c->now->mms[task->mm], at);
	next = area_above(&c->now->mms[task->mm], end);
	if (!next || !(next->raw.vm_flags & VM_GROWSDOWN) || (vma && vma->raw.vm_end > end))
		return;
	if (!holds(c, next->raw.vm_start - end >= STACK_GUARD_GAP))
		report(c, self, AT_AREA(next), "%s: %#lx-%#lx was placed %#lx bytes below area %s, expected a gap of %#lx",
		       mm_label(c->now, task->mm).text, at, end, next->raw.vm_start - end, area_label(next).text,
		       STACK_GUARD_GAP);
}

void check_stack_gap(struct verify_context *c, const struct invariant *self)
{
	uint64_t from = c->before ? c->before->lab.event_head : 0, to = c->now->lab.event_head;

	check_placed(c, self);
	if (!c->before || to < from)
		return;
	if (to - from > LAB_NR_EVENTS)
		from = to - LAB_NR_EVENTS;
	for (; from < to; from++) {
		const struct lab_event *event = &c->now->lab.events[from % LAB_NR_EVENTS];
		const struct model_task *task;

		if (event->type != LAB_EV_FAULT || !(event->args[2] & LAB_FAULT_GREW))
			continue;
		task = model_find_task(c->now, event->pid);
		if (task && task->mm >= 0)
			check_grown(c, self, task, event->args[0]);
	}
}
