/* SPDX-License-Identifier: MIT */
/* Futexes (kernel/futex.c) and lists of robust ones (kernel/robust_list.c); Linux kernel/futex. */
#ifndef GUEST_FUTEX_H
#define GUEST_FUTEX_H

#include "task.h"

#define FUTEX_BITSET_MATCH_ANY	UINT32_MAX

/**
 * Wake up to `nr` (at least one) who wait at this address with a bit of `bitset`. shared: not only in current's mm. How
 * many, or -errno.
 */
long futex_wake(uint64_t uaddr, bool shared, int nr, uint32_t bitset);
/** current leaves its mm: the robust futexes that it holds are marked, and a waiter of each is woken. */
void exit_robust_list(struct task *task);

long ksys_futex(struct pt_regs *regs);
long ksys_set_robust_list(struct pt_regs *regs);
long ksys_get_robust_list(struct pt_regs *regs);

#endif
