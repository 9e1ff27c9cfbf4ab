/* SPDX-License-Identifier: MIT */
/* Who uses which mm, who lives, who is whose parent; and that at a step's end nobody holds a lock. */
#include "verify/check.h"

/** mm_users of init_mm is 2 for ever, as in Linux: it has users that are no tasks. */
#define INIT_MM_USERS 2

void check_mm_users(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++) {
		const struct model_mm *mm = &c->now->mms[i];
		int32_t expected = (int32_t)mm->nr_users + (i == 0 ? INIT_MM_USERS : 0);

		if (!holds(c, mm->raw.mm_users == expected))
			report(c, self, AT_MM(i), "%s: mm_users is %d, expected %d (%u tasks share it)",
			       mm_label(c->now, i).text, mm->raw.mm_users, expected, mm->nr_users);
	}
}

void check_mm_count(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++) {
		const struct model_mm *mm = &c->now->mms[i];
		int32_t expected = (int32_t)(mm->nr_lazy + mm->nr_proc) + (mm->nr_users || i == 0 ? 1 : 0);

		if (!holds(c, mm->raw.mm_count == expected))
			report(c, self, AT_MM(i),
			       "%s: mm_count is %d, expected %d (%u users, %u borrowers, %u files of /proc)",
			       mm_label(c->now, i).text, mm->raw.mm_count, expected, mm->nr_users, mm->nr_lazy,
			       mm->nr_proc);
	}
}

void check_mmlist(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 1; i < c->now->nr_mms; i++) {
		const struct model_mm *mm = &c->now->mms[i];

		if (!holds(c, mm->in_mmlist == (mm->nr_users > 0)))
			report(c, self, AT_MM(i), "%s: %s on mmlist, though %u tasks use it",
			       mm_label(c->now, i).text, mm->in_mmlist ? "is" : "is not", mm->nr_users);
	}
}

void check_active_mm(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_tasks; i++) {
		const struct model_task *task = &c->now->tasks[i];

		if (!holds(c, task->mm < 0 || task->active_mm == task->mm))
			report(c, self, AT_OBJECT(task->addr),
			       "task %d: active_mm is %#lx, expected its mm %#lx", task->raw.pid,
			       task->raw.active_mm.va, task->raw.mm.va);
	}
}

void check_task_mm(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_tasks; i++) {
		const struct task_struct *raw = &c->now->tasks[i].raw;
		bool dead = raw->state == TASK_ZOMBIE || raw->state == TASK_DEAD;
		bool without = dead || (raw->flags & PF_KTHREAD);

		if (!holds(c, raw->state <= TASK_DEAD))
			report(c, self, AT_OBJECT(c->now->tasks[i].addr), "task %d: state %u does not exist",
			       raw->pid, raw->state);
		if (!holds(c, without == (raw->mm.va == 0)))
			report(c, self, AT_OBJECT(c->now->tasks[i].addr), "task %d: mm is %#lx, and it is %s",
			       raw->pid, raw->mm.va,
			       dead	 ? "dead"
			       : without ? "a kernel thread"
					 : "a living user task");
	}
}

void check_pids(struct verify_context *c, const struct invariant *self)
{
	struct addr_map seen = {0};

	for (uint32_t i = 0; i < c->now->nr_tasks; i++) {
		const struct task_struct *raw = &c->now->tasks[i].raw;

		if (!holds(c, raw->pid >= 0 && addr_map_put(&seen, (uint32_t)raw->pid, i) == i))
			report(c, self, AT_OBJECT(c->now->tasks[i].addr),
			       "task %#lx: pid %d belongs to another task, too", c->now->tasks[i].addr.va,
			       raw->pid);
		if (!holds(c, raw->pid != 0 || (raw->flags & PF_KTHREAD)))
			report(c, self, AT_OBJECT(c->now->tasks[i].addr),
			       "task %#lx has pid 0 and is no idle task", c->now->tasks[i].addr.va);
	}
	addr_map_free(&seen);
}

void check_families(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_tasks; i++) {
		const struct model_task *task = &c->now->tasks[i];
		const struct model_task *leader = model_find_task(c->now, task->raw.tgid);

		if (!holds(c, addr_map_get(&c->now->task_map, task->raw.parent.va) != ADDR_MAP_NONE))
			report(c, self, AT_OBJECT(task->addr), "task %d: parent %#lx is no task of the ring",
			       task->raw.pid, task->raw.parent.va);
		if (!holds(c, leader && leader->raw.tgid == leader->raw.pid))
			report(c, self, AT_OBJECT(task->addr), "task %d: tgid %d is no leader of a process",
			       task->raw.pid, task->raw.tgid);
		if (!holds(c, !leader || task->raw.state >= TASK_ZOMBIE || leader->raw.state >= TASK_ZOMBIE ||
				      leader->mm == task->mm))
			report(c, self, AT_OBJECT(task->addr),
			       "task %d: its mm differs from that of its process %d", task->raw.pid,
			       task->raw.tgid);
	}
}

/** A process that is no kernel thread, by its leader. */
static bool is_process(const struct task_struct *raw)
{
	return raw->pid == raw->tgid && !(raw->flags & PF_KTHREAD);
}

