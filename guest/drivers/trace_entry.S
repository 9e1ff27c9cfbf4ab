/* SPDX-License-Identifier: MIT */
/*
 * Where the calls of the trace arrive (mm_env.h). The code around them does not know that it calls: every register is
 * kept. RDI and RSI hold the place's operands; the address of the place is what the call pushed.
 */
	.text
.macro TRACE_ENTRY name, type
	.globl	trace_\name
trace_\name:
	push	%rax
	mov	$\type, %eax
	jmp	trace_common
.endm
	TRACE_ENTRY set, 1
	TRACE_ENTRY cr3, 2
	TRACE_ENTRY invlpg, 3
	TRACE_ENTRY free, 4
	TRACE_ENTRY user, 5

trace_common:
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	pushf
	mov	%rsi, %rdx
	mov	%rdi, %rsi
	mov	%eax, %edi
	mov	10 * 8(%rsp), %rcx
	call	lab_trace
	popf
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rax
	ret

	.section .note.GNU-stack, "", @progbits
