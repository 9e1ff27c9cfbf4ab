/* SPDX-License-Identifier: MIT */
/*
 * Every way into ring 0 and out of it. All of them build a struct pt_regs (guest/include/ptrace.h) on a
 * kernel stack; all returns to ring 3 go through leave_kernel by IRETQ, which restores every register
 * (SYSRET saves little and has to be kept from non-canonical addresses).
 *
 * GS: in ring 3 MSR_GS_BASE is the user's and MSR_KERNEL_GS_BASE is this CPU's cpu_info; SWAPGS at each
 * crossing. CR4.FSGSBASE is off and arch_prctl() refuses kernel addresses, so a GS base in the upper half
 * is the kernel's.
 */
#include "boot.h"
#include "percpu.h"
#include "ptrace.h"

#define MC_FRAME_CS	24		/* behind di, the error code and ip */
#define ENOSYS_RESULT	-38		/* in ax until do_syscall() knows better */

/* After ss … orig_ax and di have been pushed. */
.macro PUSH_REST ax=%rax
	push	%rsi
	push	%rdx
	push	%rcx
	push	\ax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

/* A call that the host may turn to another function: lab.call_sites. */
.macro TRACED_CALL function, traced
.Lcall\@:	call	\function
	.pushsection call_sites, "a"
	.quad	.Lcall\@, \traced
	.popsection
.endm

/* Everything but the IRETQ frame. */
.macro POP_REGS
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	add	$8, %rsp
.endm

	.section .text.entry, "ax", @progbits

/*
 * SYSCALL, where the processor does it: RCX = return address, R11 = RFLAGS, and RSP still the user's. An NMI
 * before SWAPGS finds its own stack by IST and the right GS by paranoid_entry.
 */
	.globl	entry_syscall
entry_syscall:
	swapgs
	mov	%rsp, %gs:CPU_USER_SP
	mov	%gs:CPU_KERNEL_SP, %rsp
	push	$USER_DS
	push	%gs:CPU_USER_SP
	push	%r11
	push	$USER_CS
	push	%rcx
	push	%rax				/* orig_ax */
	push	%rdi
	PUSH_REST ax=$ENOSYS_RESULT
	mov	%rsp, %rdi
	TRACED_CALL do_syscall, do_syscall_traced
	.globl	ret_from_fork
ret_from_fork:
leave_kernel:
	mov	%rsp, %rdi
	call	exit_to_user_mode
	/* A place of the trace: TRACE of mm_env.h. */
1:	.byte	0x0f, 0x1f, 0x44, 0x00, 0x00
	.pushsection trace_sites, "a"
	.quad	1b, trace_user
	.popsection
	POP_REGS
	swapgs
user_iretq:
	iretq

/* The exceptions. The address of each stub follows from its number (idt.S). */
	.section .text.stubs, "ax", @progbits
	.globl	exception_stubs
exception_stubs:
	vector = 0
	.rept	NR_EXCEPTIONS
	.balign	STUB_SIZE
	/* The processor pushes an error code for #DF, #TS, #NP, #SS, #GP, #PF, #AC, #CP, #VC and #SX. */
	.if	!((0x60227d00 >> vector) & 1)
	push	$0
	.endif
	push	%rdi
	mov	$vector, %edi
	.if	vector == X86_TRAP_PF
	jmp	page_fault_entry
	.elseif	vector == X86_TRAP_MC
	jmp	machine_check_entry
	.elseif	vector == X86_TRAP_DF || vector == X86_TRAP_NMI
	jmp	paranoid_entry
	.else
	jmp	exception_entry
	.endif
	vector = vector + 1
	.endr

/*
 * An interrupt that nobody asked for: counted, whatever was interrupted, with nothing but flags changed, which IRETQ brings back.
 */
	.balign STUB_SIZE
stray_interrupt:
	incq	lab + LAB_NR_STRAY
	iretq

/* The tick of a program that runs live. Interrupts are on in ring 3 alone: one that comes elsewhere is not ours. */
	.balign STUB_SIZE
	testb	$3, 8(%rsp)			/* CS */
	jz	stray_interrupt
	jmp	tick_entry

	.section .text.entry, "ax", @progbits
exception_entry:
	PUSH_REST
	cld
	mov	%rsp, %rsi
	testb	$3, PT_CS(%rsp)
	jz	kernel_exception
	swapgs
	call	trap_from_user
	jmp	leave_kernel

