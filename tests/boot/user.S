/* SPDX-License-Identifier: MIT */
/*
 * The program that the stand-in kernel runs in ring 3, copied to USER_CODE: system calls that must give
 * back every register, then one exception after the other, each announced by name.
 */
#include "calls.h"

/* What follows, up to the next marker, raises a signal; the kernel goes on at 99. */
.macro EXPECT name
	lea	98f(%rip), %rdi
	lea	99f(%rip), %rsi
	mov	$CALL_MARK, %eax
	syscall
	jmp	97f
98:	.asciz	"\name"
97:
.endm

/* Reached when no signal came. */
.macro EXPECTED
	mov	%rax, %rsi
	lea	98f(%rip), %rdi
	mov	$CALL_SAY, %eax
	syscall
	jmp	99f
98:	.asciz	"NO SIGNAL"
99:	mov	$USER_STACK_TOP, %esp
.endm

.macro SAY name, value
	mov	\value, %rsi
	lea	98f(%rip), %rdi
	mov	$CALL_SAY, %eax
	syscall
	jmp	97f
98:	.asciz	"\name"
97:
.endm

	.section .rodata
	.globl	user_start, user_end
	.balign	16
user_start:
	mov	$0x1111, %ebx
	mov	$0x2222, %ebp
	mov	$0x3333, %r8d
	mov	$0x4444, %r9d
	mov	$0x5555, %r10d
	mov	$0x6666, %r12d
	mov	$0x7777, %r15d
	std
	SAY	"first call", $1
	pushf
	pop	%r13
	and	$~0x200, %r13d		/* a KVM without hardware virtualization shows the host's IF */
	cld
	cmp	$CALL_RESULT, %rax
	jne	1f
	cmp	$0x1111, %rbx
	jne	1f
	cmp	$0x2222, %rbp
	jne	1f
	cmp	$0x3333, %r8
	jne	1f
	cmp	$0x4444, %r9
	jne	1f
	cmp	$0x5555, %r10
	jne	1f
	cmp	$0x6666, %r12
	jne	1f
	cmp	$0x7777, %r15
	jne	1f
	cmp	$USER_STACK_TOP, %rsp
	jne	1f
	SAY	"registers kept, flags", %r13
1:	/* An exception keeps them too, RAX, RCX and R11 included. */
	mov	$0x8888, %eax
	mov	$0x9999, %ecx
	mov	$0xaaaa, %r11d
	mov	USER_DEMAND, %rdx
	cmp	$0x8888, %rax
	jne	2f
	cmp	$0x9999, %rcx
	jne	2f
	cmp	$0xaaaa, %r11
	jne	2f
	cmp	$0x1111, %rbx
	jne	2f
	SAY	"demand fault, read", %rdx
2:
	EXPECT	"divide by zero"
	xor	%ecx, %ecx
	div	%ecx
	EXPECTED
	EXPECT	"single step"
	pushf
	orl	$0x100, (%rsp)
	popf
	nop
	EXPECTED
	EXPECT	"int3"
	int3
	EXPECTED
	EXPECT	"int $3"
	int	$3
	EXPECTED
	EXPECT	"int $4"
	int	$4
	EXPECTED
	EXPECT	"int $0x80"
	int	$0x80
	EXPECTED
	EXPECT	"int $14"
	int	$14
	EXPECTED
	EXPECT	"ud2"
	ud2
	EXPECTED
	EXPECT	"hlt"
	hlt
	EXPECTED
	EXPECT	"read cr3"
	mov	%cr3, %rax
	EXPECTED
	EXPECT	"bad selector"
	mov	$0x38, %eax
	mov	%eax, %ds
	EXPECTED
	EXPECT	"non-canonical read"
	mov	$0x8000000000000, %rax
	mov	(%rax), %rax
	EXPECTED
	EXPECT	"non-canonical jump"
	mov	$0x8000000000000, %rax
	jmp	*%rax
	EXPECTED
	EXPECT	"read null"
	mov	0, %eax
	EXPECTED
	EXPECT	"write null"
	mov	%eax, 8
	EXPECTED
	EXPECT	"write read-only"
	mov	%eax, USER_READONLY
	EXPECTED
	EXPECT	"run data"
	mov	$USER_READONLY, %eax
	jmp	*%rax
	EXPECTED
	EXPECT	"read direct map"
	mov	$0xffff888000000000, %rax
	mov	(%rax), %rax
	EXPECTED
	EXPECT	"write kernel text"
	mov	$0xffffffff80100000, %rax
	mov	%eax, (%rax)
	EXPECTED
	EXPECT	"jump to kernel text"
	mov	$0xffffffff80100000, %rax
	jmp	*%rax
	EXPECTED
	EXPECT	"above the user's half"
	mov	$0x7ffffffff000, %rax
	mov	(%rax), %eax
	EXPECTED
	EXPECT	"alignment check"
	pushf
	orl	$0x40000, (%rsp)
	popf
	mov	USER_STACK + 1, %eax
	EXPECTED
	EXPECT	"x87 division"
	movl	$0x33b, -8(%rsp)
	fldcw	-8(%rsp)
	fld1
	fldz
	fdivrp
	fwait
	EXPECTED
	fnclex
	fninit
	EXPECT	"sse division"
	movl	$0x1d80, -8(%rsp)
	ldmxcsr	-8(%rsp)
	mov	$1, %eax
	cvtsi2ss %eax, %xmm0
	xorps	%xmm1, %xmm1
	divss	%xmm1, %xmm0
	EXPECTED
	movl	$0x1f80, -8(%rsp)
	ldmxcsr	-8(%rsp)

	/* The host interrupts us by NMIs meanwhile. */
	mov	$CALL_RING, %eax
	syscall
	mov	$2000, %ecx
3:	dec	%ecx
	jnz	3b
	mov	$CALL_RING, %eax
	syscall

	mov	$CALL_PROBE, %eax
	syscall
	ud2
user_end:

	.section .note.GNU-stack, "", @progbits
