/* SPDX-License-Identifier: MIT */
/*
 * The initial stack of a program, from the top down, as Linux copy_strings() and create_elf_tables() lay it out:
 *
 *	TASK_SIZE
 *	  8 bytes of zero
 *	  filename                        AT_EXECFN
 *	  environment strings             env_start … env_end
 *	  argument strings                arg_start … arg_end
 *	  (down to a multiple of 16)
 *	  "x86_64"                        AT_PLATFORM
 *	  16 bytes                        AT_RANDOM
 *	  auxiliary vector
 *	  envp[], NULL
 *	  argv[], NULL
 *	  argc                            RSP, a multiple of 16
 *
 * The vector is the same on every machine: no vDSO, no processor features, and "random" bytes that are not.
 */
#include "exec.h"
#include "task.h"

#define MAX_STRINGS	1024			/* argv and envp together */
#define MAX_STACK_BYTES	(128UL * 1024)		/* strings and pointers; what the stack area holds at first */

static const char platform[] = "x86_64";
static const uint8_t random_bytes[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

/** Writes into the stack of an mm that is not loaded, remembering the page it is in. */
struct stack_writer {
	struct mm_struct *mm;
	uint64_t at;			/* next user address */
	uint64_t page;			/* user address of the page behind `bytes`; 0: none yet */
	char *bytes;
	int error;
};

static void stack_write(struct stack_writer *w, const void *from, uint64_t len)
{
	while (len && !w->error) {
		uint64_t offset = w->at % PAGE_SIZE, n = min(len, PAGE_SIZE - offset);

		if (w->page != w->at - offset) {
			w->page = w->at - offset;
			w->bytes = fault_in_user(w->mm, w->page, /* write = */ true);
			if (!w->bytes) {
				w->error = -LX_ENOMEM;
				return;
			}
		}
		memcpy(w->bytes + offset, from, n);
		from = (const char *)from + n;
		w->at += n;
		len -= n;
	}
}

static void stack_write_word(struct stack_writer *w, uint64_t word)
{
	stack_write(w, &word, sizeof(word));
}

struct string_sizes {
	uint64_t n, bytes;
};

static struct string_sizes measure(const char *const *strings)
{
	struct string_sizes sizes = { 0, 0 };

	for (; strings[sizes.n]; sizes.n++)
		sizes.bytes += strlen(strings[sizes.n]) + 1;
	return sizes;
}

static void write_strings(struct stack_writer *w, const char *const *strings)
{
	for (; *strings; strings++)
		stack_write(w, *strings, strlen(*strings) + 1);
}

/** Addresses of strings that lie one behind the other from `at` on, and a NULL. */
static void write_pointers(struct stack_writer *w, const char *const *strings, uint64_t at)
{
	for (; *strings; at += strlen(*strings) + 1, strings++)
		stack_write_word(w, at);
	stack_write_word(w, 0);
}

/** The auxiliary vector into mm->saved_auxv, in Linux's order. Words used, AT_NULL included. */
static unsigned int fill_auxv(const struct elf_image *elf, uint64_t execfn, uint64_t platform_at, uint64_t random_at)
{
	const uint64_t auxv[] = {
		LX_AT_HWCAP, 0,
		LX_AT_PAGESZ, PAGE_SIZE,
		LX_AT_CLKTCK, 100,
		LX_AT_PHDR, elf->phdr_va,
		LX_AT_PHENT, sizeof(struct elf64_phdr),
		LX_AT_PHNUM, elf->ehdr->e_phnum,
		LX_AT_BASE, 0,
		LX_AT_FLAGS, 0,
		LX_AT_ENTRY, elf->ehdr->e_entry,
		LX_AT_UID, 0,
		LX_AT_EUID, 0,
		LX_AT_GID, 0,
		LX_AT_EGID, 0,
		LX_AT_SECURE, 0,
		LX_AT_RANDOM, random_at,
		LX_AT_HWCAP2, 0,
		LX_AT_EXECFN, execfn,
		LX_AT_PLATFORM, platform_at,
		LX_AT_NULL, 0,
	};

	_Static_assert(sizeof(auxv) <= sizeof(elf->mm->saved_auxv), "AT_VECTOR_SIZE");
	memcpy(elf->mm->saved_auxv, auxv, sizeof(auxv));
	return ARRAY_SIZE(auxv);
}

int setup_elf_stack(const struct elf_image *elf, const struct exec_strings *strings, uint64_t *sp)
{
	struct mm_struct *mm = elf->mm;
	struct string_sizes args = measure(strings->argv), envs = measure(strings->envp);
	uint64_t filename_size = strlen(strings->filename) + 1;
	uint64_t execfn = TASK_SIZE - 8 - filename_size;
	struct stack_writer w = { .mm = mm };
	uint64_t platform_at, random_at;
	unsigned int words;		/* of the vector */

	if (args.n + envs.n > MAX_STRINGS ||
	    args.bytes + envs.bytes + filename_size + (args.n + envs.n) * 8 + PAGE_SIZE > MAX_STACK_BYTES)
		return -LX_E2BIG;
	mm->env_end = execfn;
	mm->env_start = mm->arg_end = mm->env_end - envs.bytes;
	mm->arg_start = mm->arg_end - args.bytes;
	mm->start_stack = mm->arg_start;
	platform_at = ALIGN_DOWN(mm->arg_start, 16) - sizeof(platform);
	random_at = platform_at - sizeof(random_bytes);
	words = fill_auxv(elf, execfn, platform_at, random_at);
	*sp = ALIGN_DOWN(random_at - (words + 1 + args.n + 1 + envs.n + 1) * 8, 16);

	w.at = *sp;
	stack_write_word(&w, args.n);
	write_pointers(&w, strings->argv, mm->arg_start);
	write_pointers(&w, strings->envp, mm->env_start);
	stack_write(&w, mm->saved_auxv, words * 8);
	w.at = random_at;
	stack_write(&w, random_bytes, sizeof(random_bytes));
	stack_write(&w, platform, sizeof(platform));
	w.at = mm->arg_start;
	write_strings(&w, strings->argv);
	write_strings(&w, strings->envp);
	stack_write(&w, strings->filename, filename_size);
	return w.error;
}
