/* SPDX-License-Identifier: MIT */
/*
 * The loader's second half: the ELF notes of guest.bin. Xen's says where to enter (PVH boot
 * protocol), ours where the lab is and how the guest's structures are laid out; a guest built with other
 * headers than this vmm is refused by the name of the structure that differs.
 */
#include "machine/guest_elf_parse.h"

#include <string.h>
#include "layout.h"

#define XEN_NOTE_NAME		 "Xen"
#define XEN_ELFNOTE_PHYS32_ENTRY 18 /* xen/include/public/elfnote.h */

static const struct lab_layout host_layouts[] = {
#include "layout_table.h"
};
#define NR_HOST_LAYOUTS (sizeof(host_layouts) / sizeof(host_layouts[0]))
_Static_assert(NR_HOST_LAYOUTS == LAYOUT_NR, "LAYOUT_NR counts the structures of layout.def");

#define REBUILD_BOTH "rebuild both with `make`"

/* One note, with bounds already checked. */
struct note {
	uint32_t type;
	const uint8_t *name, *desc;
	uint32_t name_size, desc_size;
};

static bool note_is(const struct note *n, const char *name, uint32_t type)
{
	size_t size = strlen(name) + 1;

	return n->type == type && n->name_size == size && !memcmp(n->name, name, size);
}

static int take_xen_note(struct elf_parse *p, const struct note *n)
{
	uint64_t entry = 0;

	if (p->nr_xen_notes++)
		return elf_fault(p, "malformed note: a second PVH entry");
	if (n->desc_size != 4 && n->desc_size != 8)
		return elf_fault(p, "malformed note: a PVH entry of %u bytes, must be 4 or 8", n->desc_size);
	memcpy(&entry, n->desc, n->desc_size);
	if (entry > UINT32_MAX)
		return elf_fault(p, "the PVH entry %#lx is no 32-bit address", entry);
	p->elf->pvh_entry = entry;
	return 0;
}

/* The guest's layout of a structure, by name: a guest may list them in another order. */
static bool find_layout(const struct note *n, uint32_t nr, const char *name, struct lab_layout *found)
{
	for (uint32_t i = 0; i < nr; i++) {
		memcpy(found, n->desc + sizeof(struct lab_note) + i * sizeof(*found), sizeof(*found));
		if (!strncmp(found->name, name, sizeof(found->name)))
			return true;
	}
	return false;
}

static int check_layout(struct elf_parse *p, const struct note *n, uint32_t nr, const struct lab_layout *host)
{
	struct lab_layout guest;

	if (!find_layout(n, nr, host->name, &guest))
		return elf_fault(p, "was built without struct %s, which this vmm reads: " REBUILD_BOTH,
				 host->name);
	if (guest.size != host->size)
		return elf_fault(
			p, "was built with another struct %s (size %lu, this vmm knows %lu): " REBUILD_BOTH,
			host->name, guest.size, host->size);
	if (guest.hash != host->hash)
		return elf_fault(p,
				 "was built with another struct %s (size %lu as here, but its fields lie "
				 "elsewhere): " REBUILD_BOTH,
				 host->name, guest.size);
	return 0;
}

static int take_lab_note(struct elf_parse *p, const struct note *n)
{
	struct lab_note lab;

	if (p->nr_lab_notes++)
		return elf_fault(p, "malformed note: a second mmscope note");
	if (n->desc_size < sizeof(lab))
		return elf_fault(p, "malformed note: the mmscope note has %u bytes, its head alone %zu",
				 n->desc_size, sizeof(lab));
	memcpy(&lab, n->desc, sizeof(lab));
	if (lab.abi_version != LAB_ABI_VERSION)
		return elf_fault(p,
				 "speaks version %u of the lab channel, this vmm version %u: " REBUILD_BOTH,
				 lab.abi_version, LAB_ABI_VERSION);
	if ((n->desc_size - sizeof(lab)) / sizeof(struct lab_layout) < lab.nr_layouts)
		return elf_fault(
			p, "malformed note: %u structure layouts do not fit the mmscope note's %u bytes",
			lab.nr_layouts, n->desc_size);
	for (unsigned int i = 0; i < NR_HOST_LAYOUTS; i++)
		if (check_layout(p, n, lab.nr_layouts, &host_layouts[i]))
			return -1;
	p->elf->lab_pa = lab.lab_pa;
	return 0;
}

