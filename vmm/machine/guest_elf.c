/* SPDX-License-Identifier: MIT */
/*
 * The loader's first half: the ELF header and the program headers of guest.bin, every field
 * checked (System V gABI, chapters 4 and 5), and the copy into RAM. Notes are in guest_note.c.
 */
#include "machine/guest_elf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "machine/guest_elf_parse.h"
#include "machine/ram.h"

#define MAX_PHDRS 64
#define REBUILD	  "build it with `make`"

int elf_fault(struct elf_parse *p, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(p->e, EXIT_USAGE, "%s: %s", p->elf->path, text);
}

/* Do n bytes at offset lie in the file? Without wrapping, whatever the numbers. */
static bool in_file(const struct elf_parse *p, uint64_t offset, uint64_t n)
{
	return offset <= p->elf->size && n <= p->elf->size - offset;
}

static int check_ident(struct elf_parse *p)
{
	const uint8_t *id = p->elf->bytes;

	if (!p->elf->size)
		return elf_fault(p, "the file is empty: " REBUILD);
	if (p->elf->size < SELFMAG || memcmp(id, ELFMAG, SELFMAG))
		return elf_fault(p, "not an ELF file: give the guest.bin that `make` builds");
	if (p->elf->size < sizeof(Elf64_Ehdr))
		return elf_fault(p, "truncated: %zu bytes, where the ELF header alone has %zu: " REBUILD,
				 p->elf->size, sizeof(Elf64_Ehdr));
	if (id[EI_CLASS] == ELFCLASS32)
		return elf_fault(p, "a 32-bit ELF file, the guest must be ELF64");
	if (id[EI_CLASS] != ELFCLASS64)
		return elf_fault(p, "ELF class %u is unknown, the guest must be ELF64 (2)", id[EI_CLASS]);
	if (id[EI_DATA] != ELFDATA2LSB)
		return elf_fault(p, "ELF data encoding %u, the guest must be little-endian (1)", id[EI_DATA]);
	if (id[EI_VERSION] != EV_CURRENT)
		return elf_fault(p, "ELF version %u in its identification, must be 1", id[EI_VERSION]);
	if (id[EI_OSABI] != ELFOSABI_SYSV && id[EI_OSABI] != ELFOSABI_GNU)
		return elf_fault(p, "made for another operating system: OS ABI %u, must be 0", id[EI_OSABI]);
	if (id[EI_ABIVERSION])
		return elf_fault(p, "OS ABI version %u, must be 0", id[EI_ABIVERSION]);
	return 0;
}

static const char *type_hint(unsigned int type)
{
	switch (type) {
	case ET_REL:
		return " (an object file: link it)";
	case ET_DYN:
		return " (position-independent or shared: link with -no-pie -static)";
	case ET_CORE:
		return " (a core file)";
	}
	return "";
}

static int check_header(struct elf_parse *p)
{
	const Elf64_Ehdr *h = &p->ehdr;

	if (h->e_type != ET_EXEC)
		return elf_fault(p, "ELF type %u%s, the guest must be an executable (2)", h->e_type,
				 type_hint(h->e_type));
	if (h->e_machine != EM_X86_64)
		return elf_fault(p, "made for ELF machine %u, the guest must be x86-64 (62)", h->e_machine);
	if (h->e_version != EV_CURRENT)
		return elf_fault(p, "ELF version %u, must be 1", h->e_version);
	if (h->e_flags)
		return elf_fault(p, "ELF flags %#x, x86-64 knows none", h->e_flags);
	if (h->e_ehsize != sizeof(Elf64_Ehdr))
		return elf_fault(p, "an ELF header of %u bytes, must be %zu", h->e_ehsize,
				 sizeof(Elf64_Ehdr));
	return 0;
}

