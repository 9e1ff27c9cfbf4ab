/* SPDX-License-Identifier: MIT */
/*
 * The initial stack of a program, from the top down, as Linux copy_strings() and
 * create_elf_tables() lay it out:
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
#define STACK_IMAGE_ORDER 5
#define MAX_STACK_BYTES	(PAGE_SIZE << STACK_IMAGE_ORDER)	/* what the stack area holds at first */

static const char platform[] = "x86_64";
static const uint8_t random_bytes[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

/* --- where it is built ------------------------------------------------------------------------ */

/**
 * The initial stack as bytes of the kernel, from `sp` (page-aligned here) to TASK_SIZE. Nearly
 * always it fits the top page and is built in place; a larger one is built in a block of its own
 * and copied page by page.
 */
struct stack_image {
	char *top;			/* one behind the byte of TASK_SIZE - 1 */
	struct page *block;		/* NULL: in place */
};

static void *image_at(const struct stack_image *image, uint64_t va)
{
	return image->top - (TASK_SIZE - va);
}

static int image_begin(struct stack_image *image, struct mm_struct *mm, uint64_t sp)
{
	char *base;

	image->block = NULL;
	if (sp >= TASK_SIZE - PAGE_SIZE) {
		base = fault_in_user(mm, TASK_SIZE - PAGE_SIZE, /* write = */ true);
		image->top = base + PAGE_SIZE;
		return base ? 0 : -LX_ENOMEM;
	}
	image->block = alloc_pages(GFP_KERNEL, STACK_IMAGE_ORDER);
	if (!image->block)
		return -LX_ENOMEM;
	base = __va(page_to_pfn(image->block) << PAGE_SHIFT);
	image->top = base + (PAGE_SIZE << STACK_IMAGE_ORDER);
	return 0;
}

static int image_finish(struct stack_image *image, struct mm_struct *mm, uint64_t sp)
{
	int error = 0;

	if (!image->block)
		return 0;
	for (uint64_t va = sp; va < TASK_SIZE && !error;) {
		uint64_t n = PAGE_SIZE - va % PAGE_SIZE;
		void *to = fault_in_user(mm, va, /* write = */ true);

		if (to)
			memcpy(to, image_at(image, va), n);
		else
			error = -LX_ENOMEM;
		va += n;
	}
	__free_pages(image->block, STACK_IMAGE_ORDER);
	return error;
}

/* --- what is in it ---------------------------------------------------------------------------- */

static struct string_sizes measure(const char *const *strings)
{
	struct string_sizes sizes = { 0, 0 };

	for (; strings[sizes.n]; sizes.n++)
		sizes.bytes += strlen(strings[sizes.n]) + 1;
	return sizes;
}

/** With its end; the byte behind it. */
static char *put_string(char *to, const char *string)
{
	while ((*to++ = *string++))
		;
	return to;
}

/**
 * Strings one behind the other from user address va on; their addresses and a NULL to `pointers`.
 * Behind those.
 */
static uint64_t *put_strings(const struct stack_image *image, uint64_t *pointers, const char *const *strings,
			     uint64_t va)
{
	char *start = image_at(image, va), *to = start;

	for (; *strings; strings++) {
		*pointers++ = va + (to - start);
		to = put_string(to, *strings);
	}
	*pointers++ = 0;
	return pointers;
}

/** The auxiliary vector into mm->saved_auxv, in Linux's order. Words used, AT_NULL included. */
static unsigned int fill_auxv(const struct elf_image *elf, uint64_t execfn, uint64_t platform_at,
			      uint64_t random_at)
{
	uint64_t *word = elf->mm->saved_auxv;

#define AUX(type, value) (*word++ = (type), *word++ = (value))
	AUX(LX_AT_HWCAP, 0);
	AUX(LX_AT_PAGESZ, PAGE_SIZE);
	AUX(LX_AT_CLKTCK, 100);
	AUX(LX_AT_PHDR, elf->phdr_va);
	AUX(LX_AT_PHENT, sizeof(struct elf64_phdr));
	AUX(LX_AT_PHNUM, elf->main.ehdr->e_phnum);
	AUX(LX_AT_BASE, elf->interp_base);
	AUX(LX_AT_FLAGS, 0);
	AUX(LX_AT_ENTRY, elf->load_bias + elf->main.ehdr->e_entry);
	AUX(LX_AT_UID, 0);
	AUX(LX_AT_EUID, 0);
	AUX(LX_AT_GID, 0);
	AUX(LX_AT_EGID, 0);
	AUX(LX_AT_SECURE, 0);
	AUX(LX_AT_RANDOM, random_at);
	AUX(LX_AT_HWCAP2, 0);
	AUX(LX_AT_EXECFN, execfn);
	AUX(LX_AT_PLATFORM, platform_at);
	AUX(LX_AT_NULL, 0);
#undef AUX
	return word - elf->mm->saved_auxv;
}

_Static_assert(19 * 2 <= AT_VECTOR_SIZE, "fill_auxv()");

int measure_strings(struct elf_image *elf, const struct exec_strings *strings)
{
	uint64_t bytes;

	elf->args = measure(strings->argv);
	elf->envs = measure(strings->envp);
	elf->filename_size = strlen(strings->filename) + 1;
	bytes = elf->args.bytes + elf->envs.bytes + elf->filename_size + (elf->args.n + elf->envs.n) * 8;
	if (elf->args.n + elf->envs.n > MAX_STRINGS || bytes + PAGE_SIZE > MAX_STACK_BYTES)
		return -LX_E2BIG;
	return 0;
}

int setup_elf_stack(const struct elf_image *elf, const struct exec_strings *strings, uint64_t *sp)
{
	struct mm_struct *mm = elf->mm;
	struct string_sizes args = elf->args, envs = elf->envs;
	uint64_t filename_size = elf->filename_size;
	uint64_t execfn = TASK_SIZE - 8 - filename_size;
	uint64_t platform_at, random_at, *word;
	struct stack_image image;
	unsigned int aux_words;

	mm->env_end = execfn;
	mm->env_start = mm->arg_end = mm->env_end - envs.bytes;
	mm->arg_start = mm->arg_end - args.bytes;
	platform_at = ALIGN_DOWN(mm->arg_start, 16) - sizeof(platform);
	random_at = platform_at - sizeof(random_bytes);
	aux_words = fill_auxv(elf, execfn, platform_at, random_at);
	*sp = ALIGN_DOWN(random_at - (aux_words + 1 + args.n + 1 + envs.n + 1) * 8, 16);
	mm->start_stack = *sp;

	if (image_begin(&image, mm, *sp))
		return -LX_ENOMEM;
	word = image_at(&image, *sp);
	*word++ = args.n;
	word = put_strings(&image, word, strings->argv, mm->arg_start);
	word = put_strings(&image, word, strings->envp, mm->env_start);
	memcpy(word, mm->saved_auxv, aux_words * 8);
	__builtin_memcpy(image_at(&image, random_at), random_bytes, sizeof(random_bytes));
	__builtin_memcpy(image_at(&image, platform_at), platform, sizeof(platform));
	memcpy(image_at(&image, execfn), strings->filename, filename_size);
	return image_finish(&image, mm, *sp);
}
