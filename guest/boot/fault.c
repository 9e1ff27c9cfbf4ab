// SPDX-License-Identifier: MIT
/*
 * Page faults, up to the point where guest/mm decides: who faulted, and on whose half of the address space
 * (Linux arch/x86/mm/fault.c).
 */
#include "boot.h"
#include "mm.h"
#include "mm_env.h"
#include "uapi.h"

static void __noreturn bad_table(const struct pt_regs *regs, uint64_t address, uint32_t error_code)
{
	die(regs, X86_TRAP_PF, "corrupted page table: reserved bit set at address %#lx, error code %#x",
	    address, error_code);
}

void page_fault_from_user(struct pt_regs *regs, uint64_t address)
{
	struct fault_result result = { LX_SIGSEGV, LX_SEGV_MAPERR };
	uint32_t error_code = regs->orig_ax;

	if (unlikely((error_code & PF_RSVD) && address < TASK_SIZE))
		bad_table(regs, address, error_code);
	regs->orig_ax = -1UL;
	if (likely(address < TASK_SIZE)) {
		result = do_user_addr_fault(get_current()->mm, address, error_code);
	} else {
		/*
		 * Never the user's, so no area is asked for; and as Linux, ring 3 is not told what is
		 * mapped. Where ring 3 runs on tables that a hypervisor shares with itself, its own entries
		 * may even show as reserved bits here, now and then.
		 */
		error_code = (error_code & ~PF_RSVD) | PF_P;
		lab_event(LAB_EV_FAULT, address, error_code, LAB_FAULT_SEGV_MAPERR, 0);
	}
	if (unlikely(result.signo))
		force_sig_fault(result.signo, result.si_code, address, X86_TRAP_PF, error_code);
}

static void __noreturn bad_kernel_access(const struct pt_regs *regs, uint64_t address, uint32_t error_code)
{
	const char *what = address < PAGE_SIZE ? "kernel NULL pointer dereference"
					       : "unable to handle kernel paging request";
	const char *how = error_code & PF_I ? "execute" : error_code & PF_W ? "write" : "read";

	oops(regs, &(struct oops){ X86_TRAP_PF, LX_SIGKILL, address, error_code },
	     "%s: %s at address %#lx, error code %#x", what, how, address, error_code);
}

/*
 * Linux spurious_kernel_fault(): the kernel's own tables allow what is said to have faulted, so a translation that was out of date did
 * not; the access is tried again. Only a write or a fetch can have met less right than there is. No lock is taken, and nothing of the CPU's own
 * is used: it may come anywhere.
 */
static bool spurious_kernel_fault(uint64_t address, uint32_t error_code)
{
	uint64_t *table = swapper_pg_dir, entry;
	unsigned int shift = PGDIR_SHIFT;

	if (error_code != (PF_P | PF_W) && error_code != (PF_P | PF_I))
		return false;
	for (;; shift -= 9, table = __va(entry & PTE_PFN_MASK)) {
		entry = table[(address >> shift) % PTRS_PER_TABLE];
		if (!(entry & PTE_P) || (error_code & PF_W ? !(entry & PTE_RW) : (entry & PTE_NX) != 0))
			return false;
		if (shift == PAGE_SHIFT || (entry & PTE_PS))
			return true;
	}
}

/*
 * Ring 0 touches user memory only in the copies that the exception table knows, for a task that has an mm. It
 * never executes there.
 */
void page_fault_from_kernel(struct pt_regs *regs)
{
	uint64_t address = read_cr2();
	uint32_t error_code = regs->orig_ax;

	if (unlikely(error_code & PF_RSVD))
		bad_table(regs, address, error_code);
	if (unlikely(address >= TASK_SIZE) && spurious_kernel_fault(address, error_code))
		return;
	if (likely(address < TASK_SIZE)) {
		struct task_struct *task = get_current();

		/* Nor while it changes the areas: to look for one it would wait for itself. */
		if (!task || !task->mm || (error_code & PF_I) || task->mm->mmap_lock.count < 0)
			bad_kernel_access(regs, address, error_code);
		if (!do_user_addr_fault(task->mm, address, error_code).signo)
			return;
	}
	if (!fixup_exception(regs))
		bad_kernel_access(regs, address, error_code);
}
