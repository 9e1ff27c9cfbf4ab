/* SPDX-License-Identifier: MIT */
/*
 * Rules that bytes decide, not flags: what the model before and the model now hold in the same pages. Frames of user
 * memory are hashed at every step (model_hash); who ran in ring 3 and which frames were freed meanwhile comes from the
 * trace, what was asked of the task from the host's own commands. Without these there is nothing to judge.
 */
#include "observe/leaves.h"
#include "verify/check.h"

#include <string.h>
#include "uapi.h"

/** Two hashed models, the trace between them, and the step's command. */
static bool can_compare(const struct verify_context *c)
{
	return c->before && c->before->hashes && c->now->hashes && c->aids && c->aids->tlb && c->aids->facts;
}

static const uint8_t *page_bytes(const struct model *model, uint64_t pfn)
{
	return image_ptr(model->image, (gpa_t){pfn << PAGE_SHIFT}, PAGE_SIZE);
}

/** The step's command is this call, and it was answered. */
static bool called(const struct step_facts *facts, uint64_t nr)
{
	return facts->answered && facts->status == AGENT_OK && facts->cmd.op == AGENT_SYSCALL && facts->cmd.nr == nr;
}

/** Calls by which a task may write where no entry lets it, or into another's memory: /proc/PID/mem and the like. */
static bool may_write_anywhere(const struct step_facts *facts)
{
	return facts->cmd.op == AGENT_SYSCALL && (facts->cmd.nr == NR_process_vm_writev || facts->cmd.nr == NR_write ||
						  facts->cmd.nr == NR_pwrite64);
}

static const struct model_mm *mm_of_pid(const struct model *model, int pid)
{
	const struct model_task *task = pid ? model_find_task(model, pid) : NULL;

	return task && task->mm >= 0 ? &model->mms[task->mm] : NULL;
}

/** The same mm in the model before, or NULL. */
static const struct model_mm *same_mm(const struct model *before, const struct model_mm *mm)
{
	for (uint32_t i = 0; i < before->nr_mms; i++)
		if (before->mms[i].addr.va == mm->addr.va && before->mms[i].pgd_pa == mm->pgd_pa)
			return &before->mms[i];
	return NULL;
}

static const struct model_frame *hashed_frame(const struct model *model, uint64_t pfn)
{
	return pfn < model->nr_touched && model_hash_of(model, pfn) ? frame_at(model, pfn) : NULL;
}

/** One page of memory all along: the frame before, and now. NULL: it was freed meanwhile, or is another page. */
static const struct model_frame *kept_frame(const struct verify_context *c, uint64_t pfn, const struct model_frame **now)
{
	const struct model_frame *before = hashed_frame(c->before, pfn);

	*now = hashed_frame(c->now, pfn);
	if (!before || !*now || before->raw.mapping.va != (*now)->raw.mapping.va ||
	    before->raw.index != (*now)->raw.index || addr_map_get(&c->aids->tlb->freed, pfn) != ADDR_MAP_NONE)
		return NULL;
	return before;
}

/** The frame was hashed in both, and holds what it held. */
static bool same_bytes(const struct verify_context *c, uint64_t pfn)
{
	return model_hash_of(c->before, pfn) == model_hash_of(c->now, pfn);
}

/** Entries that map a page, of all mms: what is judged by those of them whose pages changed. */
static uint64_t count_leaves(const struct model *model)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < model->nr_mms; i++)
		n += model->mms[i].nr_leaves;
	return n;
}

/* --- what a task wrote ---------------------------------------------------------------------------- */

/** Byte `at` of what the last command was to write. */
static uint8_t written_byte(const struct agent_cmd *cmd, uint64_t at)
{
	if (cmd->op == AGENT_WRITE)
		return cmd->args[1] >> 8 * (at - cmd->args[0]);
	return cmd->op == AGENT_FILL ? cmd->args[1] : cmd->data[at - cmd->args[0]];
}

static uint64_t written_size(const struct agent_cmd *cmd)
{
	switch (cmd->op) {
	case AGENT_WRITE:
		return cmd->size <= 8 ? cmd->size : 0;
	case AGENT_WRITE_BYTES:
		return cmd->len <= AGENT_DATA ? cmd->len : 0;
	case AGENT_FILL:
		return cmd->args[2];
	}
	return 0;
}

