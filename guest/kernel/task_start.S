/* SPDX-License-Identifier: MIT */
/*
 * Where switch_stacks() "returns" to on the stack of a task that has never run: first the rest of
 * the switch that brought it here, on its own stack, then what boot/ has for new tasks (entry.h).
 */
	.text

	.globl user_task_start
user_task_start:
	call finish_fork
	jmp ret_from_fork

	.globl kernel_task_start
kernel_task_start:
	call schedule_tail
	jmp kthread_entry

	.section .note.GNU-stack, "", @progbits
