/* SPDX-License-Identifier: MIT */
/* Registers of one vCPU as the observer wants them; filled by a machine. */
#ifndef VMM_BASE_CPU_STATE_H
#define VMM_BASE_CPU_STATE_H

#include <stdint.h>

struct cpu_state {
	uint64_t cr0, cr2, cr3, cr4, efer;
	uint64_t rip, rsp, rflags;
	uint64_t gpr[16];		/* rax rcx rdx rbx rsp rbp rsi rdi r8 … r15, as the SDM numbers them */
	uint16_t cs, ss;
	uint64_t fs_base, gs_base, kernel_gs_base;
	uint64_t idt_base, gdt_base;
	uint8_t maxphyaddr;		/* CPUID 0x80000008 EAX[7:0] as the guest sees it; 0: the machine cannot tell */
	uint8_t gbpages;		/* CPUID 0x80000001 EDX[26]: 1 GiB leaves exist; means nothing if maxphyaddr is 0 */
};

#endif
