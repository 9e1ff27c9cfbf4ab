/* SPDX-License-Identifier: MIT */
/* Guest RAM: a memfd, so that other processes can map it and the host pays only for what is touched. */
#include "machine/ram.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int cannot(struct guest_ram *ram, const char *what, struct error *e)
{
	error_set(e, EXIT_HOST, "%s for %lu MiB of guest RAM failed: %s; try a smaller --mem", what,
		  ram->mem_size >> 20, strerror(errno));
	ram_destroy(ram);
	return -1;
}

static void *map_part(struct guest_ram *ram, uint8_t *at, uint64_t size, uint64_t offset)
{
	return mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | (at ? MAP_FIXED : 0),
		    ram->fd, offset);
}

/* Both parts at their places in one range of addresses, with readable zeros where the hole is. */
static bool map_around_hole(struct guest_ram *ram)
{
	uint8_t *all = mmap(NULL, ram_end(ram->mem_size), PROT_READ,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (all == MAP_FAILED)
		return false;
	ram->bytes = all;
	return map_part(ram, all, MMIO_HOLE_START, 0) != MAP_FAILED &&
	       map_part(ram, all + MMIO_HOLE_END, ram_high_size(ram->mem_size), MMIO_HOLE_START) !=
		       MAP_FAILED;
}

int ram_create(struct guest_ram *ram, uint64_t mem_size, struct error *e)
{
	*ram = (struct guest_ram){.fd = -1, .mem_size = mem_size};
	ram->fd = memfd_create("mmscope-ram", MFD_CLOEXEC);
	if (ram->fd < 0)
		return cannot(ram, "memfd_create", e);
	if (ftruncate(ram->fd, mem_size))
		return cannot(ram, "ftruncate", e);
	if (ram_high_size(mem_size))
		return map_around_hole(ram) ? 0 : cannot(ram, "mmap", e);
	ram->bytes = map_part(ram, NULL, mem_size, 0);
	if (ram->bytes == MAP_FAILED) {
		ram->bytes = NULL;
		return cannot(ram, "mmap", e);
	}
	return 0;
}

void ram_destroy(struct guest_ram *ram)
{
	if (ram->bytes)
		munmap(ram->bytes, ram_end(ram->mem_size));
	if (ram->fd >= 0)
		close(ram->fd);
	ram->bytes = NULL;
	ram->fd = -1;
}
