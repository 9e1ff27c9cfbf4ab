/* SPDX-License-Identifier: MIT */
/* Waiting for files to be ready (kernel/select.c; Linux fs/select.c, include/linux/poll.h). */
#ifndef GUEST_POLL_H
#define GUEST_POLL_H

#include "list.h"
#include "ptrace.h"

#define EPOLLIN		0x001u
#define EPOLLPRI	0x002u
#define EPOLLOUT	0x004u
#define EPOLLERR	0x008u
#define EPOLLHUP	0x010u
#define EPOLLNVAL	0x020u
#define EPOLLRDNORM	0x040u
#define EPOLLRDBAND	0x080u
#define EPOLLWRNORM	0x100u
#define EPOLLWRBAND	0x200u
#define DEFAULT_POLLMASK (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)	/* of files that are always ready */

/**
 * Tasks that sleep in poll(2) and select(2). Whoever makes a file ready wakes them all, and each looks again at its own
 * files: there are never many of them, and no file needs a list for them.
 */
extern struct list_head pollers;
void wake_pollers(void);
/** Something has become ready, perhaps. */
static inline void poll_wake(void)
{
	if (!list_empty(&pollers))
		wake_pollers();
}

long ksys_poll(struct pt_regs *regs);
long ksys_ppoll(struct pt_regs *regs);
long ksys_select(struct pt_regs *regs);
long ksys_pselect6(struct pt_regs *regs);
long ksys_eventfd(struct pt_regs *regs);
long ksys_eventfd2(struct pt_regs *regs);

#endif
