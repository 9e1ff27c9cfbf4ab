/* SPDX-License-Identifier: MIT */
/*
 * The vCPU: made with the host's CPUID in the state of the PVH protocol, and read. Registers
 * travel in the kvm_run page (KVM_CAP_SYNC_REGS): every exit leaves them there, no ioctl asks.
 */
#include "machine/kvm.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "machine/pvh.h"
#include "x86.h"

#define MAX_CPUID_ENTRIES 256

/* Code and data segments as PVH wants them: 32-bit, flat (Intel SDM vol. 3A, 3.4.5 and 3.5). */
#define SEGMENT_CODE_RX_A  11
#define SEGMENT_DATA_RW_A  3
#define SEGMENT_TSS32_BUSY 11

static int check_extensions(struct kvm_machine *m, struct error *e)
{
	const int need = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
	int have = kvm_try(m->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS);

	if (have > 0 && (have & need) == need)
		return 0;
	return error_set(
		e, EXIT_HOST,
		"this KVM lacks KVM_CAP_SYNC_REGS (Linux 4.17 and later have it): use --machine qemu");
}

/* What decides which bits of an entry are reserved (CPUID 0x80000001 and 0x80000008). */
static void note_paging_features(struct kvm_machine *m, const struct kvm_cpuid_entry2 *entries, uint32_t n)
{
	for (uint32_t i = 0; i < n && i < MAX_CPUID_ENTRIES; i++) {
		if (entries[i].function == 0x80000001)
			m->gbpages = entries[i].edx >> 26 & 1;
		else if (entries[i].function == 0x80000008)
			m->maxphyaddr = entries[i].eax & 0xff;
	}
}

int kvm_set_cpuid(int kvm_fd, int vcpu_fd, struct kvm_machine *m, struct error *e)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[MAX_CPUID_ENTRIES];
	} cpuid;

	cpuid.head.nent = MAX_CPUID_ENTRIES;
	cpuid.head.padding = 0;
	if (kvm_ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, &cpuid, e) < 0)
		return -1;
	if (m)
		note_paging_features(m, cpuid.entries, cpuid.head.nent);
	return kvm_ioctl(vcpu_fd, KVM_SET_CPUID2, &cpuid, e);
}

static void set_pvh_segments(struct kvm_sregs *s)
{
	const struct kvm_segment flat = {.limit = 0xffffffff, .present = 1, .db = 1, .s = 1, .g = 1};

	s->cs = flat;
	s->cs.selector = KERNEL_CS;
	s->cs.type = SEGMENT_CODE_RX_A;
	s->ss = flat;
	s->ss.selector = KERNEL_DS;
	s->ss.type = SEGMENT_DATA_RW_A;
	s->ds = s->es = s->fs = s->gs = s->ss;
	s->tr = (struct kvm_segment){.limit = 0x67, .type = SEGMENT_TSS32_BUSY, .present = 1};
	s->ldt = (struct kvm_segment){.unusable = 1};
}

/* The first KVM_RUN takes the state from the run page: no KVM_SET_REGS, no KVM_SET_SREGS. */
static int set_pvh_state(struct kvm_machine *m, struct error *e)
{
	struct kvm_sync_regs *regs = &m->run->s.regs;

	if (kvm_ioctl(m->vcpu_fd, KVM_GET_SREGS, &regs->sregs, e) < 0)
		return -1;
	set_pvh_segments(&regs->sregs);
	regs->sregs.cr0 = CR0_PE | CR0_ET;
	regs->sregs.cr4 = 0;
	regs->sregs.efer = 0;
	regs->regs = (struct kvm_regs){
		.rip = m->elf->pvh_entry, .rbx = PVH_START_INFO, .rflags = X86_EFLAGS_FIXED};
	m->run->kvm_valid_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
	m->run->kvm_dirty_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
	return 0;
}