/** n bytes from here on are all this one: each is the one before it. */
static bool is_filled(const uint8_t *bytes, uint64_t n, uint8_t byte)
{
	return n && bytes[0] == byte && !memcmp(bytes, bytes + 1, n - 1);
}

/** The part of the write that lies in this page. */
static void check_written_page(struct verify_context *c, const struct invariant *self, const struct model_mm *mm,
			       const struct leaf *leaf, uint64_t from, uint64_t to)
{
	const struct agent_cmd *cmd = &c->aids->facts->cmd;
	const uint8_t *page = page_bytes(c->now, PFN(leaf->pa));

	c->checks++;
	if (page && cmd->op == AGENT_FILL && is_filled(page + from % PAGE_SIZE, to - from, cmd->args[1]))
		return; /* often megabytes */
	for (uint64_t at = from; page && at < to; at++) {
		uint8_t found = page[at % PAGE_SIZE], expected = written_byte(cmd, at);

		if (found == expected)
			continue;
		report(c, self, AT_LEAF(mm - c->now->mms, leaf), "%s wrote %#x at %#lx, the page holds %#x (%s)",
		       mm_label(c->now, mm - c->now->mms).text, expected, at, found,
		       frame_label(c->now, PFN(leaf->pa)).text);
		return;
	}
}

void check_content_written(struct verify_context *c, const struct invariant *self)
{
	const struct step_facts *facts = c->aids ? c->aids->facts : NULL;
	const struct model_mm *mm = facts ? mm_of_pid(c->now, facts->pid) : NULL;
	uint64_t at, end;

	if (!mm || !facts->answered || facts->status != AGENT_OK)
		return;
	at = facts->cmd.args[0];
	end = at + written_size(&facts->cmd);
	/* The agent goes on writing in its own pages; a range of more than RAM is not walked page by page. */
	if (end <= at || end - at > c->now->nr_frames << PAGE_SHIFT || in_agent_footprint(at, end))
		return;
	while (at < end) {
		uint64_t next = (at | (PAGE_SIZE - 1)) + 1;
		struct leaf leaf;

		if (next > end || next < at)
			next = end;
		if (model_find_leaf(mm, at, &leaf) && leaf.level == 1)
			check_written_page(c, self, mm, &leaf, at, next);
		at = next;
	}
}

/* --- what nobody wrote ----------------------------------------------------------------------------- */

/** Another page now, or the same one of an mm in which somebody ran, or that did not exist. */
static bool may_change(const struct verify_context *c, const struct model_mm *mm, const struct model_mm *before,
		       const struct leaf *leaf)
{
	const struct model_frame *now, *then = kept_frame(c, PFN(leaf->pa), &now);
	struct leaf was;

	return !before || addr_map_get(&c->aids->tlb->ran, mm->pgd_pa) != ADDR_MAP_NONE ||
	       !model_find_leaf(before, leaf->va, &was) || was.pa != leaf->pa || !then || now->role != FRAME_ANON;
}

void check_content_untouched(struct verify_context *c, const struct invariant *self)
{
	if (!can_compare(c) || may_write_anywhere(c->aids->facts))
		return;
	c->checks += count_leaves(c->now);
	for_each_changed_leaf(c, l)
	{
		const struct model_mm *mm = &c->now->mms[l->mm], *before = same_mm(c->before, mm);

		if (!may_change(c, mm, before, &l->leaf) && !same_bytes(c, PFN(l->leaf.pa)))
			report(c, self, AT_LEAF(l->mm, &l->leaf),
			       "%s: the bytes of %s at %#lx changed, though none of its tasks ran",
			       mm_label(c->now, l->mm).text, frame_label(c->now, PFN(l->leaf.pa)).text, l->leaf.va);
	}
}

void check_content_shared(struct verify_context *c, const struct invariant *self)
{
	if (!can_compare(c))
		return;
	c->checks += c->now->nr_touched;
	for (uint64_t i = 0; i < c->sieve->nr_changed; i++) {
		const uint64_t pfn = c->sieve->changed[i];
		const struct model_frame *now, *then = kept_frame(c, pfn, &now);

		if (!then || now->role != FRAME_ANON || now->nr_maps < 2 || then->nr_maps < 2)
			continue;
		if (!same_bytes(c, pfn))
			report(c, self, AT_FRAME(pfn), "%s is shared by copy-on-write by %u entries, and its bytes changed",
			       frame_label(c->now, pfn).text, now->nr_maps);
	}
}

