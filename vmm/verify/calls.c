/* SPDX-License-Identifier: MIT */
/*
 * Rules across a step that need to know which call it was: what a failed call may have changed, what a call must have
 * merged, what may leave a locked area, the lock that guards all of it, and an access that the walk foretold.
 */
#include "observe/leaves.h"
#include "verify/check.h"

#include "uapi.h"

/** The mm of the task that got the step's only command, before and now. False: there is nothing to judge. */
static bool acting_mm(const struct verify_context *c, const struct model_mm **before, const struct model_mm **now)
{
	const struct step_facts *facts = c->aids ? c->aids->facts : NULL;
	const struct model_task *task, *then;

	if (!c->before || !facts || facts->nr_cmds != 1 || !facts->answered)
		return false;
	task = model_find_task(c->now, facts->pid);
	then = model_find_task(c->before, facts->pid);
	if (!task || !then || task->mm < 0 || then->mm < 0 || task->raw.mm.va != then->raw.mm.va)
		return false;
	*now = &c->now->mms[task->mm];
	*before = &c->before->mms[then->mm];
	return true;
}

static bool is_call(const struct step_facts *facts)
{
	return facts->cmd.op == AGENT_SYSCALL && facts->status == AGENT_OK;
}

static bool is_error(int64_t value)
{
	return value < 0 && value >= -4095;
}

/* Soft-dirty is no right and no advice: areas merge across it. */
#define COMPARED_FLAGS (~VM_SOFTDIRTY)

/* --- failed calls -------------------------------------------------------------------------------------- */

/** Kinds of change of the set of areas. */
enum change {
	CHANGE_NONE = 0,
	CHANGE_CUTS = 1,		/* borders between areas, what they cover and its flags being the same */
	CHANGE_FLAGS = 2,
	CHANGE_RANGE = 4,		/* what is covered */
	CHANGE_ANY = CHANGE_CUTS | CHANGE_FLAGS | CHANGE_RANGE,
};

/** docs/mm.md, "What a failed call may have changed". A call that is not listed may have changed no area. */
static const struct {
	uint64_t nr;
	int64_t error;			/* 0: any */
	int flags_arg;			/* its argument that holds `flag`; -1: whatever the arguments */
	uint64_t flag;
	enum change allowed;
} failures[] = {
	{NR_mmap, LX_ENOMEM, 3, LX_MAP_FIXED, CHANGE_ANY},
	{NR_munmap, LX_ENOMEM, -1, 0, CHANGE_CUTS},
	{NR_mprotect, 0, -1, 0, CHANGE_CUTS | CHANGE_FLAGS},
	{NR_mremap, 0, 3, LX_MREMAP_FIXED, CHANGE_ANY}, /* the target goes first; then the old range is looked at */
	{NR_madvise, LX_ENOMEM, -1, 0, CHANGE_CUTS | CHANGE_FLAGS},
	{NR_madvise, LX_EINVAL, -1, 0, CHANGE_CUTS | CHANGE_FLAGS}, /* at a later area, which cannot take the advice */
	{NR_madvise, LX_EAGAIN, -1, 0, CHANGE_CUTS | CHANGE_FLAGS},
	{NR_mlock, 0, -1, 0, CHANGE_CUTS | CHANGE_FLAGS},
	{NR_mlock2, 0, -1, 0, CHANGE_CUTS | CHANGE_FLAGS},
	{NR_mlockall, 0, -1, 0, CHANGE_CUTS | CHANGE_FLAGS},
	{NR_munlock, 0, -1, 0, CHANGE_CUTS | CHANGE_FLAGS},
	{NR_remap_file_pages, LX_ENOMEM, -1, 0, CHANGE_ANY},
	{NR_remap_file_pages, LX_EINVAL, -1, 0, CHANGE_ANY}, /* a segment that went with its last area */
	{NR_shmat, LX_ENOMEM, -1, 0, CHANGE_ANY},
};

