/* SPDX-License-Identifier: MIT */
/* The file of --initrd: a newc cpio, which the guest finds in its RAM as a module of the PVH protocol. */
#ifndef VMM_MACHINE_INITRD_H
#define VMM_MACHINE_INITRD_H

#include <stdint.h>
#include "base/error.h"

/** An open file whose size and first bytes are right. fd is the caller's. */
struct initrd {
	int fd;
	uint64_t size;
};

/**
 * Open it. 0, or -1 with *e (EXIT_USAGE): it cannot be read, is no newc cpio (a compressed one is told apart), or takes more than
 * half of mem_size bytes of RAM.
 */
int initrd_open(struct initrd *initrd, const char *path, uint64_t mem_size, struct error *e);
/** Where it goes in RAM that ends at `end` below 4 GiB: as high as it can, at a page. */
static inline uint64_t initrd_place(const struct initrd *initrd, uint64_t end)
{
	return (end - initrd->size) & ~0xfffULL;
}
/** Read it all to `to`, and close it. 0 or -1 with *e (EXIT_HOST). */
int initrd_read(struct initrd *initrd, uint8_t *to, struct error *e);

#endif
