/* SPDX-License-Identifier: MIT */
/*
 * The agent: the program that every task of a scenario runs, on the guest and on Linux. It reads a command
 * from its channel, does it in ring 3, reports, and reads again (shared/agent.h). No C library, no data,
 * one page of code; all it writes lies in the hot page of its slot.
 */
#include "agent.h"
#include "uapi.h"
#include "sigabi.h"
#include "slot.h"

_Static_assert(AGENT_TEXT == 0x400000, "agent.ld");
_Static_assert(AGENT_SLOTS == SLOT0_START && AGENT_SLOT_SIZE == SLOT_SIZE &&
	       AGENT_SLOTS + AGENT_HOT + AGENT_STACK_TOP == SLOT0_STACK_TOP, "slot.h");
_Static_assert(offsetof(struct agent_slot, cmd.args[0]) == SLOT_ARG0, "slot.h");
_Static_assert(offsetof(struct agent_slot, report.value) == SLOT_VALUE, "slot.h");
_Static_assert(offsetof(struct agent_slot, recover_rsp) == SLOT_RECOVER_RSP, "slot.h");
_Static_assert(offsetof(struct agent_slot, recover_rip) == SLOT_RECOVER_RIP, "slot.h");
_Static_assert((AGENT_SLOT_SIZE & (AGENT_SLOT_SIZE - 1)) == 0 && AGENT_SLOTS % AGENT_SLOT_SIZE == 0,
	       "a slot is found from any address in it");

#define THREAD_FLAGS	(LX_CLONE_VM | LX_CLONE_FS | LX_CLONE_FILES | LX_CLONE_SIGHAND | LX_CLONE_THREAD | \
			 LX_CLONE_SYSVSEM)

long agent_clone(uint64_t flags, uint64_t stack);
long guarded(void (*f)(struct agent_slot *slot), struct agent_slot *slot);
void run_code(struct agent_slot *slot);
void agent_restorer(void);
__attribute__((noreturn)) void agent_main(const char *channel);
__attribute__((noreturn)) void agent_thread(uint64_t stack);

