/* SPDX-License-Identifier: MIT */
/*
 * The loader against broken files: a good tiny guest, one field broken at a time, the exact message expected.
 */
#include "check.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "machine/guest_elf.h"
#include "machine/ram.h"
#include "tiny_guest.h"

static const uint8_t code[] = {0xeb, 0xfe};

/* One way to break the guest, and what the loader must say (behind "guest image: "). */
struct breakage {
	const char *name;
	void (*apply)(struct tiny_guest *g);
	const char *message;
};

#define BREAK(what, statement)                                                                               \
	static void what(struct tiny_guest *g)                                                               \
	{                                                                                                    \
		statement;                                                                                   \
	}

static void expect_refused(const struct breakage *b)
{
	struct tiny_guest g;
	struct guest_elf elf;
	struct error e;
	char expected[1024];
	uint8_t *exact;

	tiny_guest_make(&g, code, sizeof(code));
	b->apply(&g);
	/* A buffer of just this size: AddressSanitizer sees every byte read beyond it. */
	exact = malloc(g.size ? g.size : 1);
	memcpy(exact, g.bytes, g.size);
	CHECK_THAT(guest_elf_parse(&elf, exact, g.size, TINY_MEM, &e) == -1, "\"%s\" was taken", b->name);
	snprintf(expected, sizeof(expected), "guest image: %s", b->message);
	cr_assert(!strcmp(e.text, expected), "%s: the message is\n\t\"%s\"\nand not\n\t\"%s\"", b->name,
		  e.text, expected);
	CHECK_EQ(e.status, EXIT_USAGE);
	free(exact);
}

#define EXPECT_ALL_REFUSED(table)                                                                            \
	for (unsigned int i = 0; i < sizeof(table) / sizeof((table)[0]); i++)                                \
	expect_refused(&(table)[i])

/* --- a good one --- */

Test(guest_elf, a_good_guest_is_taken_and_loaded)
{
	struct tiny_guest g;
	struct guest_elf elf;
	struct guest_ram ram;
	struct error e;

	tiny_guest_make(&g, code, sizeof(code));
	CHECK_THAT(!guest_elf_parse(&elf, g.bytes, g.size, TINY_MEM, &e), "%s", e.text);
	CHECK_EQ(elf.nr_segments, 3);
	CHECK_EQ(elf.pvh_entry, TINY_CODE_PA);
	CHECK_EQ(elf.lab_pa, TINY_LAB_PA);
	CHECK(!ram_create(&ram, TINY_MEM, &e));
	memset(ram.bytes + TINY_LAB_PA, 0xaa, sizeof(struct lab_page));
	guest_elf_load(&elf, ram.bytes);
	CHECK(!memcmp(ram.bytes + TINY_CODE_PA, code, sizeof(code)));
	CHECK(!memcmp(ram.bytes + TINY_NOTES_PA, &g.notes, sizeof(g.notes)));
	CHECK_EQ(ram.bytes[TINY_LAB_PA], 0);
	CHECK_EQ(ram.bytes[TINY_LAB_PA + sizeof(struct lab_page) - 1], 0);
	ram_destroy(&ram);
	guest_elf_close(&elf);
}

Test(guest_elf, segments_touch_without_overlapping)
{
	struct tiny_guest g;
	struct guest_elf elf;
	struct error e;

	tiny_guest_make(&g, code, sizeof(code));
	g.phdrs[TINY_TEXT].p_memsz = TINY_NOTES_PA - TINY_CODE_PA;
	CHECK_THAT(!guest_elf_parse(&elf, g.bytes, g.size, TINY_MEM, &e), "%s", e.text);
}

Test(guest_elf, empty_segments_and_strange_notes_are_passed_over)
{
	struct tiny_guest g;
	struct guest_elf elf;
	struct error e;

	tiny_guest_make(&g, code, sizeof(code));
	g.phdrs[TINY_RODATA].p_type = PT_GNU_STACK; /* notes need not be loaded */
	CHECK_THAT(!guest_elf_parse(&elf, g.bytes, g.size, TINY_MEM, &e), "%s", e.text);
	CHECK_EQ(elf.nr_segments, 2);
	g.phdrs[TINY_RODATA] = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R};
	CHECK_THAT(!guest_elf_parse(&elf, g.bytes, g.size, TINY_MEM, &e), "%s", e.text);
	CHECK_EQ(elf.nr_segments, 2);
}

