/* SPDX-License-Identifier: MIT */
/* Between the halves of exec: binfmt_elf.c (areas) and elf_stack.c (what ring 3 finds on its stack). */
#ifndef GUEST_EXEC_H
#define GUEST_EXEC_H

#include "elf.h"
#include "mm.h"

struct exec_strings;

/** How many strings, and how long with their ends. */
struct string_sizes {
	uint64_t n, bytes;
};

/** An ELF on its way into an mm. */
struct elf_image {
	struct mm_struct *mm;
	struct file *file;
	const struct elf64_ehdr *ehdr;		/* in the page cache */
	const struct elf64_phdr *phdr;		/* there, too, or in phdr_page */
	struct page *phdr_page;			/* a copy of headers that lie elsewhere in the file; NULL: none */
	uint64_t phdr_va;			/* where the program headers are mapped; 0: nowhere */
	uint64_t bss, brk;			/* ends so far: of file bytes, of memory */
	bool bss_exec;
	bool refused;				/* the error is of a kind that the old program survives */
	struct string_sizes args, envs;
	uint64_t filename_size;			/* with its end */
	uint64_t stack_flags;			/* VM_*: PT_GNU_STACK may ask for an executable stack */
};

/** Their sizes into elf; do they fit what a new stack holds at first? 0 or -LX_E2BIG. */
int measure_strings(struct elf_image *elf, const struct exec_strings *strings);
/**
 * Strings, auxiliary vector and pointers onto the stack, exactly where Linux puts them without randomisation;
 * mm->start_stack, arg_* and env_* are set. *sp: the first stack pointer. The strings
 * were measured. 0 or -LX_ENOMEM.
 */
int setup_elf_stack(const struct elf_image *elf, const struct exec_strings *strings, uint64_t *sp);

#endif