/* Where the two header tables lie. Sections are for symbols only, but a file cut short shows here. */
static int check_tables(struct elf_parse *p)
{
	const Elf64_Ehdr *h = &p->ehdr;

	if (!h->e_phnum)
		return elf_fault(p, "no program headers: nothing to load");
	if (h->e_phentsize != sizeof(Elf64_Phdr))
		return elf_fault(p, "program headers of %u bytes each, must be %zu", h->e_phentsize,
				 sizeof(Elf64_Phdr));
	if (h->e_phnum > MAX_PHDRS)
		return elf_fault(p, "%u program headers, at most %u are taken", h->e_phnum, MAX_PHDRS);
	if (!in_file(p, h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr)))
		return elf_fault(p,
				 "truncated: %u program headers at offset %#lx do not fit the file's %zu "
				 "bytes: " REBUILD,
				 h->e_phnum, h->e_phoff, p->elf->size);
	if (!h->e_shnum)
		return 0;
	if (h->e_shentsize != sizeof(Elf64_Shdr))
		return elf_fault(p, "section headers of %u bytes each, must be %zu", h->e_shentsize,
				 sizeof(Elf64_Shdr));
	if (!in_file(p, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr)))
		return elf_fault(p,
				 "truncated: %u section headers at offset %#lx do not fit the file's %zu "
				 "bytes: " REBUILD,
				 h->e_shnum, h->e_shoff, p->elf->size);
	if (h->e_shstrndx >= h->e_shnum)
		return elf_fault(p, "section %u should hold the section names, but there are %u sections",
				 h->e_shstrndx, h->e_shnum);
	return 0;
}

/* The file side of one program header of any type: its bytes and its alignment. */
static int check_phdr_file(struct elf_parse *p, unsigned int i, const Elf64_Phdr *ph)
{
	if (ph->p_offset + ph->p_filesz < ph->p_offset)
		return elf_fault(p, "segment %u: file offset %#lx and size %#lx wrap around", i, ph->p_offset,
				 ph->p_filesz);
	if (!in_file(p, ph->p_offset, ph->p_filesz))
		return elf_fault(
			p, "truncated: segment %u needs the file up to %#lx, it has %#zx bytes: " REBUILD, i,
			ph->p_offset + ph->p_filesz, p->elf->size);
	if (ph->p_align & (ph->p_align - 1))
		return elf_fault(p, "segment %u: alignment %#lx is no power of two", i, ph->p_align);
	return 0;
}

/* The memory side of one PT_LOAD. */
static int check_load(struct elf_parse *p, unsigned int i, const Elf64_Phdr *ph)
{
	uint64_t end = ph->p_paddr + ph->p_memsz;

	if (ph->p_filesz > ph->p_memsz)
		return elf_fault(p, "segment %u: %#lx bytes in the file, only %#lx in memory", i,
				 ph->p_filesz, ph->p_memsz);
	if (end < ph->p_paddr || ph->p_vaddr + ph->p_memsz < ph->p_vaddr)
		return elf_fault(
			p, "segment %u: its addresses wrap around (physical %#lx, virtual %#lx, size %#lx)",
			i, ph->p_paddr, ph->p_vaddr, ph->p_memsz);
	if ((ph->p_flags & PF_W) && (ph->p_flags & PF_X))
		return elf_fault(
			p,
			"segment %u is writable and executable: keep code and data in segments of their own",
			i);
	if (ph->p_paddr < LOADER_AREA_END)
		return elf_fault(p, "segment %u at physical %#lx: memory below %#llx is the loader's", i,
				 ph->p_paddr, LOADER_AREA_END);
	if (end > MMIO_HOLE_START)
		return elf_fault(p, "segment %u ends at physical %#lx: an image must lie below 3 GiB (%#llx)",
				 i, end, MMIO_HOLE_START);
	if (end > p->ram_low)
		return elf_fault(
			p, "segment %u ends at physical %#lx, RAM at %#lx: give it more, at least --mem %luM",
			i, end, p->ram_low, (end + (1 << 20) - 1) >> 20);
	return 0;
}

static bool ranges_meet(uint64_t a, uint64_t na, uint64_t b, uint64_t nb)
{
	return a < b + nb && b < a + na;
}

static int add_segment(struct elf_parse *p, unsigned int i, const Elf64_Phdr *ph)
{
	struct guest_elf *elf = p->elf;
	const unsigned int room = sizeof(elf->segments) / sizeof(elf->segments[0]);

	for (unsigned int j = 0; j < elf->nr_segments; j++) {
		const struct guest_segment *s = &elf->segments[j];

		if (ranges_meet(s->pa, s->mem_size, ph->p_paddr, ph->p_memsz))
			return elf_fault(p, "segment %u overlaps an earlier one in physical memory at %#lx",
					 i, s->pa > ph->p_paddr ? s->pa : ph->p_paddr);
		if (ranges_meet(s->va, s->mem_size, ph->p_vaddr, ph->p_memsz))
			return elf_fault(p, "segment %u overlaps an earlier one in virtual memory at %#lx", i,
					 s->va > ph->p_vaddr ? s->va : ph->p_vaddr);
	}
	if (elf->nr_segments == room)
		return elf_fault(p, "more than %u segments to load", room);
	elf->segments[elf->nr_segments++] = (struct guest_segment){
		.pa = ph->p_paddr,
		.va = ph->p_vaddr,
		.file_offset = ph->p_offset,
		.file_size = ph->p_filesz,
		.mem_size = ph->p_memsz,
		.flags = ph->p_flags,
	};
	return 0;
}

