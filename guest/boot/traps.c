// SPDX-License-Identifier: MIT
/*
 * Exceptions other than page faults: from ring 3 they become the signal, code and address that Linux gives
 * (arch/x86/kernel/traps.c), from ring 0 they are a bug unless the exception table knows the instruction.
 */
#include "boot.h"
#include "fpu.h"
#include "mm_env.h"
#include "percpu.h"
#include "uaccess.h"
#include "uapi.h"

/* What a trap from ring 3 means. code 0 is Linux's force_sig(): SI_KERNEL and no address. */
struct trap {
	const char *name;
	uint8_t signo;		/* 0: cannot come from ring 3 */
	uint8_t code;
};

static const struct trap traps[NR_EXCEPTIONS] = {
	[X86_TRAP_DE] = { "divide error", LX_SIGFPE, LX_FPE_INTDIV },
	[X86_TRAP_DB] = { "debug", LX_SIGTRAP, 0 },
	[X86_TRAP_NMI] = { "NMI", 0, 0 },
	[X86_TRAP_BP] = { "int3", LX_SIGTRAP, 0 },
	[X86_TRAP_OF] = { "overflow", LX_SIGSEGV, 0 },
	[X86_TRAP_BR] = { "bounds", LX_SIGSEGV, 0 },
	[X86_TRAP_UD] = { "invalid opcode", LX_SIGILL, LX_ILL_ILLOPN },
	[X86_TRAP_NM] = { "device not available", 0, 0 },
	[X86_TRAP_DF] = { "double fault", 0, 0 },
	[X86_TRAP_TS] = { "invalid TSS", LX_SIGSEGV, 0 },
	[X86_TRAP_NP] = { "segment not present", LX_SIGBUS, 0 },
	[X86_TRAP_SS] = { "stack segment", LX_SIGBUS, 0 },
	[X86_TRAP_GP] = { "general protection fault", LX_SIGSEGV, 0 },
	[X86_TRAP_PF] = { "page fault", 0, 0 },
	[X86_TRAP_MF] = { "fpu exception", LX_SIGFPE, 0 },
	[X86_TRAP_AC] = { "alignment check", LX_SIGBUS, LX_BUS_ADRALN },
	[X86_TRAP_MC] = { "machine check", 0, 0 },
	[X86_TRAP_XF] = { "simd exception", LX_SIGFPE, 0 },
};

_Static_assert(offsetof(struct lab_page, nr_stray_interrupts) == LAB_NR_STRAY, "boot.h");

static const char *trap_name(unsigned int vector)
{
	return traps[vector].name ?: "reserved exception";
}

#define DR6_STEP	(1UL << 14)
#define DR6_TRAPS	0xfUL

/* Linux get_si_code(), and DR6 made ready for the next one: the processor only ever sets its bits. */
static int debug_code(void)
{
	uint64_t dr6;

	asm volatile("mov %%db6, %0" : "=r"(dr6));
	asm volatile("mov %0, %%db6" : : "r"(0xffff0ff0UL));
	if (dr6 & DR6_STEP)
		return LX_TRAP_TRACE;
	return dr6 & DR6_TRAPS ? LX_TRAP_HWBKPT : LX_TRAP_BRKPT;
}

/*
 * Linux fpu__exception_code(): the exceptions pending and not masked; the first in this order names the code.
 * Read by FXSAVE, since not every ring 0 we meet has STMXCSR.
 */
static int fpu_code(unsigned int vector)
{
	static struct fxsave_area area[NR_CPUS];
	struct fxsave_area *fx = &area[this_cpu()->cpu];
	uint32_t pending;

	asm volatile("fxsave64 (%0)" : : "a"(fx) : "memory");	/* no SIB byte: see page.c */
	if (vector == X86_TRAP_MF)
		pending = fx->status & ~fx->control;
	else
		pending = fx->mxcsr & ~(fx->mxcsr >> 7);
	if (pending & 0x01)
		return LX_FPE_FLTINV;
	if (pending & 0x04)
		return LX_FPE_FLTDIV;
	if (pending & 0x08)
		return LX_FPE_FLTOVF;
	if (pending & 0x12)
		return LX_FPE_FLTUND;
	return pending & 0x20 ? LX_FPE_FLTRES : 0;
}

