/* SPDX-License-Identifier: MIT */
/*
 * From boot/ to the first task, and pid 1. On a machine whose ring 0 is emulated every instruction
 * here is 0.3 us of start-up, so nothing is set up that can wait until it is used.
 */
#include "live.h"
#include "percpu.h"
#include "task.h"

struct task *child_reaper;

/* --- pid 1 ------------------------------------------------------------------------------------ */

static long perform_request(const struct lab_request *request)
{
	switch (request->op) {
	case LAB_REQ_SPAWN:
		return spawn_agent(request->name, request->args[0], request->args[1]);
	case LAB_REQ_TICK:
		advance_time(request->args[0]);
		return 0;
	case LAB_REQ_LIVE:
		return live_begin();
	default:
		return -LX_EINVAL;
	}
}

/** What the host asks of the guest as a whole, memory that went bad, and the orphans: init's only work. */
static void init_main(void *unused)
{
	(void)unused;
	for (;;) {
		if (lab.request.op != LAB_REQ_NONE) {
			lab.request.result = perform_request(&lab.request);
			lab.request.op = LAB_REQ_NONE;
		}
		memory_failure_work();
		if (!reap_orphans())
			task_sleep();
	}
}

/* --- pid 0 ------------------------------------------------------------------------------------ */

/** "zeroed" as a word of its own: the loader vouches that RAM was zero. No other word means anything yet. */
static void parse_cmdline(const char *s)
{
	while (*s) {
		/* A shorter word has its end, or a space, among these six: no match. */
		if (!__builtin_memcmp(s, "zeroed", 6) && (s[6] == ' ' || !s[6])) {
			mm_profile.ram_zeroed = true;
			return;
		}
		while (*s && *s != ' ')
			s++;
		while (*s == ' ')
			s++;
	}
}

static void __noreturn cpu_idle(void)
{
	/* It is here whenever nothing can run, from the start. */
	for (;;) {
		lab_quiesce();
		schedule();
	}
}

/* Not inlined, so that backtraces end as one knows them. */
void __attribute__((noinline)) start_kernel(void)
{
	static const char init_comm[TASK_COMM_LEN] = "init";
	struct cpu_info *cpu = this_cpu();

	set_current(cpu, &init_task);
	cpu->idle = &init_task.ts;
	cpu->kernel_sp = (uint64_t)(task_regs(&init_task) + 1);
	parse_cmdline(boot_info.cmdline);
	free_area_init(boot_info.free_start, boot_info.free_end, boot_info.ram_end);
	mm_init(boot_info.ram_end);
	lab_publish();
	mmgrab(&init_mm);		/* idle borrows it */
	child_reaper = kernel_thread(init_main, NULL, init_comm);
	if (!child_reaper)
		panic("no memory for init");
	/* It sleeps until the host asks for something: there is nothing to reap yet. */
	cpu_idle();
}
