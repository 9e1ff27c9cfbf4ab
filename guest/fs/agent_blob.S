/* SPDX-License-Identifier: MIT */
/*
 * The agent's ELF, in whole pages of its own: they are the page cache of its file (agent_file.c),
 * so what follows its last byte must be zero.
 */
	.section .rodata.agent, "a", @progbits
	.balign 4096
	.globl agent_blob
agent_blob:
	.incbin "agent.stripped"
	.globl agent_blob_end
agent_blob_end:
	.balign 4096, 0

	.section .note.GNU-stack, "", @progbits