/*
 * `int n` that arrives as #UD, where KVM runs without hardware virtualization. Elsewhere it is #GP, since no
 * gate beyond #BP and #OF is for ring 3: true then, with the error code that the processor pushes.
 */
static bool is_software_interrupt(const struct pt_regs *regs, uint64_t *error_code)
{
	uint8_t code[2];

	if (copy_from_user(code, regs->ip, sizeof(code)) || code[0] != 0xcd)
		return false;
	*error_code = code[1] * 8 + 2;
	return true;
}

void trap_from_user(unsigned int vector, struct pt_regs *regs)
{
	uint64_t error_code = regs->orig_ax;
	uint64_t address = regs->ip;
	int code;

	if (vector == X86_TRAP_MC) {
		machine_check_from_user(regs);
		return;
	}
	if (vector == X86_TRAP_UD && is_software_interrupt(regs, &error_code))
		vector = X86_TRAP_GP;
	if (!traps[vector].signo)
		die(regs, vector, "%s from ring 3, error code %#lx", trap_name(vector), error_code);
	regs->orig_ax = -1UL;
	code = traps[vector].code;
	if (vector == X86_TRAP_DB)
		code = debug_code();
	else if (vector == X86_TRAP_MF || vector == X86_TRAP_XF) {
		code = fpu_code(vector);
		if (code == 0)
			return;		/* nothing is pending: spurious, as on Linux */
	}
	if (vector == X86_TRAP_AC || code == 0)
		address = 0;
	force_sig_fault(traps[vector].signo, code ?: LX_SI_KERNEL, address, vector, error_code);
}


void trap_from_kernel(unsigned int vector, struct pt_regs *regs)
{
	if (likely(vector == X86_TRAP_PF)) {
		page_fault_from_kernel(regs);
		return;
	}
	if (fixup_exception(regs))
		return;
	oops(regs, &(struct oops){ vector, LX_SIGSEGV, 0, regs->orig_ax }, "kernel %s, error code %#lx",
	     trap_name(vector), regs->orig_ax);
}

/*
 * #DF, NMI and, where it interrupts ring 0, #MC on their own stacks. A double fault in ring 0 is nearly always a stack that cannot
 * take the frame of another fault; CR2 shows where.
 */
void trap_paranoid(unsigned int vector, struct pt_regs *regs)
{
	if (vector == X86_TRAP_NMI) {
		lab.nr_stray_interrupts++;
		return;
	}
	if (vector == X86_TRAP_DF)
		die(regs, vector, "double fault at stack pointer %#lx, address %#lx: kernel stack overflow?",
		    regs->sp, read_cr2());
	machine_check_from_kernel(regs);
}

/*
 * IRETQ to ring 3 faulted: `bad` lies below the IRETQ frame, which still stands at the top of the kernel
 * stack. Put bad's registers and error code where that frame's pt_regs begins and go on as if ring 3 had
 * faulted (Linux fixup_bad_iret).
 *
 *	kernel_sp ->  | ss sp flags cs ip |  the user's, as IRETQ found them
 *	              | orig_ax … r15     |  <- result, copied upward from …
 *	              | ss … ip of ring 0 |
 *	      bad ->  | orig_ax … r15     |  … here; they may overlap: from the top down
 */
struct pt_regs *fixup_bad_iret(struct pt_regs *bad)
{
	struct pt_regs *regs = (struct pt_regs *)this_cpu()->kernel_sp - 1;
	uint64_t *to = (uint64_t *)&regs->ip, *from = (uint64_t *)&bad->ip;

	while (to > (uint64_t *)regs)
		*--to = *--from;
	return regs;
}
