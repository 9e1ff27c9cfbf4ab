/* SPDX-License-Identifier: MIT */
/*
 * An ELF into an empty address space, as Linux fs/binfmt_elf.c (6.1) loads it without randomisation: a program at its own
 * addresses (ET_EXEC) or at ELF_ET_DYN_BASE (ET_DYN), and the interpreter that it asks for (PT_INTERP) where mmap() would put
 * it. One without an interpreter that can be anywhere (a static PIE, or ld.so run by name) goes there, too. Segments are
 * elf_map.c, the stack's contents elf_stack.c.
 */
#include "exec.h"
#include "fs.h"
#include "task.h"

#define VM_STACK_FLAGS	(VM_GROWSDOWN | VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | \
			 VM_ACCOUNT)
#define ELF_ET_DYN_BASE	(TASK_SIZE / 3 * 2)

/* --- the interpreter -------------------------------------------------------------------------- */

/* The file that PT_INTERP names; or ERR_PTR. */
static struct file *open_interpreter(const struct elf_file *main, const struct elf64_phdr *ph)
{
	struct file *file = ERR_PTR(-LX_ENOEXEC);
	struct page *page;
	char *path;

	if (ph->p_filesz > PATH_MAX || ph->p_filesz < 2)
		return file;
	page = alloc_pages(GFP_KERNEL, 0);
	if (!page)
		return ERR_PTR(-LX_ENOMEM);
	path = __va(page_to_pfn(page) << PAGE_SHIFT);
	if (kernel_read(main->file, path, ph->p_filesz, ph->p_offset) != ph->p_filesz)
		file = ERR_PTR(-LX_EIO);
	else if (!path[ph->p_filesz - 1])
		file = open_exec(path);
	put_page(page);
	return file;
}

/* Its headers. What is no ELF is a bad library. 0 or -errno. */
static int read_interpreter(struct elf_image *elf, const struct elf64_phdr *ph)
{
	struct elf_file *interp = &elf->interp;
	struct file *file = open_interpreter(&elf->main, ph);
	int error;

	if (IS_ERR(file))
		return PTR_ERR(file);
	interp->file = file;
	if (file->f_inode->i_size < sizeof(struct elf64_ehdr))
		return -LX_EIO;
	error = elf_open(interp);
	if (error)
		return error;
	error = is_elf(interp) ? elf_read_phdrs(interp) : -LX_ENOEXEC;
	return error == -LX_ENOEXEC ? -LX_ELIBBAD : error;
}

/*
 * Its segments together where there is room, one with addresses of its own at those; the base is where the entry point
 * counts from (Linux load_elf_interp()). 0 or -errno.
 */
static int map_interpreter(struct elf_image *elf)
{
	const struct elf_file *interp = &elf->interp;
	bool fixed = interp->ehdr->e_type == ET_EXEC, placed = fixed, exec = false;
	uint64_t total = total_mapping_size(interp), base = 0, file_end = 0, end = 0;

	if ((!fixed && interp->ehdr->e_type != ET_DYN) || !total)
		return -LX_EINVAL;
	for (const struct elf64_phdr *ph = interp->phdr; ph < elf_phdrs_end(interp); ph++) {
		uint64_t at;

		if (ph->p_type != PT_LOAD)
			continue;
		/* A program with addresses of its own leaves its interpreter those, as a hint. */
		at = placed || !elf->load_bias ? base + ph->p_vaddr : 0;
		at = elf_map(elf->mm, interp, at, ph, placed ? LX_MAP_FIXED : 0, total);
		if (IS_ERR_VALUE(at))
			return at;
		total = 0;
		if (!placed)
			base = at - ALIGN_DOWN(ph->p_vaddr, PAGE_SIZE);
		placed = true;
		if (!segment_valid(ph, base + ph->p_vaddr))
			return -LX_ENOMEM;
		file_end = max(file_end, base + ph->p_vaddr + ph->p_filesz);
		if (base + ph->p_vaddr + ph->p_memsz > end) {
			end = base + ph->p_vaddr + ph->p_memsz;
			exec = ph->p_flags & PF_EXEC;
		}
	}
	elf->interp_base = base;
	/* Unlike a program's, its last page has to be one that can be written. */
	return clear_page_end(elf->mm, file_end) ? -LX_EFAULT : map_bss(elf->mm, file_end, end, exec);
}

/* --- the program ------------------------------------------------------------------------------ */

/* What the program headers say beside segments. Nothing is mapped yet, so the old program survives errors. 0 or -errno. */
static int read_headers(struct elf_image *elf)
{
	struct elf_file *main = &elf->main;
	int error = elf_open(main);

	if (error)
		return error;
	if (!is_elf(main) || (main->ehdr->e_type != ET_EXEC && main->ehdr->e_type != ET_DYN) || !main->file->f_op->mmap)
		return -LX_ENOEXEC;
	error = elf_read_phdrs(main);
	if (error)
		return error;
	for (const struct elf64_phdr *ph = main->phdr; ph < elf_phdrs_end(main) && !error; ph++) {
		if (ph->p_type == PT_GNU_STACK)
			elf->stack_flags = VM_STACK_FLAGS | (ph->p_flags & PF_EXEC ? VM_EXEC : 0);
		else if (ph->p_type == PT_INTERP && !elf->interp.file)
			error = read_interpreter(elf, ph);
	}
	return error;
}

