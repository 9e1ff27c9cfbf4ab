/* SPDX-License-Identifier: MIT */
/*
 * The PVH boot protocol (Xen docs/misc/pvh, public/arch-x86/hvm/start_info.h): what a kernel finds at
 * the address in EBX when it is entered in 32-bit protected mode without paging.
 */
#ifndef VMM_MACHINE_PVH_H
#define VMM_MACHINE_PVH_H

#include <stdint.h>
#include "base/error.h"
#include "machine/ram.h"

/** Where the start information goes; the memory map and the command line follow in the same page. */
#define PVH_START_INFO 0x1000U

/**
 * Write start information, memory map and command line (both parts joined by a blank, either may be empty)
 * into RAM. 0, or -1 with *e: the line is too long (EXIT_USAGE).
 */
int pvh_write_start_info(struct guest_ram *ram, const char *own, const char *cmdline, struct error *e);

/** Tell of a module (the initrd) at [pa, pa + size), after pvh_write_start_info(). */
void pvh_add_module(struct guest_ram *ram, uint64_t pa, uint64_t size);

#endif