static int parse_phdr(struct elf_parse *p, unsigned int i)
{
	Elf64_Phdr ph;

	memcpy(&ph, p->elf->bytes + p->ehdr.e_phoff + i * sizeof(ph), sizeof(ph));
	switch (ph.p_type) {
	case PT_INTERP:
	case PT_DYNAMIC:
		return elf_fault(p, "a dynamically linked program, not a kernel: link it with -static");
	case PT_LOAD:
		if (!ph.p_memsz && !ph.p_filesz)
			return 0;
		if (check_phdr_file(p, i, &ph) || check_load(p, i, &ph))
			return -1;
		return add_segment(p, i, &ph);
	case PT_NOTE:
		return check_phdr_file(p, i, &ph) ? -1 : elf_parse_notes(p, &ph);
	}
	return check_phdr_file(p, i, &ph);
}

/* e_entry is what gdb and other loaders use; linkers write it as a virtual or a physical address. */
static int check_entry(struct elf_parse *p)
{
	for (unsigned int i = 0; i < p->elf->nr_segments; i++) {
		const struct guest_segment *s = &p->elf->segments[i];

		if (p->ehdr.e_entry - s->pa < s->mem_size || p->ehdr.e_entry - s->va < s->mem_size)
			return 0;
	}
	return elf_fault(p, "the ELF entry %#lx lies outside all segments", p->ehdr.e_entry);
}

static int parse(struct guest_elf *elf, uint64_t mem_size, struct error *e)
{
	struct elf_parse p = {.elf = elf, .ram_low = ram_low_size(mem_size), .e = e};

	if (check_ident(&p))
		return -1;
	memcpy(&p.ehdr, elf->bytes, sizeof(p.ehdr));
	if (check_header(&p) || check_tables(&p))
		return -1;
	for (unsigned int i = 0; i < p.ehdr.e_phnum; i++)
		if (parse_phdr(&p, i))
			return -1;
	if (!elf->nr_segments)
		return elf_fault(&p, "no segment to load");
	return check_entry(&p) ? -1 : elf_check_notes(&p);
}

int guest_elf_parse(struct guest_elf *elf, const uint8_t *bytes, size_t size, uint64_t mem_size,
		    struct error *e)
{
	*elf = (struct guest_elf){.path = "guest image", .bytes = bytes, .size = size};
	return parse(elf, mem_size, e);
}

/* Map the whole file: only the parts that are loaded or looked at get read. */
static int map_file(struct guest_elf *elf, int fd, struct error *e)
{
	struct stat st;
	void *bytes;

	if (fstat(fd, &st))
		return error_set(e, EXIT_USAGE, "%s: cannot be examined: %s", elf->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(e, EXIT_USAGE, "%s: not a file: give the guest.bin that `make` builds",
				 elf->path);
	elf->size = st.st_size;
	if (!elf->size)
		return 0;
	bytes = mmap(NULL, elf->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return error_set(e, EXIT_USAGE, "%s: cannot be mapped: %s", elf->path, strerror(errno));
	elf->bytes = bytes;
	elf->mapped = true;
	return 0;
}

int guest_elf_open(struct guest_elf *elf, const char *path, uint64_t mem_size, struct error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;

	*elf = (struct guest_elf){.path = path};
	if (fd < 0)
		return error_set(e, EXIT_USAGE, "%s: cannot be opened: %s%s", path, strerror(errno),
				 errno == ENOENT ? " (`make` builds build/guest.bin)" : "");
	ret = map_file(elf, fd, e);
	close(fd);
	if (!ret)
		ret = parse(elf, mem_size, e);
	if (ret)
		guest_elf_close(elf);
	return ret;
}

void guest_elf_close(struct guest_elf *elf)
{
	if (elf->mapped)
		munmap((void *)elf->bytes, elf->size);
	elf->bytes = NULL;
	elf->size = 0;
	elf->mapped = false;
}

void guest_elf_load(const struct guest_elf *elf, uint8_t *ram)
{
	for (unsigned int i = 0; i < elf->nr_segments; i++) {
		const struct guest_segment *s = &elf->segments[i];

		memcpy(ram + s->pa, elf->bytes + s->file_offset, s->file_size);
		memset(ram + s->pa + s->file_size, 0, s->mem_size - s->file_size);
	}
}
