/* SPDX-License-Identifier: MIT */
/* Tasks, frames and CPUs of a picture; see picture_frames.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/picture_frames.h"

static uint32_t mm_id(const struct names *names, const struct model *model, int index)
{
	const struct named_mm *named;

	if (index <= 0 || (uint32_t)index >= model->nr_mms)
		return 0;
	named = names_mm(names, &model->mms[index]);
	return named ? named->id : 0;
}

static int pid_at(const struct model *model, gva_t task)
{
	for (uint32_t i = 0; i < model->nr_tasks; i++)
		if (task.va && model->tasks[i].addr.va == task.va)
			return model->tasks[i].raw.pid;
	return -1;
}

static int by_pid(const void *a, const void *b)
{
	const struct pic_task *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

void picture_add_tasks(struct picture *p, const struct names *names, const struct model *model)
{
	p->tasks = xcalloc(model->nr_tasks + 1, sizeof(*p->tasks));
	for (uint32_t i = 0; i < model->nr_tasks; i++) {
		const struct task_struct *raw = &model->tasks[i].raw;
		struct pic_task *task = &p->tasks[p->nr_tasks++];

		*task = (struct pic_task){
			.pid = raw->pid,
			.tgid = raw->tgid,
			.parent = pid_at(model, raw->parent),
			.state = raw->state,
			.flags = raw->flags,
			.exit_code = raw->exit_code,
			.mm = mm_id(names, model, model->tasks[i].mm),
			.active_mm = mm_id(names, model, model->tasks[i].active_mm),
		};
		snprintf(task->name, sizeof(task->name), "%s", names_of_task(names, model, raw->pid));
	}
	qsort(p->tasks, p->nr_tasks, sizeof(*p->tasks), by_pid);
}

static void add_owner(struct picture *p, const struct names *names, uint64_t pfn, uint32_t mm)
{
	int64_t slot = names_slot(names, pfn);
	struct pic_frame *frame;

	if (slot < 0 || slot >= p->nr_frames)
		return;
	frame = &p->frames[slot];
	for (unsigned int i = 0; i < frame->nr_owners; i++)
		if (frame->owners[i] == mm)
			return;
	if (frame->nr_owners == PIC_OWNERS)
		frame->more_owners = true;
	else
		frame->owners[frame->nr_owners++] = mm;
}

static void add_owners(struct picture *p, const struct names *names, const struct pic_mm *mm)
{
	for (uint32_t i = 0; i < mm->nr_pages && !mm->raw_kernel; i++)
		add_owner(p, names, mm->pages[i].pfn, mm->id);
	for (uint32_t i = 0; i < mm->nr_tables; i++) {
		int64_t slot = names_slot(names, mm->tables[i].pfn);

		add_owner(p, names, mm->tables[i].pfn, mm->id);
		if (slot >= 0 && slot < p->nr_frames) {
			p->frames[slot].level = mm->tables[i].level;
			p->frames[slot].va = mm->tables[i].va;
		}
	}
}

void picture_add_frames(struct picture *p, const struct names *names, const struct model *model)
{
	memcpy(p->role_count, model->role_count, sizeof(p->role_count));
	p->free_frames = model->role_count[FRAME_FREE] + model->role_count[FRAME_UNTOUCHED];
	p->nr_frames = names->nr_frames;
	p->frames = xcalloc(p->nr_frames + 1, sizeof(*p->frames));
	for (uint32_t i = 0; i < p->nr_frames; i++) {
		uint64_t pfn = names->frames[i].pfn;
		const struct model_frame *f = model_frame(model, pfn);

		p->frames[i] = (struct pic_frame){
			.pfn = pfn,
			.name = names->frames[i].name,
			.role = model_frame_role(model, pfn),
			.ref = f->raw._refcount,
			.map = (int32_t)(f->raw._mapcount + 1U),
			.maps_found = f->nr_maps,
		};
		if (p->frames[i].role == FRAME_DEVICE) /* its struct page holds nothing */
			p->frames[i].ref = p->frames[i].map = 0;
	}
	for (uint32_t i = 0; i < p->nr_mms; i++)
		add_owners(p, names, &p->mms[i]);
}

void picture_add_cpus(struct picture *p, const struct names *names, const struct model *model)
{
	p->cpus = xcalloc(model->nr_cpus + 1, sizeof(*p->cpus));
	p->nr_cpus = model->nr_cpus;
	for (uint32_t i = 0; i < model->nr_cpus; i++) {
		const struct cpu_state *cpu = &model->cpus[i];
		struct pic_cpu *to = &p->cpus[i];

		*to = (struct pic_cpu){.cr0 = cpu->cr0,
				       .cr2 = cpu->cr2,
				       .cr3 = cpu->cr3,
				       .cr4 = cpu->cr4,
				       .efer = cpu->efer};
		for (uint32_t m = 0; m < model->nr_mms; m++) {
			if (model->mms[m].pgd_pa != (cpu->cr3 & PTE_PFN_MASK))
				continue;
			to->mm = mm_id(names, model, m);
			to->init_mm = m == 0;
			break;
		}
	}
}
