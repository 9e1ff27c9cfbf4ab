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
/**
 * First code of a new user task: switch_stacks "returns" here with a pt_regs at RSP. Calls
 * exit_to_user_mode(regs), then leaves by iretq.
 */
void ret_from_fork(void);
/**
 * First code of a new kernel thread: function in RBX, argument in R12 (popped by switch_stacks). A function
 * that returns has made itself a user task (exec): ret_from_fork follows, with the pt_regs that lay above
 * the switch_frame.
 */
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
/** GS base of ring 3, which stands in MSR_KERNEL_GS_BASE while the kernel runs. */
void write_user_gs_base(uint64_t base);
/** What the loader said, checked. All RAM is [0, ram_end), without the holes below IMAGE_REGION. */
struct boot_info {
	uint64_t ram_end;		/* physical, a multiple of PMD_SIZE, all of it in the direct map */
	uint64_t free_start;		/* physical, page-aligned, >= IMAGE_REGION: mem_map goes here */
	uint64_t free_end;		/* physical, page-aligned: the initrd begins here, or RAM ends */
	const char *cmdline;		/* NUL-terminated, never NULL; stays valid and read-only */
};
extern struct boot_info boot_info;
/**
 * The kernel's own top-level table (its physical address is in CR3 when start_kernel runs). The lower half is
 * empty; entries 273 (direct map) and 511 (image) never change again, so that every mm may copy them.
 */
extern uint64_t swapper_pg_dir[512];
/**
 * The stack start_kernel runs on: 2^KERNEL_STACK_ORDER pages, aligned to their size; the idle task's stack.
 */
extern char init_stack[];

/* --- provided by kernel/ ------------------------------------------------------------------------ */

/** After boot/ has set up tables, descriptors and GS: never returns (becomes the idle loop of CPU 0). */
void start_kernel(void) __noreturn;
/** regs->orig_ax is the number; the result goes to regs->ax. */
void do_syscall(struct pt_regs *regs);
/**
 * Before each return to ring 3 (system calls, exceptions, new tasks): deliver signals, reschedule if asked.
 */
void exit_to_user_mode(struct pt_regs *regs);
/** A tick came in ring 3 (live.c). */
void tick_from_user(void);
/** What machine checks left to be done: called by init, and on the way to ring 3 with WORK_MEMORY_FAILURE. */
void memory_failure_work(void);
/** Send a synchronous signal to current with Linux's force_sig_fault semantics. */
void force_sig_fault(int signo, int code, uint64_t addr, int trapno, uint64_t error_code);
/** Look the faulting kernel RIP up in the exception table; true: regs->ip now points at the fixup. */
bool fixup_exception(struct pt_regs *regs);

/** Can current die of what went wrong at regs, and the machine go on? NULL, or why it cannot. */
const char *oops_is_fatal(const struct pt_regs *regs);
/** The end of current after an oops. */
void make_task_dead(int signo) __noreturn;

/* --- kernel/panic.c ----------------------------------------------------------------------------- */

/** panic() for an exception in ring 0: registers and backtrace are those of regs. vector: X86_TRAP_*. */
void die(const struct pt_regs *regs, int vector, const char *format, ...) __printf(3, 4) __noreturn;

/** What went wrong in ring 0, and the signal that current is to die of. */
struct oops {
	int vector;			/* X86_TRAP_* */
	int signo;
	uint64_t address;		/* of a page fault */
	uint64_t error_code;
};
/** As die(), where Linux panics; where it survives the kernel's mistake, current alone dies of it. */
void oops(const struct pt_regs *regs, const struct oops *what, const char *format, ...) __printf(3, 4) __noreturn;

#endif
