/* SPDX-License-Identifier: MIT */
/* Signals that only ever mean that the ground is gone: told in words, with an exit status of ours. */
#ifndef VMM_BASE_FATAL_H
#define VMM_BASE_FATAL_H

/**
 * From now on SIGBUS says what it means and ends the process with EXIT_HOST: a mapped file (guest.bin) was
 * cut short, or the host has no page for the guest's RAM.
 */
void fatal_signals_explain(void);

#endif