/* --- cut off --- */

BREAK(cut_all, g->size = 0)
BREAK(cut_in_magic, g->size = 3)
BREAK(cut_in_ident, g->size = 20)
BREAK(cut_in_header, g->size = 63)
BREAK(cut_in_phdrs, g->size = 64 + 4 * 56 - 1)
BREAK(cut_in_code, g->size = TINY_CODE_AT + TINY_CODE_MAX - 1)
BREAK(cut_in_notes, (g->size = 0x700, g->phdrs[TINY_RODATA].p_filesz = 0x101))
BREAK(sections_beyond, (g->ehdr.e_shnum = 3, g->ehdr.e_shoff = g->size - 2 * 64))

static const struct breakage cuts[] = {
	{"empty", cut_all, "the file is empty: build it with `make`"},
	{"3 bytes", cut_in_magic, "not an ELF file: give the guest.bin that `make` builds"},
	{"20 bytes", cut_in_ident,
	 "truncated: 20 bytes, where the ELF header alone has 64: build it with `make`"},
	{"63 bytes", cut_in_header,
	 "truncated: 63 bytes, where the ELF header alone has 64: build it with `make`"},
	{"program headers", cut_in_phdrs,
	 "truncated: 4 program headers at offset 0x40 do not fit the file's 287 bytes: build it with `make`"},
	{"code", cut_in_code,
	 "truncated: segment 0 needs the file up to 0x600, it has 0x5ff bytes: build it with `make`"},
	{"notes", cut_in_notes,
	 "truncated: segment 1 needs the file up to 0x701, it has 0x700 bytes: build it with `make`"},
	{"section headers", sections_beyond,
	 "truncated: 3 section headers at offset 0xf80 do not fit the file's 4096 bytes: build it with "
	 "`make`"},
};

Test(guest_elf, a_file_cut_short_is_refused_at_each_part)
{
	EXPECT_ALL_REFUSED(cuts);
}

Test(guest_elf, every_possible_truncation_is_refused)
{
	struct tiny_guest g;
	struct guest_elf elf;
	struct error e;

	tiny_guest_make(&g, code, sizeof(code));
	for (size_t size = 0; size < TINY_NOTES_AT + sizeof(g.notes); size++) {
		uint8_t *exact = malloc(size ? size : 1);

		memcpy(exact, g.bytes, size);
		CHECK_THAT(guest_elf_parse(&elf, exact, size, TINY_MEM, &e) == -1, "%zu bytes were taken",
			   size);
		CHECK_EQ(e.status, EXIT_USAGE);
		free(exact);
	}
}

/* --- the ELF header --- */

BREAK(bad_magic, g->bytes[1] = 'e')
BREAK(class_32, g->bytes[EI_CLASS] = ELFCLASS32)
BREAK(class_7, g->bytes[EI_CLASS] = 7)
BREAK(big_endian, g->bytes[EI_DATA] = ELFDATA2MSB)
BREAK(ident_version, g->bytes[EI_VERSION] = 0)
BREAK(os_abi, g->bytes[EI_OSABI] = ELFOSABI_FREEBSD)
BREAK(abi_version, g->bytes[EI_ABIVERSION] = 1)
BREAK(type_rel, g->ehdr.e_type = ET_REL)
BREAK(type_dyn, g->ehdr.e_type = ET_DYN)
BREAK(type_99, g->ehdr.e_type = 99)
BREAK(machine_arm, g->ehdr.e_machine = EM_AARCH64)
BREAK(version_2, g->ehdr.e_version = 2)
BREAK(flags, g->ehdr.e_flags = 4)
BREAK(ehsize, g->ehdr.e_ehsize = 52)
BREAK(no_phdrs, g->ehdr.e_phnum = 0)
BREAK(phentsize, g->ehdr.e_phentsize = 32)
BREAK(many_phdrs, g->ehdr.e_phnum = 65)
BREAK(phoff_wraps, g->ehdr.e_phoff = -8UL)
BREAK(shentsize, (g->ehdr.e_shnum = 1, g->ehdr.e_shentsize = 40))
BREAK(shoff_wraps, (g->ehdr.e_shnum = 1, g->ehdr.e_shoff = -8UL))
BREAK(shstrndx, (g->ehdr.e_shnum = 1, g->ehdr.e_shstrndx = 1))
BREAK(entry_outside, g->ehdr.e_entry = 0x1ff000)