static int take_note(struct elf_parse *p, const struct note *n)
{
	if (note_is(n, XEN_NOTE_NAME, XEN_ELFNOTE_PHYS32_ENTRY))
		return take_xen_note(p, n);
	if (note_is(n, LAB_NOTE_NAME, LAB_NOTE_TYPE))
		return take_lab_note(p, n);
	return 0; /* other owners' notes: the build id, for one */
}

/* Names and descriptors are padded to 4 bytes, in a segment of alignment 8 to 8 (GNU property notes). */
static uint64_t padded(uint64_t size, uint64_t align)
{
	return (size + align - 1) & ~(align - 1);
}

int elf_parse_notes(struct elf_parse *p, const Elf64_Phdr *phdr)
{
	const uint8_t *bytes = p->elf->bytes + phdr->p_offset;
	const uint64_t align = phdr->p_align == 8 ? 8 : 4;
	uint64_t at = 0, desc, end;

	while (at < phdr->p_filesz) {
		Elf64_Nhdr nhdr;
		struct note n;

		if (phdr->p_filesz - at < sizeof(nhdr))
			return elf_fault(p, "malformed note at offset %#lx: its header is cut off",
					 phdr->p_offset + at);
		memcpy(&nhdr, bytes + at, sizeof(nhdr));
		desc = at + padded(sizeof(nhdr) + nhdr.n_namesz, align);
		end = desc + nhdr.n_descsz;
		if (end > phdr->p_filesz)
			return elf_fault(p,
					 "malformed note at offset %#lx: name %u and descriptor %u bytes "
					 "exceed its segment",
					 phdr->p_offset + at, nhdr.n_namesz, nhdr.n_descsz);
		n = (struct note){nhdr.n_type, bytes + at + sizeof(nhdr), bytes + desc, nhdr.n_namesz,
				  nhdr.n_descsz};
		if (take_note(p, &n))
			return -1;
		at = padded(end, align);
	}
	return 0;
}

/* The segment that holds [pa, pa + n) with all of `flags`; n bytes of the file, or of memory. */
static bool in_segment(const struct guest_elf *elf, uint64_t pa, uint64_t n, uint32_t flags)
{
	for (unsigned int i = 0; i < elf->nr_segments; i++) {
		const struct guest_segment *s = &elf->segments[i];
		uint64_t size = flags & PF_X ? s->file_size : s->mem_size;

		if (pa >= s->pa && pa - s->pa <= size && n <= size - (pa - s->pa) &&
		    (s->flags & flags) == flags)
			return true;
	}
	return false;
}

int elf_check_notes(struct elf_parse *p)
{
	struct guest_elf *elf = p->elf;

	if (!p->nr_xen_notes)
		return elf_fault(p, "no PVH entry: a note of owner \"Xen\", type %u, must say where to start",
				 XEN_ELFNOTE_PHYS32_ENTRY);
	if (!p->nr_lab_notes)
		return elf_fault(p, "no note of owner \"" LAB_NOTE_NAME
				    "\": some other kernel; give the guest.bin that `make` builds");
	if (!in_segment(elf, elf->pvh_entry, 1, PF_X))
		return elf_fault(p, "the PVH entry %#x lies in no executable segment", elf->pvh_entry);
	if (elf->lab_pa & 7)
		return elf_fault(p, "the lab page's address %#lx is not aligned to 8 bytes", elf->lab_pa);
	if (!in_segment(elf, elf->lab_pa, sizeof(struct lab_page), PF_W))
		return elf_fault(p, "the lab page at %#lx, %zu bytes, lies in no writable segment",
				 elf->lab_pa, sizeof(struct lab_page));
	return 0;
}
