// SPDX-License-Identifier: MIT
/*
 * Machine checks (SDM vol. 3B, chapter 15; Linux arch/x86/kernel/cpu/mce): what went bad stands in the banks. An error of
 * memory that software can recover from says where it is, and whether what was interrupted needs it:
 *
 *	action required, in ring 3	the frame is isolated and the task told (or killed, where nothing can be done)
 *	action required, in a copy	what was read on behalf of a call: EFAULT, and the frame is isolated later
 *	action required, in ring 0	panic
 *	action optional			the frame is isolated, later if ring 0 was interrupted: it may hold any lock
 */
#include "boot.h"
#include "mm.h"
#include "mm_env.h"
#include "signal.h"
#include "uaccess.h"
#include "uapi.h"

#define MSR_MCG_CAP		0x179
#define MSR_MCG_STATUS		0x17a
#define MSR_MC_STATUS(bank)	(0x401 + 4 * (bank))
#define MSR_MC_ADDR(bank)	(0x402 + 4 * (bank))

#define MCG_BANKCNT_MASK	0xff
#define MCG_STATUS_RIPV		(1UL << 0)	/* what was interrupted can go on */

#define MCI_STATUS_VAL		(1UL << 63)
#define MCI_STATUS_UC		(1UL << 61)	/* not corrected */
#define MCI_STATUS_ADDRV	(1UL << 58)
#define MCI_STATUS_PCC		(1UL << 57)	/* nor is the CPU's own state sound */
#define MCI_STATUS_S		(1UL << 56)	/* it was told by #MC */
#define MCI_STATUS_AR		(1UL << 55)	/* action required */

/* From mild to grave (Linux enum severity_level). */
enum severity { MCE_NO, MCE_AO, MCE_AR, MCE_PANIC };

struct mce {
	enum severity severity;
	uint64_t status, addr;
};

static uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

/* Linux mce_severity(), as far as there are cases. */
static enum severity severity_of(uint64_t status)
{
	if (!(status & MCI_STATUS_UC))
		return MCE_NO;
	if (status & MCI_STATUS_PCC)
		return MCE_PANIC;
	if (!(status & MCI_STATUS_S) || !(status & MCI_STATUS_ADDRV))
		return status & MCI_STATUS_AR ? MCE_PANIC : MCE_NO;
	return status & MCI_STATUS_AR ? MCE_AR : MCE_AO;
}

/* The gravest error of all banks, which are empty then and ready for the next. */
static struct mce read_banks(void)
{
	unsigned int banks = rdmsr(MSR_MCG_CAP) & MCG_BANKCNT_MASK;
	bool can_go_on = rdmsr(MSR_MCG_STATUS) & MCG_STATUS_RIPV;
	struct mce worst = { .severity = MCE_NO };

	for (unsigned int i = 0; i < banks; i++) {
		uint64_t status = rdmsr(MSR_MC_STATUS(i));
		enum severity severity;

		if (!(status & MCI_STATUS_VAL))
			continue;
		severity = severity_of(status);
		if (severity >= worst.severity)
			worst = (struct mce){ severity, status, status & MCI_STATUS_ADDRV ? rdmsr(MSR_MC_ADDR(i)) : 0 };
		wrmsr(MSR_MC_STATUS(i), 0);
	}
	if (!can_go_on && worst.severity < MCE_AR)
		worst.severity = MCE_PANIC;
	wrmsr(MSR_MCG_STATUS, 0);
	return worst;
}

static void __noreturn mce_panic(const struct pt_regs *regs, const struct mce *m, const char *what)
{
	die(regs, X86_TRAP_MC, "machine check, %s: status %#lx, address %#lx", what, m->status, m->addr);
}

void machine_check_from_user(struct pt_regs *regs)
{
	struct mce m = read_banks();
	bool required = m.severity == MCE_AR;
	uint64_t addr;
	int error;

	regs->orig_ax = -1UL;
	if (m.severity == MCE_PANIC)
		mce_panic(regs, &m, "not to be recovered from");
	if (m.severity == MCE_NO)
		return;
	error = memory_failure(m.addr >> PAGE_SHIFT, required ? MF_ACTION_REQUIRED : 0, &addr);
	if (!required)
		return;
	/* Where nothing could be done, or it was known and is met again, the access must not be tried once more. */
	if (error)
		force_sig(LX_SIGBUS);
	else if (addr)
		force_sig_fault(LX_SIGBUS, LX_BUS_MCEERR_AR, addr, X86_TRAP_MC, 0);
}

/* --- later ----------------------------------------------------------------------------------------- */

#define NR_QUEUED 16

static uint64_t queue[NR_QUEUED];
static uint32_t queue_head, queue_tail;

/* Linux memory_failure_queue(). One that does not fit is met again, by who needs the memory. */
static void memory_failure_queue(uint64_t pfn)
{
	if (queue_head - queue_tail < NR_QUEUED)
		queue[queue_head++ % NR_QUEUED] = pfn;
}

void memory_failure_work(void)
{
	uint64_t addr;

	while (queue_tail != queue_head)
		memory_failure(queue[queue_tail++ % NR_QUEUED], 0, &addr);
}

/* A copy that reads the user's memory, and has a way out: RSI is its source (kernel/uaccess.c). */
static bool reads_for_user(struct pt_regs *regs)
{
	return regs->si < TASK_SIZE && regs->di >= TASK_SIZE && fixup_exception(regs);
}

void machine_check_from_kernel(struct pt_regs *regs)
{
	struct mce m = read_banks();

	if (m.severity == MCE_PANIC)
		mce_panic(regs, &m, "not to be recovered from");
	if (m.severity == MCE_AR && !reads_for_user(regs))
		mce_panic(regs, &m, "of memory that the kernel needs");
	if (m.severity == MCE_NO)
		return;
	memory_failure_queue(m.addr >> PAGE_SHIFT);
	/* Who needed it sees to it on the way back to ring 3 (Linux queue_task_work()); what a scrubber found is init's affair. */
	if (m.severity == MCE_AR)
		current->work |= WORK_MEMORY_FAILURE;
	else
		__atomic_or_fetch(&lab.channel_kick, LAB_KICK_INIT, __ATOMIC_RELAXED);
}
