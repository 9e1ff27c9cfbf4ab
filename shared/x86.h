/* SPDX-License-Identifier: MIT */
/*
 * x86-64 paging and control registers, by the names of the Intel SDM (volume 3A: 2.5 control
 * registers, 4.5 four-level and five-level paging) and of Linux where Linux has one. For C and assembly.
 */
#ifndef SHARED_X86_H
#define SHARED_X86_H

#ifdef __ASSEMBLER__
#define X86_UL(x) x
#else
#define X86_UL(x) x##UL
#endif

#define PAGE_SHIFT	12
#define PAGE_SIZE	(X86_UL(1) << PAGE_SHIFT)
#define PMD_SHIFT	21
#define PMD_SIZE	(X86_UL(1) << PMD_SHIFT)
#define PUD_SHIFT	30
#define PUD_SIZE	(X86_UL(1) << PUD_SHIFT)
#define PGDIR_SHIFT	39
#define PTRS_PER_TABLE	512

/* Page-table entry bits (SDM vol. 3A, tables 4-14 to 4-20). */
#define PTE_P		(X86_UL(1) << 0)	/* present */
#define PTE_RW		(X86_UL(1) << 1)	/* writable */
#define PTE_US		(X86_UL(1) << 2)	/* user-mode access */
#define PTE_PWT		(X86_UL(1) << 3)
#define PTE_PCD		(X86_UL(1) << 4)
#define PTE_A		(X86_UL(1) << 5)	/* accessed */
#define PTE_D		(X86_UL(1) << 6)	/* dirty (leaf only) */
#define PTE_PS		(X86_UL(1) << 7)	/* leaf of 2 MiB or 1 GiB; PAT bit in a 4 KiB leaf */
#define PTE_G		(X86_UL(1) << 8)	/* global (leaf only) */
#define PTE_SW1		(X86_UL(1) << 9)	/* ignored by the MMU */
#define PTE_SW2		(X86_UL(1) << 10)
#define PTE_SW3		(X86_UL(1) << 11)
#define PTE_NX		(X86_UL(1) << 63)	/* execute-disable; needs EFER.NXE */
#define PTE_PFN_MASK	X86_UL(0x000ffffffffff000)

/* Software bits, as the guest's mm uses them. */
#define PTE_SPECIAL	PTE_SW1			/* no struct page counts behind it: the zero page */
#define PTE_SOFT_DIRTY	PTE_SW3			/* written since the marks were last cleared (clear_refs) */
#define PTE_PROTNONE	PTE_G			/* with P clear: the page of a PROT_NONE area, frame and counts kept */
/*
 * Neither present nor PTE_PROTNONE: what stands for a page that went bad (Linux SWP_HWPOISON, a type of swap entry in the top five bits).
 * The frame is where it always is; PTE_SPECIAL, since no struct page counts it.
 */
#define SWP_TYPE_SHIFT	59
#define SWP_HWPOISON	X86_UL(23)
#define PTE_HWPOISON	(SWP_HWPOISON << SWP_TYPE_SHIFT | PTE_SPECIAL)

/* Page-fault error code (SDM vol. 3A, 4.7). */
#define PF_P		(1 << 0)		/* protection violation (0: not present) */
#define PF_W		(1 << 1)
#define PF_U		(1 << 2)
#define PF_RSVD		(1 << 3)
#define PF_I		(1 << 4)		/* instruction fetch */

#define CR0_PE		(X86_UL(1) << 0)
#define CR0_MP		(X86_UL(1) << 1)
#define CR0_EM		(X86_UL(1) << 2)
#define CR0_TS		(X86_UL(1) << 3)
#define CR0_ET		(X86_UL(1) << 4)
#define CR0_NE		(X86_UL(1) << 5)
#define CR0_WP		(X86_UL(1) << 16)
#define CR0_AM		(X86_UL(1) << 18)
#define CR0_PG		(X86_UL(1) << 31)

#define CR4_PSE		(X86_UL(1) << 4)
#define CR4_PAE		(X86_UL(1) << 5)
#define CR4_MCE		(X86_UL(1) << 6)
#define CR4_PGE		(X86_UL(1) << 7)
#define CR4_OSFXSR	(X86_UL(1) << 9)
#define CR4_OSXMMEXCPT	(X86_UL(1) << 10)
#define CR4_LA57	(X86_UL(1) << 12)
#define CR4_FSGSBASE	(X86_UL(1) << 16)
#define CR4_PCIDE	(X86_UL(1) << 17)
#define CR4_SMEP	(X86_UL(1) << 20)
#define CR4_SMAP	(X86_UL(1) << 21)

#define MSR_EFER		0xc0000080
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_SYSCALL_MASK	0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102

#define EFER_SCE	(X86_UL(1) << 0)
#define EFER_LME	(X86_UL(1) << 8)
#define EFER_LMA	(X86_UL(1) << 10)
#define EFER_NXE	(X86_UL(1) << 11)

#define X86_EFLAGS_CF	(X86_UL(1) << 0)
#define X86_EFLAGS_FIXED (X86_UL(1) << 1)
#define X86_EFLAGS_TF	(X86_UL(1) << 8)
#define X86_EFLAGS_IF	(X86_UL(1) << 9)
#define X86_EFLAGS_DF	(X86_UL(1) << 10)
#define X86_EFLAGS_NT	(X86_UL(1) << 14)
#define X86_EFLAGS_AC	(X86_UL(1) << 18)

/* Exception vectors (SDM vol. 3A, table 6-1). */
#define X86_TRAP_DE	0
#define X86_TRAP_DB	1
#define X86_TRAP_NMI	2
#define X86_TRAP_BP	3
#define X86_TRAP_OF	4
#define X86_TRAP_BR	5
#define X86_TRAP_UD	6
#define X86_TRAP_NM	7
#define X86_TRAP_DF	8
#define X86_TRAP_TS	10
#define X86_TRAP_NP	11
#define X86_TRAP_SS	12
#define X86_TRAP_GP	13
#define X86_TRAP_PF	14
#define X86_TRAP_MF	16
#define X86_TRAP_AC	17
#define X86_TRAP_MC	18
#define X86_TRAP_XF	19
#define TICK_VECTOR		236	/* Linux: LOCAL_TIMER_VECTOR */

/* Segment selectors, in Linux's order, so that SYSCALL and SYSRET could both use STAR. */
#define KERNEL_CS	0x10
#define KERNEL_DS	0x18
#define USER32_CS	0x23
#define USER_DS		0x2b
#define USER_CS		0x33
#define TSS_SELECTOR	0x40

/*
 * The guest's address space. Two kernel mappings, both in the upper half, the same in every mm:
 * the direct map of all RAM (NX; the image's own 2 MiB read-only in it) and the kernel image.
 */
#define TASK_SIZE	X86_UL(0x00007ffffffff000)	/* first address no task may map */
#define PAGE_OFFSET	X86_UL(0xffff888000000000)	/* direct map: VA = PA + PAGE_OFFSET */
#define KERNEL_MAP	X86_UL(0xffffffff80000000)	/* image: VA = PA + KERNEL_MAP, for [0, 2 MiB) */
#define IMAGE_REGION	PMD_SIZE			/* physical [0, IMAGE_REGION) is never handed out */

#endif
