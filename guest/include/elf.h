/* SPDX-License-Identifier: MIT */
/* The ELF64 structures that exec reads and a core dump writes (System V ABI, Tool Interface Standard 1.2). */
#ifndef GUEST_ELF_H
#define GUEST_ELF_H

#include <stdint.h>

struct elf64_ehdr {
	uint8_t e_ident[16];
	uint16_t e_type, e_machine;
	uint32_t e_version;
	uint64_t e_entry, e_phoff, e_shoff;
	uint32_t e_flags;
	uint16_t e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx;
};

struct elf64_phdr {
	uint32_t p_type, p_flags;
	uint64_t p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
};

#define ELF_MAGIC	0x464c457fU	/* "\177ELF", little-endian */
#define ELFCLASS64	2
#define ELFDATA2LSB	1
#define EI_CLASS	4
#define EI_DATA		5
#define EV_CURRENT	1
#define ET_EXEC		2
#define ET_DYN		3
#define ET_CORE		4
#define EM_X86_64	62
#define PT_LOAD		1
#define PT_INTERP	3
#define PT_NOTE		4
#define PT_GNU_STACK	0x6474e551
#define PF_EXEC		1
#define PF_WRITE	2
#define PF_READ		4

/* Notes of a core. */
#define NT_PRSTATUS	1
#define NT_PRPSINFO	3
#define NT_AUXV		6
#define NT_SIGINFO	0x53494749
#define NT_FILE		0x46494c45

#endif
