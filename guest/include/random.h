/* SPDX-License-Identifier: MIT */
/* Bytes that look like chance (kernel/random.c). */
#ifndef GUEST_RANDOM_H
#define GUEST_RANDOM_H

#include "ptrace.h"

/** So many into user memory; how many, or -LX_EFAULT. */
long get_random_bytes_user(uint64_t at, uint64_t len);
long ksys_getrandom(struct pt_regs *regs);

#endif
