/* SPDX-License-Identifier: MIT */
/*
 * The smallest guest that the loader takes: an ELF64 in memory with a few bytes of code at its PVH entry,
 * both notes and room for the lab page. Tests break single fields of it, or run its code.
 *
 *	file 0x000  ELF header, program headers
 *	     0x200  code     -> physical 0x100000, R-X
 *	     0x600  notes    -> physical 0x101000, R--
 *	     -      the lab  -> physical 0x110000, RW-, nothing in the file
 */
#ifndef TESTS_UNIT_TINY_GUEST_H
#define TESTS_UNIT_TINY_GUEST_H

#include <elf.h>
#include <stdint.h>
#include <string.h>
#include "layout.h"
#include "x86.h"

#define TINY_CODE_PA  0x100000UL
#define TINY_NOTES_PA 0x101000UL
#define TINY_LAB_PA   0x110000UL
#define TINY_CODE_AT  0x200
#define TINY_CODE_MAX 0x400
#define TINY_NOTES_AT 0x600
#define TINY_SIZE     0x1000
#define TINY_MEM      (4UL << 20)

enum { TINY_TEXT, TINY_RODATA, TINY_DATA, TINY_NOTE, TINY_NR_PHDRS };

struct tiny_xen_note {
	Elf64_Nhdr nhdr;
	char name[4];
	uint32_t entry;
};

/* Two notes in a row; the second's descriptor comes to lie on 8 bytes without padding. */
struct tiny_notes {
	struct tiny_xen_note xen;
	struct {
		Elf64_Nhdr nhdr;
		char name[8];
	} lab;
	struct lab_note note;
	struct lab_layout layouts[LAYOUT_NR];
};
_Static_assert(offsetof(struct tiny_notes, note) == 40, "no padding");

struct tiny_guest {
	union {
		uint8_t bytes[TINY_SIZE];
		struct {
			Elf64_Ehdr ehdr;
			Elf64_Phdr phdrs[TINY_NR_PHDRS];
		};
		struct {
			uint8_t before_code[TINY_CODE_AT];
			uint8_t code[TINY_CODE_MAX];
			struct tiny_notes notes;
		};
	};
	size_t size;
};
_Static_assert(TINY_NOTES_AT + sizeof(struct tiny_notes) <= TINY_SIZE, "the notes fit");

static const struct lab_layout tiny_layouts[LAYOUT_NR] = {
#include "layout_table.h"
};

static inline void tiny_fill_notes(struct tiny_notes *notes)
{
	*notes = (struct tiny_notes){
		.xen = {.nhdr = {4, 4, 18}, .name = "Xen", .entry = TINY_CODE_PA},
		.lab = {.nhdr = {8, sizeof(struct lab_note) + sizeof(tiny_layouts), LAB_NOTE_TYPE},
			.name = LAB_NOTE_NAME},
		.note = {.lab_pa = TINY_LAB_PA, .abi_version = LAB_ABI_VERSION, .nr_layouts = LAYOUT_NR},
	};
	memcpy(notes->layouts, tiny_layouts, sizeof(tiny_layouts));
}

static inline Elf64_Phdr tiny_load(uint32_t flags, uint64_t offset, uint64_t pa, uint64_t file_size,
				   uint64_t mem_size)
{
	return (Elf64_Phdr){.p_type = PT_LOAD,
			    .p_flags = flags,
			    .p_offset = offset,
			    .p_paddr = pa,
			    .p_vaddr = pa + KERNEL_MAP,
			    .p_filesz = file_size,
			    .p_memsz = mem_size,
			    .p_align = 1};
}

/** Fill *g with a guest that the loader takes and that runs `size` bytes of `code`. */
static inline void tiny_guest_make(struct tiny_guest *g, const void *code, size_t size)
{
	memset(g, 0, sizeof(*g));
	g->size = sizeof(g->bytes);
	g->ehdr = (Elf64_Ehdr){
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT,
			    ELFOSABI_SYSV},
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = TINY_CODE_PA,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = TINY_NR_PHDRS,
		.e_shentsize = sizeof(Elf64_Shdr),
	};
	g->phdrs[TINY_TEXT] =
		tiny_load(PF_R | PF_X, TINY_CODE_AT, TINY_CODE_PA, TINY_CODE_MAX, TINY_CODE_MAX);
	g->phdrs[TINY_RODATA] =
		tiny_load(PF_R, TINY_NOTES_AT, TINY_NOTES_PA, sizeof(g->notes), sizeof(g->notes));
	g->phdrs[TINY_DATA] = tiny_load(PF_R | PF_W, 0, TINY_LAB_PA, 0, sizeof(struct lab_page));
	g->phdrs[TINY_NOTE] = g->phdrs[TINY_RODATA];
	g->phdrs[TINY_NOTE].p_type = PT_NOTE;
	g->phdrs[TINY_NOTE].p_align = 4;
	memcpy(g->code, code, size);
	tiny_fill_notes(&g->notes);
}

#endif