static const struct breakage headers[] = {
	{"magic", bad_magic, "not an ELF file: give the guest.bin that `make` builds"},
	{"32-bit", class_32, "a 32-bit ELF file, the guest must be ELF64"},
	{"class", class_7, "ELF class 7 is unknown, the guest must be ELF64 (2)"},
	{"endianness", big_endian, "ELF data encoding 2, the guest must be little-endian (1)"},
	{"ident version", ident_version, "ELF version 0 in its identification, must be 1"},
	{"OS ABI", os_abi, "made for another operating system: OS ABI 9, must be 0"},
	{"ABI version", abi_version, "OS ABI version 1, must be 0"},
	{"object", type_rel, "ELF type 1 (an object file: link it), the guest must be an executable (2)"},
	{"PIE", type_dyn,
	 "ELF type 3 (position-independent or shared: link with -no-pie -static), the guest must be an "
	 "executable (2)"},
	{"type", type_99, "ELF type 99, the guest must be an executable (2)"},
	{"machine", machine_arm, "made for ELF machine 183, the guest must be x86-64 (62)"},
	{"version", version_2, "ELF version 2, must be 1"},
	{"flags", flags, "ELF flags 0x4, x86-64 knows none"},
	{"ehsize", ehsize, "an ELF header of 52 bytes, must be 64"},
	{"phnum 0", no_phdrs, "no program headers: nothing to load"},
	{"phentsize", phentsize, "program headers of 32 bytes each, must be 56"},
	{"phnum 65", many_phdrs, "65 program headers, at most 64 are taken"},
	{"phoff", phoff_wraps,
	 "truncated: 4 program headers at offset 0xfffffffffffffff8 do not fit the file's 4096 bytes: build "
	 "it with `make`"},
	{"shentsize", shentsize, "section headers of 40 bytes each, must be 64"},
	{"shoff", shoff_wraps,
	 "truncated: 1 section headers at offset 0xfffffffffffffff8 do not fit the file's 4096 bytes: build "
	 "it with `make`"},
	{"shstrndx", shstrndx, "section 1 should hold the section names, but there are 1 sections"},
	{"entry", entry_outside, "the ELF entry 0x1ff000 lies outside all segments"},
};

Test(guest_elf, every_field_of_the_elf_header_has_its_own_message)
{
	EXPECT_ALL_REFUSED(headers);
}

/* --- segments --- */