int kvm_create_vcpu(struct kvm_machine *m, struct error *e)
{
	int size;
	void *run;

	if (check_extensions(m, e))
		return -1;
	m->vcpu_fd = kvm_ioctl(m->vm_fd, KVM_CREATE_VCPU, 0, e);
	if (m->vcpu_fd < 0)
		return -1;
	size = kvm_ioctl(m->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0, e);
	if (size < 0)
		return -1;
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu_fd, 0);
	if (run == MAP_FAILED)
		return error_set(e, EXIT_HOST, "the vCPU's run page cannot be mapped: %s", strerror(errno));
	m->run = run;
	m->run_size = size;
	m->memory.vcpu_fd = m->vcpu_fd;
	return kvm_set_cpuid(m->kvm_fd, m->vcpu_fd, m, e) < 0 ? -1 : set_pvh_state(m, e);
}

int kvm_complete_io(struct kvm_machine *m, struct error *e)
{
	int result, error;

	if (!m->io_pending)
		return 0;
	m->run->immediate_exit = 1;
	result = kvm_try(m->vcpu_fd, KVM_RUN, 0);
	error = errno;
	m->run->immediate_exit = m->limit.expired;
	m->io_pending = false;
	if (result < 0 && error != EINTR)
		return kvm_ioctl_error("KVM_RUN", error, e);
	m->exit_waiting = result >= 0; /* the next round of a `rep outs`, or a debug exit */
	return 0;
}

/* In the SDM's numbering: rax rcx rdx rbx rsp rbp rsi rdi r8 … r15. */
static void copy_gprs(uint64_t gpr[16], const struct kvm_regs *r)
{
	const uint64_t values[16] = {r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi,
				     r->r8,  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15};

	memcpy(gpr, values, sizeof(values));
}

void kvm_last_cpu(const struct kvm_machine *m, struct cpu_state *state)
{
	const struct kvm_regs *r = &m->run->s.regs.regs;
	const struct kvm_sregs *s = &m->run->s.regs.sregs;

	*state = (struct cpu_state){
		.cr0 = s->cr0,
		.cr2 = s->cr2,
		.cr3 = s->cr3,
		.cr4 = s->cr4,
		.efer = s->efer,
		.rip = r->rip,
		.rsp = r->rsp,
		.rflags = r->rflags,
		.cs = s->cs.selector,
		.ss = s->ss.selector,
		.fs_base = s->fs.base,
		.gs_base = s->gs.base,
		.idt_base = s->idt.base,
		.gdt_base = s->gdt.base,
		.maxphyaddr = m->maxphyaddr,
		.gbpages = m->gbpages,
	};
	copy_gprs(state->gpr, r);
}

int kvm_get_cpu(struct machine *machine, unsigned int cpu, struct cpu_state *state, struct error *e)
{
	struct kvm_machine *m = (struct kvm_machine *)machine;
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = {.head.nmsrs = 1, .entry.index = MSR_KERNEL_GS_BASE};

	if (cpu >= machine->nr_cpus)
		return error_set(e, EXIT_HOST, "there is no CPU %u, the machine has %u", cpu,
				 machine->nr_cpus);
	if (kvm_complete_io(m, e))
		return -1;
	kvm_last_cpu(m, state);
	if (kvm_ioctl(m->vcpu_fd, KVM_GET_MSRS, &msrs, e) < 0)
		return -1;
	state->kernel_gs_base = msrs.entry.data;
	return 0;
}

int kvm_translate(struct machine *machine, unsigned int cpu, uint64_t va, uint64_t *pa)
{
	struct kvm_machine *m = (struct kvm_machine *)machine;
	struct kvm_translation t = {.linear_address = va};

	if (cpu >= machine->nr_cpus || kvm_try(m->vcpu_fd, KVM_TRANSLATE, &t) < 0)
		return -1;
	if (t.valid)
		*pa = t.physical_address;
	return t.valid;
}

bool kvm_read_va(struct kvm_machine *m, uint64_t va, void *to, size_t n)
{
	uint8_t *out = to;

	while (n) {
		size_t in_page = PAGE_SIZE - (va & (PAGE_SIZE - 1)), chunk = n < in_page ? n : in_page;
		uint64_t pa;

		if (kvm_translate(&m->base, 0, va, &pa) != 1 || !ram_holds(m->ram.mem_size, pa, chunk))
			return false;
		memcpy(out, m->ram.bytes + pa, chunk);
		out += chunk;
		va += chunk;
		n -= chunk;
	}
	return true;
}
