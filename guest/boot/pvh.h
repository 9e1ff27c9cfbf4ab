/* SPDX-License-Identifier: MIT */
/*
 * The PVH boot protocol's start info (Xen, public/arch-x86/hvm/start_info.h): EBX points to it at the
 * entry, which is made in 32-bit protected mode, paging off. Offsets only: it is read by head.S before
 * there is any C.
 */
#ifndef GUEST_BOOT_PVH_H
#define GUEST_BOOT_PVH_H

#define PVH_START_MAGIC		0x336ec578	/* "xEn3" with bit 7 of the E set */
#define START_MAGIC		0
#define START_VERSION		4
#define START_CMDLINE		24		/* 64 bits, physical; 0: none */
#define START_MEMMAP		40		/* 64 bits, physical; version 1 and later */
#define START_MEMMAP_ENTRIES	48

#define MEMMAP_ADDR		0		/* 64 bits */
#define MEMMAP_SIZE		8		/* 64 bits */
#define MEMMAP_TYPE		16
#define MEMMAP_ENTRY_SIZE	24
#define MEMMAP_RAM		1

#endif