BREAK(offset_wraps, (g->phdrs[0].p_offset = -16UL, g->phdrs[0].p_filesz = 32))
BREAK(offset_outside, g->phdrs[0].p_offset = 0x10000)
BREAK(align_3, g->phdrs[0].p_align = 3)
BREAK(filesz_over_memsz, g->phdrs[0].p_memsz = 0x3ff)
BREAK(pa_wraps, (g->phdrs[0].p_paddr = -0x1000UL, g->phdrs[0].p_memsz = 0x2000))
BREAK(va_wraps, (g->phdrs[0].p_vaddr = -0x100UL))
BREAK(wx, g->phdrs[0].p_flags |= PF_W)
BREAK(in_loader_area, g->phdrs[0].p_paddr = 0x1000)
BREAK(out_of_ram, (g->phdrs[2].p_paddr = TINY_MEM, g->phdrs[2].p_memsz = 1))
BREAK(bss_out_of_ram, g->phdrs[2].p_memsz = 64UL << 20)
BREAK(in_hole, (g->phdrs[2].p_paddr = MMIO_HOLE_START - 1, g->phdrs[2].p_memsz = 2))
BREAK(far_above, (g->phdrs[2].p_paddr = 1UL << 40, g->phdrs[2].p_memsz = 1))
BREAK(overlap_pa, g->phdrs[2].p_paddr = TINY_NOTES_PA + 8)
BREAK(overlap_va, g->phdrs[2].p_vaddr = KERNEL_MAP + TINY_CODE_PA)
BREAK(interp, g->phdrs[1].p_type = PT_INTERP)
BREAK(dynamic, g->phdrs[1].p_type = PT_DYNAMIC)
BREAK(no_load, g->phdrs[0].p_type = g->phdrs[1].p_type = g->phdrs[2].p_type = PT_NULL)

static const struct breakage segments[] = {
	{"offset wraps", offset_wraps, "segment 0: file offset 0xfffffffffffffff0 and size 0x20 wrap around"},
	{"offset outside", offset_outside,
	 "truncated: segment 0 needs the file up to 0x10400, it has 0x1000 bytes: build it with `make`"},
	{"alignment", align_3, "segment 0: alignment 0x3 is no power of two"},
	{"filesz > memsz", filesz_over_memsz, "segment 0: 0x400 bytes in the file, only 0x3ff in memory"},
	{"physical wraps", pa_wraps,
	 "segment 0: its addresses wrap around (physical 0xfffffffffffff000, virtual 0xffffffff80100000, "
	 "size 0x2000)"},
	{"virtual wraps", va_wraps,
	 "segment 0: its addresses wrap around (physical 0x100000, virtual 0xffffffffffffff00, size 0x400)"},
	{"W+X", wx, "segment 0 is writable and executable: keep code and data in segments of their own"},
	{"loader's area", in_loader_area,
	 "segment 0 at physical 0x1000: memory below 0x10000 is the loader's"},
	{"out of RAM", out_of_ram,
	 "segment 2 ends at physical 0x400001, RAM at 0x400000: give it more, at least --mem 5M"},
	{"bss out of RAM", bss_out_of_ram,
	 "segment 2 ends at physical 0x4110000, RAM at 0x400000: give it more, at least --mem 66M"},
	{"hole", in_hole,
	 "segment 2 ends at physical 0xc0000001: an image must lie below 3 GiB (0xc0000000)"},
	{"above", far_above,
	 "segment 2 ends at physical 0x10000000001: an image must lie below 3 GiB (0xc0000000)"},
	{"overlap", overlap_pa, "segment 2 overlaps an earlier one in physical memory at 0x101008"},
	{"virtual overlap", overlap_va,
	 "segment 2 overlaps an earlier one in virtual memory at 0xffffffff80100000"},
	{"interpreter", interp, "a dynamically linked program, not a kernel: link it with -static"},
	{"dynamic", dynamic, "a dynamically linked program, not a kernel: link it with -static"},
	{"no PT_LOAD", no_load, "no segment to load"},
};

Test(guest_elf, every_field_of_a_segment_has_its_own_message)
{
	EXPECT_ALL_REFUSED(segments);
}

Test(guest_elf, more_segments_than_fit_are_refused)
{
	struct tiny_guest g;
	struct guest_elf elf;
	struct error e;

	/* 17 one-byte segments over the code, which ends up overwritten: nothing runs it. */
	tiny_guest_make(&g, code, sizeof(code));
	g.ehdr.e_phnum = 17;
	for (unsigned int i = 0; i < 17; i++) {
		Elf64_Phdr ph = tiny_load(PF_R, 0, TINY_CODE_PA + i, 1, 1);

		memcpy(g.bytes + g.ehdr.e_phoff + i * sizeof(ph), &ph, sizeof(ph));
	}
	CHECK(guest_elf_parse(&elf, g.bytes, g.size, TINY_MEM, &e) == -1);
	CHECK_STR(e.text, "guest image: more than 16 segments to load");
}

