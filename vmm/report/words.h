/* SPDX-License-Identifier: MIT */
/* Numbers of the Linux ABI and of the lab in words: errors, signals, codes, faults, states. */
#ifndef VMM_REPORT_WORDS_H
#define VMM_REPORT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "report/buf.h"

/** "ENOMEM" for 12; NULL: not one that Linux has. */
const char *errno_name(int error);
/** 12 for "ENOMEM"; 0: no such name. */
int errno_number(const char *name);
/** "SIGSEGV" for 11; NULL: out of range (real-time signals have no name of their own). */
const char *signal_name(int signo);
/** 11 for "SIGSEGV" or "SEGV"; 0: no such name. */
int signal_number(const char *name);
/** "SEGV_MAPERR" for (SIGSEGV, 1); NULL: a code without a name. */
const char *signal_code_name(int signo, int code);
/** Append "SIGSEGV", or "signal 34". */
void put_signal(struct buf *b, int signo);
/** Append how a wait status ended: "exited 0", "killed by SIGKILL". */
void put_wait_status(struct buf *b, int status);
/** What the fault handler decided, in words ("anonymous, write"); args[2] of the event. */
const char *fault_words(uint64_t how);
/** The same as one word of JSON ("anon"). */
const char *fault_id(uint64_t how);
/** What the kernel did wrong (LAB_EV_OOPS). No kernel address is told: they differ from build to build. */
const char *oops_words(const struct lab_event *e);
/** False for faults that end in a signal or an error instead of a mapping. */
bool fault_maps(uint64_t how);
const char *task_state_name(uint32_t state);

#endif