static enum change allowed_changes(const struct agent_cmd *cmd, int64_t value)
{
	enum change allowed = CHANGE_NONE;

	for (unsigned int i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].nr == cmd->nr && (!failures[i].error || failures[i].error == -value) &&
		    (failures[i].flags_arg < 0 || cmd->args[failures[i].flags_arg] & failures[i].flag))
			allowed |= failures[i].allowed;
	return allowed;
}

/** What of [at, …) is the same in both: up to where one of the two says something new. */
static enum change compare_at(const struct model_mm *a, const struct model_mm *b, uint64_t at, uint64_t *next)
{
	const struct model_vma *x = model_find_vma(a, at), *y = model_find_vma(b, at);

	*next = x && (!y || x->raw.vm_end < y->raw.vm_end) ? x->raw.vm_end : y ? y->raw.vm_end : at;
	if (!x || !y)
		return CHANGE_RANGE;
	return ((x->raw.vm_flags ^ y->raw.vm_flags) & COMPARED_FLAGS ? CHANGE_FLAGS : 0) |
	       (x->raw.vm_start != y->raw.vm_start || x->raw.vm_end != y->raw.vm_end ? CHANGE_CUTS : 0);
}

/** All kinds in which the areas of two models of one mm differ; *where: the first place. A stack may have grown. */
static enum change compare_areas(const struct model_mm *before, const struct model_mm *now, uint64_t *where)
{
	enum change changes = CHANGE_NONE;

	for (int side = 0; side < 2; side++) {
		const struct model_mm *one = side ? now : before, *other = side ? before : now;

		for (uint32_t i = 0; i < one->nr_vmas; i++) {
			const struct vm_area_struct *raw = &one->vmas[i].raw;

			if (raw->vm_flags & VM_GROWSDOWN)
				continue;
			for (uint64_t at = raw->vm_start, next; at < raw->vm_end; at = next) {
				enum change change = compare_at(one, other, at, &next);

				if (change && !changes)
					*where = at;
				changes |= change;
				if (next <= at)
					break;
			}
		}
	}
	return changes;
}

void check_failed_call(struct verify_context *c, const struct invariant *self)
{
	const struct model_mm *before, *now;
	uint64_t where = 0;
	enum change changes;

	if (!acting_mm(c, &before, &now) || !is_call(c->aids->facts) || !is_error(c->aids->facts->value))
		return;
	changes = compare_areas(before, now, &where) & ~allowed_changes(&c->aids->facts->cmd, c->aids->facts->value);
	if (!holds(c, !changes))
		report(c, self, (struct site){.mm = now - c->now->mms, .va = where, .pfn = NO_PFN},
		       "%s: call %lu failed with errno %ld, and changed areas from %#lx on: %s%s%s",
		       mm_label(c->now, now - c->now->mms).text, c->aids->facts->cmd.nr, -c->aids->facts->value, where,
		       changes & CHANGE_RANGE ? "what they cover " : "", changes & CHANGE_FLAGS ? "their flags " : "",
		       changes & CHANGE_CUTS ? "their borders" : "");
}

/* --- merging --------------------------------------------------------------------------------------------- */

#define VM_SPECIAL_FLAGS (VM_IO | VM_DONTEXPAND | VM_PFNMAP)

/** Would Linux 6.1 have merged them, whatever their chains? (vma_merge: flags, file, offset, one anon_vma or none) */
static bool must_be_one(const struct model_vma *a, const struct model_vma *b)
{
	return a->raw.vm_end == b->raw.vm_start && !((a->raw.vm_flags ^ b->raw.vm_flags) & COMPARED_FLAGS) &&
	       !(a->raw.vm_flags & VM_SPECIAL_FLAGS) && a->raw.vm_file.va == b->raw.vm_file.va && !a->raw.vm_ops.va &&
	       !b->raw.vm_ops.va && a->raw.anon_vma.va == b->raw.anon_vma.va &&
	       a->raw.vm_pgoff + ((a->raw.vm_end - a->raw.vm_start) >> PAGE_SHIFT) == b->raw.vm_pgoff;
}