/* The largest alignment that a segment asks for and can have; PAGE_SIZE at least (Linux maximum_alignment()). */
static uint64_t maximum_alignment(const struct elf_file *elf)
{
	uint64_t alignment = PAGE_SIZE;

	for (const struct elf64_phdr *ph = elf->phdr; ph < elf_phdrs_end(elf); ph++)
		if (ph->p_type == PT_LOAD && !(ph->p_align & (ph->p_align - 1)))
			alignment = max(alignment, ph->p_align);
	return alignment;
}

/* The first segment decides where all of them are. Where it is, or -errno. */
static uint64_t map_first(struct elf_image *elf, const struct elf64_phdr *ph)
{
	const struct elf_file *main = &elf->main;
	uint64_t flags = LX_MAP_FIXED_NOREPLACE, total = 0, at;

	if (main->ehdr->e_type == ET_DYN) {
		total = total_mapping_size(main);
		if (!total)
			return -LX_EINVAL;
		if (elf->interp.file)
			elf->load_bias = ALIGN_DOWN(ELF_ET_DYN_BASE, maximum_alignment(main));
		else
			flags = 0;		/* anywhere */
		elf->load_bias = ALIGN_DOWN(elf->load_bias - ph->p_vaddr, PAGE_SIZE);
	}
	at = elf_load(elf->mm, main, elf->load_bias + ph->p_vaddr, ph, flags, total);
	if (!IS_ERR_VALUE(at) && main->ehdr->e_type == ET_DYN)
		elf->load_bias += at - ALIGN_DOWN(elf->load_bias + ph->p_vaddr, PAGE_SIZE);
	return at;
}

/* What the mm and the stack's vector tell of a segment. */
static void note_segment(struct elf_image *elf, const struct elf64_phdr *ph)
{
	uint64_t phoff = elf->main.ehdr->e_phoff, start = elf->load_bias + ph->p_vaddr;
	struct mm_struct *mm = elf->mm;

	if (phoff >= ph->p_offset && phoff < ph->p_offset + ph->p_filesz)
		elf->phdr_va = phoff - ph->p_offset + start;
	if (ph->p_flags & PF_EXEC) {
		mm->start_code = min(mm->start_code, start);
		mm->end_code = max(mm->end_code, start + ph->p_filesz);
	}
	mm->start_data = max(mm->start_data, start);
	mm->end_data = max(mm->end_data, start + ph->p_filesz);
}

/* All segments; *end: where the last of them ends. 0 or -errno. */
static int map_segments(struct elf_image *elf, uint64_t *end)
{
	bool first = true;

	for (const struct elf64_phdr *ph = elf->main.phdr; ph < elf_phdrs_end(&elf->main); ph++) {
		uint64_t at;

		if (ph->p_type != PT_LOAD)
			continue;
		if (!segment_valid(ph, ph->p_vaddr))
			return -LX_EINVAL;
		at = first ? map_first(elf, ph)
			   : elf_load(elf->mm, &elf->main, elf->load_bias + ph->p_vaddr, ph, LX_MAP_FIXED, 0);
		if (IS_ERR_VALUE(at))
			return at;
		first = false;
		note_segment(elf, ph);
		*end = max(*end, elf->load_bias + ph->p_vaddr + ph->p_memsz);
	}
	return 0;
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
	uint64_t sp, entry, end = 0;
	int error;

	arch_pick_mmap_layout(mm, rlimit(LX_RLIMIT_STACK));
	error = setup_stack_area(mm, TASK_SIZE, elf->stack_flags);
	if (error)
		return error;
	mm->start_code = ~0UL;
	error = map_segments(elf, &end);
	if (error)
		return error;
	/* One that lies among what mmap() places has its heap where programs with an interpreter lie: it could not grow there. */
	if (elf->main.ehdr->e_type == ET_DYN && !elf->interp.file)
		end = ELF_ET_DYN_BASE;
	mm->start_brk = mm->brk = ALIGN_UP(end, PAGE_SIZE);
	if (elf->interp.file)
		error = map_interpreter(elf);
	if (error)
		return error;
	entry = elf->interp.file ? elf->interp_base + elf->interp.ehdr->e_entry : elf->load_bias + elf->main.ehdr->e_entry;
	if (entry >= TASK_SIZE)
		return -LX_EINVAL;
	if (!elf->phdr_va)
		elf->phdr_va = elf->load_bias;
	error = setup_elf_stack(elf, strings, &sp);
	if (error)
		return error;
	set_mm_exe_file(mm, elf->main.file);
	start_regs(regs, entry, sp);
	return 0;
}

int load_elf(struct mm_struct *mm, struct file *file, const struct exec_strings *strings,
	     struct pt_regs *regs, bool *doomed)
{
	struct elf_image elf = { .mm = mm, .main.file = file, .stack_flags = VM_STACK_FLAGS };
	int error = measure_strings(&elf, strings);

	if (!error)
		error = read_headers(&elf);
	if (!error) {
		error = load_image(&elf, strings, regs);
		*doomed = error;
	}
	if (elf.interp.file) {
		allow_write_access(elf.interp.file);
		fput(elf.interp.file);
	}
	elf_close(&elf.interp);
	elf_close(&elf.main);
	return error;
}
