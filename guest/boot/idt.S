/* SPDX-License-Identifier: MIT */
/*
 * The IDT (SDM vol. 3A, 6.10 and 6.14.1), whole and read-only from the start: the stubs stand at an address that is known here
 * (guest.ld), so no instruction of boot is spent on it.
 *
 *	0 .. 19		the exceptions, each its stub; #DF, NMI and #MC with stacks of their own
 *	20 .. 31	no gate: `int n` is #GP, and nothing else brings them
 *	236		the tick of a program that runs live
 *	32 .. 255	no device of ours interrupts, and interrupts stay off: should one come all the same, it is counted
 */
#include "boot.h"

	.section .rodata.idt, "a", @progbits

#define STUB(n)		(EXCEPTION_STUBS + (n) * STUB_SIZE)
#define GATE_INTERRUPT	(0x8e << 40)
#define GATE_DPL3	(3 << 45)

.macro GATE offset, bits=0
	.quad	(\offset & 0xffff) | (KERNEL_CS << 16) | GATE_INTERRUPT | \bits | ((\offset >> 16 & 0xffff) << 48)
	.quad	\offset >> 32 & 0xffffffff
.endm

	.balign	16
	.globl	idt_table
idt_table:
	vector = 0
	.rept	NR_EXCEPTIONS
	.if	vector == X86_TRAP_BP || vector == X86_TRAP_OF
	GATE	STUB(vector), GATE_DPL3
	.elseif	vector == X86_TRAP_DF
	GATE	STUB(vector), (IST_DF << 32)
	.elseif	vector == X86_TRAP_NMI
	GATE	STUB(vector), (IST_NMI << 32)
	.elseif	vector == X86_TRAP_MC
	GATE	STUB(vector), (IST_MC << 32)
	.else
	GATE	STUB(vector)
	.endif
	vector = vector + 1
	.endr
	.fill	2 * (FIRST_INTERRUPT - NR_EXCEPTIONS), 8, 0
	.rept	TICK_VECTOR - FIRST_INTERRUPT
	GATE	STUB(NR_EXCEPTIONS)
	.endr
	GATE	STUB(NR_EXCEPTIONS + 1)
	.rept	NR_VECTORS - TICK_VECTOR - 1
	GATE	STUB(NR_EXCEPTIONS)
	.endr

	.section .note.GNU-stack, "", @progbits
