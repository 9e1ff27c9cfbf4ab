/* SPDX-License-Identifier: MIT */
/* System calls of kernel/vmcalls.c. */
#ifndef GUEST_VMCALLS_H
#define GUEST_VMCALLS_H

#include "mm_env.h"
#include "ptrace.h"

long ksys_mincore(struct pt_regs *regs);
long ksys_process_vm_readv(struct pt_regs *regs);
long ksys_process_vm_writev(struct pt_regs *regs);

#endif