/** Did this border exist before, between the same kinds of area? Then this call did not make it. */
static bool was_border(const struct model_mm *before, const struct model_vma *a, const struct model_vma *b)
{
	const struct model_vma *x = model_find_vma(before, a->raw.vm_end - 1), *y = model_find_vma(before, b->raw.vm_start);

	return x && y && x != y && !((x->raw.vm_flags ^ a->raw.vm_flags) & COMPARED_FLAGS) &&
	       !((y->raw.vm_flags ^ b->raw.vm_flags) & COMPARED_FLAGS);
}

/**
 * Has what is there at `va` another anon_vma than when the call began? Then the call got it by populating, which it does last: when
 * it looked for neighbours to merge, there was none yet. What mmap() makes begins without.
 */
static bool anon_vma_is_new(const struct step_facts *facts, const struct model_mm *before, const struct model_vma *vma, uint64_t va)
{
	const struct model_vma *old = model_find_vma(before, va);
	bool made = facts->cmd.nr == NR_mmap && va - (uint64_t)facts->value < facts->cmd.args[1];

	return vma->raw.anon_vma.va != (old && !made ? old->raw.anon_vma.va : 0);
}

/** Calls that try to merge at the borders they make. */
static bool merges(const struct step_facts *facts)
{
	return is_call(facts) && !is_error(facts->value) &&
	       (facts->cmd.nr == NR_mmap || facts->cmd.nr == NR_mprotect || facts->cmd.nr == NR_madvise ||
		facts->cmd.nr == NR_mlock || facts->cmd.nr == NR_munlock || facts->cmd.nr == NR_mlock2);
}

void check_merged(struct verify_context *c, const struct invariant *self)
{
	const struct model_mm *before, *now;

	if (!acting_mm(c, &before, &now) || !merges(c->aids->facts))
		return;
	for (uint32_t i = 1; i < now->nr_vmas; i++) {
		const struct model_vma *a = &now->vmas[i - 1], *b = &now->vmas[i];

		if (!holds(c, !must_be_one(a, b) || was_border(before, a, b) ||
				      anon_vma_is_new(c->aids->facts, before, a, a->raw.vm_end - 1) ||
				      anon_vma_is_new(c->aids->facts, before, b, b->raw.vm_start)))
			report(c, self, AT_AREA(b), "%s: %s and %s could be one, and call %lu left them two",
			       mm_label(c->now, now - c->now->mms).text, area_label(a).text, area_label(b).text,
			       c->aids->facts->cmd.nr);
	}
}

/* --- locked areas ------------------------------------------------------------------------------------------ */

/** Calls by which a page leaves a locked area that stays. */
static bool may_take_locked(const struct step_facts *facts)
{
	static const uint64_t calls[] = {NR_madvise, NR_mmap, NR_mremap, NR_munmap, NR_mprotect, NR_ftruncate,
					 NR_truncate, NR_fallocate, NR_open, NR_creat, NR_execve, NR_shmat,
					 NR_remap_file_pages, NR_mlock, NR_mlock2};

	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (facts->cmd.op == AGENT_SYSCALL && facts->cmd.nr == calls[i])
			return true;
	return false;
}

static bool has_locked(const struct model_mm *mm)
{
	for (uint32_t i = 0; i < mm->nr_vmas; i++)
		if (mm->vmas[i].raw.vm_flags & VM_LOCKED)
			return true;
	return false;
}