/* --- notes --- */

BREAK(no_notes, g->phdrs[TINY_NOTE].p_type = PT_NULL)
BREAK(other_owner, memcpy(g->notes.xen.name, "Xem", 4))
BREAK(other_type, g->notes.xen.nhdr.n_type = 17)
BREAK(xen_desc_2, g->notes.xen.nhdr.n_descsz = 2)
BREAK(note_header_cut, g->phdrs[TINY_NOTE].p_filesz = sizeof(g->notes.xen) + 11)
BREAK(note_name_huge, g->notes.xen.nhdr.n_namesz = 0xffffffff)
BREAK(note_desc_huge, g->notes.xen.nhdr.n_descsz = 0xfffffff0)
BREAK(entry_in_rodata, g->notes.xen.entry = TINY_NOTES_PA)
BREAK(entry_behind_code, g->notes.xen.entry = TINY_CODE_PA + TINY_CODE_MAX)
BREAK(no_lab_note, g->notes.lab.name[0] = 'x')
BREAK(lab_short, (g->notes.lab.nhdr.n_descsz = 8, g->phdrs[TINY_NOTE].p_filesz = sizeof(g->notes.xen) + 28))
BREAK(lab_abi, g->notes.note.abi_version = LAB_ABI_VERSION + 1)
BREAK(lab_many, g->notes.note.nr_layouts = 0xffffffff)
BREAK(lab_unaligned, g->notes.note.lab_pa += 4)
BREAK(lab_in_rodata, g->notes.note.lab_pa = TINY_NOTES_PA)
BREAK(lab_beyond, g->notes.note.lab_pa += 8)
BREAK(lab_nowhere, g->notes.note.lab_pa = -8UL)

/* The entry of a structure, by name. */
static struct lab_layout *layout_of(struct tiny_guest *g, const char *name)
{
	for (unsigned int i = 0; i < LAYOUT_NR; i++)
		if (!strcmp(g->notes.layouts[i].name, name))
			return &g->notes.layouts[i];
	cr_assert_fail("no struct %s in layout.def", name);
	return NULL;
}

BREAK(vma_size, layout_of(g, "vm_area_struct")->size = 9999)
BREAK(mm_hash, layout_of(g, "mm_struct")->hash++)
BREAK(page_missing, layout_of(g, "page")->name[0] = 'P')
BREAK(last_missing, g->notes.note.nr_layouts = LAYOUT_NR - 1)

static void second_xen_note(struct tiny_guest *g)
{
	struct tiny_xen_note second = g->notes.xen;

	memcpy(g->bytes + TINY_NOTES_AT + sizeof(g->notes), &second, sizeof(second));
	g->phdrs[TINY_NOTE].p_filesz += sizeof(second);
}

static void xen_entry_64(struct tiny_guest *g)
{
	struct {
		Elf64_Nhdr nhdr;
		char name[4];
		uint64_t entry;
	} __attribute__((packed)) wide = {{4, 8, 18}, "Xen", 0x100100000UL};

	memcpy(g->bytes + TINY_NOTES_AT, &wide, sizeof(wide));
	g->phdrs[TINY_NOTE].p_filesz = sizeof(wide);
}

