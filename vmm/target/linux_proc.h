/* SPDX-License-Identifier: MIT */
/* Reading the box's /proc: where a task stands, and its address space as a view. Nothing here runs a task. */
#ifndef VMM_TARGET_LINUX_PROC_H
#define VMM_TARGET_LINUX_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include "observe/view.h"

enum proc_state {
	PROC_RUNS,  /* or will in a moment */
	PROC_RESTS, /* blocked in a system call that only somebody else can end */
	PROC_DEAD,  /* a zombie: exit_code */
	PROC_NONE,  /* no such task (any more) */
};

struct proc_stat {
	enum proc_state state;
	int exit_code; /* wait status, once PROC_DEAD */
	uint64_t start_brk, start_stack;
};

/** `proc`: descriptor of a /proc directory; `pid`: of a process or a thread there. */
struct proc_stat proc_read_stat(int proc, int pid);
/** Does everything in the box rest (or is dead), but for its process 1? Also what no channel knows of. */
bool proc_all_rest(int proc);
/** Does it sleep in read() of descriptor fd? */
bool proc_awaits(int proc, int pid, int fd);
/** The address space of a process; empty if it has none. Free with view_free. */
struct view *proc_read_view(int proc, int pid);
/** Write into the memory of a process, as a debugger would. */
bool proc_write(int proc, int pid, uint64_t va, const void *bytes, size_t n);
/** Where vdso and its data pages lie, as one block: false if the process has none. */
bool proc_find_vdso(int proc, int pid, uint64_t *start, uint64_t *end);

#endif
