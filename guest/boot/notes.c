// SPDX-License-Identifier: MIT
/*
 * The ELF notes of guest.bin: where a PVH loader enters (Xen's note type 18), and where the lab is and how
 * the structures are laid out that the host reads (ours; shared/layout.h). Both lie in rodata.
 */
#include "labdev.h"
#include "layout.h"
#include "x86.h"

#define XEN_ELFNOTE_PHYS32_ENTRY	18

/* Elf64_Nhdr; note segments are 4-byte aligned, so what follows the names need not be aligned to 8. */
struct note_header {
	uint32_t namesz, descsz, type;
};
#define __note	__attribute__((packed, aligned(4)))

/* The descriptor has 8 bytes, since QEMU's loader reads as many from an ELF64. */
struct xen_note {
	struct note_header header;
	char name[4];
	uint64_t entry;
} __note;

struct mmscope_note {
	struct note_header header;
	char name[sizeof(LAB_NOTE_NAME)];
	uint64_t lab_pa;			/* from here: struct lab_note */
	uint32_t abi_version;
	uint32_t nr_layouts;
	struct lab_layout layouts[LAYOUT_NR];
} __note;

_Static_assert(sizeof(LAB_NOTE_NAME) % 4 == 0, "a name needs padding to 4 bytes");
_Static_assert(offsetof(struct mmscope_note, layouts) - offsetof(struct mmscope_note, lab_pa) ==
	       offsetof(struct lab_note, layouts), "the descriptor is a struct lab_note");

extern char pvh_start_pa[];	/* guest.ld: the physical address is the symbol's value */

static const struct xen_note xen_note __attribute__((used, aligned(4), section(".note.xen"))) = {
	.header = { sizeof("Xen"), sizeof(uint64_t), XEN_ELFNOTE_PHYS32_ENTRY },
	.name = "Xen",
	.entry = (uint64_t)pvh_start_pa,
};

static const struct mmscope_note mmscope_note __attribute__((used, aligned(4), section(".note.mmscope"))) = {
	.header = { sizeof(LAB_NOTE_NAME),
		    sizeof(struct mmscope_note) - offsetof(struct mmscope_note, lab_pa), LAB_NOTE_TYPE },
	.name = LAB_NOTE_NAME,
	.lab_pa = (uint64_t)&lab - KERNEL_MAP,
	.abi_version = LAB_ABI_VERSION,
	.nr_layouts = LAYOUT_NR,
	.layouts = {
#include "layout_table.h"
	},
};
