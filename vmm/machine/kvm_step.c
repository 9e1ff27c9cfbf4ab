/* SPDX-License-Identifier: MIT */
/*
 * Counting instructions by single-stepping, from the PVH entry to ring 3. Hardware traps after
 * each iteration of a repeated string instruction. Where KVM emulates ring 0 one step may be up to
 * 1024 of them, and one more step, of none, ends the instruction. So their number is taken from RCX: the
 * count is the same on every KVM. Nor does each KVM stop behind an IRET to ring 3, which loads RFLAGS anew:
 * it is recognised before it is done.
 */
#include "machine/kvm.h"

#include <string.h>

#define MAX_INSTRUCTION 15
#define TRIAL_PA	0x2000 /* behind the start information */
_Static_assert(TRIAL_PA < LOADER_AREA_END, "no segment is there");

static int set_stepping(struct kvm_machine *m, bool on, struct error *e)
{
	struct kvm_guest_debug debug = {.control = on ? KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP : 0};

	if (kvm_ioctl(m->vcpu_fd, KVM_SET_GUEST_DEBUG, &debug, e) < 0)
		return -1;
	m->stepping = on;
	return 0;
}

/* The CPU at `rip`, with the other registers of *at; taken over by the next KVM_RUN. */
static void put_cpu(struct kvm_machine *m, const struct kvm_sync_regs *at, uint64_t rip)
{
	m->run->s.regs = *at;
	m->run->s.regs.regs.rip = rip;
	m->run->kvm_dirty_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
}

/*
 * Some KVMs take the request and do not step (an emulated SVM, for one), or step only behind the instructions
 * that they emulate. So one NOP is tried, in the loader's area, before the guest gets the CPU.
 */
static bool can_step(struct kvm_machine *m)
{
	static const uint8_t trial[] = {0x90, 0x90, 0xf4};
	const struct kvm_sync_regs start = m->run->s.regs;
	uint8_t *at = m->ram.bytes + TRIAL_PA;
	bool stepped;

	memcpy(at, trial, sizeof(trial));
	put_cpu(m, &start, TRIAL_PA);
	stepped = !kvm_try(m->vcpu_fd, KVM_RUN, 0) && m->run->exit_reason == KVM_EXIT_DEBUG &&
		  m->run->s.regs.regs.rip == TRIAL_PA + 1;
	memset(at, 0, sizeof(trial));
	put_cpu(m, &start, start.regs.rip);
	return stepped;
}

int kvm_start_stepping(struct kvm_machine *m, struct error *e)
{
	if (set_stepping(m, true, e))
		return -1;
	if (!can_step(m))
		return error_set(e, EXIT_SKIPPED,
				 "this KVM does not single-step: instructions cannot be counted here");
	m->step_regs = m->run->s.regs.regs;
	return 0;
}

static bool is_string_opcode(uint8_t op)
{
	return (op >= 0x6c && op <= 0x6f) || (op >= 0xa4 && op <= 0xa7) || (op >= 0xaa && op <= 0xaf);
}

/* Is the instruction at `code` a string instruction behind REP or REPNE (Intel SDM vol. 2A, 2.1.1)? */
static bool is_repeated(const uint8_t *code, size_t n)
{
	bool rep = false;

	for (size_t i = 0; i < n; i++) {
		switch (code[i]) {
		case 0xf2:
		case 0xf3:
			rep = true;
			break;
		case 0x26: /* segment overrides, operand and address size */
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0x64 ... 0x67:
		case 0x40 ... 0x4f: /* REX, in 64-bit mode; elsewhere INC and DEC, never behind a REP */
			break;
		default:
			return rep && is_string_opcode(code[i]);
		}
	}
	return false;
}

/* As many bytes as are mapped: the instruction may be the last one before a hole. */
static size_t read_code(struct kvm_machine *m, uint64_t va, uint8_t *code)
{
	size_t n = MAX_INSTRUCTION;

	while (n && !kvm_read_va(m, va, code, n))
		n--;
	return n;
}

