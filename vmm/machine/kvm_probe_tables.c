/* SPDX-License-Identifier: MIT */
/*
 * A virtual machine of a few pages that tells whether a cure for stale translations works: ring 3 reads one
 * address again and again and says what it found; between two reads the host makes an entry of one level
 * lead elsewhere, and back.
 */
#include "machine/kvm.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "x86.h"

/* Physical pages: two tables of each level, the second of each leading to the second page of data. */
enum { PG_NONE, PG_ROOT, PG_PDPT, PG_PDPT2, PG_PD, PG_PD2, PG_PT, PG_PT2, PG_CODE, PG_DATA, PG_DATA2, NR_PG };
#define PA(page) ((page) * PAGE_SIZE)

#define DATA_VA	   0x400000UL /* root 0, pdpt 0, pd 2, pt 0 */
#define CODE_VA	   0x401000UL
#define TELL_VA	   0x402000UL
#define TELL_PA	   0x100000UL /* no memory: a store there exits, on KVMs too that keep ring 3 from every port */
#define TABLE_BITS (PTE_P | PTE_RW | PTE_US)

/* read: mov (%rdi), %al; mov %al, (%rsi); jmp read */
static const uint8_t code[] = {0x8a, 0x07, 0x88, 0x06, 0xeb, 0xfa};

struct trial {
	struct kvm_memory memory;
	uint8_t *ram;
	struct kvm_run *run;
	size_t run_size;
};

static uint64_t *entry(struct trial *t, unsigned int page, unsigned int index)
{
	return (uint64_t *)(t->ram + PA(page)) + index;
}

static void fill_memory(struct trial *t)
{
	*entry(t, PG_ROOT, 0) = PA(PG_PDPT) | TABLE_BITS;
	*entry(t, PG_PDPT, 0) = PA(PG_PD) | TABLE_BITS;
	*entry(t, PG_PDPT2, 0) = PA(PG_PD2) | TABLE_BITS;
	*entry(t, PG_PD, 2) = PA(PG_PT) | TABLE_BITS;
	*entry(t, PG_PD2, 2) = PA(PG_PT2) | TABLE_BITS;
	*entry(t, PG_PT, 0) = PA(PG_DATA) | TABLE_BITS;
	*entry(t, PG_PT2, 0) = PA(PG_DATA2) | TABLE_BITS;
	*entry(t, PG_PT, 1) = *entry(t, PG_PT2, 1) = PA(PG_CODE) | TABLE_BITS;
	*entry(t, PG_PT, 2) = *entry(t, PG_PT2, 2) = TELL_PA | TABLE_BITS;
	memcpy(t->ram + PA(PG_CODE), code, sizeof(code));
	t->ram[PA(PG_DATA)] = 1;
	t->ram[PA(PG_DATA2)] = 2;
}

/* 64-bit code in ring 3; nothing here faults, so there are no descriptors. */
static int set_registers(struct trial *t, struct error *e)
{
	const struct kvm_segment user = {.limit = 0xffffffff, .present = 1, .dpl = 3, .s = 1, .g = 1};
	struct kvm_regs regs = {
		.rip = CODE_VA, .rdi = DATA_VA, .rsi = TELL_VA, .rflags = X86_EFLAGS_FIXED};
	struct kvm_sregs s;

	if (kvm_ioctl(t->memory.vcpu_fd, KVM_GET_SREGS, &s, e) < 0)
		return -1;
	s.cs = s.ss = user;
	s.cs.selector = USER_CS;
	s.cs.type = 11;
	s.cs.l = 1;
	s.ss.selector = USER_DS;
	s.ss.type = 3;
	s.ds = s.es = s.fs = s.gs = s.ss;
	s.tr = (struct kvm_segment){.limit = 0x67, .type = 11, .present = 1};
	s.ldt = (struct kvm_segment){.unusable = 1};
	s.cr0 = CR0_PE | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	s.cr3 = PA(PG_ROOT);
	s.cr4 = CR4_PAE;
	s.efer = EFER_LME | EFER_LMA;
	if (kvm_ioctl(t->memory.vcpu_fd, KVM_SET_SREGS, &s, e) < 0)
		return -1;
	return kvm_ioctl(t->memory.vcpu_fd, KVM_SET_REGS, &regs, e);
}

