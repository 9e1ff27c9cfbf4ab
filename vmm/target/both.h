/* SPDX-License-Identifier: MIT */
/*
 * The target `both`: every operation on the guest and on Linux, and after each step everything that both sides
 * can tell compared. What the script and the document see is the guest's.
 */
#ifndef VMM_TARGET_BOTH_H
#define VMM_TARGET_BOTH_H

#include "target/target.h"

/** Takes over both targets, also where it fails (it does not). */
struct target *target_both_create(struct target *guest, struct target *linux_side);

#endif
