/* SPDX-License-Identifier: MIT */
/*
 * The state of a machine at a doorbell, saved and put back: RAM in use, every register that KVM shows, the two
 * UARTs, doorbells not yet told. There is no interrupt controller in the kernel, so none has a state.
 */
#include "machine/kvm.h"

#include <stdlib.h>
#include <string.h>
#include "x86.h"

/* Clocks run on: setting them back would only confuse whoever compares them with another clock. */
#define MSR_TSC		 0x10
#define MSR_TSC_ADJUST	 0x3b
#define MSR_TSC_DEADLINE 0x6e0

/* The bank of machine checks, which KVM's list leaves out (kvm_slots.c). */
static const uint32_t mce_msrs[] = {0x401, 0x402, 0x403};

#define MAX_MSRS 512

struct msr_list {
	struct kvm_msrs head;
	struct kvm_msr_entry entries[MAX_MSRS];
};

struct machine_state {
	const struct kvm_machine *machine; /* whose it is */
	struct ram_copy ram;
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_fpu fpu;
	struct kvm_xsave xsave; /* has_xsave: instead of fpu */
	struct kvm_xcrs xcrs;
	struct kvm_debugregs debugregs;
	struct kvm_vcpu_events events;
	struct kvm_mp_state mp_state;
	bool has_xsave, has_xcrs;
	struct msr_list *msrs;
	struct uart com1, com2;
	struct doorbell_queue doorbell;
};

/* --- MSRs ----------------------------------------------------------------------------------------- */

static bool is_clock(uint32_t index)
{
	return index == MSR_TSC || index == MSR_TSC_ADJUST || index == MSR_TSC_DEADLINE;
}

/* Read the MSRs that `list` names; those that this vCPU does not have leave it. 0 or -1. */
static int read_msrs(struct kvm_machine *m, struct msr_list *list, struct error *e)
{
	uint32_t done = 0, n = list->head.nmsrs;

	while (done < n) {
		struct msr_list part = {.head.nmsrs = n - done};
		int got;

		memcpy(part.entries, list->entries + done, (n - done) * sizeof(part.entries[0]));
		got = kvm_ioctl(m->vcpu_fd, KVM_GET_MSRS, &part, e);
		if (got < 0)
			return -1;
		memcpy(list->entries + done, part.entries, got * sizeof(part.entries[0]));
		done += got;
		if (done < n) /* it ended at one that cannot be read */
			list->entries[done] = list->entries[--n];
	}
	list->head.nmsrs = n;
	return 0;
}

/* All MSRs that KVM keeps for a guest, with their values. */
static struct msr_list *save_msrs(struct kvm_machine *m, struct error *e)
{
	struct {
		struct kvm_msr_list head;
		uint32_t indices[MAX_MSRS];
	} known = {.head.nmsrs = MAX_MSRS};
	struct msr_list *list;

	if (kvm_ioctl(m->kvm_fd, KVM_GET_MSR_INDEX_LIST, &known, e) < 0)
		return NULL;
	list = xcalloc(1, sizeof(*list));
	for (uint32_t i = 0; i < sizeof(mce_msrs) / sizeof(mce_msrs[0]); i++)
		list->entries[list->head.nmsrs++].index = mce_msrs[i];
	for (uint32_t i = 0; i < known.head.nmsrs && list->head.nmsrs < MAX_MSRS; i++)
		if (!is_clock(known.indices[i]))
			list->entries[list->head.nmsrs++].index = known.indices[i];
	if (!read_msrs(m, list, e))
		return list;
	free(list);
	return NULL;
}

/* Only what has changed is written: some MSRs do things when they are, and some cannot be written. */
static int restore_msrs(struct kvm_machine *m, const struct msr_list *saved, struct error *e)
{
	struct msr_list now = *saved, changed = {0};

	if (read_msrs(m, &now, e))
		return -1;
	for (uint32_t i = 0; i < saved->head.nmsrs; i++)
		if (now.entries[i].index != saved->entries[i].index ||
		    now.entries[i].data != saved->entries[i].data)
			changed.entries[changed.head.nmsrs++] = saved->entries[i];
	if (changed.head.nmsrs == 0)
		return 0;
	if (kvm_ioctl(m->vcpu_fd, KVM_SET_MSRS, &changed, e) == (int)changed.head.nmsrs)
		return 0;
	return error_set(e, EXIT_HOST, "restore: an MSR could not be set back");
}

/* --- registers ------------------------------------------------------------------------------------ */

static bool has_capability(struct kvm_machine *m, int capability)
{
	return kvm_try(m->vm_fd, KVM_CHECK_EXTENSION, capability) > 0;
}