static long syscall6(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	register uint64_t r10 asm("r10") = d;
	register uint64_t r8 asm("r8") = e;
	register uint64_t r9 asm("r9") = f;
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

static long syscall4(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return syscall6(nr, a, b, c, d, 0, 0);
}

/** Slots are aligned, so any address in one, of a stack or of a signal frame, leads to its end. */
static struct agent_slot *slot_of(uint64_t address)
{
	return (struct agent_slot *)((address & ~(AGENT_SLOT_SIZE - 1)) + AGENT_HOT + AGENT_STACK_TOP);
}

/* --- faults ----------------------------------------------------------------------------------- */

/**
 * A fault while an access is under way becomes the report, and the agent goes on behind the access.
 * Any other means that the agent itself is broken: it dies of this very signal.
 */
static void on_signal(int signo, struct user_siginfo *info, struct user_ucontext *uc)
{
	struct agent_slot *slot = slot_of((uint64_t)uc);
	struct agent_report *report = &slot->report;

	if (!slot->recover_rip) {
		struct user_sigaction dfl = { .restorer = 0 };

		syscall4(NR_rt_sigaction, signo, (uint64_t)&dfl, 0, 8);
		syscall4(NR_tgkill, syscall4(NR_getpid, 0, 0, 0, 0), syscall4(NR_gettid, 0, 0, 0, 0),
			 signo, 0);
		return;
	}
	report->status = AGENT_FAULT;
	report->signo = signo;
	report->si_code = info->si_code;
	report->si_addr = info->si_addr;
	report->si_addr_lsb = info->si_addr_lsb;
	report->trapno = uc->uc_mcontext.trapno;
	report->error_code = uc->uc_mcontext.err;
	uc->uc_mcontext.ip = slot->recover_rip;
	uc->uc_mcontext.sp = slot->recover_rsp;
	uc->uc_mcontext.flags = 0x202;	/* whatever code ran may have set TF, DF or AC */
	slot->recover_rip = 0;
}

static void set_alternate_stack(struct agent_slot *slot)
{
	uint64_t start = (uint64_t)slot & ~(AGENT_SLOT_SIZE - 1);
	struct user_stack stack = { .ss_sp = start, .ss_size = AGENT_HOT + AGENT_ALTSTACK_TOP };

	syscall4(NR_sigaltstack, (uint64_t)&stack, 0, 0, 0);
}

static void catch_faults(void)
{
	struct user_sigaction action = {
		.handler = (uint64_t)on_signal,
		.flags = LX_SA_SIGINFO | LX_SA_ONSTACK | LX_SA_NODEFER | LX_SA_RESTORER,
		.restorer = (uint64_t)agent_restorer,
	};
	uint64_t signals = 1UL << LX_SIGSEGV | 1UL << LX_SIGBUS | 1UL << LX_SIGILL | 1UL << LX_SIGTRAP |
			   1UL << LX_SIGFPE;

	for (int signo = 1; signals >> signo; signo++)
		if (signals >> signo & 1)
			syscall4(NR_rt_sigaction, signo, (uint64_t)&action, 0, 8);
}

/* --- accesses: each runs under guarded() ------------------------------------------------------ */

static void do_read(struct agent_slot *slot)
{
	uint64_t at = slot->cmd.args[0];

	switch (slot->cmd.size) {
	case 1:
		slot->report.value = *(volatile uint8_t *)at;
		break;
	case 2:
		slot->report.value = *(volatile uint16_t *)at;
		break;
	case 4:
		slot->report.value = *(volatile uint32_t *)at;
		break;
	case 8:
		slot->report.value = *(volatile uint64_t *)at;
		break;
	default:
		slot->report.status = AGENT_BAD;
	}
}

static void do_write(struct agent_slot *slot)
{
	uint64_t at = slot->cmd.args[0], value = slot->cmd.args[1];

	switch (slot->cmd.size) {
	case 1:
		*(volatile uint8_t *)at = value;
		break;
	case 2:
		*(volatile uint16_t *)at = value;
		break;
	case 4:
		*(volatile uint32_t *)at = value;
		break;
	case 8:
		*(volatile uint64_t *)at = value;
		break;
	default:
		slot->report.status = AGENT_BAD;
	}
}

static void do_read_bytes(struct agent_slot *slot)
{
	volatile uint64_t *done = &slot->report.done;
	const volatile uint8_t *from = (const volatile uint8_t *)slot->cmd.args[0];

	for (; *done < slot->cmd.len; ++*done)
		slot->report.data[*done] = from[*done];
}

static void do_write_bytes(struct agent_slot *slot)
{
	volatile uint64_t *done = &slot->report.done;
	volatile uint8_t *to = (volatile uint8_t *)slot->cmd.args[0];

	for (; *done < slot->cmd.len; ++*done)
		to[*done] = slot->cmd.data[*done];
}

static void do_fill(struct agent_slot *slot)
{
	uint64_t word = (slot->cmd.args[1] & 0xff) * 0x0101010101010101UL;
	uint64_t start = slot->cmd.args[0], length = slot->cmd.args[2];
	volatile uint64_t *done = &slot->report.done;

	while (*done < length) {
		uint64_t at = start + *done;

		if (at % 8 == 0 && length - *done >= 8) {
			*(volatile uint64_t *)at = word;
			*done += 8;
		} else {
			*(volatile uint8_t *)at = word;
			*done += 1;
		}
	}
}

/* --- the other commands ----------------------------------------------------------------------- */

static void do_syscall(struct agent_slot *slot)
{
	struct agent_cmd *cmd = &slot->cmd;

	for (int i = 0; i < 6; i++)
		if (cmd->in_data >> i & 1)
			cmd->args[i] += (uint64_t)cmd->data;
	slot->report.value = syscall6(cmd->nr, cmd->args[0], cmd->args[1], cmd->args[2], cmd->args[3],
				      cmd->args[4], cmd->args[5]);
	slot->report.len = cmd->len;
	for (uint32_t i = 0; i < cmd->len; i++)
		slot->report.data[i] = cmd->data[i];
}

/** First report of a new task. */
static void hello(struct agent_slot *slot, uint32_t channel)
{
	slot->channel = channel;
	slot->report.op = AGENT_NOP;
	slot->report.status = AGENT_HELLO;
	slot->report.value = syscall4(NR_gettid, 0, 0, 0, 0);
}

/** Both sides write their hot page here, so that its COW faults belong to the fork and to no later step. */
static void do_fork(struct agent_slot *slot)
{
	slot->report.value = syscall4(NR_fork, 0, 0, 0, 0);
	if (slot->report.value == 0)
		hello(slot, slot->cmd.channel);
}

/** The new thread's slot is mapped here; one that a dead thread left behind is used again. */
static void do_thread(struct agent_slot *slot)
{
	uint64_t base = AGENT_SLOTS + slot->cmd.slot * AGENT_SLOT_SIZE;
	struct agent_slot *theirs = slot_of(base);
	long ret;

	if (slot->cmd.slot >= AGENT_CHANNELS) {
		slot->report.status = AGENT_BAD;
		return;
	}
	ret = syscall6(NR_mmap, base, AGENT_SLOT_SIZE, LX_PROT_READ | LX_PROT_WRITE,
		       LX_MAP_PRIVATE | LX_MAP_ANONYMOUS | LX_MAP_FIXED_NOREPLACE, -1, 0);
	if (ret < 0 && ret != -LX_EEXIST) {
		slot->report.value = ret;
		return;
	}
	theirs->channel = slot->cmd.channel;
	theirs->slot = slot->cmd.slot;
	theirs->recover_rip = 0;
	slot->report.value = agent_clone(THREAD_FLAGS, (uint64_t)theirs);
}

static void do_command(struct agent_slot *slot)
{
	/* op by op, what runs under the guard */
	void (*guest_code)(struct agent_slot *);

	switch (slot->cmd.op) {
	case AGENT_NOP:
		return;
	case AGENT_SYSCALL:
		do_syscall(slot);
		return;
	case AGENT_FORK:
		do_fork(slot);
		return;
	case AGENT_THREAD:
		do_thread(slot);
		return;
	case AGENT_EXIT:
		syscall4(NR_exit_group, slot->cmd.args[0], 0, 0, 0);
		return;
	case AGENT_READ:
		guest_code = do_read;
		break;
	case AGENT_WRITE:
		guest_code = do_write;
		break;
	case AGENT_READ_BYTES:
		guest_code = do_read_bytes;
		break;
	case AGENT_WRITE_BYTES:
		guest_code = do_write_bytes;
		break;
	case AGENT_FILL:
		guest_code = do_fill;
		break;
	case AGENT_RUN:
		guest_code = run_code;
		break;
	default:
		slot->report.status = AGENT_BAD;
		return;
	}
	guarded(guest_code, slot);
	if (slot->cmd.op == AGENT_READ_BYTES)
		slot->report.len = slot->report.done;
}

/* --- the loop --------------------------------------------------------------------------------- */

static void clear_report(struct agent_slot *slot)
{
	volatile uint64_t *word = (volatile uint64_t *)&slot->report;

	for (unsigned int i = 0; i < AGENT_REPORT_HEADER / 8; i++)
		word[i] = 0;
	slot->report.op = slot->cmd.op;
}

static void send_report(struct agent_slot *slot)
{
	syscall4(NR_write, AGENT_FD_BASE + slot->channel, (uint64_t)&slot->report,
		 AGENT_REPORT_HEADER + slot->report.len, 0);
}

/** Command by command until the channel closes; a signal that somebody else handles may cut a read short. */
static __attribute__((noreturn)) void serve(struct agent_slot *slot)
{
	for (;;) {
		long n = syscall4(NR_read, AGENT_FD_BASE + slot->channel, (uint64_t)&slot->cmd,
				  sizeof(slot->cmd), 0);

		if (n == -LX_EINTR)
			continue;
		if (n <= 0)
			break;
		clear_report(slot);
		if (n < AGENT_CMD_HEADER || slot->cmd.len > AGENT_DATA ||
		    (uint64_t)n < AGENT_CMD_HEADER + slot->cmd.len)
			slot->report.status = AGENT_BAD;
		else
			do_command(slot);
		send_report(slot);
	}
	for (;;)
		syscall4(NR_exit_group, 126, 0, 0, 0);
}

void agent_main(const char *channel)
{
	struct agent_slot *slot = slot_of(AGENT_SLOTS);

	for (; *channel; channel++)
		slot->channel = slot->channel * 10 + (*channel - '0');
	catch_faults();
	set_alternate_stack(slot);
	serve(slot);
}

void agent_thread(uint64_t stack)
{
	struct agent_slot *slot = (struct agent_slot *)stack;

	set_alternate_stack(slot);
	clear_report(slot);
	hello(slot, slot->channel);
	send_report(slot);
	serve(slot);
}
