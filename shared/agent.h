/* SPDX-License-Identifier: MIT */
/*
 * The contract between the host and the agent, the libc-free program that is every task of a
 * scenario, on the guest and on Linux alike. The agent reads one agent_cmd from its channel
 * descriptor, does it in ring 3, and writes one agent_report back. Same bytes on both kernels.
 */
#ifndef SHARED_AGENT_H
#define SHARED_AGENT_H

#include <stdint.h>

/* Channel descriptors: AGENT_FD_BASE + channel. The first open() of a task returns 3. */
#define AGENT_FD_BASE	900
#define AGENT_CHANNELS	32		/* channels 0 … 31, one per task that lives at once */

/*
 * The agent's footprint: the ranges it owns in its address space. Changes there are folded in
 * dumps and never counted or compared.
 *
 * The text segment is linked at AGENT_TEXT and has no data or bss. Slot s is one task's memory:
 *
 *   AGENT_SLOTS + s * AGENT_SLOT_SIZE
 *     +0            alternate signal stack, grows down from +AGENT_HOT+AGENT_ALTSTACK_TOP
 *     +AGENT_HOT    the hot page: the only one the agent touches when nothing faults deeply:
 *                     [0, AGENT_ALTSTACK_TOP)  top of the alternate signal stack
 *                     [.., AGENT_STACK_TOP)    ordinary stack of the agent
 *                     [AGENT_STACK_TOP, 4096)  agent_slot: command, report, state
 */
#define AGENT_TEXT		0x400000UL
#define AGENT_TEXT_MAX		0x1000UL		/* one page: a task's heap begins right behind it */
#define AGENT_SLOTS		0x20000000UL
#define AGENT_SLOT_SIZE		0x20000UL		/* 128 KiB: 124 KiB stack room and the hot page */
#define AGENT_HOT		0x1f000UL
#define AGENT_ALTSTACK_TOP	1536UL
#define AGENT_STACK_TOP		2304UL

enum agent_op {
	AGENT_NOP = 0,		/* report at once */
	AGENT_SYSCALL,		/* nr, args; value = RAX */
	AGENT_READ,		/* access of `size` bytes at addr = args[0]; value */
	AGENT_WRITE,		/* store args[1] of `size` bytes at args[0] */
	AGENT_READ_BYTES,	/* copy `len` bytes from args[0] into the report, one byte at a time, ascending */
	AGENT_WRITE_BYTES,	/* copy data[0..len) to args[0], one byte at a time, ascending */
	AGENT_FILL,		/* store byte args[1] over [args[0], args[0]+args[2]), ascending, 8 at a time where aligned */
	AGENT_RUN,		/* call args[0]; it must return; value = RAX */
	AGENT_FORK,		/* fork(); value = pid or -errno; the child goes on, on channel `channel` */
	AGENT_THREAD,		/* clone(CLONE_VM|…) with slot `slot`, channel `channel` */
	AGENT_EXIT,		/* exit_group(args[0]); no report */
	AGENT_NR_OPS
};

#define AGENT_DATA	512

/** Host to agent. Only the header and `len` bytes of data travel. */
struct agent_cmd {
	uint32_t op;		/* enum agent_op */
	uint32_t size;		/* 1, 2, 4, 8: width of an access */
	uint64_t nr;		/* AGENT_SYSCALL: the number */
	uint64_t args[6];
	uint32_t in_data;	/* AGENT_SYSCALL: bit i set: args[i] is an offset into data, passed as a pointer */
	uint32_t channel;	/* AGENT_FORK, AGENT_THREAD: the child's channel */
	uint32_t slot;		/* AGENT_THREAD: the child's slot */
	uint32_t len;		/* bytes of data that follow; for AGENT_SYSCALL also how many come back */
	uint8_t data[AGENT_DATA];
};
#define AGENT_CMD_HEADER	80	/* offsetof(struct agent_cmd, data) */

enum agent_status {
	AGENT_OK = 0,
	AGENT_FAULT,		/* the access or call raised a signal: signo, si_code, si_addr */
	AGENT_HELLO,		/* first report of a new task: value = its pid */
	AGENT_BAD,		/* unknown op, or len too large */
};

/** Agent to host. Only the header and `len` bytes of data travel. */
struct agent_report {
	uint32_t op;
	uint32_t status;	/* enum agent_status */
	int64_t value;
	uint32_t signo;
	int32_t si_code;
	uint64_t si_addr;
	uint64_t done;		/* bytes done before a fault, for *_BYTES and FILL */
	uint32_t trapno;	/* from the ucontext: vector and error code, as the kernel reports them */
	uint32_t error_code;
	uint32_t si_addr_lsb;	/* of SIGBUS BUS_MCEERR_* */
	uint32_t len;
	uint8_t data[AGENT_DATA];
};
#define AGENT_REPORT_HEADER	56	/* offsetof(struct agent_report, data) */

/** At AGENT_STACK_TOP in the hot page of a slot. */
struct agent_slot {
	struct agent_cmd cmd;
	struct agent_report report;
	uint32_t channel;
	uint32_t slot;
	uint64_t recover_rsp;		/* where the signal handler resumes; 0: no access under way */
	uint64_t recover_rip;
};

_Static_assert(__builtin_offsetof(struct agent_cmd, data) == AGENT_CMD_HEADER, "agent_cmd header");
_Static_assert(__builtin_offsetof(struct agent_report, data) == AGENT_REPORT_HEADER, "agent_report header");
_Static_assert(AGENT_STACK_TOP + sizeof(struct agent_slot) <= 4096, "agent_slot fits the hot page");

#endif
