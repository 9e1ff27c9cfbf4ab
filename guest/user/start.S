/* SPDX-License-Identifier: MIT */
/*
 * The agent's entry, and the few places where C cannot say what is meant: switching to the slot's stack,
 * starting a thread, calling code under a guard, returning from a signal.
 */
#include "uapi.h"
#include "slot.h"

/*
 * _start: the kernel's stack holds argc, argv[0], argv[1] = the channel in decimal. Slot 0 becomes
 * this task's memory; the initial stack is left alone from here on.
 */
	.section .text.start, "ax"
	.globl _start
_start:
	mov 16(%rsp), %r12
	mov $NR_mmap, %eax
	mov $SLOT0_START, %edi
	mov $SLOT_SIZE, %esi
	mov $(LX_PROT_READ | LX_PROT_WRITE), %edx
	mov $(LX_MAP_PRIVATE | LX_MAP_ANONYMOUS | LX_MAP_FIXED_NOREPLACE), %r10d
	mov $-1, %r8
	xor %r9d, %r9d
	syscall
	cmp $SLOT0_START, %rax
	jne agent_lost
	mov $SLOT0_STACK_TOP, %esp
	xor %ebp, %ebp
	mov %r12, %rdi
	call agent_main

/* Without its own memory an agent cannot even report. */
agent_lost:
	mov $NR_exit_group, %eax
	mov $127, %edi
	syscall
	ud2

/*
 * long agent_clone(flags, stack): the parent returns; the child, on its own stack whose top is the end
 * of its slot's stack, starts agent_thread().
 */
	.text
	.globl agent_clone
agent_clone:
	mov $NR_clone, %eax
	xor %edx, %edx
	xor %r10d, %r10d
	xor %r8d, %r8d
	syscall
	test %rax, %rax
	jz 1f
	ret
1:	xor %ebp, %ebp
	mov %rsp, %rdi
	call agent_thread
	ud2

/*
 * long guarded(f, slot): call f(slot) while slot->recover_* say where the signal handler resumes.
 * 0: f returned; 1: a signal cut it short. Callee-saved registers survive whatever f did to them.
 */
	.globl guarded
guarded:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	push %rsi
	mov %rsp, SLOT_RECOVER_RSP(%rsi)
	movq $recover, SLOT_RECOVER_RIP(%rsi)
	mov %rdi, %rax
	mov %rsi, %rdi
	call *%rax
	xor %eax, %eax
	jmp 1f
recover:
	mov $1, %eax
1:	pop %rsi
	movq $0, SLOT_RECOVER_RIP(%rsi)
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret

/* void run_code(slot): call args[0], which may spoil every register but RSP; report.value = its RAX. */
	.globl run_code
run_code:
	push %rdi
	call *SLOT_ARG0(%rdi)
	pop %rdi
	cld
	mov %rax, SLOT_VALUE(%rdi)
	ret

/* sa_restorer */
	.globl agent_restorer
agent_restorer:
	mov $NR_rt_sigreturn, %eax
	syscall

	.section .note.GNU-stack, "", @progbits
