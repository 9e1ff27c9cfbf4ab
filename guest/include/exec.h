/* SPDX-License-Identifier: MIT */
/*
 * Between the parts of exec: binfmt_elf.c (a program), elf_map.c (the segments of a file), elf_stack.c (what ring 3 finds on
 * its stack), binfmt_script.c ("#!").
 */
#ifndef GUEST_EXEC_H
#define GUEST_EXEC_H

#include "elf.h"
#include "mm.h"

struct exec_strings;

/** How many strings, and how long with their ends. */
struct string_sizes {
	uint64_t n, bytes;
};

/** An ELF whose headers are at hand. */
struct elf_file {
	struct file *file;			/* NULL: there is none */
	const struct elf64_ehdr *ehdr;		/* in head */
	const struct elf64_phdr *phdr;		/* there, too, or in phdr_page */
	struct page *head;			/* the first page of the page cache, with a reference; NULL: none */
	struct page *phdr_page;			/* a copy of headers that lie elsewhere in the file; NULL: none */
};

/** A program on its way into an mm. */
struct elf_image {
	struct mm_struct *mm;
	struct elf_file main, interp;		/* interp: PT_INTERP's */
	uint64_t load_bias;			/* of main: where it is minus where it says it is */
	uint64_t interp_base;			/* the same of interp; 0: there is none */
	uint64_t phdr_va;			/* where the program headers are mapped; the bias: nowhere */
	struct string_sizes args, envs;
	uint64_t filename_size;			/* with its end */
	uint64_t stack_flags;			/* VM_*: PT_GNU_STACK may ask for an executable stack */
};

/* --- elf_map.c -------------------------------------------------------------------------------- */

static inline const struct elf64_phdr *elf_phdrs_end(const struct elf_file *elf) { return elf->phdr + elf->ehdr->e_phnum; }
/** The head of elf->file, which a short file ends with zeros; elf_close() in any case. 0 or -errno. */
int elf_open(struct elf_file *elf);
/** Is it for this processor, and something that can be run? */
bool is_elf(const struct elf_file *elf);
/** Its program headers. 0, -LX_ENOEXEC, -LX_ENOMEM. */
int elf_read_phdrs(struct elf_file *elf);
void elf_close(struct elf_file *elf);
/** From the first segment's first page to the last one's last byte; 0: there are no segments (Linux total_mapping_size()). */
uint64_t total_mapping_size(const struct elf_file *elf);
/**
 * The file's part of a segment at addr, of a first one with room for all `total` bytes from there on (0: its own). flags:
 * LX_MAP_FIXED and kin. Where it is, or -errno (Linux elf_map()).
 */
uint64_t elf_map(struct mm_struct *mm, const struct elf_file *elf, uint64_t addr, const struct elf64_phdr *ph, uint64_t flags,
		 uint64_t total);
/** The same with the zeros that the segment has in memory behind that (Linux elf_load()). */
uint64_t elf_load(struct mm_struct *mm, const struct elf_file *elf, uint64_t addr, const struct elf64_phdr *ph, uint64_t flags,
		  uint64_t total);
/** Does it end in user space, starting at `start`, with no more bytes in the file than in memory? */
bool segment_valid(const struct elf64_phdr *ph, uint64_t start);
/** Anonymous pages from where file bytes end to where memory does. 0 or -errno. */
int map_bss(struct mm_struct *mm, uint64_t start, uint64_t end, bool exec);
/** The bytes behind `from` in its page become zeros (Linux padzero()). 0 or -LX_EFAULT. */
int clear_page_end(struct mm_struct *mm, uint64_t from);

/* --- elf_stack.c ------------------------------------------------------------------------------ */

/** Their sizes into elf; do they fit what a new stack holds at first? 0 or -LX_E2BIG. */
int measure_strings(struct elf_image *elf, const struct exec_strings *strings);
/**
 * Strings, auxiliary vector and pointers onto the stack, exactly where Linux puts them without randomisation;
 * mm->start_stack, arg_* and env_* are set. *sp: the first stack pointer. The strings
 * were measured. 0 or -LX_ENOMEM.
 */
int setup_elf_stack(const struct elf_image *elf, const struct exec_strings *strings, uint64_t *sp);

/* --- exec.c, binfmt_script.c ------------------------------------------------------------------ */

/** Strings and pointers of an execve on their way from the old mm to the new: one block of pages, filled upwards. */
#define SCRATCH_ORDER	5
#define SCRATCH_SIZE	(PAGE_SIZE << SCRATCH_ORDER)

struct scratch {
	char *base;
	uint64_t used;
};

/** n bytes of it, aligned for pointers; NULL: there are no more. */
void *scratch_alloc(struct scratch *s, uint64_t n);
/**
 * While *file is a script: the program that its first line names takes its place, with arguments as Linux gives them; the
 * file passed over is put. 0, or -errno with *file still to be put.
 */
int follow_scripts(struct scratch *s, struct file **file, struct exec_strings *strings);

#endif