static bool repeated_at(struct kvm_machine *m, uint64_t rip)
{
	uint8_t code[MAX_INSTRUCTION];

	return is_repeated(code, read_code(m, m->run->s.regs.sregs.cs.base + rip, code));
}

/* How much the step from `before` to `after` counts; keeps whether it ended inside a repetition. */
static uint64_t weigh_step(struct kvm_machine *m, const struct kvm_regs *before, const struct kvm_regs *after)
{
	const uint64_t done = before->rcx - after->rcx;
	const bool inside = before->rip == after->rip, was_inside = m->step_inside;

	/* Reading the instruction costs more than the step: only where it can matter. */
	m->step_inside = false;
	if ((!inside && !was_inside && done <= 1) || before->rcx < after->rcx)
		return 1;
	if (!repeated_at(m, before->rip))
		return 1;
	m->step_inside = inside;
	return done || was_inside ? done : 1;
}

/* Is the code at `code` an IRET, SYSRET or SYSEXIT that will end in ring 3? IRET: by the CS on the stack. */
static bool returns_to_ring_3(struct kvm_machine *m, const uint8_t *code, size_t n)
{
	const struct kvm_sregs *s = &m->run->s.regs.sregs;
	const size_t at = n && (code[0] & 0xf0) == 0x40 && s->cs.l; /* a REX prefix */
	const uint64_t word = at && (code[0] & 8) ? 8 : 4;
	uint16_t cs;

	if (n >= at + 2 && code[at] == 0x0f)
		return code[at + 1] == 0x07 || code[at + 1] == 0x35;
	if (n <= at || code[at] != 0xcf)
		return false;
	return kvm_read_va(m, s->ss.base + m->run->s.regs.regs.rsp + word, &cs, sizeof(cs)) && (cs & 3) == 3;
}

/*
 * How many instructions from here end in ring 3: 1, 2 for SWAPGS and a return (which a KVM that emulates ring
 * 0 may do as one), or 0.
 */
static unsigned int leaves_ring_0(struct kvm_machine *m, const uint8_t *code, size_t n)
{
	static const uint8_t swapgs[] = {0x0f, 0x01, 0xf8};

	if (n < sizeof(swapgs) || memcmp(code, swapgs, sizeof(swapgs)))
		return returns_to_ring_3(m, code, n);
	return returns_to_ring_3(m, code + sizeof(swapgs), n - sizeof(swapgs)) ? 2 : 0;
}

static bool limit_reached(struct kvm_machine *m, struct stop *stop, struct error *e)
{
	char headline[160];

	snprintf(headline, sizeof(headline),
		 "the guest did not reach ring 3 within %lu instructions:", m->max_instructions);
	kvm_report(m, EXIT_TIME, headline, e);
	*stop = (struct stop){.reason = STOP_TIME_LIMIT};
	return true;
}

bool kvm_count_step(struct kvm_machine *m, struct stop *stop, struct error *e)
{
	const struct kvm_regs *now = &m->run->s.regs.regs;
	uint8_t code[MAX_INSTRUCTION];
	unsigned int left;
	size_t n;

	m->base.instructions += weigh_step(m, &m->step_regs, now);
	m->step_regs = *now;
	/* A debug exit behind HLT takes the place of the exit that would tell of it. */
	if (m->step_halts) {
		m->run->exit_reason = KVM_EXIT_HLT;
		*stop = kvm_report_exit(m, e);
		return true;
	}
	n = read_code(m, m->run->s.regs.sregs.cs.base + now->rip, code);
	m->step_halts = n && code[0] == 0xf4;
	left = leaves_ring_0(m, code, n);
	if (left) {
		m->base.instructions += left;
		*stop = (struct stop){.reason = STOP_HOST_ERROR};
		return set_stepping(m, false, e) < 0;
	}
	return m->base.instructions >= m->max_instructions && limit_reached(m, stop, e);
}