/** A page that the same mm could not write, before and now. */
static void check_readonly_leaf(struct verify_context *c, const struct invariant *self, const struct model_mm *mm,
				const struct model_mm *before, const struct leaf *leaf)
{
	const struct model_frame *now, *then = kept_frame(c, PFN(leaf->pa), &now);
	bool image = PFN(leaf->pa) < c->now->lab.mem_map_start_pfn;
	struct leaf was;

	if (!model_find_leaf(before, leaf->va, &was) || was.pa != leaf->pa || was.writable || leaf->writable || !then ||
	    same_bytes(c, PFN(leaf->pa)))
		return;
	/* Pages of a file that are not the image's may be written through another mapping, or by write(). */
	if (now->role == FRAME_ANON || image)
		report(c, self, AT_LEAF(mm - c->now->mms, leaf), "%s: %s at %#lx is read-only, and its bytes changed",
		       mm_label(c->now, mm - c->now->mms).text, frame_label(c->now, PFN(leaf->pa)).text, leaf->va);
}

void check_content_readonly(struct verify_context *c, const struct invariant *self)
{
	if (!can_compare(c) || may_write_anywhere(c->aids->facts))
		return;
	c->checks += count_leaves(c->now);
	for_each_changed_leaf(c, l)
	{
		const struct model_mm *mm = &c->now->mms[l->mm], *before = same_mm(c->before, mm);

		if (before)
			check_readonly_leaf(c, self, mm, before, &l->leaf);
	}
}

/* --- new pages -------------------------------------------------------------------------------------- */

/** Commands whose new anonymous pages hold zeros but for what facts say was written. */
static bool gives_zero_pages(const struct step_facts *facts)
{
	switch (facts->cmd.op) {
	case AGENT_READ:
	case AGENT_READ_BYTES:
	case AGENT_WRITE:
	case AGENT_WRITE_BYTES:
	case AGENT_FILL:
		return true;
	}
	return called(facts, NR_mmap) || called(facts, NR_mlock) || called(facts, NR_mlockall) || called(facts, NR_brk);
}

/** Of no file's area, and not there before: the page is no copy of anything. */
static bool is_fresh_anon(const struct verify_context *c, const struct model_mm *mm, const struct model_mm *before,
			  const struct leaf *leaf)
{
	const struct model_vma *area = model_find_vma(mm, leaf->va);
	uint64_t pfn = PFN(leaf->pa);
	struct leaf was;

	return area && !area->raw.vm_file.va && !area->raw.vm_ops.va && pfn < c->now->nr_touched &&
	       frame_at(c->now, pfn)->role == FRAME_ANON && leaf->level == 1 && !model_find_entry(before, leaf->va, &was) &&
	       !in_agent_footprint(leaf->va, leaf->va + PAGE_SIZE);
}

/** Offset of the first byte that is neither zero nor in [start, end); PAGE_SIZE: there is none. */
static uint64_t first_dirt(const uint8_t *page, uint64_t va, uint64_t start, uint64_t end)
{
	if ((start <= va && end >= va + PAGE_SIZE) || all_zero(page, PAGE_SIZE))
		return PAGE_SIZE;
	for (uint64_t i = 0; i < PAGE_SIZE; i++)
		if (page[i] && (va + i < start || va + i >= end))
			return i;
	return PAGE_SIZE;
}

static void check_fresh_leaf(struct verify_context *c, const struct invariant *self, const struct model_mm *mm,
			     const struct model_mm *before, const struct leaf *leaf)
{
	const uint8_t *page = page_bytes(c->now, PFN(leaf->pa));
	uint64_t at;

	if (!page || !is_fresh_anon(c, mm, before, leaf))
		return;
	at = first_dirt(page, leaf->va, c->aids->facts->start, c->aids->facts->end);
	if (!holds(c, at == PAGE_SIZE))
		report(c, self, AT_LEAF(mm - c->now->mms, leaf), "%s: the new page at %#lx (%s) holds %#x at %#lx",
		       mm_label(c->now, mm - c->now->mms).text, leaf->va, frame_label(c->now, PFN(leaf->pa)).text, page[at],
		       leaf->va + at);
}

