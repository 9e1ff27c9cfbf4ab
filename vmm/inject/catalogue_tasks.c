/* SPDX-License-Identifier: MIT */
/* Corruptions of tasks and of what a CPU says it is doing. */
#include "inject/rows.h"

static const struct model_task *task(const struct inject_object *o)
{
	return o->item;
}

/** A living user task. */
static bool user(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return task(o)->mm > 0;
}

static bool thread_of_kernel(const struct model *m, const struct inject_object *o)
{
	(void)m;
	return task(o)->raw.flags & PF_KTHREAD;
}

/** One whose number is its mm's, so that its entries count. */
static bool cache_is_current(const struct model *m, const struct inject_object *o)
{
	return user(m, o) && task(o)->raw.vmacache_seqnum == m->mms[task(o)->mm].raw.vmacache_seqnum;
}

static bool leader(const struct model *m, const struct inject_object *o)
{
	return user(m, o) && task(o)->raw.pid == task(o)->raw.tgid;
}

static bool session_leader(const struct model *m, const struct inject_object *o)
{
	return leader(m, o) && task(o)->raw.session == task(o)->raw.pid;
}

static bool has_channel(const struct model *m, const struct inject_object *o)
{
	return user(m, o) && task(o)->raw.channel >= 0;
}

const struct corruption task_corruptions[] = {
#define KIND OBJ_TASK
	SET("task.state=zombie", user, "state", TASK_ZOMBIE, "task-mm|task-fields"),
	SET("task.state=nonsense", user, "state", 99, "task-mm|task-fields"),
	XOR("task.flags.kthread", user, "flags", PF_KTHREAD, "task-mm"),
	XOR("task.flags.kthread-lost", thread_of_kernel, "flags", PF_KTHREAD, "task-mm|task-fields"),
	XOR("task.flags.bit-30", user, "flags", 1 << 30, "task-fields"),
	COPY("task.pid=other", user, "pid", "pids"),
	SET("task.pid=0", user, "pid", 0, "pids"),
	SET("task.tgid=nobody", user, "tgid", 30000, "families"),
	SET("task.pgrp=0", leader, "pgrp", 0, "sessions"),
	ADD("task.pgrp+1000", session_leader, "pgrp", 1000, "sessions"),
	SET("task.session=0", leader, "session", 0, "sessions"),
	SET("task.cred=0", user, "cred", 0, "pointers-sound"),
	SET("task.cred=wild", user, "cred", WILD, "pointers-sound"),
	SET("task.mm=0", user, "mm", 0, "task-mm"),
	COPY("task.mm=other", user, "mm", "mm-users"),
	SET("task.mm=wild", user, "mm", WILD, "pointers-sound"),
	SET("task.active_mm=0", user, "active_mm", 0, "active-mm"),
	COPY("task.active_mm=other", user, "active_mm", "active-mm"),
	SET("task.parent=0", user, "parent", 0, "families"),
	SET("task.parent=wild", user, "parent", WILD, "families"),
	SELF("task.tasks.next=self", user, "tasks.next", "lists-sound"),
	SELF("task.tasks.prev=self", user, "tasks.prev", "lists-sound"),
	SET("task.tasks.next=wild", user, "tasks.next", WILD, "pointers-sound|lists-sound"),
	SET("task.vmacache[0]=wild", cache_is_current, "vmacache[0]", WILD, "vmacache"),
	SET("task.vmacache[3]=wild", cache_is_current, "vmacache[3]", WILD, "vmacache"),
	ADD("task.stack+page", user, "stack", PAGE_SIZE, "task-stack"),
	COPY("task.stack=other", user, "stack", "frame-use|task-stack"),
	SET("task.stack=wild", user, "stack", WILD, "pointers-sound|task-stack"),
	SET("task.rlimits=wild", user, "rlimits", WILD, "rlimits"),
	ADD("task.exit_code+1", user, "exit_code", 1, "task-fields"),
	SET("task.channel=63", user, "channel", 63, "channels|task-fields"),
	SET("task.channel=none", has_channel, "channel", (uint32_t)-1, "channels"),
	COPY("task.channel=other", has_channel, "channel", "channels"),
	SET("task.comm=endless", user, "comm[1]", ~0UL, "task-fields"),
#undef KIND
#define KIND OBJ_CPU
	ADD("cpu.self+8", NULL, "self", 8, "cpu-self"),
	ADD("cpu.kernel_sp-8", NULL, "kernel_sp", -8, "kernel-stack"),
	SET("cpu.current=wild", NULL, "current", WILD, "current"),
	SET("cpu.idle=wild", NULL, "idle", WILD, "current"),
	ADD("cpu.cpu+1", NULL, "cpu", 1, "cpu-self"),
	SET("cpu.in_irq", NULL, "in_irq", 1, "no-irq"),
	{0},
};
#undef KIND
