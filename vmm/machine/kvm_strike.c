/* SPDX-License-Identifier: MIT */
/*
 * Stopping ring 0 before chosen instructions, and what can be done to it there. Debug registers would do for the first, but
 * not every KVM has them (an emulated SVM does not stop), nor can each of them single-step. HLT they all have: while the guest runs
 * it stands in the place of the instruction's first byte, and its exit says that the guest came there.
 */
#include "machine/kvm.h"

#include <string.h>
#include "x86.h"

#define HLT 0xf4

/* --- stopping ------------------------------------------------------------------------------------- */

int kvm_set_breaks(struct machine *machine, const uint64_t *va, unsigned int n, struct error *e)
{
	struct kvm_machine *m = (struct kvm_machine *)machine;

	m->nr_breaks = 0;
	if (n > MAX_BREAKS)
		return error_set(e, EXIT_HOST, "%u breakpoints are too many", n);
	for (unsigned int i = 0; i < n; i++) {
		struct kvm_break *b = &m->breaks[i];

		b->va = va[i];
		if (kvm_translate(machine, 0, va[i], &b->pa) != 1 || !ram_holds(m->ram.mem_size, b->pa, 1))
			return error_set(e, EXIT_USAGE, "the guest has no code at %#lx to stop at", va[i]);
	}
	m->nr_breaks = n;
	return 0;
}

void kvm_put_breaks(struct kvm_machine *m)
{
	for (unsigned int i = 0; i < m->nr_breaks; i++) {
		m->breaks[i].byte = m->ram.bytes[m->breaks[i].pa];
		m->ram.bytes[m->breaks[i].pa] = HLT;
	}
}

/* The other way round, should two be at one place. */
void kvm_take_breaks(struct kvm_machine *m)
{
	for (unsigned int i = m->nr_breaks; i-- > 0;)
		m->ram.bytes[m->breaks[i].pa] = m->breaks[i].byte;
}

bool kvm_at_break(struct kvm_machine *m)
{
	struct kvm_regs *regs = &m->run->s.regs.regs;

	for (unsigned int i = 0; i < m->nr_breaks; i++) {
		if (regs->rip != m->breaks[i].va + 1)
			continue;
		regs->rip--;
		m->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
		return true;
	}
	return false;
}

/* --- striking ------------------------------------------------------------------------------------- */

int kvm_put_registers(struct kvm_machine *m, struct error *e)
{
	m->run->kvm_dirty_regs = 0;
	if (kvm_ioctl(m->vcpu_fd, KVM_SET_SREGS, &m->run->s.regs.sregs, e) < 0)
		return -1;
	return kvm_ioctl(m->vcpu_fd, KVM_SET_REGS, &m->run->s.regs.regs, e) < 0 ? -1 : 0;
}

int kvm_strike(struct machine *machine, const struct strike *s, struct error *e)
{
	struct kvm_machine *m = (struct kvm_machine *)machine;
	struct kvm_vcpu_events events;

	if (s->kind == STRIKE_EXCEPTION && s->vector == X86_TRAP_PF)
		m->run->s.regs.sregs.cr2 = s->cr2;
	if (kvm_put_registers(m, e) < 0)
		return -1;
	if (s->kind == STRIKE_NMI)
		return kvm_ioctl(m->vcpu_fd, KVM_NMI, 0, e);
	if (kvm_ioctl(m->vcpu_fd, KVM_GET_VCPU_EVENTS, &events, e) < 0)
		return -1;
	events.flags = 0;
	if (s->kind == STRIKE_INTERRUPT) {
		events.interrupt.injected = 1;
		events.interrupt.nr = s->vector;
	} else {
		events.exception.injected = 1;
		events.exception.nr = s->vector;
		events.exception.has_error_code = s->has_error_code;
		events.exception.error_code = s->error_code;
	}
	return kvm_ioctl(m->vcpu_fd, KVM_SET_VCPU_EVENTS, &events, e);
}

static void put_ring(struct kvm_sregs *s, bool ring_3)
{
	s->cs.selector = ring_3 ? USER_CS : KERNEL_CS;
	s->ss.selector = ring_3 ? USER_DS : KERNEL_DS;
	s->cs.dpl = s->ss.dpl = ring_3 ? 3 : 0;
}

/* The kernel's and the user's segments are flat and differ in ring alone. */
int kvm_place_cpu(struct machine *machine, const struct cpu_place *place, struct error *e)
{
	struct kvm_machine *m = (struct kvm_machine *)machine;
	struct kvm_sync_regs *now = &m->run->s.regs;

	(void)e;
	now->regs.rip = place->rip;
	now->regs.rsp = place->rsp;
	now->regs.rflags = place->rflags;
	put_ring(&now->sregs, place->ring_3);
	m->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
	return 0;
}
