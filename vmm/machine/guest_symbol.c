/* SPDX-License-Identifier: MIT */
/* Symbols of guest.bin, for backtraces and for the agent inside it. Read anew at each question: they are few. */
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include "machine/guest_elf.h"

struct candidate {
	uint64_t value;
	const char *name;
	int rank;
};

/* Of several names for one address: functions first, then labels, then marks such as __text_start. */
static int name_rank(const GElf_Sym *sym, const char *name)
{
	return 2 * (GELF_ST_TYPE(sym->st_info) == STT_FUNC) + (*name != '_');
}

/* Code symbols only: functions, and labels of assembly, which have neither type nor size. */
static bool symbol_holds(Elf *file, const GElf_Sym *sym, uint64_t va)
{
	unsigned int type = GELF_ST_TYPE(sym->st_info);
	GElf_Shdr shdr;

	if (type != STT_FUNC && type != STT_NOTYPE)
		return false;
	if (va < sym->st_value || (sym->st_size && va - sym->st_value >= sym->st_size))
		return false;
	if (!gelf_getshdr(elf_getscn(file, sym->st_shndx), &shdr) || !(shdr.sh_flags & SHF_EXECINSTR))
		return false;
	return va - shdr.sh_addr < shdr.sh_size;
}

static void search_table(Elf *file, Elf_Scn *scn, const GElf_Shdr *shdr, uint64_t va, struct candidate *best)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Sym sym;

	for (int i = 0; data && gelf_getsym(data, i, &sym); i++) {
		const char *name;
		int rank;

		if ((best->name && sym.st_value < best->value) || !symbol_holds(file, &sym, va))
			continue;
		name = elf_strptr(file, shdr->sh_link, sym.st_name);
		if (!name || !*name)
			continue;
		rank = name_rank(&sym, name);
		if (best->name && sym.st_value == best->value && rank <= best->rank)
			continue;
		*best = (struct candidate){sym.st_value, name, rank};
	}
}

/* elf_strptr points into the file's bytes, which outlive the Elf handle of elf_memory. */
static const char *in_bytes(const struct guest_elf *elf, const char *name)
{
	const uint8_t *p = (const uint8_t *)name;

	return p >= elf->bytes && p < elf->bytes + elf->size ? name : NULL;
}

const char *guest_elf_symbol(const struct guest_elf *elf, uint64_t va, uint64_t *offset)
{
	struct candidate best = {0};
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	Elf *file;

	if (!elf->size || elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	file = elf_memory((char *)elf->bytes, elf->size);
	while (file && (scn = elf_nextscn(file, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_SYMTAB)
			search_table(file, scn, &shdr, va, &best);
	best.name = in_bytes(elf, best.name);
	elf_end(file);
	if (best.name)
		*offset = va - best.value;
	return best.name;
}

/* The compiler may have made a version of a function its own: "do_mmap.constprop.0" is do_mmap. */
static bool is_name(const char *symbol, const char *name)
{
	const size_t n = strlen(name);

	return !strncmp(symbol, name, n) && (!symbol[n] || symbol[n] == '.');
}

static bool find_in_table(Elf *file, Elf_Scn *scn, const GElf_Shdr *shdr, const char *name,
			  struct guest_function *function)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Sym sym;

	for (int i = 0; data && gelf_getsym(data, i, &sym); i++) {
		const char *this = elf_strptr(file, shdr->sh_link, sym.st_name);

		if (!this || !is_name(this, name))
			continue;
		*function = (struct guest_function){sym.st_value, sym.st_value + sym.st_size};
		return true;
	}
	return false;
}

bool guest_elf_function(const struct guest_elf *elf, const char *name, struct guest_function *function)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	bool found = false;
	Elf *file;

	if (!elf->size || elf_version(EV_CURRENT) == EV_NONE)
		return false;
	file = elf_memory((char *)elf->bytes, elf->size);
	while (file && !found && (scn = elf_nextscn(file, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_SYMTAB)
			found = find_in_table(file, scn, &shdr, name, function);
	elf_end(file);
	return found;
}

bool guest_elf_find(const struct guest_elf *elf, const char *name, uint64_t *va)
{
	struct guest_function found;

	if (!guest_elf_function(elf, name, &found))
		return false;
	*va = found.start;
	return true;
}

const void *guest_elf_agent(const struct guest_elf *elf, size_t *size)
{
	uint64_t start, end;

	if (!guest_elf_find(elf, "agent_blob", &start) || !guest_elf_find(elf, "agent_blob_end", &end))
		return NULL;
	for (unsigned int i = 0; i < elf->nr_segments; i++) {
		const struct guest_segment *s = &elf->segments[i];

		if (start < s->va || end < start || end - s->va > s->file_size)
			continue;
		*size = end - start;
		return elf->bytes + s->file_offset + (start - s->va);
	}
	return NULL;
}
