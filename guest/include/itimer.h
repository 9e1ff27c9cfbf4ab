/* SPDX-License-Identifier: MIT */
/* alarm(2) and the interval timers of a process (kernel/itimer.c). */
#ifndef GUEST_ITIMER_H
#define GUEST_ITIMER_H

#include "task.h"

/** SIGALRM of ITIMER_REAL was taken: the next one, if it is to come again (Linux posixtimer_rearm_itimer). */
void itimer_next(struct itimers *timers);
/** execve by a thread: its process's timers go on. */
void move_itimers(struct task *from, struct task *to);
/** The process is over. */
void exit_itimers(struct task *leader);

long ksys_alarm(struct pt_regs *regs);
long ksys_getitimer(struct pt_regs *regs);
long ksys_setitimer(struct pt_regs *regs);

#endif
