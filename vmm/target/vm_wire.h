/* SPDX-License-Identifier: MIT */
/*
 * The line between vmm and the machine of the target `linux-vm`: one message asks, one answers. Both ends are the same
 * program, so structures travel as they are; what comes from the machine is believed as little as a guest's RAM.
 */
#ifndef VMM_TARGET_VM_WIRE_H
#define VMM_TARGET_VM_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include "agent.h"
#include "base/error.h"
#include "observe/view.h"

/** The name of the line inside: a port of virtio-serial. */
#define VM_PORT "mmscope"

enum vm_op {
	ASK_HELLO,	 /* the machine, unasked, once it is up: bytes: the kernel's release */
	ASK_OPEN,	 /* a box: bytes: the agent; value 0: time limit in milliseconds */
	ASK_CLOSE,
	ASK_SPAWN,	 /* bytes: a name; answer: channel, pid */
	ASK_FREE_CHANNEL, /* answer: channel */
	ASK_POST,	 /* channel; bytes: a command. Not answered */
	ASK_RUN,
	ASK_TICK,	 /* ns */
	ASK_POLL,	 /* channel; answer: a vm_poll */
	ASK_VIEW,	 /* pid; answer: a vm_view, its areas, its pages */
	ASK_WRITE,	 /* pid, address; bytes; answer: whether it could be done */
	NR_ASK_OPS
};

struct vm_message {
	uint32_t op;
	int32_t status;	  /* of an answer: 0, or the status of an error, whose text follows */
	int64_t value[3];
	uint32_t size;	  /* bytes that follow */
	uint32_t pad;
};

struct vm_poll {
	int32_t status, fresh, exit_code, pid;
	struct agent_report report;
};

struct vm_view {
	uint32_t nr_areas, nr_pages;
	struct view_counters counters;
	uint64_t start_brk, start_stack;
};

/** No message is larger: a view of all that a box can hold is far below. */
#define VM_MAX_BYTES (256u << 20)

/** Send a message with m->size bytes. False: the other end is gone. */
bool wire_send(int fd, const struct vm_message *m, const void *bytes);
/**
 * Receive one, its bytes in a buffer of the caller's to free, with a zero behind. `until`: seconds of CLOCK_MONOTONIC,
 * 0: for ever. False: *timed_out, or the other end is gone or says nonsense.
 */
bool wire_receive(int fd, double until, struct vm_message *m, void **bytes, bool *timed_out);
/** A view as bytes (size in *size; the caller's), and back: NULL if they are no view. */
void *wire_pack_view(const struct view *view, uint32_t *size);
struct view *wire_unpack_view(int pid, const void *bytes, uint32_t size);

#endif
