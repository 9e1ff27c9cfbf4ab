/* SPDX-License-Identifier: MIT */
/*
 * The contents of a core, in Linux's order (fs/binfmt_elf.c: elf_core_dump):
 *
 *	ELF header
 *	program headers		PT_NOTE, then a PT_LOAD per area, dumped or not
 *	notes			NT_PRSTATUS of the thread that got the signal, NT_PRPSINFO, NT_SIGINFO, NT_AUXV, NT_FILE;
 *				then NT_PRSTATUS of each other thread
 *	(up to a page)
 *	the areas		pages that were never there are holes
 *
 * No floating-point state is kept per task here, so there is no NT_FPREGSET, and pr_fpvalid says so.
 */
#include "coredump.h"
#include "elf.h"
#include "task.h"

#define PF_DUMPCORE	0x200u
#define PF_SIGNALED	0x400u
#define CORE_PAGE	PAGE_SIZE	/* ELF_EXEC_PAGESIZE */
#define MAX_FILE_NOTE	(4UL << 20)

/* --- notes of fixed size ------------------------------------------------------------------------ */

/** struct user_regs_struct: pt_regs, and what is the same for all here but the FS base. */
struct elf_gregset {
	struct pt_regs regs;
	uint64_t fs_base, gs_base, ds, es, fs, gs;
};

struct elf_prstatus {
	int32_t si_signo, si_code, si_errno;
	int16_t pr_cursig;
	uint64_t pr_sigpend, pr_sighold;
	int32_t pr_pid, pr_ppid, pr_pgrp, pr_sid;
	uint64_t times[8];		/* user, system and the children's: nobody measures them */
	struct elf_gregset pr_reg;
	int32_t pr_fpvalid;
};

struct elf_prpsinfo {
	int8_t pr_state, pr_sname, pr_zomb, pr_nice;
	uint64_t pr_flag;
	uint32_t pr_uid, pr_gid;
	int32_t pr_pid, pr_ppid, pr_pgrp, pr_sid;
	char pr_fname[16], pr_psargs[80];
};

_Static_assert(sizeof(struct elf_prstatus) == 336 && sizeof(struct elf_prpsinfo) == 136, "uapi elfcore.h");

struct elf_note {
	uint32_t n_namesz, n_descsz, n_type;
};
static const char note_name[8] = "CORE";	/* 5 bytes, and padding to 4 */

static uint64_t note_size(uint64_t data_size)
{
	return sizeof(struct elf_note) + sizeof(note_name) + ALIGN_UP(data_size, 4);
}

/* What comes before a note's data. */
static bool note_header(struct coredump_params *cprm, uint32_t type, uint64_t data_size)
{
	struct elf_note note = { .n_namesz = 5, .n_descsz = data_size, .n_type = type };

	if (!dump_emit(cprm, &note, sizeof(note)) || !dump_emit(cprm, note_name, note.n_namesz))
		return false;
	dump_align(cprm, 4);
	return true;
}

static bool write_note(struct coredump_params *cprm, uint32_t type, const void *data, uint64_t size)
{
	if (!note_header(cprm, type, size) || !dump_emit(cprm, data, size))
		return false;
	dump_align(cprm, 4);
	return true;
}

static bool write_prstatus(struct coredump_params *cprm, struct task *task)
{
	struct elf_prstatus status = {
		.si_signo = cprm->info->signo,
		.pr_cursig = cprm->info->signo,
		.pr_sigpend = task->pending.signal,
		.pr_sighold = task->blocked,
		.pr_pid = task->ts.pid,
		.pr_ppid = to_task(task->ts.parent)->ts.tgid,
		.pr_pgrp = task->group_leader->ts.pgrp,
		.pr_sid = task->group_leader->ts.session,
		.pr_reg = { .regs = *task_regs(task), .fs_base = task->fs_base },
	};

	return write_note(cprm, NT_PRSTATUS, &status, sizeof(status));
}

/* The arguments as they stand in memory, with blanks between them. */
static void fill_psargs(const struct mm_struct *mm, char *args, uint64_t size)
{
	uint64_t len = min(mm->arg_end - mm->arg_start, size - 1);

	len = access_remote_vm(current->ts.mm, mm->arg_start, args, len, 0);
	for (uint64_t i = 0; i < len; i++)
		if (!args[i])
			args[i] = ' ';
}

