/* SPDX-License-Identifier: MIT */
/*
 * The guest's side of the lab channel (shared/lab.h): doorbell, channels as files, what idle does
 * for them.
 */
#ifndef GUEST_LABDEV_H
#define GUEST_LABDEV_H

#include "lab.h"
#include "mm.h"

struct task;

extern struct lab_page lab;
extern struct lab_trace_site __start_trace_sites[], __stop_trace_sites[];	/* guest.ld */
extern struct lab_trace_site __start_call_sites[], __stop_call_sites[];
extern struct lab_trace_entry lab_trace_ring[LAB_NR_TRACE];	/* trace.c */

/** One byte to the host. In our VMM the host acts before this returns; elsewhere a little later. */
void lab_doorbell(enum lab_doorbell byte);
/** Everything sleeps: ring, wait for the host, and wake whom its commands are for. */
void lab_quiesce(void);
/** Wake whom the host's new commands and request are for. */
void lab_take_commands(void);
/** Passing the time until the host has done what the doorbell asks. */
static inline void cpu_relax(void) { asm volatile("pause" : : : "memory"); }
/** A new process begins on channel c: what an earlier one left unread is void. */
void lab_channel_open(unsigned int c, struct task *task);
/** A task's pid was old_pid until now: its channel, if it has one, goes with it. */
void lab_channel_repid(struct task *task, int old_pid);
/** A task is gone: its channel, if it has one, tells how. */
/** Hand the host up to a page of user memory as a program's output: bytes taken, 0 or -LX_EFAULT. */
long lab_output(uint64_t at, uint64_t len);
void lab_channel_dead(struct task *task, int exit_code);
/** An entry of the trace; called by trace_entry.S only. */
void lab_trace(enum lab_trace_type type, uint64_t a, uint64_t b, uint64_t ip) __attribute__((used));
struct pt_regs;
/** In place of do_syscall() and page_fault_from_user(), where the host wants to be told; called by entry.S only. */
void do_syscall_traced(struct pt_regs *regs) __attribute__((used));
void page_fault_traced(struct pt_regs *regs, uint64_t address) __attribute__((used));
/** Publish what only boot can know. */
void lab_publish(void);

#endif
