/* SPDX-License-Identifier: MIT */
/* The ring of tasks, from the idle task of CPU 0, and every mm that mmlist or a task leads to. */
#include "observe/build.h"

#include <string.h>

static bool add_task(struct build *b, gva_t addr)
{
	struct model_task *task;
	struct task_struct raw;

	if (!read_struct(b, addr, &raw, sizeof(raw)))
		return false;
	addr_map_put(&b->model->task_map, addr.va, b->tasks.n);
	task = grow_add(&b->tasks, sizeof(*task));
	task->addr = addr;
	task->raw = raw;
	task->mm = -1;
	task->active_mm = -1;
	memcpy(task->comm, raw.comm, sizeof(raw.comm));
	return true;
}

static bool visit_task(struct build *b, const struct list_walk *list, gva_t node)
{
	(void)list;
	return add_task(b, (gva_t){node.va - offsetof(struct task_struct, tasks)});
}

void decode_tasks(struct build *b)
{
	gva_t idle = b->model->lab.init_task;

	if (!add_task(b, idle)) {
		add_damage(b, DAMAGE_BAD_POINTER, idle.va, -1, "lab.init_task %#lx is no task", idle.va);
		return;
	}
	follow_list(b, &(struct list_walk){.name = "ring of tasks",
					   .what = "task",
					   .mm = -1,
					   .head = {idle.va + offsetof(struct task_struct, tasks)},
					   .max = MAX_TASKS,
					   .visit = visit_task});
}

/** Index of the mm at addr, decoded now if it is new; -1: it cannot be read. */
static int add_mm(struct build *b, gva_t addr)
{
	uint32_t known = addr_map_get(&b->model->mm_map, addr.va);
	struct model_mm *mm;
	struct mm_struct raw;
	gpa_t pgd;

	if (known != ADDR_MAP_NONE)
		return known;
	if (b->mms.n >= b->max_structs || !read_struct(b, addr, &raw, sizeof(raw)))
		return -1;
	addr_map_put(&b->model->mm_map, addr.va, b->mms.n);
	mm = grow_add(&b->mms, sizeof(*mm));
	mm->addr = addr;
	mm->raw = raw;
	mm->id = b->mms.n - 1;
	if (image_linear(b->image, raw.pgd, PAGE_SIZE, &pgd) && pgd.pa % PAGE_SIZE == 0) {
		mm->pgd_pa = pgd.pa;
	} else {
		mm->pgd_pa = UINT64_MAX;
		add_damage(b, DAMAGE_TABLE, addr.va, mm->id, "mm %#lx: pgd %#lx is no page of RAM", addr.va,
			   raw.pgd.va);
	}
	return mm->id;
}

static bool visit_mm(struct build *b, const struct list_walk *list, gva_t node)
{
	int mm = add_mm(b, (gva_t){node.va - offsetof(struct mm_struct, mmlist)});

	(void)list;
	if (mm >= 0)
		((struct model_mm *)b->mms.items)[mm].in_mmlist = true;
	return mm >= 0;
}

/** The mm that a task's field names; counts the user or the lazy user. */
static int mm_of_task(struct build *b, const struct model_task *task, gva_t addr, const char *field)
{
	int mm;

	if (addr.va == 0)
		return -1;
	mm = add_mm(b, addr);
	if (mm < 0)
		add_damage(b, DAMAGE_BAD_POINTER, task->addr.va, -1, "task %d: %s %#lx is no mm_struct",
			   task->raw.pid, field, addr.va);
	return mm;
}

/** An open file of /proc; the mm behind it may have no other user. */
static bool visit_proc_mm(struct build *b, const struct list_walk *list, gva_t node)
{
	struct proc_mm ref;
	int mm;

	(void)list;
	if (!read_struct(b, (gva_t){node.va - offsetof(struct proc_mm, list)}, &ref, sizeof(ref)))
		return false;
	if (ref.mm.va == 0)
		return true;
	mm = add_mm(b, ref.mm);
	if (mm >= 0)
		((struct model_mm *)b->mms.items)[mm].nr_proc++;
	return mm >= 0;
}

void decode_mms(struct build *b)
{
	gva_t init_mm = b->model->lab.init_mm;

	if (add_mm(b, init_mm) < 0) {
		add_damage(b, DAMAGE_BAD_POINTER, init_mm.va, -1, "lab.init_mm %#lx is no mm_struct",
			   init_mm.va);
		return;
	}
	((struct model_mm *)b->mms.items)[0].in_mmlist = true;
	follow_list(b, &(struct list_walk){.name = "mmlist",
					   .what = "mm_struct",
					   .mm = -1,
					   .head = {init_mm.va + offsetof(struct mm_struct, mmlist)},
					   .max = b->max_structs,
					   .visit = visit_mm});
	for (uint64_t i = 0; i < b->tasks.n; i++) {
		struct model_task *task = (struct model_task *)b->tasks.items + i;

		task->mm = mm_of_task(b, task, task->raw.mm, "mm");
		task->active_mm = mm_of_task(b, task, task->raw.active_mm, "active_mm");
		if (task->mm >= 0)
			((struct model_mm *)b->mms.items)[task->mm].nr_users++;
		if (task->active_mm >= 0 && task->active_mm != task->mm)
			((struct model_mm *)b->mms.items)[task->active_mm].nr_lazy++;
	}
	follow_list(b, &(struct list_walk){.name = "proc_mms",
					   .what = "proc_mm",
					   .mm = -1,
					   .head = b->model->lab.proc_mms,
					   .max = b->max_structs,
					   .visit = visit_proc_mm});
}
