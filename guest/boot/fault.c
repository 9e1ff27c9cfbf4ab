// SPDX-License-Identifier: MIT
/*
 * Page faults, up to the point where guest/mm decides: who faulted, and on whose half of the address space
 * (Linux arch/x86/mm/fault.c). On one kind of machine a system call arrives here, too.
 */
#include "boot.h"
#include "mm.h"
#include "mm_env.h"
#include "uapi.h"

/*
 * SYSCALL from ring 3, where KVM loads RCX, R11 and RIP = LSTAR but stays in ring 3, so that the fetch of the
 * kernel's entry faults (no hardware does that). Nothing else has these three equal; a program
 * that jumps to the entry by itself gets what SYSCALL would have given it, with RCX and R11 of its choice, so
 * R11 is filtered.
 */
#define SYSCALL_FETCH	(PF_P | PF_U | PF_I)

static void finish_syscall(struct pt_regs *regs)
{
	regs->ip = regs->cx;
	regs->flags = user_flags(regs->r11);
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->orig_ax = regs->ax;
	regs->ax = -LX_ENOSYS;
	do_syscall(regs);
}

static void __noreturn bad_table(const struct pt_regs *regs, uint64_t address, uint32_t error_code)
{
	die(regs, X86_TRAP_PF, "corrupted page table: reserved bit set at address %#lx, error code %#x", address,
	    error_code);
}

/* A user address: guest/mm decides. An address of the upper half is not asked for: it is never the user's. */
static void user_fault(struct pt_regs *regs, uint64_t address, uint32_t error_code)
{
	struct fault_result result = { LX_SIGSEGV, LX_SEGV_MAPERR };

	regs->orig_ax = -1UL;
	if (likely(address < TASK_SIZE)) {
		result = do_user_addr_fault(get_current()->mm, address, error_code);
	} else {
		/* As Linux: do not tell ring 3 what the kernel has mapped. */
		error_code |= PF_P;
		lab_event(LAB_EV_FAULT, address, error_code, LAB_FAULT_SEGV_MAPERR, 0);
	}
	if (result.signo)
		force_sig_fault(result.signo, result.si_code, address, X86_TRAP_PF, error_code);
}

void page_fault_from_user(struct pt_regs *regs)
{
	uint64_t address = read_cr2();
	uint32_t error_code = regs->orig_ax;

	if (error_code == SYSCALL_FETCH && regs->ip == (uint64_t)entry_syscall && address == regs->ip)
		finish_syscall(regs);
	else if (unlikely(error_code & PF_RSVD))
		bad_table(regs, address, error_code);
	else
		user_fault(regs, address, error_code);
}

static void __noreturn bad_kernel_access(const struct pt_regs *regs, uint64_t address, uint32_t error_code)
{
	const char *what = address < PAGE_SIZE ? "kernel NULL pointer dereference"
					       : "unable to handle kernel paging request";
	const char *how = error_code & PF_I ? "execute" : error_code & PF_W ? "write" : "read";

	die(regs, X86_TRAP_PF, "%s: %s at address %#lx, error code %#x", what, how, address, error_code);
}

/*
 * Ring 0 touches user memory only in the copies that the exception table knows, for a task that has an mm. It
 * never executes there.
 */
void page_fault_from_kernel(struct pt_regs *regs)
{
	uint64_t address = read_cr2();
	uint32_t error_code = regs->orig_ax;
	struct task_struct *task = get_current();

	if (unlikely(error_code & PF_RSVD))
		bad_table(regs, address, error_code);
	if (likely(address < TASK_SIZE)) {
		if (!task || !task->mm || (error_code & PF_I))
			bad_kernel_access(regs, address, error_code);
		if (!do_user_addr_fault(task->mm, address, error_code).signo)
			return;
	}
	if (!fixup_exception(regs))
		bad_kernel_access(regs, address, error_code);
}
