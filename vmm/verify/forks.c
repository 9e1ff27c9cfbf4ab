/* SPDX-License-Identifier: MIT */
/* What a child has in the step that forked it: no more than Linux gives it. */
#include "observe/leaves.h"
#include "verify/check.h"

/** The mm of the child that this step's fork made, and its parent's as it was; false: there was no fork, or it failed. */
static bool forked(const struct verify_context *c, const struct model_mm **parent, const struct model_mm **child)
{
	const struct step_facts *facts = c->aids ? c->aids->facts : NULL;
	const struct model_task *then, *now;

	if (!c->before || !facts || facts->nr_cmds != 1 || !facts->answered || facts->cmd.op != AGENT_FORK)
		return false;
	then = model_find_task(c->before, facts->pid);
	now = model_find_task(c->now, facts->value);
	if (!then || then->mm < 0 || !now || now->mm < 0 || now->raw.mm.va == then->raw.mm.va)
		return false;
	*parent = &c->before->mms[then->mm];
	*child = &c->now->mms[now->mm];
	return true;
}

/** Linux vma_needs_copy(): pages that a fault would find again are left to the fault. */
static bool needs_copy(const struct model_vma *area)
{
	return area->raw.anon_vma.va || (area->raw.vm_flags & VM_PFNMAP);
}

void check_fork_copied(struct verify_context *c, const struct invariant *self)
{
	const struct model_mm *parent, *child;

	if (!forked(c, &parent, &child))
		return;
	for (struct leaf_walk w = leaves_of(child, LEAVES_PRESENT); leaf_next(&w);) {
		const struct leaf *leaf = &w.leaf;
		const struct model_vma *area = model_find_vma(parent, leaf->va);

		/* The agent in the child has run already. */
		if (!area || in_agent_footprint(leaf->va, leaf->va + 1))
			continue;
		if (!holds(c, needs_copy(area)))
			report(c, self, AT_LEAF(child - c->now->mms, leaf),
			       "%s: %#lx was copied by fork, though a fault would find its page again (area %s)",
			       mm_label(c->now, child - c->now->mms).text, leaf->va, area_label(area).text);
	}
}

void check_fork_unlocked(struct verify_context *c, const struct invariant *self)
{
	const struct model_mm *parent, *child;
	uint64_t flags;

	if (!forked(c, &parent, &child))
		return;
	flags = child->raw.def_flags;
	for (uint32_t i = 0; i < child->nr_vmas; i++)
		flags |= child->vmas[i].raw.vm_flags;
	if (!holds(c, !child->raw.locked_vm && !(flags & (VM_LOCKED | VM_LOCKONFAULT))))
		report(c, self, AT_MM(child - c->now->mms), "%s: locked_vm is %lu, def_flags %#lx, flags of all areas %#lx",
		       mm_label(c->now, child - c->now->mms).text, child->raw.locked_vm, child->raw.def_flags, flags);
}
