/* SPDX-License-Identifier: MIT */
/*
 * Memory under the guest's feet: pages of RAM that are read-only or not there, and machine checks. KVM knows RAM as slots; a page that
 * is to differ cuts the slot around it in two. An access that finds no memory exits as MMIO: it reads ones and
 * writes nothing, as on a bus where nobody answers, and the run stops to tell.
 */
#include "machine/kvm.h"

#include <string.h>
#include "x86.h"

/* --- slots ------------------------------------------------------------------------------------------ */

static int delete_slots(struct kvm_memory *memory, struct error *e)
{
	for (; memory->nr_slots; memory->nr_slots--) {
		struct kvm_userspace_memory_region none = memory->slots[memory->nr_slots - 1];

		none.memory_size = 0;
		if (kvm_ioctl(memory->vm_fd, KVM_SET_USER_MEMORY_REGION, &none, e) < 0)
			return -1;
	}
	return 0;
}

static int add_slot(struct kvm_machine *m, uint64_t pa, uint64_t end, uint32_t flags, struct error *e)
{
	struct kvm_userspace_memory_region *slot = &m->memory.slots[m->memory.nr_slots];

	if (pa >= end)
		return 0;
	*slot = (struct kvm_userspace_memory_region){
		.slot = m->memory.nr_slots++,
		.flags = flags,
		.guest_phys_addr = pa,
		.memory_size = end - pa,
		.userspace_addr = (uintptr_t)m->ram.bytes + pa,
	};
	return kvm_ioctl(m->vm_fd, KVM_SET_USER_MEMORY_REGION, slot, e);
}

/* RAM from pa to end, with holes where pages differ; those ascend. */
static int add_range(struct kvm_machine *m, uint64_t pa, uint64_t end, struct error *e)
{
	for (unsigned int i = 0; i < m->nr_odd_pages; i++) {
		const struct kvm_odd_page *odd = &m->odd_pages[i];

		if (odd->pa < pa || odd->pa >= end)
			continue;
		if (add_slot(m, pa, odd->pa, 0, e) < 0)
			return -1;
		pa = odd->pa + PAGE_SIZE;
		if (odd->kind == SLOT_READONLY && add_slot(m, odd->pa, pa, KVM_MEM_READONLY, e) < 0)
			return -1;
	}
	return add_slot(m, pa, end, 0, e) < 0 ? -1 : 0;
}

int kvm_set_memory(struct kvm_machine *m, struct error *e)
{
	const uint64_t low = ram_low_size(m->ram.mem_size), high = ram_high_size(m->ram.mem_size);

	m->dirty_lost = true;
	if (delete_slots(&m->memory, e) || add_range(m, 0, low, e))
		return -1;
	return high ? add_range(m, MMIO_HOLE_END, MMIO_HOLE_END + high, e) : 0;
}

static void forget_odd_page(struct kvm_machine *m, uint64_t pa)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < m->nr_odd_pages; i++)
		if (m->odd_pages[i].pa != pa)
			m->odd_pages[kept++] = m->odd_pages[i];
	m->nr_odd_pages = kept;
}

static void add_odd_page(struct kvm_machine *m, struct kvm_odd_page page)
{
	unsigned int at = m->nr_odd_pages++;

	for (; at && m->odd_pages[at - 1].pa > page.pa; at--)
		m->odd_pages[at] = m->odd_pages[at - 1];
	m->odd_pages[at] = page;
}

int kvm_set_slot(struct machine *machine, uint64_t pfn, enum slot_kind kind, struct error *e)
{
	struct kvm_machine *m = (struct kvm_machine *)machine;
	const uint64_t pa = pfn << PAGE_SHIFT;

	if (!ram_holds(m->ram.mem_size, pa, PAGE_SIZE))
		return error_set(e, EXIT_USAGE, "frame %#lx is no RAM", pfn);
	forget_odd_page(m, pa);
	if (m->nr_odd_pages == MAX_ODD_PAGES && kind != SLOT_RAM)
		return error_set(e, EXIT_USAGE, "more than %d pages with a slot of their own", MAX_ODD_PAGES);
	if (kind != SLOT_RAM)
		add_odd_page(m, (struct kvm_odd_page){pa, kind});
	return kvm_set_memory(m, e);
}

