/* SPDX-License-Identifier: MIT */
/* Process groups, sessions, and who is stopped (kernel/session.c). */
#ifndef GUEST_SESSION_H
#define GUEST_SESSION_H

#include "task.h"

/** Is there a process in that group? */
bool pgrp_exists(int pgrp);
/** Nobody could continue current's group if it were stopped. */
bool current_pgrp_orphaned(void);
/**
 * POSIX 3.2.2.2: the end of a process may orphan its own group (task is the one that ends, parent NULL), or that of a child (task,
 * which had that parent). If somebody in it is stopped, all of it get SIGHUP and SIGCONT.
 */
void kill_orphaned_pgrp(const struct task *task, const struct task *parent);
/** SIGSTOP and kin, or SIGCONT, have come for the process. */
void set_group_stopped(struct task *leader, bool stopped);
extern int32_t nr_stopped_processes;

long ksys_setpgid(struct pt_regs *regs);
long ksys_getpgid(struct pt_regs *regs);
long ksys_getpgrp(struct pt_regs *regs);
long ksys_getsid(struct pt_regs *regs);
long ksys_setsid(struct pt_regs *regs);

#endif
