/* SPDX-License-Identifier: MIT */
/*
 * Symbols of boot/guest.ld: the extents of the image, all page-aligned, as virtual addresses of the
 * kernel map. Only their addresses mean anything. Usable in static initialisers.
 */
#ifndef GUEST_SECTIONS_H
#define GUEST_SECTIONS_H

extern char __text_start[], __text_end[];	/* executable, read-only */
extern char __rodata_start[], __rodata_end[];	/* read-only, NX; the exception table is in it */
extern char __data_start[], __data_end[];	/* writable, NX: stacks, data, bss, the lab */

/* The exception table: whatever kernel/ puts into section __ex_table, in link order, 8-byte aligned. */
extern char __start___ex_table[], __stop___ex_table[];

/* Tables of operations, by kind. */
extern char __start_vm_ops[], __stop_vm_ops[];
extern char __start_file_ops[], __stop_file_ops[], __start_inode_ops[], __stop_inode_ops[];

#endif
