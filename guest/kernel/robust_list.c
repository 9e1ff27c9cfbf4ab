/* SPDX-License-Identifier: MIT */
/*
 * Robust futexes (Linux kernel/futex/core.c, syscalls.c): a task keeps a list, in its own memory, of the locks that it
 * holds. When it dies the kernel walks the list, marks each lock that is really its own, and wakes one who waits.
 */
#include "futex.h"
#include "uaccess.h"

/** struct robust_list_head (linux/futex.h). */
struct user_robust_list_head {
	uint64_t next;			/* circular: ends at the head */
	int64_t futex_offset;		/* from an entry to its futex */
	uint64_t list_op_pending;	/* being added or removed just now */
};

#define ROBUST_LIST_LIMIT	2048	/* entries walked: the list is the user's */
#define ENTRY_PI		1UL	/* of an entry: priority inheritance, which is not built in */

/* The word of a dead owner: who died is told, and one waiter shall look. A fault ends the walk. */
static int mark_dead_owner(const struct task *task, uint64_t uaddr)
{
	uint32_t value, died;

	if (uaddr % sizeof(uint32_t) || get_user_u32(&value, uaddr))
		return -LX_EFAULT;
	if ((value & LX_FUTEX_TID_MASK) != (uint32_t)task->ts.pid)
		return 0;
	died = (value & LX_FUTEX_WAITERS) | LX_FUTEX_OWNER_DIED;
	if (put_user_u32(died, uaddr))
		return -LX_EFAULT;
	if (value & LX_FUTEX_WAITERS)
		futex_wake(uaddr, /* shared = */ true, 1, FUTEX_BITSET_MATCH_ANY);
	return 0;
}

void exit_robust_list(struct task *task)
{
	struct user_robust_list_head head;
	uint64_t at = task->robust_list, entry, pending, next;
	int error = 0;

	task->robust_list = 0;
	if (!at || copy_from_user(&head, at, sizeof(head)))
		return;
	pending = head.list_op_pending & ~ENTRY_PI;
	entry = head.next & ~ENTRY_PI;
	for (int n = 0; entry != at && !error && n < ROBUST_LIST_LIMIT; n++) {
		/* Before the entry's futex is marked: its owner may be quick to use the memory for something else. */
		int no_next = get_user_u64(&next, entry);

		if (entry != pending)
			error = mark_dead_owner(task, entry + head.futex_offset);
		if (no_next)
			break;
		entry = next & ~ENTRY_PI;
	}
	if (pending && !error)
		mark_dead_owner(task, pending + head.futex_offset);
}

/** set_robust_list(head, size) */
long ksys_set_robust_list(struct pt_regs *regs)
{
	if (regs->si != sizeof(struct user_robust_list_head))
		return -LX_EINVAL;
	current->robust_list = regs->di;
	return 0;
}

/** get_robust_list(pid, head_ptr, size_ptr): everybody is root, so any task may be asked about. */
long ksys_get_robust_list(struct pt_regs *regs)
{
	struct task *task = (int)regs->di ? find_task(regs->di) : current;

	if (!task)
		return -LX_ESRCH;
	if (put_user_u64(sizeof(struct user_robust_list_head), regs->dx) || put_user_u64(task->robust_list, regs->si))
		return -LX_EFAULT;
	return 0;
}
