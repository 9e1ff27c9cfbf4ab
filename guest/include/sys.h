/* SPDX-License-Identifier: MIT */
/* The system calls that have no chapter of their own: who and what one is, limits and use of the machine, the scheduler. */
#ifndef GUEST_SYS_H
#define GUEST_SYS_H

#include "ptrace.h"

/* kernel/clone_calls.c */
long ksys_fork(struct pt_regs *regs);
long ksys_vfork(struct pt_regs *regs);
long ksys_clone(struct pt_regs *regs);
long ksys_clone3(struct pt_regs *regs);

/* kernel/sys.c */
long ksys_getpid(struct pt_regs *regs);
long ksys_gettid(struct pt_regs *regs);
long ksys_getppid(struct pt_regs *regs);
long ksys_set_tid_address(struct pt_regs *regs);
long ksys_uname(struct pt_regs *regs);
long ksys_arch_prctl(struct pt_regs *regs);
long ksys_prctl(struct pt_regs *regs);
long ksys_personality(struct pt_regs *regs);

/* kernel/usage.c */
long ksys_getrusage(struct pt_regs *regs);
long ksys_times(struct pt_regs *regs);
long ksys_sysinfo(struct pt_regs *regs);

/* kernel/sched_calls.c */
long ksys_sched_yield(struct pt_regs *regs);
long ksys_sched_setaffinity(struct pt_regs *regs);
long ksys_sched_getaffinity(struct pt_regs *regs);
long ksys_sched_setscheduler(struct pt_regs *regs);
long ksys_sched_getscheduler(struct pt_regs *regs);
long ksys_sched_setparam(struct pt_regs *regs);
long ksys_sched_getparam(struct pt_regs *regs);
long ksys_sched_get_priority_max(struct pt_regs *regs);
long ksys_sched_get_priority_min(struct pt_regs *regs);
long ksys_sched_rr_get_interval(struct pt_regs *regs);
long ksys_getpriority(struct pt_regs *regs);
long ksys_setpriority(struct pt_regs *regs);
long ksys_getcpu(struct pt_regs *regs);

#endif
