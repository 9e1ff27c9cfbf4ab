/* SPDX-License-Identifier: MIT */
/* Registers against what the guest says runs where, and the MMU's own answer as a second opinion. */
#include "observe/leaves.h"
#include "verify/check.h"

static const struct model_task *current_of(const struct model *model, uint32_t cpu)
{
	uint32_t index = addr_map_get(&model->task_map, model->cpu_infos[cpu].current.va);

	return index == ADDR_MAP_NONE ? NULL : &model->tasks[index];
}

/** The mm whose tables this CPU should be on; -1: its current task is unknown. */
static int active_mm_of(const struct model *model, uint32_t cpu)
{
	const struct model_task *task = current_of(model, cpu);

	return task ? task->active_mm : -1;
}

void check_cr3(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t cpu = 0; cpu < now->nr_cpus; cpu++) {
		uint64_t root = now->cpus[cpu].cr3 & PTE_PFN_MASK;
		int mm = active_mm_of(now, cpu);

		if (!holds(c, mm >= 0 && now->mms[mm].pgd_pa == root))
			report(c, self, AT_MM(mm),
			       "CPU %u: CR3 is %#lx, expected %#lx, the pgd of active_mm (%s)", cpu, root,
			       mm >= 0 ? now->mms[mm].pgd_pa : 0, mm_label(now, mm).text);
	}
}

/** One register of every CPU: bits in `set` must be 1, bits in `clear` must be 0. */
static void check_bits(struct verify_context *c, const struct invariant *self, const char *name,
		       size_t offset, uint64_t set, uint64_t clear)
{
	for (uint32_t cpu = 0; cpu < c->now->nr_cpus; cpu++) {
		uint64_t value = *(const uint64_t *)((const char *)&c->now->cpus[cpu] + offset);

		if (!holds(c, (value & set) == set && !(value & clear)))
			report(c, self, (struct site){NOWHERE},
			       "CPU %u: %s is %#lx, expected %#lx set, %#lx clear", cpu, name, value, set,
			       clear);
	}
}

void check_cr0(struct verify_context *c, const struct invariant *self)
{
	check_bits(c, self, "CR0", offsetof(struct cpu_state, cr0), CR0_PE | CR0_PG | CR0_WP,
		   1UL << 29 | 1UL << 30);
}

void check_cr4(struct verify_context *c, const struct invariant *self)
{
	check_bits(c, self, "CR4", offsetof(struct cpu_state, cr4), CR4_PAE, CR4_LA57 | CR4_PCIDE);
}

void check_efer(struct verify_context *c, const struct invariant *self)
{
	check_bits(c, self, "EFER", offsetof(struct cpu_state, efer),
		   EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE, 0);
}

void check_current(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t cpu = 0; cpu < now->nr_cpus; cpu++) {
		const struct model_task *task = current_of(now, cpu);
		uint32_t idle = addr_map_get(&now->task_map, now->cpu_infos[cpu].idle.va);

		if (!holds(c, task != NULL))
			report(c, self, (struct site){NOWHERE}, "CPU %u: current %#lx is no task of the ring",
			       cpu, now->cpu_infos[cpu].current.va);
		else if (!holds(c, task->raw.state == TASK_RUNNING))
			report(c, self, AT_OBJECT(task->addr),
			       "CPU %u: current is task %d, whose state is %u, not TASK_RUNNING", cpu,
			       task->raw.pid, task->raw.state);
		if (!holds(c, idle != ADDR_MAP_NONE && now->tasks[idle].raw.pid == 0))
			report(c, self, (struct site){NOWHERE}, "CPU %u: idle %#lx is no idle task", cpu,
			       now->cpu_infos[cpu].idle.va);
	}
}

void check_kernel_stack(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t cpu = 0; cpu < now->nr_cpus; cpu++) {
		const struct model_task *task = current_of(now, cpu);
		uint64_t top = task ? task->raw.stack.va + (PAGE_SIZE << KERNEL_STACK_ORDER) : 0;

		if (!holds(c, !task || now->cpu_infos[cpu].kernel_sp == top))
			report(c, self, AT_OBJECT(task->addr),
			       "CPU %u: kernel_sp is %#lx, expected %#lx, the top of task %d's stack", cpu,
			       now->cpu_infos[cpu].kernel_sp, top, task->raw.pid);
	}
}

/** A stack is the head of a block of the kernel's of its size; the idle task's stands in the image. */
static const char *stack_trouble(const struct model *model, const struct model_task *task)
{
	gpa_t pa;

	if (task->raw.stack.va % PAGE_SIZE || !image_linear(model->image, task->raw.stack, PAGE_SIZE, &pa))
		return "is no page of RAM";
	if (model_frame_role(model, PFN(pa.pa)) == FRAME_IMAGE)
		return task->raw.pid ? "stands in the image" : NULL;
	if (model_frame_role(model, PFN(pa.pa)) != FRAME_KERNEL)
		return "is no memory of the kernel's";
	if (frame_at(model, PFN(pa.pa))->raw.order != KERNEL_STACK_ORDER ||
	    frame_at(model, PFN(pa.pa))->nr_refs != 1)
		return "is not the head of a block of that size";
	if (PFN(pa.pa) + (1UL << KERNEL_STACK_ORDER) > model->nr_touched)
		return "ends above the frontier";
	return NULL;
}

