/* SPDX-License-Identifier: MIT */
/* A guest's panic in words. */
#ifndef VMM_TARGET_GUEST_PANIC_H
#define VMM_TARGET_GUEST_PANIC_H

#include "lab.h"
#include "machine/guest_elf.h"

/**
 * Fill *e (EXIT_GUEST_DIED) with file, line, message and backtrace of `panic`, which lies in guest RAM
 * and is not trusted. Always -1.
 */
int panic_report(const struct guest_elf *elf, const struct lab_panic *panic, struct error *e);

#endif
