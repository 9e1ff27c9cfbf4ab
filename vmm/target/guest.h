/* SPDX-License-Identifier: MIT */
/* The target `guest`: tasks of guest.bin on a machine, through the lab channel (shared/lab.h). */
#ifndef VMM_TARGET_GUEST_H
#define VMM_TARGET_GUEST_H

#include "machine/guest_elf.h"
#include "machine/machine.h"
#include "target/target.h"

/**
 * Build a machine of kind `ops` with the guest loaded; nothing runs before ops->start. `elf` must outlive
 * the target. NULL with *e.
 */
struct target *target_guest_create(const struct machine_ops *ops, const struct machine_config *config,
				   const struct guest_elf *elf, struct error *e);
/** What is spawned from now on has every right, as root on Linux; else it is root by number, as a scenario's tasks are. */
void target_guest_grant_all(struct target *t);
/** The machine under a guest target, for what only it can tell (instructions counted, RAM size). */
const struct machine *target_guest_machine(const struct target *t);

#endif