static const struct breakage notes[] = {
	{"no notes", no_notes, "no PVH entry: a note of owner \"Xen\", type 18, must say where to start"},
	{"owner", other_owner, "no PVH entry: a note of owner \"Xen\", type 18, must say where to start"},
	{"type", other_type, "no PVH entry: a note of owner \"Xen\", type 18, must say where to start"},
	{"Xen size", xen_desc_2, "malformed note: a PVH entry of 2 bytes, must be 4 or 8"},
	{"Xen twice", second_xen_note, "malformed note: a second PVH entry"},
	{"64-bit entry", xen_entry_64, "the PVH entry 0x100100000 is no 32-bit address"},
	{"header cut", note_header_cut, "malformed note at offset 0x614: its header is cut off"},
	{"name", note_name_huge,
	 "malformed note at offset 0x600: name 4294967295 and descriptor 4 bytes exceed its segment"},
	{"descriptor", note_desc_huge,
	 "malformed note at offset 0x600: name 4 and descriptor 4294967280 bytes exceed its segment"},
	{"entry in data", entry_in_rodata, "the PVH entry 0x101000 lies in no executable segment"},
	{"entry behind", entry_behind_code, "the PVH entry 0x100400 lies in no executable segment"},
	{"no lab note", no_lab_note,
	 "no note of owner \"mmscope\": some other kernel; give the guest.bin that `make` builds"},
	{"short lab note", lab_short, "malformed note: the mmscope note has 8 bytes, its head alone 16"},
	{"ABI", lab_abi, "speaks version 2 of the lab channel, this vmm version 1: rebuild both with `make`"},
	{"lab alignment", lab_unaligned, "the lab page's address 0x110004 is not aligned to 8 bytes"},
	{"name missing", page_missing,
	 "was built without struct page, which this vmm reads: rebuild both with `make`"},
	{"last missing", last_missing,
	 "was built without struct lab_page, which this vmm reads: rebuild both with `make`"},
};

Test(guest_elf, every_fault_of_a_note_has_its_own_message)
{
	EXPECT_ALL_REFUSED(notes);
}

/* Messages that tell a size the compiler chose. */
static void expect_sized(const char *name, void (*apply)(struct tiny_guest *g), const char *format,
			 uint64_t size)
{
	char message[512];
	struct breakage b = {name, apply, message};

	snprintf(message, sizeof(message), format, size);
	expect_refused(&b);
}

Test(guest_elf, another_layout_is_refused_by_the_name_of_the_structure)
{
	expect_sized("number", lab_many,
		     "malformed note: 4294967295 structure layouts do not fit the mmscope note's %lu bytes",
		     sizeof(struct lab_note) + LAYOUT_NR * sizeof(struct lab_layout));
	expect_sized("size", vma_size,
		     "was built with another struct vm_area_struct (size 9999, this vmm knows %lu): rebuild "
		     "both with `make`",
		     sizeof(struct vm_area_struct));
	expect_sized(
		"hash", mm_hash,
		"was built with another struct mm_struct (size %lu as here, but its fields lie elsewhere): "
		"rebuild both with `make`",
		sizeof(struct mm_struct));
}

Test(guest_elf, the_lab_page_must_lie_in_a_writable_segment)
{
	expect_sized("rodata", lab_in_rodata,
		     "the lab page at 0x101000, %lu bytes, lies in no writable segment",
		     sizeof(struct lab_page));
	expect_sized("beyond", lab_beyond, "the lab page at 0x110008, %lu bytes, lies in no writable segment",
		     sizeof(struct lab_page));
	expect_sized("nowhere", lab_nowhere,
		     "the lab page at 0xfffffffffffffff8, %lu bytes, lies in no writable segment",
		     sizeof(struct lab_page));
}

Test(guest_elf, layouts_may_come_in_another_order)
{
	struct tiny_guest g;
	struct guest_elf elf;
	struct lab_layout first;
	struct error e;

	tiny_guest_make(&g, code, sizeof(code));
	first = g.notes.layouts[0];
	g.notes.layouts[0] = g.notes.layouts[LAYOUT_NR - 1];
	g.notes.layouts[LAYOUT_NR - 1] = first;
	CHECK_THAT(!guest_elf_parse(&elf, g.bytes, g.size, TINY_MEM, &e), "%s", e.text);
}

/* --- hostile bytes --- */

