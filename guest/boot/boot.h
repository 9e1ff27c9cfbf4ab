/* SPDX-License-Identifier: MIT */
/*
 * Inside boot/: the order of start-up is head.S, boot_main() (setup.c), cpu_init() (cpu.c), map_kernel()
 * (paging.c), start_kernel() (kernel/). For C and assembly.
 */
#ifndef GUEST_BOOT_BOOT_H
#define GUEST_BOOT_BOOT_H

#include "x86.h"

/* CR0 of the running kernel is Linux's CR0_STATE. AM lets ring 3 have its alignment checks. */
#define CR0_KERNEL	(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG)
#define CR4_KERNEL	(CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT)
#define EFER_KERNEL	(EFER_SCE | EFER_LME | EFER_NXE)

/* Entries of the kernel's tables. As Linux, A (and D where writable) are set from the start. */
#define KERNEL_TABLE	(PTE_P | PTE_RW | PTE_A)
#define KERNEL_RX	(PTE_P | PTE_A)
#define KERNEL_RO	(PTE_P | PTE_A | PTE_NX)
#define KERNEL_RW	(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)

#define BOOT_STACK_ORDER 1	/* KERNEL_STACK_ORDER, where mm_types.h cannot be included */
#define NR_IST		3	/* stacks of their own: #DF, NMI, #MC */
#define GDT_SIZE	80	/* bytes, up to and with the TSS descriptor */
#define NR_EXCEPTIONS	20	/* the last is #XF; later ones belong to features that we leave off */
#define STUB_SIZE	16	/* bytes of code per vector in exception_stubs */
#define EXCEPTION_STUBS	(KERNEL_MAP + X86_UL(0x100000))	/* where they are: first in the image (guest.ld) */
#define FIRST_INTERRUPT	32	/* vectors of devices */
#define NR_VECTORS	256
#define LAB_NR_STRAY	16	/* offset of lab.nr_stray_interrupts (held by an assertion in traps.c) */
#define IST_DF		1
#define IST_NMI		2
#define IST_MC		3

#ifndef __ASSEMBLER__

#include "entry.h"

/* paging.c */
extern uint64_t direct_pud[PTRS_PER_TABLE], direct_pmd[PTRS_PER_TABLE];
extern uint64_t image_pud[PTRS_PER_TABLE], image_pmd[PTRS_PER_TABLE], image_pt[PTRS_PER_TABLE];
/** Final kernel tables for RAM [0, *ram_end). Takes frames for tables from *free_start upward. */
void map_kernel(uint64_t ram_end, uint64_t *free_start);

/* setup.c: what head.S read in hvm_start_info, before paging. */
struct pvh_info {
	uint64_t ram_end;		/* of the RAM region that holds IMAGE_REGION; 0: none */
	uint64_t cmdline_pa;		/* 0: none */
	uint64_t ignored_ram;		/* bytes of RAM in regions above that one */
	uint32_t magic, version;	/* of hvm_start_info */
	uint32_t memmap_entries;
	uint32_t start_pa;		/* of hvm_start_info */
};
extern struct pvh_info pvh_info;
void boot_main(void) __noreturn;

/* cpu.c */
/** GDT, TSS, IDT, GS and system-call registers of this CPU, which is number `cpu`. */
void cpu_init(unsigned int cpu);

/* entry.S */
extern char entry_syscall[];
/* idt.S */
extern char idt_table[];
extern char ist_stacks[];	/* a page each: IST entry i+1 of CPU c is page c * NR_IST + i */

/*
 * Called by entry.S; regs is the frame it built, orig_ax the error code. Page faults have calls of their
 * own.
 */
void trap_from_user(unsigned int vector, struct pt_regs *regs);
void trap_from_kernel(unsigned int vector, struct pt_regs *regs);
void trap_paranoid(unsigned int vector, struct pt_regs *regs);
struct pt_regs *fixup_bad_iret(struct pt_regs *bad);

/* mce.c */
void machine_check_from_user(struct pt_regs *regs);
void machine_check_from_kernel(struct pt_regs *regs);

/* fault.c */
void page_fault_from_user(struct pt_regs *regs, uint64_t address);
void page_fault_from_kernel(struct pt_regs *regs);

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t read_cr2(void)
{
	uint64_t value;

	asm volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

#else

/* Offsets in struct pvh_info (held by assertions in setup.c). */
#define PVH_RAM_END	0
#define PVH_CMDLINE	8
#define PVH_IGNORED	16
#define PVH_MAGIC	24
#define PVH_VERSION	28
#define PVH_ENTRIES	32
#define PVH_START	36

#endif
#endif