static int save_registers(struct kvm_machine *m, struct machine_state *s, struct error *e)
{
	s->regs = m->run->s.regs.regs;
	s->sregs = m->run->s.regs.sregs;
	s->has_xsave = has_capability(m, KVM_CAP_XSAVE);
	s->has_xcrs = has_capability(m, KVM_CAP_XCRS);
	if (s->has_xsave ? kvm_ioctl(m->vcpu_fd, KVM_GET_XSAVE, &s->xsave, e) < 0
			 : kvm_ioctl(m->vcpu_fd, KVM_GET_FPU, &s->fpu, e) < 0)
		return -1;
	if (s->has_xcrs && kvm_ioctl(m->vcpu_fd, KVM_GET_XCRS, &s->xcrs, e) < 0)
		return -1;
	if (kvm_ioctl(m->vcpu_fd, KVM_GET_DEBUGREGS, &s->debugregs, e) < 0 ||
	    kvm_ioctl(m->vcpu_fd, KVM_GET_VCPU_EVENTS, &s->events, e) < 0 ||
	    kvm_ioctl(m->vcpu_fd, KVM_GET_MP_STATE, &s->mp_state, e) < 0)
		return -1;
	s->msrs = save_msrs(m, e);
	return s->msrs ? 0 : -1;
}

static int restore_registers(struct kvm_machine *m, const struct machine_state *s, struct error *e)
{
	if (s->has_xcrs && kvm_ioctl(m->vcpu_fd, KVM_SET_XCRS, &s->xcrs, e) < 0)
		return -1;
	if (s->has_xsave ? kvm_ioctl(m->vcpu_fd, KVM_SET_XSAVE, &s->xsave, e) < 0
			 : kvm_ioctl(m->vcpu_fd, KVM_SET_FPU, &s->fpu, e) < 0)
		return -1;
	if (kvm_ioctl(m->vcpu_fd, KVM_SET_SREGS, &s->sregs, e) < 0 || restore_msrs(m, s->msrs, e) ||
	    kvm_ioctl(m->vcpu_fd, KVM_SET_REGS, &s->regs, e) < 0 ||
	    kvm_ioctl(m->vcpu_fd, KVM_SET_DEBUGREGS, &s->debugregs, e) < 0 ||
	    kvm_ioctl(m->vcpu_fd, KVM_SET_VCPU_EVENTS, &s->events, e) < 0 ||
	    kvm_ioctl(m->vcpu_fd, KVM_SET_MP_STATE, &s->mp_state, e) < 0)
		return -1;
	m->run->s.regs.regs = s->regs;
	m->run->s.regs.sregs = s->sregs;
	m->run->kvm_dirty_regs = 0;
	return 0;
}

/*
 * Whatever the last exit left half done (an access to a port or to memory that is none) is finished, so that
 * it cannot land in the registers that come now.
 */
void kvm_settle(struct kvm_machine *m)
{
	const uint8_t kick = m->run->immediate_exit;

	m->run->immediate_exit = 1;
	for (int tries = 0; tries < 16 && kvm_try(m->vcpu_fd, KVM_RUN, 0) == 0; tries++)
		;
	m->run->immediate_exit = kick;
	m->io_pending = m->exit_waiting = false;
}

/* --- all of it ------------------------------------------------------------------------------------ */

struct machine_state *kvm_save(struct machine *machine, struct error *e)
{
	struct kvm_machine *m = (struct kvm_machine *)machine;
	struct machine_state *s;

	if (kvm_complete_io(m, e))
		return NULL;
	if (m->exit_waiting || m->stepping) {
		error_set(e, EXIT_HOST, "the machine cannot be saved in the middle of an instruction");
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->machine = m;
	s->com1 = m->com1;
	s->com2 = m->com2;
	s->doorbell = m->doorbell;
	if (!save_registers(m, s, e) && !ram_save(&m->ram, &s->ram, e))
		return s;
	kvm_free_state(s);
	return NULL;
}

int kvm_restore(struct machine *machine, const struct machine_state *s, struct error *e)
{
	struct kvm_machine *m = (struct kvm_machine *)machine;

	if (s->machine != m)
		return error_set(e, EXIT_HOST, "a state can be put back into its own machine only");
	m->nr_breaks = 0;
	if (m->nr_odd_pages) {
		m->nr_odd_pages = 0;
		if (kvm_set_memory(m, e))
			return -1;
	}
	kvm_settle(m);
	if (ram_restore(&m->ram, &s->ram, e) || restore_registers(m, s, e))
		return -1;
	m->com1 = s->com1;
	m->com2 = s->com2;
	m->doorbell = s->doorbell;
	return kvm_tables_changed(machine, e);
}

void kvm_free_state(struct machine_state *s)
{
	ram_copy_free(&s->ram);
	free(s->msrs);
	free(s);
}