/* --- accesses that find no memory ------------------------------------------------------------------- */

static const struct kvm_odd_page *odd_page_at(const struct kvm_machine *m, uint64_t pa)
{
	for (unsigned int i = 0; i < m->nr_odd_pages; i++)
		if (pa - m->odd_pages[i].pa < PAGE_SIZE)
			return &m->odd_pages[i];
	return NULL;
}

/* Where KVM comes out, a load has not been done and a store has: a load is done for nothing, and the CPU put back before it. */
bool kvm_no_memory(struct kvm_machine *m, struct stop *stop, struct error *e)
{
	const struct kvm_odd_page *odd = odd_page_at(m, m->run->mmio.phys_addr);
	struct kvm_regs before = m->run->s.regs.regs;

	if (!odd)
		return false;
	*stop = (struct stop){
		.reason = STOP_MEMORY,
		.memory = {.pa = m->run->mmio.phys_addr, .rip = before.rip, .len = m->run->mmio.len, .write = m->run->mmio.is_write,
			   .ring_3 = (m->run->s.regs.sregs.cs.selector & 3) == 3, .kind = odd->kind},
	};
	if (!stop->memory.write)
		memset(m->run->mmio.data, 0xff, sizeof(m->run->mmio.data));
	kvm_settle(m);
	if (!stop->memory.write)
		m->run->s.regs.regs = before;
	if (kvm_put_registers(m, e))
		*stop = (struct stop){.reason = STOP_HOST_ERROR};
	return true;
}

/* --- machine checks ---------------------------------------------------------------------------------- */

#define MCG_STATUS_RIPV	(1ULL << 0)
#define MCG_STATUS_MCIP	(1ULL << 2)
#define MCI_STATUS	(1ULL << 63 | 1ULL << 61 | 1ULL << 60 | 1ULL << 59 | 1ULL << 58 | 1ULL << 56) /* VAL UC EN MISCV ADDRV S */
#define MCI_STATUS_AR	(1ULL << 55)
#define MCACOD_DATA	0x134	/* a load of data met it */
#define MCACOD_SCRUB	0xc0	/* a scrubber of memory did */
#define MCI_MISC	(2ULL << 6 | PAGE_SHIFT) /* a physical address, of a page */

/* One bank, made when it is needed first (SDM vol. 3B, 15.3). */
static int set_up_mce(struct kvm_machine *m, struct error *e)
{
	uint64_t cap = 0;

	if (m->has_mce)
		return 0;
	if (kvm_try(m->kvm_fd, KVM_X86_GET_MCE_CAP_SUPPORTED, &cap) < 0)
		return error_set(e, EXIT_SKIPPED, "this KVM has no machine checks");
	cap |= 1;
	if (kvm_ioctl(m->vcpu_fd, KVM_X86_SETUP_MCE, &cap, e) < 0)
		return -1;
	m->has_mce = true;
	return 0;
}

int kvm_memory_error(struct machine *machine, uint64_t pa, bool required, struct error *e)
{
	struct kvm_machine *m = (struct kvm_machine *)machine;
	struct kvm_x86_mce mce = {
		.status = MCI_STATUS | (required ? MCI_STATUS_AR | MCACOD_DATA : MCACOD_SCRUB),
		.addr = pa,
		.misc = MCI_MISC,
		.mcg_status = MCG_STATUS_MCIP | MCG_STATUS_RIPV,
	};

	if (kvm_complete_io(m, e))
		return -1;
	if (!(m->run->s.regs.sregs.cr4 & CR4_MCE))
		return error_set(e, EXIT_USAGE, "the guest takes no machine checks: CR4.MCE is clear");
	return set_up_mce(m, e) || kvm_ioctl(m->vcpu_fd, KVM_X86_SET_MCE, &mce, e) < 0 ? -1 : 0;
}
