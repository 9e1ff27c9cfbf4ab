/* SPDX-License-Identifier: MIT */
/*
 * An NMI at a chosen instruction of the kernel: a breakpoint in the debug registers stops the guest there, the NMI is queued,
 * and the guest goes on. It is the one interrupt that no part of a kernel can keep out, so it is the one to try everywhere.
 */
#include "machine/kvm.h"

int kvm_nmi_at(struct machine *machine, uint64_t va, struct error *e)
{
	static int breaks = -1; /* this host's KVM; -1: not tried yet */
	struct kvm_machine *m = (struct kvm_machine *)machine;
	struct kvm_guest_debug debug = {0};

	if (!va && !m->nmi_at)
		return 0;
	if (breaks < 0)
		breaks = kvm_can_break(m->kvm_fd, e);
	if (!breaks)
		return error_set(e, EXIT_SKIPPED,
				 "this KVM does not stop at breakpoints: no NMI can be brought to a chosen instruction");
	if (va)
		debug = kvm_breakpoint(va);
	m->nmi_at = va;
	return kvm_ioctl(m->vcpu_fd, KVM_SET_GUEST_DEBUG, &debug, e);
}

bool kvm_nmi_came(const struct machine *machine)
{
	return !((const struct kvm_machine *)machine)->nmi_at;
}

int kvm_nmi_now(struct kvm_machine *m, struct error *e)
{
	if (kvm_nmi_at(&m->base, 0, e) < 0)
		return -1;
	return kvm_ioctl(m->vcpu_fd, KVM_NMI, 0, e);
}
