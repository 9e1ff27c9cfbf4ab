/* SPDX-License-Identifier: MIT */
/*
 * A static ELF (ET_EXEC) into an empty address space: which areas it makes, in which order, and
 * what the mm remembers of it, as Linux fs/binfmt_elf.c. The stack's contents are elf_stack.c.
 */
#include "elf.h"
#include "exec.h"
#include "fs.h"
#include "task.h"

#define VM_STACK_FLAGS	(VM_GROWSDOWN | VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | \
			 VM_ACCOUNT)

/** Direct-map address of the file's first page, which the page cache keeps. NULL: the file is empty. */
static const void *first_page(struct file *file)
{
	int error;
	struct page *page = read_mapping_page(file->f_mapping, 0, &error);

	if (!page)
		return NULL;
	put_page(page);
	return __va(page_to_pfn(page) << PAGE_SHIFT);
}

/** Is it the head of a program for this processor? */
static bool is_elf(const struct elf64_ehdr *ehdr)
{
	return ehdr && *(const uint32_t *)ehdr->e_ident == ELF_MAGIC && ehdr->e_ident[EI_CLASS] == ELFCLASS64 &&
	       ehdr->e_ident[EI_DATA] == ELFDATA2LSB && ehdr->e_machine == EM_X86_64;
}

/** The program headers of an ELF: in place if they lie in the first page, as nearly always. 0, -LX_ENOEXEC, -LX_ENOMEM. */
static int read_phdrs(struct elf_image *elf)
{
	const struct elf64_ehdr *ehdr = elf->ehdr;
	uint64_t size = ehdr->e_phnum * sizeof(struct elf64_phdr);

	if (ehdr->e_phentsize != sizeof(struct elf64_phdr) || size == 0 || size > PAGE_SIZE)
		return -LX_ENOEXEC;
	if (ehdr->e_phoff <= PAGE_SIZE - size) {
		elf->phdr = (const void *)((const char *)ehdr + ehdr->e_phoff);
		return 0;
	}
	elf->phdr_page = alloc_pages(GFP_KERNEL, 0);
	if (!elf->phdr_page)
		return -LX_ENOMEM;
	elf->phdr = __va(page_to_pfn(elf->phdr_page) << PAGE_SHIFT);
	return kernel_read(elf->file, (void *)elf->phdr, size, ehdr->e_phoff) == size ? 0 : -LX_ENOEXEC;
}

/**
 * PT_INTERP: a program that another one is to load. There is none that could (no ET_DYN); the file is looked at all the same,
 * so that what is wrong with it is told as Linux tells it. It stands before the segments, so nothing is mapped yet.
 */
static int check_interpreter(struct elf_image *elf, const struct elf64_phdr *ph)
{
	struct page *page;
	struct file *file;
	char *path;
	int error = -LX_ENOEXEC;

	elf->refused = true;
	if (ph->p_filesz > PATH_MAX || ph->p_filesz < 2)
		return -LX_ENOEXEC;
	page = alloc_pages(GFP_KERNEL, 0);
	if (!page)
		return -LX_ENOMEM;
	path = __va(page_to_pfn(page) << PAGE_SHIFT);
	if (kernel_read(elf->file, path, ph->p_filesz, ph->p_offset) == ph->p_filesz && !path[ph->p_filesz - 1]) {
		file = open_exec(path);
		error = IS_ERR(file) ? (int)PTR_ERR(file) : -LX_ELIBBAD;
		if (!IS_ERR(file)) {
			allow_write_access(file);
			fput(file);
		}
	}
	put_page(page);
	return error;
}

/** Is there anything to load? 0 or -errno. */
static int read_headers(struct elf_image *elf)
{
	elf->ehdr = first_page(elf->file);
	if (!is_elf(elf->ehdr) || elf->ehdr->e_type != ET_EXEC || !elf->file->f_op->mmap)
		return -LX_ENOEXEC;
	return read_phdrs(elf);
}

static uint64_t segment_prot(const struct elf64_phdr *ph)
{
	return (ph->p_flags & PF_READ ? LX_PROT_READ : 0) | (ph->p_flags & PF_WRITE ? LX_PROT_WRITE : 0) |
	       (ph->p_flags & PF_EXEC ? LX_PROT_EXEC : 0);
}

/** The part of a segment that is in the file (Linux elf_map()). */
static int map_file_part(struct elf_image *elf, const struct elf64_phdr *ph)
{
	uint64_t in_page = ph->p_vaddr % PAGE_SIZE, mapped;

	if (ph->p_filesz == 0)
		return 0;
	if (ph->p_offset % PAGE_SIZE != in_page)
		return -LX_EINVAL;
	mmap_write_lock(elf->mm);
	mapped = do_mmap(elf->mm, elf->file, ph->p_vaddr - in_page,
			 ALIGN_UP(ph->p_filesz + in_page, PAGE_SIZE), segment_prot(ph),
			 LX_MAP_PRIVATE | LX_MAP_FIXED_NOREPLACE, 0,
			 (ph->p_offset - in_page) >> PAGE_SHIFT);
	mmap_write_unlock(elf->mm);
	return IS_ERR_VALUE(mapped) ? (int)mapped : 0;
}