void check_sessions(struct verify_context *c, const struct invariant *self)
{
	struct addr_map groups = {0};

	for (uint32_t i = 0; i < c->now->nr_tasks; i++) {
		const struct task_struct *raw = &c->now->tasks[i].raw, *first;

		if (!is_process(raw))
			continue;
		if (!holds(c, raw->pgrp > 0 && raw->session > 0))
			report(c, self, AT_OBJECT(c->now->tasks[i].addr), "task %d: pgrp %d, session %d: not both are above 0",
			       raw->pid, raw->pgrp, raw->session);
		if (!holds(c, raw->session != raw->pid || raw->pgrp == raw->pid))
			report(c, self, AT_OBJECT(c->now->tasks[i].addr),
			       "task %d leads its session, but not its process group %d", raw->pid, raw->pgrp);
		first = &c->now->tasks[addr_map_put(&groups, (uint32_t)raw->pgrp, i)].raw;
		if (!holds(c, first->session == raw->session))
			report(c, self, AT_OBJECT(c->now->tasks[i].addr),
			       "task %d: session %d, but task %d of the same group %d is of session %d", raw->pid, raw->session,
			       first->pid, raw->pgrp, first->session);
	}
	addr_map_free(&groups);
}

static const char *task_trouble(const struct task_struct *raw)
{
	if (raw->flags & ~(PF_KTHREAD | PF_FORKNOEXEC))
		return "it has a flag that does not exist";
	if (raw->comm[sizeof(raw->comm) - 1])
		return "its comm does not end";
	if (raw->channel < -1 || raw->channel >= AGENT_CHANNELS)
		return "its channel does not exist";
	if (raw->exit_code && raw->state < TASK_ZOMBIE)
		return "it lives and has an exit code";
	return NULL;
}

void check_task_fields(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_tasks; i++) {
		const struct task_struct *raw = &c->now->tasks[i].raw;
		const char *wrong = task_trouble(raw);

		if (!holds(c, !wrong))
			report(c, self, AT_OBJECT(c->now->tasks[i].addr),
			       "task %d: %s (flags %#x, channel %d, exit_code %#x)", raw->pid, wrong,
			       raw->flags, raw->channel, raw->exit_code);
	}
}

/** A channel with somebody behind it: that task lives, and knows. */
void check_channels(struct verify_context *c, const struct invariant *self)
{
	for (int i = 0; i < AGENT_CHANNELS; i++) {
		const struct lab_channel *channel = &c->now->lab.channels[i];
		const struct model_task *task;

		if (!holds(c, channel->state <= LAB_CHANNEL_DEAD))
			report(c, self, (struct site){NOWHERE}, "channel %d: state %u does not exist", i,
			       channel->state);
		if (channel->state != LAB_CHANNEL_BUSY && channel->state != LAB_CHANNEL_AWAITS)
			continue;
		task = model_find_task(c->now, channel->pid);
		if (!holds(c, task && task->raw.state < TASK_ZOMBIE && task->raw.channel == i))
			report(c, self, (struct site){NOWHERE}, "channel %d is in use by pid %d, which %s", i,
			       channel->pid,
			       !task				? "does not exist"
			       : task->raw.state >= TASK_ZOMBIE ? "is dead"
								: "has another channel");
	}
}

static bool sem_free(const struct rw_semaphore *sem)
{
	return sem->count == 0;
}

void check_mm_locks(struct verify_context *c, const struct invariant *self)
{
	for (uint32_t i = 0; i < c->now->nr_mms; i++) {
		const struct mm_struct *raw = &c->now->mms[i].raw;

		if (!holds(c, sem_free(&raw->mmap_lock)))
			report(c, self, AT_MM(i), "%s: mmap_lock is held (count %d) at the end of a step",
			       mm_label(c->now, i).text, raw->mmap_lock.count);
		if (!holds(c, raw->page_table_lock.locked == 0))
			report(c, self, AT_MM(i), "%s: page_table_lock is held at the end of a step",
			       mm_label(c->now, i).text);
	}
}

void check_other_locks(struct verify_context *c, const struct invariant *self)
{
	const struct model *now = c->now;

	if (!holds(c, now->zone.lock.locked == 0))
		report(c, self, AT_OBJECT(now->lab.zone), "zone.lock is held at the end of a step");
	for (uint32_t i = 0; i < now->nr_caches; i++)
		if (!holds(c, now->caches[i].raw.lock.locked == 0))
			report(c, self, AT_OBJECT(now->caches[i].addr),
			       "lock of slab cache %s is held at the end of a step", now->caches[i].raw.name);
	for (uint32_t i = 0; i < now->nr_anon_vmas; i++)
		if (!holds(c, sem_free(&now->anon_vmas[i].raw.rwsem)))
			report(c, self, AT_OBJECT(now->anon_vmas[i].addr),
			       "rwsem of anon_vma %#lx is held (count %d) at the end of a step",
			       now->anon_vmas[i].addr.va, now->anon_vmas[i].raw.rwsem.count);
}
