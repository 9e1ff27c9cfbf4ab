/* SPDX-License-Identifier: MIT */
/*
 * Where boot/ (assembly, descriptors, traps) and kernel/ (tasks, system calls, signals) meet.
 */
#ifndef GUEST_ENTRY_H
#define GUEST_ENTRY_H

#include "kernel.h"
#include "mm_types.h"
#include "ptrace.h"

/* --- provided by boot/ ------------------------------------------------------------------------ */

/**
 * Switch kernel stacks: push callee-saved registers, store RSP to *prev_sp, load next_sp, pop, return on
 * the new stack. Called with the per-CPU current already changed.
 */
void switch_stacks(uint64_t *prev_sp, uint64_t next_sp);
/** First code of a new user task: switch_stacks "returns" here with a pt_regs at RSP; leaves by iretq. */
void ret_from_fork(void);
/** First code of a new kernel thread: function in RBX, argument in R12 (popped by switch_stacks). */
void kthread_entry(void);
/** Layout of the frame that switch_stacks pops, lowest address first. */
struct switch_frame {
	uint64_t r15, r14, r13, r12, bx, bp;
	uint64_t ip;
};
/** Point TSS.RSP0 and cpu_info.kernel_sp at the top of the stack that is now current. */
void set_kernel_stack(uint64_t top);
/** MSR_FS_BASE of the running task (arch_prctl, switching). */
void write_fs_base(uint64_t base);
/** What the loader said: end of RAM, command line (in the image region, NUL-terminated). */
struct boot_info {
	uint64_t ram_end;
	uint64_t free_start;		/* first physical address free for mem_map: >= IMAGE_REGION */
	const char *cmdline;
};
extern struct boot_info boot_info;

/* --- provided by kernel/ ------------------------------------------------------------------------ */

/** After boot/ has set up tables, descriptors and GS: never returns (becomes the idle loop of CPU 0). */
void start_kernel(void) __noreturn;
/** regs->orig_ax is the number; the result goes to regs->ax. */
void do_syscall(struct pt_regs *regs);
/** Before each return to ring 3: deliver signals, reschedule if asked. */
void exit_to_user_mode(struct pt_regs *regs);
/** Send a synchronous signal to current with Linux's force_sig_fault semantics. */
void force_sig_fault(int signo, int code, uint64_t addr, int trapno, uint64_t error_code);
/** Look the faulting kernel RIP up in the exception table; true: regs->ip now points at the fixup. */
bool fixup_exception(struct pt_regs *regs);

#endif
