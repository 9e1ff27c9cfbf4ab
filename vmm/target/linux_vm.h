/* SPDX-License-Identifier: MIT */
/*
 * The target `linux-vm`: the target `linux` of another kernel, one that is the same everywhere. A machine that QEMU
 * emulates boots Debian's 6.1 with vmm itself as its process 1 (linux_serve.h), and every operation is asked of that. There
 * we are root: pagemap tells frames, and each frame how often it is mapped.
 *
 * The machine boots once for a process of vmm, at the first need, and ends with it: what runs later finds it ready.
 */
#ifndef VMM_TARGET_LINUX_VM_H
#define VMM_TARGET_LINUX_VM_H

#include "target/linux.h"

/** Nothing boots before ops->start, which says EXIT_SKIPPED where QEMU or the kernel's files are missing. */
struct target *target_linux_vm_create(const struct linux_config *config);

/* --- linux_vm_boot.c: the machine --------------------------------------------------------------------- */

/**
 * The machine of this process, booted if it is not yet; *line: where its process 1 listens, *release: its kernel's. 0, or -1
 * with *e.
 */
int linux_vm_boot(int *line, const char **release, struct error *e);
/** It does not answer as it should: end it, and say in *e what it said last. Always -1. */
int linux_vm_lost(bool timed_out, struct error *e);

#endif
