/* SPDX-License-Identifier: MIT */
/*
 * guest.bin: an ELF64 with a PVH entry note and our lab note. Every header field is checked, each
 * fault has its own message; the file is hostile input. Also its symbols, for backtraces.
 */
#ifndef VMM_MACHINE_GUEST_ELF_H
#define VMM_MACHINE_GUEST_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

struct guest_segment {
	uint64_t pa, va;
	uint64_t file_offset, file_size, mem_size;
	uint32_t flags;			/* PF_R, PF_W, PF_X of <elf.h> */
};

struct guest_elf {
	const char *path;
	const uint8_t *bytes;		/* whole file, mapped */
	size_t size;
	uint32_t pvh_entry;		/* XEN_ELFNOTE_PHYS32_ENTRY */
	uint64_t lab_pa;		/* from our note */
	struct guest_segment segments[16];
	unsigned int nr_segments;
	bool mapped;			/* bytes is a mapping of the file, for guest_elf_close */
};

/**
 * Open and check `path`, which must outlive *elf, for a machine with mem_size bytes of RAM. 0, or -1 with
 * *e (EXIT_USAGE).
 */
int guest_elf_open(struct guest_elf *elf, const char *path, uint64_t mem_size, struct error *e);
/** The same from bytes already in memory (tests, fuzzing). */
int guest_elf_parse(struct guest_elf *elf, const uint8_t *bytes, size_t size, uint64_t mem_size,
		    struct error *e);
void guest_elf_close(struct guest_elf *elf);
/** Copy the segments into ram (and zero what their mem_size has beyond file_size). */
void guest_elf_load(const struct guest_elf *elf, uint8_t *ram);
/** Name of the symbol that holds va and the offset in it; NULL: none. */
const char *guest_elf_symbol(const struct guest_elf *elf, uint64_t va, uint64_t *offset);
/** Address of the symbol called `name`; false: the file has none. */
bool guest_elf_find(const struct guest_elf *elf, const char *name, uint64_t *va);
/** The agent's ELF inside the guest (agent_blob), as bytes of the file. NULL: it has none, or no symbols. */
const void *guest_elf_agent(const struct guest_elf *elf, size_t *size);

/** Where a function of the guest lies: [start, end). */
struct guest_function {
	uint64_t start, end;
};
/** Find one by its name; false: it has none of its own (the compiler may have made it a part of its callers). */
bool guest_elf_function(const struct guest_elf *elf, const char *name, struct guest_function *function);

#endif