void check_content_fresh(struct verify_context *c, const struct invariant *self)
{
	const struct step_facts *facts = c->aids ? c->aids->facts : NULL;
	const struct model_mm *mm, *before;

	if (!can_compare(c) || !gives_zero_pages(facts))
		return;
	mm = mm_of_pid(c->now, facts->pid);
	before = mm ? same_mm(c->before, mm) : NULL;
	for (struct leaf_walk w = leaves_new(mm, before); before && leaf_next_new(&w, before);)
		check_fresh_leaf(c, self, mm, before, &w.leaf);
}

/* --- fork and madvise -------------------------------------------------------------------------------- */

/** A page of a child just forked: its parent's before the fork, or zeros where the area is wiped. */
static bool is_inherited(const struct verify_context *c, const struct model_mm *parent, const struct model_vma *area,
			 const struct leaf *leaf)
{
	struct leaf was;
	const bool had = model_find_leaf(parent, leaf->va, &was);
	const struct model_frame *then = had ? hashed_frame(c->before, PFN(was.pa)) : NULL;
	const struct model_frame *now = hashed_frame(c->now, PFN(leaf->pa));
	const uint8_t *page = page_bytes(c->now, PFN(leaf->pa));

	if (area && area->raw.vm_flags & VM_WIPEONFORK)
		return page && all_zero(page, PAGE_SIZE);
	return !then || !now || model_hash_of(c->before, PFN(was.pa)) == model_hash_of(c->now, PFN(leaf->pa));
}

void check_content_fork(struct verify_context *c, const struct invariant *self)
{
	const struct step_facts *facts = c->aids ? c->aids->facts : NULL;
	const struct model_mm *child, *parent;

	if (!can_compare(c) || facts->cmd.op != AGENT_FORK || !facts->answered || facts->value <= 0)
		return;
	child = mm_of_pid(c->now, facts->value);
	parent = mm_of_pid(c->before, facts->pid);
	if (!child || !parent || same_mm(c->before, child))
		return;
	for (struct leaf_walk w = leaves_of(child, LEAVES_PRESENT); leaf_next(&w);) {
		const struct leaf *leaf = &w.leaf;
		const struct model_vma *area = model_find_vma(child, leaf->va);

		if (in_agent_footprint(leaf->va, leaf->va + PAGE_SIZE))
			continue;
		if (!holds(c, is_inherited(c, parent, area, leaf)))
			report(c, self, AT_LEAF(child - c->now->mms, leaf),
			       "%s was forked, and its page at %#lx (%s) does not hold %s",
			       mm_label(c->now, child - c->now->mms).text, leaf->va,
			       frame_label(c->now, PFN(leaf->pa)).text,
			       area && area->raw.vm_flags & VM_WIPEONFORK ? "zeros" : "its parent's bytes");
	}
}

void check_content_dontneed(struct verify_context *c, const struct invariant *self)
{
	const struct step_facts *facts = c->aids ? c->aids->facts : NULL;
	const struct model_mm *mm = facts ? mm_of_pid(c->now, facts->pid) : NULL;
	uint64_t start, end;

	if (!mm || !called(facts, NR_madvise) || facts->value || facts->cmd.args[2] != LX_MADV_DONTNEED)
		return;
	start = facts->cmd.args[0];
	end = start + facts->cmd.args[1];
	for (struct leaf_walk w = leaves_from(mm, LEAVES_PRESENT, start); leaf_next(&w) && w.leaf.va < end;) {
		const struct leaf *leaf = &w.leaf;

		if (!holds(c, in_agent_footprint(leaf->va, leaf->va + 1)))
			report(c, self, AT_LEAF(mm - c->now->mms, leaf),
			       "%s said of %#lx-%#lx that it does not need it, and %#lx is still mapped (%s)",
			       mm_label(c->now, mm - c->now->mms).text, start, end, leaf->va,
			       frame_label(c->now, PFN(leaf->pa)).text);
	}
}
