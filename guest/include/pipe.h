/* SPDX-License-Identifier: MIT */
/* Pipes (kernel/pipe.c) to the table of system calls and to the lab. */
#ifndef GUEST_PIPE_H
#define GUEST_PIPE_H

#include "ipc_types.h"

struct file;
struct iov_iter;
struct pt_regs;

extern struct list_head all_pipes;	/* of struct pipe_inode_info, for the host */

bool is_pipe(const struct file *file);
/** Bytes that went, or -errno when none did. */
long pipe_read_iter(struct file *file, struct iov_iter *to);
long pipe_write_iter(struct file *file, struct iov_iter *from);

long ksys_pipe(struct pt_regs *regs);
long ksys_pipe2(struct pt_regs *regs);

#endif
