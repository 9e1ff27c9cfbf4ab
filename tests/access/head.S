/* SPDX-License-Identifier: MIT */
/*
 * The kernel of the access matrix, from the PVH entry to access_main(): an identity map of 64 MiB, the image at
 * KERNEL_MAP, and all of it for ring 0 only. Then one access: into ring 0 or 3 by IRETQ, and back by a jump (ring
 * 0), UD2 (ring 3: a KVM without hardware virtualization knows no INT n there) or the page fault.
 */
#include "layout.h"
#include "x86.h"

#define PA(symbol)	(symbol - KERNEL_MAP)
#define TABLE		(PTE_P | PTE_RW | PTE_A)
#define LEAF		(PTE_P | PTE_RW | PTE_PS | PTE_A | PTE_D)

	.globl	x86_h_KERNEL_MAP, x86_h_IMAGE_REGION
	.set	x86_h_KERNEL_MAP, KERNEL_MAP
	.set	x86_h_IMAGE_REGION, IMAGE_REGION

	.section .text.head, "ax", @progbits
	.code32
	.globl	pvh_start
pvh_start:
	cld
	movl	$(PA(identity_pud) + TABLE), ACCESS_PGD
	movl	$(PA(image_pud) + TABLE), ACCESS_PGD + 8 * 511
	movl	$(PA(identity_pmd) + TABLE), PA(identity_pud)
	movl	$(PA(identity_pmd) + TABLE), PA(image_pud) + 8 * 510
	xor	%ecx, %ecx
	mov	$LEAF, %eax
1:	mov	%eax, PA(identity_pmd)(, %ecx, 8)
	add	$0x200000, %eax
	inc	%ecx
	cmp	$32, %ecx
	jne	1b

	mov	$(CR4_PAE | CR4_OSFXSR), %eax
	mov	%eax, %cr4
	mov	$ACCESS_PGD, %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	mov	$(EFER_LME | EFER_NXE), %eax
	xor	%edx, %edx
	wrmsr
	mov	$(CR0_PE | CR0_ET | CR0_NE | CR0_WP | CR0_PG), %eax
	mov	%eax, %cr0
	lgdt	PA(gdt_pointer)
	ljmp	$KERNEL_CS, $PA(long_mode)

	.code64
long_mode:
	mov	$upper_half, %rax
	jmp	*%rax
upper_half:
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$stack_top, %rsp
	xor	%ebp, %ebp
	call	access_main

	.balign	8
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	PA(gdt)

	.text
/*
 * uint64_t do_access(uint64_t va, uint64_t back, const uint64_t iret_frame[5], uint64_t value)
 * Returns what the access left in RAX; the fault, if one came, is in access_fault, access_error, access_cr2.
 */
	.globl	do_access
do_access:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, kernel_rsp
	push	32(%rdx)
	push	24(%rdx)
	push	16(%rdx)
	push	8(%rdx)
	push	(%rdx)
	xor	%eax, %eax
	movb	$0, access_fault
	iretq

	.globl	access_done
access_done:
	mov	kernel_rsp, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.globl	page_fault_entry
page_fault_entry:
	pop	access_error
	mov	%cr2, %rdx
	mov	%rdx, access_cr2
	movb	$1, access_fault
	jmp	access_done

/* From ring 3's UD2, at the address that it was given as the way back. */
	.globl	undefined_entry
undefined_entry:
	cmp	(%rsp), %rsi
	je	access_done
	.globl	other_entry
other_entry:
	mov	$'X', %al
	mov	$0x2f8, %dx
	outb	%al, %dx
	hlt
	jmp	other_entry

/* The accesses: RDI = address, RSI = way back, RCX = value to write. Copied to ACCESS_STUB for ring 3. */
	.balign	16
	.globl	stub_read, stub_write, stub_fetch, stub_trap, stub_end
stub_read:
	mov	(%rdi), %rax
	jmp	*%rsi
stub_write:
	mov	%rcx, (%rdi)
	jmp	*%rsi
stub_fetch:
	jmp	*%rdi
stub_trap:
	ud2
stub_end:

	.data
	.balign	16
	.globl	gdt
gdt:
	.quad	0, 0
	.quad	0x00af9b000000ffff	/* KERNEL_CS */
	.quad	0x00cf93000000ffff	/* KERNEL_DS */
	.quad	0
	.quad	0x00cff3000000ffff	/* USER_DS */
	.quad	0x00affb000000ffff	/* USER_CS */
	.quad	0
	.quad	0, 0			/* TSS_SELECTOR: access_main() */
gdt_end:

	.bss
	.balign	8
	.globl	access_error, access_cr2, access_fault
kernel_rsp:	.skip	8
access_error:	.skip	8
access_cr2:	.skip	8
access_fault:	.skip	8

	.section .bss.page_tables, "aw", @nobits
	.balign	PAGE_SIZE
identity_pud:	.skip	PAGE_SIZE
image_pud:	.skip	PAGE_SIZE
identity_pmd:	.skip	PAGE_SIZE

	.section .bss.init_stack, "aw", @nobits
	.balign	PAGE_SIZE
	.skip	PAGE_SIZE
stack_top:
	.globl	access_stack_top
	.skip	PAGE_SIZE
access_stack_top:

	.section .note.GNU-stack, "", @progbits
