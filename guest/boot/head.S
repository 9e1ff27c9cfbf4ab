/* SPDX-License-Identifier: MIT */
/*
 * The first code: PVH entry in 32-bit protected mode with paging off, EBX = hvm_start_info. Notes what the
 * loader says of memory, hooks up just enough of the kernel's (zeroed) page tables to reach the upper half
 * in 64-bit mode, and goes on in C. Until map_kernel() is done, one 2 MiB leaf that may do everything maps
 * the image's region, at its physical address and at both of its final ones.
 */
#include "boot.h"
#include "percpu.h"
#include "pvh.h"

#define PA(symbol)	(symbol - KERNEL_MAP)
#define BOOT_LEAF	(PTE_P | PTE_RW | PTE_PS | PTE_A | PTE_D)

/* guest.ld cannot include a header; it compares. */
	.globl	x86_h_KERNEL_MAP, x86_h_IMAGE_REGION
	.set	x86_h_KERNEL_MAP, KERNEL_MAP
	.set	x86_h_IMAGE_REGION, IMAGE_REGION

	.section .text.head, "ax", @progbits
	.code32
	.globl	pvh_start
pvh_start:
	cld
	/* A field that a bad loader left out makes boot_main() say so: nothing can be printed here yet. */
	mov	%ebx, PA(pvh_info) + PVH_START
	mov	START_MAGIC(%ebx), %eax
	mov	%eax, PA(pvh_info) + PVH_MAGIC
	cmp	$PVH_START_MAGIC, %eax
	jne	enable_paging
	mov	START_CMDLINE(%ebx), %eax
	mov	START_CMDLINE + 4(%ebx), %edx
	mov	%eax, PA(pvh_info) + PVH_CMDLINE
	mov	%edx, PA(pvh_info) + PVH_CMDLINE + 4
	mov	START_VERSION(%ebx), %eax
	mov	%eax, PA(pvh_info) + PVH_VERSION
	test	%eax, %eax
	jz	enable_paging
	cmpl	$0, START_MEMMAP + 4(%ebx)	/* a map above 4 GiB cannot be read from here */
	jne	enable_paging
	mov	START_MEMMAP(%ebx), %esi
	mov	START_MEMMAP_ENTRIES(%ebx), %ecx
	mov	%ecx, PA(pvh_info) + PVH_ENTRIES

	/*
	 * Of each RAM region: is IMAGE_REGION (where RAM begins for us) inside? Regions that start beyond
	 * it are added up for the message. EDX:EAX is the region's end.
	 */
next_region:
	dec	%ecx
	js	enable_paging
	cmpl	$MEMMAP_RAM, MEMMAP_TYPE(%esi)
	jne	2f
	cmpl	$0, MEMMAP_ADDR + 4(%esi)
	jne	1f
	mov	MEMMAP_ADDR(%esi), %eax
	cmp	$IMAGE_REGION, %eax
	ja	1f
	mov	MEMMAP_ADDR + 4(%esi), %edx
	add	MEMMAP_SIZE(%esi), %eax
	adc	MEMMAP_SIZE + 4(%esi), %edx
	jnz	3f
	cmp	$IMAGE_REGION, %eax
	jbe	2f
3:	mov	%eax, PA(pvh_info) + PVH_RAM_END
	mov	%edx, PA(pvh_info) + PVH_RAM_END + 4
	jmp	2f
1:	mov	MEMMAP_SIZE(%esi), %eax
	add	%eax, PA(pvh_info) + PVH_IGNORED
	mov	MEMMAP_SIZE + 4(%esi), %eax
	adc	%eax, PA(pvh_info) + PVH_IGNORED + 4
2:	add	$MEMMAP_ENTRY_SIZE, %esi
	jmp	next_region

	/* The tables' upper words are zero: bss. */
enable_paging:
	mov	$(PA(direct_pud) + KERNEL_TABLE), %eax
	mov	%eax, PA(swapper_pg_dir)			/* the identity map: until map_kernel() */
	mov	%eax, PA(swapper_pg_dir) + 8 * ((PAGE_OFFSET >> PGDIR_SHIFT) & 511)
	movl	$(PA(image_pud) + KERNEL_TABLE), PA(swapper_pg_dir) + 8 * ((KERNEL_MAP >> PGDIR_SHIFT) & 511)
	movl	$(PA(direct_pmd) + KERNEL_TABLE), PA(direct_pud)
	movl	$(PA(image_pmd) + KERNEL_TABLE), PA(image_pud) + 8 * ((KERNEL_MAP >> PUD_SHIFT) & 511)
	mov	$BOOT_LEAF, %eax
	mov	%eax, PA(direct_pmd)
	mov	%eax, PA(image_pmd)

	mov	$CR4_KERNEL, %eax
	mov	%eax, %cr4
	mov	$PA(swapper_pg_dir), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	mov	$EFER_KERNEL, %eax
	xor	%edx, %edx
	wrmsr
	mov	$CR0_KERNEL, %eax
	mov	%eax, %cr0
	lgdt	PA(boot_gdt_pointer)
	ljmp	$KERNEL_CS, $PA(long_mode)

	.code64
long_mode:
	mov	$upper_half, %rax
	jmp	*%rax
upper_half:
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %ss
	mov	$(init_stack + (PAGE_SIZE << BOOT_STACK_ORDER)), %rsp
	xor	%ebp, %ebp		/* the end of every backtrace */
	call	boot_main

	.balign	8
boot_gdt_pointer:
	.word	GDT_SIZE - 1
	.long	PA(cpu_gdt)

	.section .bss.init_stack, "aw", @nobits
	.balign	PAGE_SIZE << BOOT_STACK_ORDER
	.globl	init_stack
init_stack:
	.skip	PAGE_SIZE << BOOT_STACK_ORDER

	.section .bss.ist_stacks, "aw", @nobits
	.balign	PAGE_SIZE
	.globl	ist_stacks
ist_stacks:
	.skip	NR_CPUS * NR_IST * PAGE_SIZE

	.section .note.GNU-stack, "", @progbits