page_fault_entry:
	PUSH_REST
	cld
	mov	%rsp, %rsi
	testb	$3, PT_CS(%rsp)
	jz	kernel_exception
	swapgs
	mov	%rsi, %rdi
	mov	%cr2, %rsi
	cmp	$entry_syscall, %rsi
	je	finish_syscall
1:	TRACED_CALL page_fault_from_user, page_fault_traced
	jmp	leave_kernel

/*
 * Perhaps a SYSCALL whose processor stayed in ring 3 (a KVM without hardware virtualization does that; RCX,
 * R11 and RIP = LSTAR are as they should be), so that the fetch of entry_syscall faulted. Nothing else
 * makes RIP and CR2 equal to it with this error code, but a jump there: such a program gets what SYSCALL
 * would have given it, with RCX and R11 of its choice, so R11 is filtered. Here and not in C: it is the
 * system-call path of such machines.
 */
finish_syscall:
	cmp	%rsi, PT_IP(%rdi)
	jne	1b
	cmpq	$(PF_P | PF_U | PF_I), PT_ORIG_AX(%rdi)
	jne	1b
	mov	%rcx, PT_IP(%rdi)
	and	$USER_FLAGS_MASK, %r11d
	or	user_flags_fixed, %r11
	mov	%r11, PT_FLAGS(%rdi)
	movq	$USER_CS, PT_CS(%rdi)
	movq	$USER_DS, PT_SS(%rdi)
	mov	%rax, PT_ORIG_AX(%rdi)
	movq	$ENOSYS_RESULT, PT_AX(%rdi)
	movb	$1, ring0_emulated
	TRACED_CALL do_syscall, do_syscall_traced
	jmp	leave_kernel

kernel_exception:
	cmpq	$user_iretq, PT_IP(%rsp)
	je	bad_iret
	call	trap_from_kernel
	POP_REGS
	iretq

tick_entry:
	push	$-1				/* orig_ax: no system call */
	push	%rdi
	PUSH_REST
	cld
	swapgs
	call	tick_from_user
	jmp	leave_kernel

/*
 * IRETQ refused the user's frame (a return address that is not canonical, say): the task's exception, though
 * taken in ring 0 with the user's GS. Make it look like one from ring 3.
 */
bad_iret:
	swapgs
	mov	%edi, %ebx
	mov	%rsi, %rdi
	call	fixup_bad_iret
	mov	%rax, %rsp
	mov	%rax, %rsi
	mov	%ebx, %edi
	call	trap_from_user
	jmp	leave_kernel

/*
 * #DF, NMI, #MC can hit at any instruction, between SWAPGS and a ring change too: CS does not tell whose GS
 * base is loaded, the MSR does. The handlers take no exception themselves, so the IST stack is used once at
 * a time.
 */
paranoid_entry:
	PUSH_REST
	cld
	mov	%rsp, %rsi
	xor	%ebx, %ebx
	mov	$MSR_GS_BASE, %ecx
	rdmsr
	test	%edx, %edx
	js	1f
	swapgs
	inc	%ebx
1:	call	trap_paranoid
	test	%ebx, %ebx
	jz	2f
	swapgs
2:	POP_REGS
	iretq

/*
 * From ring 3 a machine check is like any other exception: what is done about it may sleep, and ends in a signal. So from its own stack its
 * frame moves to the task's (Linux idtentry_mce_db).
 */
machine_check_entry:
	testb	$3, MC_FRAME_CS(%rsp)
	jz	paranoid_entry
	swapgs
	mov	%rsp, %rdi
	mov	%gs:CPU_KERNEL_SP, %rsp
	.irp	offset, 48, 40, 32, 24, 16, 8, 0	/* ss sp flags cs ip, error code, di */
	push	\offset(%rdi)
	.endr
	mov	$X86_TRAP_MC, %edi
	PUSH_REST
	cld
	mov	%rsp, %rsi
	call	trap_from_user
	jmp	leave_kernel

/* void switch_stacks(uint64_t *prev_sp, uint64_t next_sp): pushes and pops a struct switch_frame. */
	.globl	switch_stacks
switch_stacks:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret

	.globl	kthread_entry
kthread_entry:
	mov	%r12, %rdi
	call	*%rbx
	jmp	ret_from_fork

	.section .note.GNU-stack, "", @progbits