void check_locked_pages(struct verify_context *c, const struct invariant *self)
{
	const struct model_mm *before, *now;

	if (!acting_mm(c, &before, &now) || may_take_locked(c->aids->facts))
		return;
	if (!has_locked(before))
		return;
	for (struct leaf_walk w = leaves_new(before, now); leaf_next_new(&w, now);) {
		const struct leaf *leaf = &w.leaf;
		const struct model_vma *was = model_find_vma(before, leaf->va), *is = model_find_vma(now, leaf->va);
		struct leaf held;

		if (!was || !is || !(was->raw.vm_flags & is->raw.vm_flags & VM_LOCKED))
			continue;
		if (!holds(c, model_find_held(now, leaf->va, &held)))
			report(c, self, (struct site){.mm = now - c->now->mms, .va = leaf->va, .pfn = PFN(leaf->pa)},
			       "%s: the page at %#lx of a locked area is gone",
			       mm_label(c->now, now - c->now->mms).text, leaf->va);
	}
}

/* --- the lock ------------------------------------------------------------------------------------------------ */

/** Areas that change without mmap_lock held for writing: those of any mm, whoever acted. Stacks grow under it read. */
void check_write_locked(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; c->before && i < c->now->nr_mms; i++) {
		const struct model_mm *now = &c->now->mms[i], *before = NULL;
		uint64_t where;

		for (uint32_t j = 0; j < c->before->nr_mms && !before; j++)
			if (c->before->mms[j].addr.va == now->addr.va && c->before->mms[j].pgd_pa == now->pgd_pa)
				before = &c->before->mms[j];
		if (!before || before->raw.mmap_lock.write_acquired != now->raw.mmap_lock.write_acquired)
			continue;
		if (!holds(c, !compare_areas(before, now, &where)))
			report(c, self, (struct site){.mm = i, .va = where, .pfn = NO_PFN},
			       "%s: areas changed from %#lx on, and mmap_lock was not taken for writing",
			       mm_label(c->now, i).text, where);
	}
}

/* --- an access, as it was foretold ------------------------------------------------------------------------------ */

/** The error code of the #PF that this access must meet, by the entries before the step; 0: none. Ring 3. */
static uint64_t foretold_error(const struct model_mm *before, uint64_t va, bool write, bool fetch)
{
	uint64_t error = PF_U | (write ? PF_W : 0) | (fetch ? PF_I : 0);
	struct leaf leaf;

	if (!model_find_leaf(before, va, &leaf))
		return error;
	if (!leaf.user || (write && !leaf.writable) || (fetch && leaf.nx))
		return error | PF_P;
	return 0;
}

/** The first fault of the task in this step at the page of va that was none of a stale translation; 0: there was none. */
static uint64_t met_error(const struct verify_context *c, int pid, uint64_t va)
{
	const struct lab_page *lab = &c->now->lab;

	for (uint64_t i = c->before->lab.event_head; i < lab->event_head; i++) {
		const struct lab_event *event = &lab->events[i % LAB_NR_EVENTS];

		if (event->type == LAB_EV_FAULT && event->pid == pid && (event->args[0] ^ va) < PAGE_SIZE &&
		    (event->args[2] & 0xff) != LAB_FAULT_SPURIOUS)
			return event->args[1] & (PF_P | PF_W | PF_U | PF_RSVD | PF_I);
	}
	return 0;
}

void check_access(struct verify_context *c, const struct invariant *self)
{
	const struct agent_cmd *cmd = c->aids && c->aids->facts ? &c->aids->facts->cmd : NULL;
	const struct model_mm *before, *now;
	uint64_t va, foretold, met;

	if (!acting_mm(c, &before, &now) || (cmd->op != AGENT_READ && cmd->op != AGENT_WRITE && cmd->op != AGENT_RUN) ||
	    c->now->lab.event_head - c->before->lab.event_head > LAB_NR_EVENTS)
		return;
	va = cmd->args[0];
	if (va >= TASK_SIZE || (va & (PAGE_SIZE - 1)) + cmd->size > PAGE_SIZE || in_agent_footprint(va, va + 1))
		return;
	foretold = foretold_error(before, va, cmd->op == AGENT_WRITE, cmd->op == AGENT_RUN);
	met = met_error(c, c->aids->facts->pid, va);
	if (!holds(c, foretold == met))
		report(c, self, (struct site){.mm = now - c->now->mms, .va = va, .pfn = NO_PFN},
		       "%s: an access in ring 3 at %#lx: by the tables it meets page fault %#lx, it met %#lx (0: none)",
		       mm_label(c->now, now - c->now->mms).text, va, foretold, met);
}