/* A small generator with a fixed seed: the same bytes on every machine (Marsaglia's xorshift64). */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Whatever a file holds, what is taken can be loaded; the sanitizers watch. */
Test(guest_elf, random_damage_never_leads_outside)
{
	static const uint8_t values[] = {0, 1, 2, 4, 7, 8, 0x10, 0x40, 0x7f, 0x80, 0xf0, 0xff};
	uint64_t state = 0x9e3779b97f4a7c15UL, taken = 0;
	struct guest_ram ram;
	struct error e;

	CHECK(!ram_create(&ram, TINY_MEM, &e));
	for (unsigned int round = 0; round < 20000; round++) {
		struct tiny_guest g;
		struct guest_elf elf;
		uint8_t *exact;

		tiny_guest_make(&g, code, sizeof(code));
		for (unsigned int n = 1 + next_random(&state) % 3; n; n--) {
			uint64_t where = next_random(&state) % (n & 1 ? 0x160 : sizeof(g.notes));

			g.bytes[n & 1 ? where : TINY_NOTES_AT + where] =
				values[next_random(&state) % sizeof(values)];
		}
		exact = malloc(g.size);
		memcpy(exact, g.bytes, g.size);
		if (!guest_elf_parse(&elf, exact, g.size, TINY_MEM, &e)) {
			uint64_t offset;

			taken++;
			guest_elf_load(&elf, ram.bytes);
			guest_elf_symbol(&elf, TINY_CODE_PA, &offset);
		}
		free(exact);
	}
	/* Both ways were taken, or the test shows little. */
	CHECK_THAT(taken > 1000 && taken < 19000, "%lu of 20000 taken", taken);
	ram_destroy(&ram);
}

/* --- files --- */

static void write_file(char *path, const void *bytes, size_t size)
{
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, bytes, size), size);
	close(fd);
}

Test(guest_elf, files_are_opened_and_their_faults_named)
{
	struct tiny_guest g;
	struct guest_elf elf;
	struct error e;
	char good[] = "/tmp/guest_elf_XXXXXX", empty[] = "/tmp/guest_elf_XXXXXX", expected[256];

	tiny_guest_make(&g, code, sizeof(code));
	write_file(good, g.bytes, g.size);
	write_file(empty, "", 0);
	CHECK_THAT(!guest_elf_open(&elf, good, TINY_MEM, &e), "%s", e.text);
	CHECK_EQ(elf.size, TINY_SIZE);
	guest_elf_close(&elf);
	CHECK_EQ(elf.bytes, NULL);
	CHECK(guest_elf_open(&elf, empty, TINY_MEM, &e) == -1);
	snprintf(expected, sizeof(expected), "%s: the file is empty: build it with `make`", empty);
	CHECK_STR(e.text, expected);
	unlink(good);
	unlink(empty);
	CHECK(guest_elf_open(&elf, "/nonexistent/guest.bin", TINY_MEM, &e) == -1);
	CHECK_STR(e.text, "/nonexistent/guest.bin: cannot be opened: No such file or directory (`make` "
			  "builds build/guest.bin)");
	CHECK(guest_elf_open(&elf, "/tmp", TINY_MEM, &e) == -1);
	CHECK_STR(e.text, "/tmp: not a file: give the guest.bin that `make` builds");
}

/* --- symbols --- */

Test(guest_elf, symbols_are_found_in_a_real_elf_file)
{
	struct guest_elf elf = {.path = "/proc/self/exe"};
	uint64_t offset = 99;
	FILE *f = fopen("/proc/self/exe", "r");
	static uint8_t bytes[64 << 20];
	Elf64_Ehdr ehdr;

	elf.bytes = bytes;
	elf.size = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	/* The C runtime's entry is a function of every program, at e_entry. */
	memcpy(&ehdr, bytes, sizeof(ehdr));
	CHECK_STR(guest_elf_symbol(&elf, ehdr.e_entry, &offset), "_start");
	CHECK_EQ(offset, 0);
	CHECK_STR(guest_elf_symbol(&elf, ehdr.e_entry + 5, &offset), "_start");
	CHECK_EQ(offset, 5);
	CHECK_EQ(guest_elf_symbol(&elf, 1, &offset), NULL);
	CHECK_EQ(guest_elf_symbol(&elf, -1UL, &offset), NULL);
	/* Cut in half, symbols and all: none is found, nothing is read beyond. */
	elf.size /= 2;
	guest_elf_symbol(&elf, ehdr.e_entry, &offset);
}
