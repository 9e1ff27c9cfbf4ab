/* SPDX-License-Identifier: MIT */
/* Inside the loader: what its files share while one guest.bin is checked. */
#ifndef VMM_MACHINE_GUEST_ELF_PARSE_H
#define VMM_MACHINE_GUEST_ELF_PARSE_H

#include <elf.h>
#include "machine/guest_elf.h"

struct elf_parse {
	struct guest_elf *elf;
	uint64_t ram_low; /* bytes of RAM from physical 0: where the image must lie */
	Elf64_Ehdr ehdr;  /* copy: the file's may be unaligned */
	unsigned int nr_xen_notes, nr_lab_notes;
	struct error *e;
};

/** A fault of the file: "path: text" with EXIT_USAGE. Returns -1. */
int elf_fault(struct elf_parse *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Check one PT_NOTE segment and take the entry and the lab from it. 0, or -1 with *p->e. */
int elf_parse_notes(struct elf_parse *p, const Elf64_Phdr *phdr);
/** After all notes: are both there, and do they point where they may? 0, or -1 with *p->e. */
int elf_check_notes(struct elf_parse *p);

#endif
