/* SPDX-License-Identifier: MIT */
/* What the agent's assembly must know of shared/agent.h; agent.c asserts that it is the same. */
#ifndef AGENT_SLOT_H
#define AGENT_SLOT_H

#define SLOT0_START		0x20000000
#define SLOT_SIZE		0x20000
#define SLOT0_STACK_TOP		0x2001f900

/* Offsets into struct agent_slot. */
#define SLOT_ARG0		16	/* cmd.args[0] */
#define SLOT_VALUE		600	/* report.value */
#define SLOT_RECOVER_RSP	1168
#define SLOT_RECOVER_RIP	1176

#endif