/* --- the lock that an access takes ---------------------------------------------------------------------------- */

/** Below an area that grows down, or in none with such a one next: the fault at va may make it grow. */
static bool may_grow(const struct model_mm *mm, uint64_t va)
{
	for (uint32_t i = 0; i < mm->nr_vmas; i++)
		if (va < mm->vmas[i].raw.vm_end)
			return va < mm->vmas[i].raw.vm_start && (mm->vmas[i].raw.vm_flags & VM_GROWSDOWN);
	return false;
}

/* Nothing but a stack that may have to grow makes a fault ask for mmap_lock for writing, alone against all readers. */
void check_fault_lock(struct verify_context *c, const struct invariant *self)
{
	const struct agent_cmd *cmd = c->aids && c->aids->facts ? &c->aids->facts->cmd : NULL;
	const struct lab_page *lab = &c->now->lab;
	const struct model_mm *before, *now;
	uint64_t taken, allowed = 0;

	if (!acting_mm(c, &before, &now) || cmd->op < AGENT_READ || cmd->op > AGENT_FILL ||
	    lab->event_head - c->before->lab.event_head > LAB_NR_EVENTS)
		return;
	for (uint64_t i = c->before->lab.event_head; i < lab->event_head; i++) {
		const struct lab_event *event = &lab->events[i % LAB_NR_EVENTS];

		allowed += event->type == LAB_EV_FAULT && may_grow(before, event->args[0]);
	}
	taken = now->raw.mmap_lock.write_acquired - before->raw.mmap_lock.write_acquired;
	if (!holds(c, taken <= allowed))
		report(c, self, AT_MM(now - c->now->mms),
		       "%s: mmap_lock was taken for writing %lu times by accesses, %lu of which met a stack that may grow",
		       mm_label(c->now, now - c->now->mms).text, taken, allowed);
}

/* --- one fault is enough -------------------------------------------------------------------------------------- */

/** The handler found that there was nothing to do, or left it to a device, or it ended in a signal. */
static bool other_kind(const struct lab_event *event)
{
	unsigned int how = event->args[2] & 0xff;

	return event->type != LAB_EV_FAULT || how == LAB_FAULT_SPURIOUS || how == LAB_FAULT_PFN ||
	       (how >= LAB_FAULT_SEGV_MAPERR && how <= LAB_FAULT_FIXUP);
}

/* A handler that leaves less than the access needs is asked again, and may do the rest then: slow, and easily overlooked. */
void check_fault_once(struct verify_context *c, const struct invariant *self)
{
	const struct agent_cmd *cmd = c->aids && c->aids->facts ? &c->aids->facts->cmd : NULL;
	const struct lab_page *lab = &c->now->lab;
	const struct lab_event *last = NULL;
	const struct model_mm *before, *now;

	if (!acting_mm(c, &before, &now) || cmd->op < AGENT_READ || cmd->op > AGENT_FILL ||
	    lab->event_head - c->before->lab.event_head > LAB_NR_EVENTS)
		return;
	for (uint64_t i = c->before->lab.event_head; i < lab->event_head; i++) {
		const struct lab_event *event = &lab->events[i % LAB_NR_EVENTS];

		if (other_kind(event) || in_agent_footprint(event->args[0], event->args[0] + 1))
			continue;
		if (!holds(c, !last || last->pid != event->pid || (last->args[0] ^ event->args[0]) >= PAGE_SIZE))
			report(c, self, (struct site){.mm = now - c->now->mms, .va = event->args[0], .pfn = NO_PFN},
			       "%s: the access at %#lx met another fault (error code %#lx) when the first (%#lx) had been handled",
			       mm_label(c->now, now - c->now->mms).text, event->args[0], event->args[1], last->args[1]);
		last = event;
	}
}
