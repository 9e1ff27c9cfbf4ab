/* SPDX-License-Identifier: MIT */
/*
 * Live: the host's time, and ticks by which tasks are preempted in ring 3. The kernel itself is not: interrupts are off
 * in ring 0, so that what is said of a kernel without preemption (task.h) stays true.
 */
#include "live.h"
#include "ptrace.h"
#include "task.h"

#define FLAGS_IF	0x200

long live_begin(void)
{
	long error = streams_open();

	if (error)
		return error;
	user_flags_fixed = FLAGS_FIXED | FLAGS_IF;
	lab.live.on = true;
	return 0;
}

void live_wake(void)
{
	expire_timers();
	if (lab.live.stream_ready & lab.live.stream_wait)
		streams_wake();
}

uint64_t ktime_get(void)
{
	if (lab.live.on) {
		lab.live.clock_asked = true;
		lab_doorbell(LAB_CLOCK);
		while (lab.live.clock_asked)
			cpu_relax();
	}
	return lab.virtual_ns;
}

/* Commands of the host too: a program that never sleeps must not keep the agent from its own. */
void tick_from_user(void)
{
	if (!lab.live.on) {
		lab.nr_stray_interrupts++;
		return;
	}
	current->group_leader->cpu_time += LAB_TICK_NS;
	lab_take_commands();
	live_wake();
	schedule();
}
