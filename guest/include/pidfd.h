/* SPDX-License-Identifier: MIT */
/* Files that mean a process (kernel/pidfd.c). */
#ifndef GUEST_PIDFD_H
#define GUEST_PIDFD_H

#include "task.h"

struct file;

/** A file for the process; or ERR_PTR(-LX_ENOMEM). */
struct file *pidfd_file(const struct task *leader, uint32_t flags);
/** The process behind a descriptor; ERR_PTR(-LX_EBADF): it is no such file; ERR_PTR(-LX_ESRCH): the process is gone. */
struct task *pidfd_get_task(int fd, bool *nonblock);

long ksys_pidfd_open(struct pt_regs *regs);
long ksys_pidfd_send_signal(struct pt_regs *regs);

#endif