static bool write_prpsinfo(struct coredump_params *cprm)
{
	struct task *leader = current->group_leader;
	struct elf_prpsinfo info = {
		.pr_sname = 'R',
		.pr_flag = leader->ts.flags | PF_DUMPCORE | PF_SIGNALED,
		.pr_pid = leader->ts.pid,
		.pr_ppid = to_task(leader->ts.parent)->ts.tgid,
		.pr_pgrp = leader->ts.pgrp,
		.pr_sid = leader->ts.session,
	};

	fill_psargs(cprm->mm, info.pr_psargs, sizeof(info.pr_psargs));
	memcpy(info.pr_fname, leader->ts.comm, sizeof(info.pr_fname));
	return write_note(cprm, NT_PRPSINFO, &info, sizeof(info));
}

static bool write_siginfo(struct coredump_params *cprm)
{
	struct user_siginfo info;

	copy_siginfo_to_external(&info, cprm->info);
	return write_note(cprm, NT_SIGINFO, &info, sizeof(info));
}

/* With the pair of AT_NULL. */
static uint64_t auxv_size(const struct mm_struct *mm)
{
	unsigned int i = 0;

	while (i < AT_VECTOR_SIZE - 2 && mm->saved_auxv[i] != LX_AT_NULL)
		i += 2;
	return (i + 2) * sizeof(mm->saved_auxv[0]);
}

/* --- NT_FILE: which file is mapped where -------------------------------------------------------- */

/*
 * count, page size; start, end and page offset of each; then their names. Paths are made one at a time in `path`, a page of
 * memory.
 */
struct file_note {
	struct page *path;
	uint64_t count;
	uint64_t size;			/* of the data; 0: no such note */
};

static const char *path_of(const struct file_note *note, const struct core_vma *vma)
{
	char *path = d_path(vma->file->f_dentry, __va(page_to_pfn(note->path) << PAGE_SHIFT), PAGE_SIZE);

	return path ? path : "";
}

static void measure_file_note(const struct coredump_params *cprm, struct file_note *note)
{
	const struct core_vma *vma = cprm->vmas, *end = vma + cprm->nr_vmas;

	for (; vma < end; vma++) {
		if (!vma->file)
			continue;
		note->count++;
		note->size += 3 * 8 + strlen(path_of(note, vma)) + 1;
	}
	note->size += 2 * 8;
	if (note->size >= MAX_FILE_NOTE)
		note->size = 0;
}

static bool write_file_note(struct coredump_params *cprm, const struct file_note *note)
{
	const uint64_t head[2] = { note->count, PAGE_SIZE };
	const struct core_vma *vma, *end = cprm->vmas + cprm->nr_vmas;

	/* All of it or nothing, as Linux writes it. */
	if (!note_header(cprm, NT_FILE, note->size) || cprm->written + note->size > cprm->limit ||
	    !dump_emit(cprm, head, sizeof(head)))
		return false;
	for (vma = cprm->vmas; vma < end; vma++) {
		const uint64_t where[3] = { vma->start, vma->end, vma->pgoff };

		if (vma->file && !dump_emit(cprm, where, sizeof(where)))
			return false;
	}
	for (vma = cprm->vmas; vma < end; vma++) {
		const char *path = vma->file ? path_of(note, vma) : NULL;

		if (path && !dump_emit(cprm, path, strlen(path) + 1))
			return false;
	}
	dump_align(cprm, 4);
	return true;
}

/* --- all notes ---------------------------------------------------------------------------------- */

static uint64_t notes_size(const struct coredump_params *cprm, const struct file_note *files)
{
	return current->group_leader->nr_threads * note_size(sizeof(struct elf_prstatus)) +
	       note_size(sizeof(struct elf_prpsinfo)) + note_size(sizeof(struct user_siginfo)) +
	       note_size(auxv_size(cprm->mm)) + (files->size ? note_size(files->size) : 0);
}

