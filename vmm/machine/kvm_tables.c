/* SPDX-License-Identifier: MIT */
/*
 * "The tables may have changed behind the MMU": after the host wrote to page tables (a snapshot put back, a
 * bit injected), the guest must not go on by what the processor or KVM remembers of them. With nested paging
 * a flush of the TLB is enough. Where KVM shadows the guest's tables it learns of changes only by the
 * guest's own stores, and keeps what it made of the old ones, whatever the registers say. What helps is found
 * by trying the cures in the order of their cost, once, when one is needed first.
 */
#include "machine/kvm.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "x86.h"

typedef int cure_function(const struct kvm_memory *memory, struct error *e);

/* Another CR3 and back: KVM drops its roots and flushes. */
static int reload_cr3(const struct kvm_memory *memory, struct error *e)
{
	struct kvm_sregs sregs;
	uint64_t cr3;

	if (kvm_ioctl(memory->vcpu_fd, KVM_GET_SREGS, &sregs, e) < 0)
		return -1;
	cr3 = sregs.cr3;
	sregs.cr3 ^= PAGE_SIZE;
	if (kvm_ioctl(memory->vcpu_fd, KVM_SET_SREGS, &sregs, e) < 0)
		return -1;
	sregs.cr3 = cr3;
	return kvm_ioctl(memory->vcpu_fd, KVM_SET_SREGS, &sregs, e);
}

/* Rights of the host's own mapping taken and given back: its MMU notifier makes KVM unmap all of it. */
static int protect_ram(const struct kvm_memory *memory, struct error *e)
{
	for (unsigned int i = 0; i < memory->nr_slots; i++) {
		void *ram = (void *)(uintptr_t)memory->slots[i].userspace_addr;
		size_t size = memory->slots[i].memory_size;

		if (mprotect(ram, size, PROT_READ) || mprotect(ram, size, PROT_READ | PROT_WRITE))
			return error_set(e, EXIT_HOST, "mprotect of guest RAM failed: %s", strerror(errno));
	}
	return 0;
}

/* A slot deleted takes with it everything that was ever derived from its memory. */
static int replace_slots(const struct kvm_memory *memory, struct error *e)
{
	for (unsigned int i = 0; i < memory->nr_slots; i++) {
		struct kvm_userspace_memory_region none = memory->slots[i];

		none.memory_size = 0;
		if (kvm_ioctl(memory->vm_fd, KVM_SET_USER_MEMORY_REGION, &none, e) < 0 ||
		    kvm_ioctl(memory->vm_fd, KVM_SET_USER_MEMORY_REGION, &memory->slots[i], e) < 0)
			return -1;
	}
	return 0;
}

static cure_function *choose_cure(int kvm_fd, struct error *e)
{
	static cure_function *const cures[] = {reload_cr3, protect_ram, replace_slots};

	for (unsigned int i = 0; i < sizeof(cures) / sizeof(cures[0]); i++)
		if (kvm_cure_works(kvm_fd, cures[i], e))
			return cures[i];
	error_set(e, EXIT_SKIPPED,
		  "on this KVM ring 3 does not see what the host changes in page tables, whatever is tried: no "
		  "restore and no injection here (use --machine qemu)");
	return NULL;
}

/*
 * Of an access that met no memory KVM's emulator remembers page and physical address (vcpu->arch.mmio_gva), and does not look at the
 * tables again for that page: ring 0's stores there would go nowhere for ever, whatever was put back since. It holds
 * good until the slots change.
 */
static int forget_mmio(struct kvm_machine *m, struct error *e)
{
	if (!m->met_mmio)
		return 0;
	m->met_mmio = false;
	return replace_slots(&m->memory, e);
}

int kvm_tables_changed(struct machine *machine, struct error *e)
{
	static cure_function *cure;
	struct kvm_machine *m = (struct kvm_machine *)machine;

	m->dirty_lost = true;
	if (forget_mmio(m, e))
		return -1;
	if (!cure)
		cure = choose_cure(m->kvm_fd, e);
	return cure && cure(&m->memory, e) >= 0 ? 0 : -1;
}