/** Zero from the end of the last file byte to the end of its page (Linux padzero()). */
static int clear_page_end(struct mm_struct *mm, uint64_t from)
{
	uint64_t n = -from % PAGE_SIZE;
	void *bytes;

	if (n == 0)
		return 0;
	bytes = fault_in_user(mm, from, /* write = */ true);
	if (!bytes)
		return -LX_EFAULT;
	memset(bytes, 0, n);
	return 0;
}

/** What follows the file's part in memory, so far: anonymous pages, and the tail of the file's last page. */
static int map_bss(struct elf_image *elf)
{
	uint64_t start = ALIGN_UP(elf->bss, PAGE_SIZE), end = ALIGN_UP(elf->brk, PAGE_SIZE);
	int error = 0;

	if (end > start)
		error = vm_brk_flags(elf->mm, start, end - start, elf->bss_exec ? VM_EXEC : 0);
	if (!error)
		error = clear_page_end(elf->mm, elf->bss);
	return error;
}

/** What the mm remembers of a segment, and how far file and memory reach now. */
static void note_segment(struct elf_image *elf, const struct elf64_phdr *ph)
{
	struct mm_struct *mm = elf->mm;
	uint64_t start = ph->p_vaddr, file_end = start + ph->p_filesz, mem_end = start + ph->p_memsz;

	if (ph->p_flags & PF_EXEC) {
		mm->start_code = min(mm->start_code, start);
		mm->end_code = max(mm->end_code, file_end);
	}
	mm->start_data = max(mm->start_data, start);
	mm->end_data = max(mm->end_data, file_end);
	elf->bss = max(elf->bss, file_end);
	if (mem_end > elf->brk) {
		elf->brk = mem_end;
		elf->bss_exec = ph->p_flags & PF_EXEC;
	}
	if (elf->ehdr->e_phoff >= ph->p_offset && elf->ehdr->e_phoff < ph->p_offset + ph->p_filesz)
		elf->phdr_va = elf->ehdr->e_phoff - ph->p_offset + ph->p_vaddr;
}

static bool segment_valid(const struct elf64_phdr *ph)
{
	return ph->p_vaddr < TASK_SIZE && ph->p_filesz <= ph->p_memsz &&
	       ph->p_memsz <= TASK_SIZE - ph->p_vaddr;
}

static int map_segment(struct elf_image *elf, const struct elf64_phdr *ph)
{
	int error = 0;

	if (!segment_valid(ph))
		return -LX_EINVAL;
	/* A segment behind one with a bss: that bss comes first, lest it overlap. */
	if (elf->brk > elf->bss)
		error = map_bss(elf);
	if (!error)
		error = map_file_part(elf, ph);
	note_segment(elf, ph);
	return error;
}

/** All program headers, in one pass. */
static int map_segments(struct elf_image *elf)
{
	const struct elf64_phdr *ph = elf->phdr, *end = ph + elf->ehdr->e_phnum;
	int error = 0;

	for (; ph < end && !error; ph++) {
		if (ph->p_type == PT_LOAD)
			error = map_segment(elf, ph);
		else if (ph->p_type == PT_GNU_STACK && (ph->p_flags & PF_EXEC))
			elf->stack_flags |= VM_EXEC;
		else if (ph->p_type == PT_INTERP)
			error = check_interpreter(elf, ph);
	}
	if (!error && elf->brk > elf->bss)
		error = map_bss(elf);
	return error;
}

static void start_regs(struct pt_regs *regs, uint64_t entry, uint64_t sp)
{
	memset(regs, 0, sizeof(*regs));
	regs->ip = entry;
	regs->sp = sp;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags = user_flags(0);
	regs->orig_ax = -1UL;
}

/* Areas, stack and what the mm remembers, of an image whose headers are read. */
static int load_image(struct elf_image *elf, const struct exec_strings *strings, struct pt_regs *regs)
{
	struct mm_struct *mm = elf->mm;
	uint64_t sp;
	int error;

	arch_pick_mmap_layout(mm, rlimit(LX_RLIMIT_STACK));
	mm->start_code = ~0UL;
	error = map_segments(elf);
	if (error)
		return error;
	mm->start_brk = ALIGN_UP(elf->brk, PAGE_SIZE);
	mm->brk = mm->start_brk;
	error = setup_stack_area(mm, TASK_SIZE, elf->stack_flags);
	if (!error)
		error = setup_elf_stack(elf, strings, &sp);
	if (error)
		return error;
	set_mm_exe_file(mm, elf->file);
	start_regs(regs, elf->ehdr->e_entry, sp);
	return 0;
}

int load_elf(struct mm_struct *mm, struct file *file, const struct exec_strings *strings,
	     struct pt_regs *regs, bool *doomed)
{
	struct elf_image elf = { .mm = mm, .file = file, .stack_flags = VM_STACK_FLAGS };
	int error = measure_strings(&elf, strings);

	if (!error)
		error = read_headers(&elf);
	if (!error) {
		error = load_image(&elf, strings, regs);
		*doomed = error && !elf.refused;
	}
	if (elf.phdr_page)
		put_page(elf.phdr_page);
	return error;
}
