/* SPDX-License-Identifier: MIT */
/*
 * Scheduling without preemption: a task runs until it sleeps, yields or dies, then the next
 * runnable one in pid order does, around and around. So a scenario's step is the same on every
 * machine. How address spaces change hands (active_mm, lazy references) is Linux's context_switch()
 * and finish_task_switch().
 */
#include "fpu.h"
#include "task.h"

struct rq {
	struct list_head queue;		/* runnable tasks by pid, the running one included, idle not */
	struct task *prev;		/* who ran before the last switch, for schedule_tail */
	struct mm_struct *prev_mm;	/* its borrowed mm, to be dropped there */
	uint64_t fs_base;		/* what MSR_FS_BASE holds */
	uint64_t gs_base;		/* and MSR_KERNEL_GS_BASE: GS is swapped at entry */
};

static struct rq runqueues[NR_CPUS] = {
	[0] = { .queue = LIST_HEAD_INIT(runqueues[0].queue) },
};

static struct rq *this_rq(void)
{
	return &runqueues[this_cpu()->cpu];
}

static void enqueue_task(struct rq *rq, struct task *task)
{
	struct task *pos;

	list_for_each_entry(pos, &rq->queue, run)
		if (pos->ts.pid > task->ts.pid)
			break;
	list_add_tail(&task->run, &pos->run);
}

static void dequeue_task(struct task *task)
{
	list_del(&task->run);
}

/**
 * The runnable task with the next higher pid, from the lowest again after the highest; idle when
 * there is none.
 */
static struct task *pick_next_task(struct rq *rq, const struct task *prev)
{
	struct task *pos;

	list_for_each_entry(pos, &rq->queue, run)
		if (pos->ts.pid > prev->ts.pid)
			return pos;
	if (!list_empty(&rq->queue))
		return list_first_entry(&rq->queue, struct task, run);
	return to_task(this_cpu()->idle);
}

/**
 * Hand the address space over. A task without an mm borrows its predecessor's, CR3 untouched: it
 * takes a reference to the struct if it has it from a user, and inherits the reference if it has it
 * from another borrower. A borrower that gives way to a user of an mm leaves its reference to
 * schedule_tail, when nothing stands on it.
 */
static void switch_address_space(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	if (!next->mm) {
		next->active_mm = prev->active_mm;
		if (prev->mm)
			mmgrab(prev->active_mm);
		else
			prev->active_mm = NULL;
		return;
	}
	switch_mm(prev->active_mm, next->mm);
	if (!prev->mm) {
		rq->prev_mm = prev->active_mm;
		prev->active_mm = NULL;
	}
}

/* Registers that only ring 3 looks at: those of `next`, which lives there. */
static void load_user_state(struct rq *rq, struct task *next)
{
	if (next->fs_base != rq->fs_base) {
		rq->fs_base = next->fs_base;
		write_fs_base(next->fs_base);
	}
	if (next->gs_base != rq->gs_base) {
		rq->gs_base = next->gs_base;
		write_user_gs_base(next->gs_base);
	}
	switch_fpu(next);
}

static void context_switch(struct rq *rq, struct task *prev, struct task *next)
{
	struct cpu_info *cpu = this_cpu();

	switch_address_space(rq, &prev->ts, &next->ts);
	if (next->ts.mm)
		load_user_state(rq, next);
	rq->prev = prev;
	set_current(cpu, next);
	cpu->nr_switches++;
	set_kernel_stack((uint64_t)(task_regs(next) + 1));
	switch_stacks(&prev->sp, next->sp);
	schedule_tail();
}

void schedule_tail(void)
{
	struct rq *rq = this_rq();
	struct task *prev = rq->prev;

	if (rq->prev_mm) {
		mmdrop(rq->prev_mm);
		rq->prev_mm = NULL;
	}
	if (prev->ts.state == TASK_DEAD)
		free_task(prev);
}

void schedule(void)
{
	struct rq *rq = this_rq();
	struct task *prev = current, *next;

	if (prev->ts.state != TASK_RUNNING)
		dequeue_task(prev);
	next = pick_next_task(rq, prev);
	if (next != prev)
		context_switch(rq, prev, next);
}

void task_sleep(void)
{
	current->ts.state = TASK_INTERRUPTIBLE;
	schedule();
}

void wake_up_task(struct task *task)
{
	if (task->ts.state != TASK_INTERRUPTIBLE)
		return;
	task->ts.state = TASK_RUNNING;
	enqueue_task(this_rq(), task);
}

void wake_up_new_task(struct task *task)
{
	task->ts.state = TASK_RUNNING;
	enqueue_task(this_rq(), task);
}

void requeue_current(void)
{
	dequeue_task(current);
	enqueue_task(this_rq(), current);
}

void sched_yield(void)
{
	schedule();
}

bool others_runnable(void)
{
	struct rq *rq = this_rq();

	return rq->queue.next != &current->run || rq->queue.prev != &current->run;
}

void set_fs_base(uint64_t base)
{
	current->fs_base = base;
	this_rq()->fs_base = base;
	write_fs_base(base);
}

void set_gs_base(uint64_t base)
{
	current->gs_base = base;
	this_rq()->gs_base = base;
	write_user_gs_base(base);
}