void check_task_stacks(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_tasks; i++) {
		const struct model_task *task = &c->now->tasks[i];
		const char *wrong = stack_trouble(c->now, task);

		if (!holds(c, !wrong))
			report(c, self, AT_OBJECT(task->addr), "task %d: its kernel stack %#lx %s",
			       task->raw.pid, task->raw.stack.va, wrong);
	}
}

void check_cpu_self(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t cpu = 0; cpu < c->now->nr_cpus; cpu++) {
		const struct cpu_info *info = &c->now->cpu_infos[cpu];
		uint64_t at = c->now->lab.cpus.va + cpu * sizeof(*info);
		uint64_t gs = c->now->cpus[cpu].cs & 3 ? c->now->cpus[cpu].kernel_gs_base
						       : c->now->cpus[cpu].gs_base;

		if (!holds(c, info->self.va == at && info->cpu == cpu))
			report(c, self, (struct site){NOWHERE, .object = {at}},
			       "CPU %u: cpu_info at %#lx says self %#lx, cpu %u", cpu, at, info->self.va,
			       info->cpu);
		if (!holds(c, gs == at))
			report(c, self, (struct site){NOWHERE, .object = {at}},
			       "CPU %u: the kernel's GS base is %#lx, expected its cpu_info at %#lx", cpu, gs,
			       at);
	}
}

void check_cpu_bitmap(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	for (uint32_t i = 0; i < now->nr_mms; i++) {
		uint64_t expected = 0;

		for (uint32_t cpu = 0; cpu < now->nr_cpus && cpu < 64; cpu++)
			if ((now->cpus[cpu].cr3 & PTE_PFN_MASK) == now->mms[i].pgd_pa)
				expected |= 1UL << cpu;
		if (!holds(c, now->mms[i].raw.cpu_bitmap == expected))
			report(c, self, AT_MM(i), "%s: cpu_bitmap is %#lx, expected %#lx from the CPUs' CR3",
			       mm_label(now, i).text, now->mms[i].raw.cpu_bitmap, expected);
	}
}

void check_in_irq(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t cpu = 0; cpu < c->now->nr_cpus; cpu++)
		if (!holds(c, c->now->cpu_infos[cpu].in_irq == 0))
			report(c, self, (struct site){NOWHERE}, "CPU %u: in_irq is %u at the end of a step",
			       cpu, c->now->cpu_infos[cpu].in_irq);
}

/* --- the MMU's own answer ------------------------------------------------------------------------- */

#define MAX_SAMPLES 4 /* an ioctl each, of 0.3 to 1 us */

/** Ask the machine about va on CPU 0 and compare with the walk in software. Only addresses: KVM invents the
 * rights. */
static void ask(struct verify_context *c, const struct invariant *self, uint64_t va)
{
	const struct model *now = c->now;
	struct walk walk = walk_address(now->image, now->cpus[0].cr3, now->mode, va);
	bool expected = walk.end == WALK_LEAF;
	uint64_t pa = 0;
	int valid = c->aids->translate(c->aids->ctx, va, &pa);

	if (valid < 0)
		return;
	if (!holds(c, expected == !!valid))
		report(c, self, (struct site){NOWHERE, .va = va},
		       "address %#lx: the walk says %s, the machine says %s", va,
		       expected ? "mapped" : "not mapped", valid ? "mapped" : "not mapped");
	else if (!holds(c, !valid || pa == walk.pa))
		report(c, self, (struct site){NOWHERE, .va = va},
		       "address %#lx: the walk says physical %#lx, the machine says %#lx", va, walk.pa, pa);
}

void check_translation(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;
	int mm = now->nr_cpus ? active_mm_of(now, 0) : -1;
	const struct model_mm *m = mm >= 0 ? &now->mms[mm] : NULL;

	if (!c->aids || !c->aids->translate || !m)
		return;
	ask(c, self, now->lab.page_offset + now->lab.ram_end - PAGE_SIZE);
	/* Spread over the mapped pages, from another one at each step, so that a long run sees them all. */
	for (uint32_t i = 0; i < MAX_SAMPLES - 2 && m->nr_leaves; i++)
		ask(c, self, leaf_nth(m, (now->lab.seq * 7 + i * (m->nr_leaves / 2 + 1)) % m->nr_leaves).va);
	if (m->nr_vmas)
		ask(c, self, m->vmas[now->lab.seq % m->nr_vmas].raw.vm_end);
}