static int build(struct trial *t, int kvm_fd, struct error *e)
{
	struct kvm_memory *m = &t->memory;

	t->ram = mmap(NULL, PA(NR_PG), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t->ram == MAP_FAILED)
		return error_set(e, EXIT_HOST, "no memory to try the KVM with");
	fill_memory(t);
	m->slots[0] = (struct kvm_userspace_memory_region){.memory_size = PA(NR_PG),
							   .userspace_addr = (uintptr_t)t->ram};
	m->nr_slots = 1;
	m->vm_fd = kvm_ioctl(kvm_fd, KVM_CREATE_VM, 0, e);
	if (m->vm_fd < 0 || kvm_ioctl(m->vm_fd, KVM_SET_USER_MEMORY_REGION, &m->slots[0], e) < 0)
		return -1;
	m->vcpu_fd = kvm_ioctl(m->vm_fd, KVM_CREATE_VCPU, 0, e);
	t->run_size = kvm_ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0, e);
	if (m->vcpu_fd < 0 || kvm_set_cpuid(kvm_fd, m->vcpu_fd, NULL, e) < 0)
		return -1;
	t->run = mmap(NULL, t->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu_fd, 0);
	if (t->run == MAP_FAILED)
		return error_set(e, EXIT_HOST, "the run page of a trial vCPU cannot be mapped");
	return set_registers(t, e);
}

static void tear_down(struct trial *t)
{
	if (t->run && t->run != MAP_FAILED)
		munmap(t->run, t->run_size);
	if (t->memory.vcpu_fd >= 0)
		close(t->memory.vcpu_fd);
	if (t->memory.vm_fd >= 0)
		close(t->memory.vm_fd);
	if (t->ram != MAP_FAILED)
		munmap(t->ram, PA(NR_PG));
}

/* What ring 3 reads now; -1: it got nowhere. */
static int read_data(struct trial *t)
{
	if (kvm_try(t->memory.vcpu_fd, KVM_RUN, 0) || t->run->exit_reason != KVM_EXIT_MMIO ||
	    t->run->mmio.phys_addr != TELL_PA)
		return -1;
	return t->run->mmio.data[0];
}

/* An entry is made to lead to the other page of data, and back; ring 3 must read 1, then 2, then 1. */
static bool level_is_seen(struct trial *t, uint64_t *changed, uint64_t to,
			  int (*cure)(const struct kvm_memory *memory, struct error *e), struct error *e)
{
	const uint64_t from = *changed;
	bool seen;

	/* The second read goes by what the first left behind. */
	if (read_data(t) != 1 || read_data(t) != 1)
		return false;
	*changed = to;
	seen = cure(&t->memory, e) >= 0 && read_data(t) == 2 && read_data(t) == 2;
	*changed = from;
	return seen && cure(&t->memory, e) >= 0 && read_data(t) == 1;
}

bool kvm_cure_works(int kvm_fd, int (*cure)(const struct kvm_memory *memory, struct error *e), struct error *e)
{
	struct trial t = {.memory = {.vm_fd = -1, .vcpu_fd = -1}, .ram = MAP_FAILED};
	bool works;

	works = !build(&t, kvm_fd, e) &&
		level_is_seen(&t, entry(&t, PG_PT, 0), PA(PG_DATA2) | TABLE_BITS, cure, e) &&
		level_is_seen(&t, entry(&t, PG_PD, 2), PA(PG_PT2) | TABLE_BITS, cure, e) &&
		level_is_seen(&t, entry(&t, PG_PDPT, 0), PA(PG_PD2) | TABLE_BITS, cure, e) &&
		level_is_seen(&t, entry(&t, PG_ROOT, 0), PA(PG_PDPT2) | TABLE_BITS, cure, e);
	tear_down(&t);
	return works;
}
