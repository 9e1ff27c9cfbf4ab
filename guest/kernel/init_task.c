/* SPDX-License-Identifier: MIT */
/* What exists before anything runs: the idle task of CPU 0. */
#include "cred.h"
#include "fs.h"
#include "signal.h"
#include "task.h"

/** pid 0 never dies, never sleeps, and is on no run queue: it runs when nobody else can. */
struct task init_task = {
	.ts = {
		.state = TASK_RUNNING,
		.flags = PF_KTHREAD,
		.active_mm = &init_mm,
		.parent = &init_task.ts,
		.tasks = LIST_HEAD_INIT(init_task.ts.tasks),
		.stack = init_stack,
		.cred = &root_cred,
		.channel = -1,
		.comm = "swapper/0",
	},
	.group_leader = &init_task,
	.thread_group = LIST_HEAD_INIT(init_task.thread_group),
	.children = LIST_HEAD_INIT(init_task.children),
	.sibling = LIST_HEAD_INIT(init_task.sibling),
	.nr_threads = 1,
	.shared_pending.queue = LIST_HEAD_INIT(init_task.shared_pending.queue),
	.pending.queue = LIST_HEAD_INIT(init_task.pending.queue),
	.files = &init_files,
	.fs = &init_fs,
};
