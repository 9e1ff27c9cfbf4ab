/* SPDX-License-Identifier: MIT */
/* Who one is, where one runs, what one's habits are (Linux kernel/sys.c, arch/x86/kernel/process_64.c). */
#include "cred.h"
#include "labdev.h"
#include "signal.h"
#include "sys.h"
#include "task.h"
#include "uaccess.h"

long ksys_getpid(struct pt_regs *regs)
{
	(void)regs;
	return current->ts.tgid;
}

long ksys_gettid(struct pt_regs *regs)
{
	(void)regs;
	return current->ts.pid;
}

long ksys_getppid(struct pt_regs *regs)
{
	(void)regs;
	return to_task(current->ts.parent)->ts.tgid;
}

long ksys_set_tid_address(struct pt_regs *regs)
{
	current->clear_child_tid = regs->di;
	return current->ts.pid;
}

/** struct new_utsname. */
struct user_utsname {
	char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};

long ksys_uname(struct pt_regs *regs)
{
	static const struct user_utsname name = {
		.sysname = "Linux",
		.nodename = "mmscope",
		.release = "6.1.0-mmscope",
		.version = "#1 SMP",
		.machine = "x86_64",
		.domainname = "(none)",
	};

	return copy_to_user(regs->di, &name, sizeof(name)) ? -LX_EFAULT : 0;
}

/** arch_prctl(code, addr): the bases of FS and GS in ring 3. */
long ksys_arch_prctl(struct pt_regs *regs)
{
	switch ((int)regs->di) {
	case LX_ARCH_SET_FS:
		if (regs->si >= TASK_SIZE)
			return -LX_EPERM;
		set_fs_base(regs->si);
		return 0;
	case LX_ARCH_SET_GS:
		if (regs->si >= TASK_SIZE)
			return -LX_EPERM;
		set_gs_base(regs->si);
		return 0;
	case LX_ARCH_GET_FS:
		return put_user_u64(current->fs_base, regs->si);
	case LX_ARCH_GET_GS:
		return put_user_u64(current->gs_base, regs->si);
	default:
		return -LX_EINVAL;
	}
}

/** personality(persona): of what can be chosen there is one, and it is always so: addresses are not randomised. */
long ksys_personality(struct pt_regs *regs)
{
	uint32_t persona = regs->di;

	if (persona != UINT32_MAX && (persona & ~LX_ADDR_NO_RANDOMIZE))
		return -LX_EINVAL;
	return LX_ADDR_NO_RANDOMIZE;
}

/* --- prctl ------------------------------------------------------------------------------------------------------- */

static long set_name(uint64_t from)
{
	char comm[TASK_COMM_LEN] = { 0 };

	if (strncpy_from_user(comm, from, TASK_COMM_LEN - 1) < 0)
		return -LX_EFAULT;
	set_task_comm(current, comm);
	return 0;
}

static long set_pdeath_signal(uint64_t signo)
{
	if (signo > LX_NSIG)
		return -LX_EINVAL;
	current->pdeath_signal = signo;
	return 0;
}

static long set_no_new_privs(const struct pt_regs *regs)
{
	if (regs->si != 1 || regs->dx || regs->r10 || regs->r8)
		return -LX_EINVAL;
	current->no_new_privs = true;
	return 0;
}

/** prctl(option, arg2, arg3, arg4, arg5): those about the process itself. */
long ksys_prctl(struct pt_regs *regs)
{
	struct task *leader = current->group_leader;
	long ret;

	switch ((int)regs->di) {
	case LX_PR_SET_PDEATHSIG:
		return set_pdeath_signal(regs->si);
	case LX_PR_GET_PDEATHSIG:
		return put_user_u32(current->pdeath_signal, regs->si);
	case LX_PR_GET_DUMPABLE:
		return 1;
	case LX_PR_SET_DUMPABLE:
		return regs->si == 1 ? 0 : -LX_EINVAL;
	case LX_PR_SET_NAME:
		return set_name(regs->si);
	case LX_PR_GET_NAME:
		return copy_to_user(regs->si, current->ts.comm, TASK_COMM_LEN) ? -LX_EFAULT : 0;
	case LX_PR_SET_CHILD_SUBREAPER:
		leader->child_subreaper = regs->si;
		return 0;
	case LX_PR_GET_CHILD_SUBREAPER:
		return put_user_u32(leader->child_subreaper, regs->si);
	case LX_PR_SET_NO_NEW_PRIVS:
		return set_no_new_privs(regs);
	case LX_PR_GET_NO_NEW_PRIVS:
		return regs->si || regs->dx || regs->r10 || regs->r8 ? -LX_EINVAL : current->no_new_privs;
	default:
		ret = cap_prctl(regs);
		return ret == -LX_ENOSYS ? -LX_EINVAL : ret;
	}
}
