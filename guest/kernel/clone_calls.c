/* SPDX-License-Identifier: MIT */
/* fork(2), vfork(2), clone(2) and clone3(2): arguments, and what only some of them refuse (Linux kernel/fork.c). */
#include "signal.h"
#include "sys.h"
#include "task.h"
#include "uaccess.h"

long ksys_fork(struct pt_regs *regs)
{
	struct clone_args args = { .exit_signal = LX_SIGCHLD };

	(void)regs;
	return kernel_clone(&args);
}

long ksys_vfork(struct pt_regs *regs)
{
	struct clone_args args = { .flags = LX_CLONE_VFORK | LX_CLONE_VM, .exit_signal = LX_SIGCHLD };

	(void)regs;
	return kernel_clone(&args);
}

/** clone(flags, stack, parent_tid, child_tid, tls) */
long ksys_clone(struct pt_regs *regs)
{
	struct clone_args args = {
		.flags = (uint32_t)regs->di & ~(uint64_t)LX_CSIGNAL,
		.exit_signal = regs->di & LX_CSIGNAL,
		.stack = regs->si,
		.parent_tid = regs->dx,
		.child_tid = regs->r10,
		.pidfd = regs->dx,
		.tls = regs->r8,
	};

	/* Both would be told at one place. */
	if ((args.flags & LX_CLONE_PIDFD) && (args.flags & LX_CLONE_PARENT_SETTID))
		return -LX_EINVAL;
	return kernel_clone(&args);
}

/* --- clone3 --------------------------------------------------------------------------------------------------------- */

/** struct clone_args of user memory, in its three sizes. */
struct user_clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size;
	uint64_t cgroup;
};
#define CLONE_ARGS_SIZE_VER0	64

/* The first `size` bytes of them; what this kernel does not know must be zero. 0 or -errno. */
static int get_clone_args(struct user_clone_args *args, uint64_t from, uint64_t size)
{
	uint64_t word = 0;

	if (size > PAGE_SIZE)
		return -LX_E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -LX_EINVAL;
	*args = (struct user_clone_args){ 0 };
	for (uint64_t at = sizeof(*args); at < size; at += sizeof(word)) {
		word = 0;
		if (copy_from_user(&word, from + at, min(size - at, sizeof(word))))
			return -LX_EFAULT;
		if (word)
			return -LX_E2BIG;
	}
	return copy_from_user(args, from, min(size, sizeof(*args))) ? -LX_EFAULT : 0;
}

/* Linux clone3_stack_valid: its lowest address is told, and its size with it. */
static bool stack_valid(const struct user_clone_args *args)
{
	if (!args->stack)
		return !args->stack_size;
	return args->stack_size && access_ok(args->stack, args->stack_size);
}

#define CLONE3_FLAGS	(UINT32_MAX | LX_CLONE_CLEAR_SIGHAND)
#define MAX_PID_NS_LEVEL 32

/* 0 or -errno. To choose a pid wants a right that nobody has. */
static int check_clone3(const struct user_clone_args *args)
{
	if (args->set_tid_size > MAX_PID_NS_LEVEL || !args->set_tid != !args->set_tid_size)
		return -LX_EINVAL;
	if ((args->exit_signal & ~(uint64_t)LX_CSIGNAL) || args->exit_signal > LX_NSIG)
		return -LX_EINVAL;
	if (args->flags & ~CLONE3_FLAGS)
		return -LX_EINVAL;
	if (args->flags & (LX_CLONE_DETACHED | (LX_CSIGNAL & ~LX_CLONE_NEWTIME)))
		return -LX_EINVAL;
	if ((args->flags & LX_CLONE_SIGHAND) && (args->flags & LX_CLONE_CLEAR_SIGHAND))
		return -LX_EINVAL;
	if ((args->flags & (LX_CLONE_THREAD | LX_CLONE_PARENT)) && args->exit_signal)
		return -LX_EINVAL;
	if (!stack_valid(args))
		return -LX_EINVAL;
	return args->set_tid ? -LX_EPERM : 0;
}

/** clone3(args, size) */
long ksys_clone3(struct pt_regs *regs)
{
	struct user_clone_args user;
	int error = get_clone_args(&user, regs->di, regs->si);
	struct clone_args args;

	if (!error)
		error = check_clone3(&user);
	if (error)
		return error;
	args = (struct clone_args){
		.flags = user.flags,
		.exit_signal = user.exit_signal,
		.stack = user.stack ? user.stack + user.stack_size : 0,
		.parent_tid = user.parent_tid,
		.child_tid = user.child_tid,
		.pidfd = user.pidfd,
		.tls = user.tls,
	};
	return kernel_clone(&args);
}