/* Threads that have not died by themselves before; those that wait in coredump_task_exit() have not. */
static bool write_other_threads(struct coredump_params *cprm)
{
	struct task *leader = current->group_leader, *thread;

	if (leader != current && leader->ts.state != TASK_ZOMBIE && !write_prstatus(cprm, leader))
		return false;
	list_for_each_entry(thread, &leader->thread_group, thread_group)
		if (thread != current && !write_prstatus(cprm, thread))
			return false;
	return true;
}

static bool write_notes(struct coredump_params *cprm, const struct file_note *files)
{
	return write_prstatus(cprm, current) && write_prpsinfo(cprm) && write_siginfo(cprm) &&
	       write_note(cprm, NT_AUXV, cprm->mm->saved_auxv, auxv_size(cprm->mm)) &&
	       (!files->size || write_file_note(cprm, files)) && write_other_threads(cprm);
}

/* --- headers and pages -------------------------------------------------------------------------- */

static bool write_elf_header(struct coredump_params *cprm)
{
	struct elf64_ehdr ehdr = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(ehdr),
		.e_ehsize = sizeof(ehdr),
		.e_phentsize = sizeof(struct elf64_phdr),
		.e_phnum = cprm->nr_vmas + 1,
	};

	return dump_emit(cprm, &ehdr, sizeof(ehdr));
}

static bool write_program_headers(struct coredump_params *cprm, uint64_t notes_at, uint64_t notes, uint64_t data_at)
{
	const struct core_vma *vma = cprm->vmas, *end = vma + cprm->nr_vmas;
	struct elf64_phdr ph = { .p_type = PT_NOTE, .p_offset = notes_at, .p_filesz = notes };

	if (!dump_emit(cprm, &ph, sizeof(ph)))
		return false;
	for (; vma < end; data_at += vma->dump_size, vma++) {
		ph = (struct elf64_phdr){
			.p_type = PT_LOAD,
			.p_flags = (vma->flags & VM_READ ? PF_READ : 0) | (vma->flags & VM_WRITE ? PF_WRITE : 0) |
				   (vma->flags & VM_EXEC ? PF_EXEC : 0),
			.p_offset = data_at,
			.p_vaddr = vma->start,
			.p_filesz = vma->dump_size,
			.p_memsz = vma->end - vma->start,
			.p_align = CORE_PAGE,
		};
		if (!dump_emit(cprm, &ph, sizeof(ph)))
			return false;
	}
	return true;
}

/* Linux dump_user_range. */
static bool write_pages(struct coredump_params *cprm, uint64_t addr, uint64_t len)
{
	for (uint64_t end = addr + len; addr < end; addr += PAGE_SIZE) {
		struct page *page = get_dump_page(cprm->mm, addr);
		bool ok = true;

		if (page) {
			ok = dump_emit(cprm, __va(page_to_pfn(page) << PAGE_SHIFT), PAGE_SIZE);
			put_page(page);
		} else {
			dump_skip(cprm, PAGE_SIZE);
		}
		if (!ok)
			return false;
	}
	return true;
}

static void write_core(struct coredump_params *cprm, const struct file_note *files)
{
	const struct core_vma *vma = cprm->vmas, *end = vma + cprm->nr_vmas;
	uint64_t notes_at = sizeof(struct elf64_ehdr) + (cprm->nr_vmas + 1) * sizeof(struct elf64_phdr);
	uint64_t notes = notes_size(cprm, files);
	bool ok;

	ok = write_elf_header(cprm) &&
	     write_program_headers(cprm, notes_at, notes, ALIGN_UP(notes_at + notes, CORE_PAGE)) &&
	     write_notes(cprm, files);
	if (ok)
		dump_align(cprm, CORE_PAGE);
	for (; ok && vma < end; vma++)
		ok = write_pages(cprm, vma->start, vma->dump_size);
}

/* A file that ends at the limit, or for lack of memory, is a core all the same. */
bool elf_core_dump(struct coredump_params *cprm)
{
	struct file_note files = { .path = alloc_pages(GFP_KERNEL, 0) };

	if (!files.path)
		return false;
	files.path->page_type = PGTY_kernel;
	measure_file_note(cprm, &files);
	write_core(cprm, &files);
	put_page(files.path);
	return true;
}
