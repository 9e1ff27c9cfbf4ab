/* SPDX-License-Identifier: MIT */
/*
 * The baseline: the least that a program can do with KVM. RAM of the size that vmm gives its guest, one vCPU,
 * one HLT, the end. Static, no ioctl more than needed: whatever vmm takes beyond this is vmm's own (and its
 * guest's).
 *
 * usage: bare [MIB of RAM, default 64]
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define CODE 0x1000

static int must(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(4);
	}
	return result;
}

static void *must_map(size_t size, int flags, int fd)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	must(p == MAP_FAILED ? -1 : 0, "mmap");
	return p;
}

/* Real mode, as a vCPU is born, but at CODE. */
static void set_registers(int vcpu)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs = {.rip = CODE, .rflags = 2};

	must(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	must(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	must(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

int main(int argc, char **argv)
{
	const uint64_t size = strtoull(argc > 1 ? argv[1] : "64", NULL, 0) << 20;
	int kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	int vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	uint8_t *ram = must_map(size, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	struct kvm_userspace_memory_region region = {.memory_size = size, .userspace_addr = (uintptr_t)ram};
	struct kvm_run *run;
	int vcpu;

	ram[CODE] = 0xf4; /* hlt */
	must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
	vcpu = must(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	run = must_map(must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE"), MAP_SHARED,
		       vcpu);
	set_registers(vcpu);
	must(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
	if (run->exit_reason == KVM_EXIT_HLT)
		return 0;
	fprintf(stderr, "bare: exit %u instead of HLT\n", run->exit_reason);
	return 3;
}
