/* SPDX-License-Identifier: MIT */
/*
 * An ELF file's headers, and its segments as areas of an mm: what a program and its interpreter have in common
 * (Linux fs/binfmt_elf.c).
 */
#include "exec.h"
#include "fs.h"

/* --- headers ---------------------------------------------------------------------------------- */

int elf_open(struct elf_file *elf)
{
	int error;

	elf->head = read_mapping_page(elf->file->f_mapping, 0, &error);
	if (!elf->head)
		return error == -LX_ENOMEM || error == -LX_EIO ? error : -LX_ENOEXEC;
	elf->ehdr = __va(page_to_pfn(elf->head) << PAGE_SHIFT);
	return 0;
}

void elf_close(struct elf_file *elf)
{
	if (elf->phdr_page)
		put_page(elf->phdr_page);
	if (elf->head)
		put_page(elf->head);
}

/* Class and byte order are not looked at, as on Linux: the machine says both. */
bool is_elf(const struct elf_file *elf)
{
	return *(const uint32_t *)elf->ehdr->e_ident == ELF_MAGIC && elf->ehdr->e_machine == EM_X86_64;
}

/* In place if they lie in the first page, as nearly always. */
int elf_read_phdrs(struct elf_file *elf)
{
	const struct elf64_ehdr *ehdr = elf->ehdr;
	uint64_t size = ehdr->e_phnum * sizeof(struct elf64_phdr);

	if (ehdr->e_phentsize != sizeof(struct elf64_phdr) || size == 0 || size > PAGE_SIZE)
		return -LX_ENOEXEC;
	if (ehdr->e_phoff <= PAGE_SIZE - size && ehdr->e_phoff + size <= elf->file->f_inode->i_size) {
		elf->phdr = (const void *)((const char *)ehdr + ehdr->e_phoff);
		return 0;
	}
	elf->phdr_page = alloc_pages(GFP_KERNEL, 0);
	if (!elf->phdr_page)
		return -LX_ENOMEM;
	elf->phdr = __va(page_to_pfn(elf->phdr_page) << PAGE_SHIFT);
	return kernel_read(elf->file, (void *)elf->phdr, size, ehdr->e_phoff) == size ? 0 : -LX_ENOEXEC;
}

uint64_t total_mapping_size(const struct elf_file *elf)
{
	uint64_t lowest = ~0UL, highest = 0;

	for (const struct elf64_phdr *ph = elf->phdr; ph < elf_phdrs_end(elf); ph++) {
		if (ph->p_type != PT_LOAD)
			continue;
		lowest = min(lowest, ALIGN_DOWN(ph->p_vaddr, PAGE_SIZE));
		highest = max(highest, ph->p_vaddr + ph->p_memsz);
	}
	return highest > lowest ? highest - lowest : 0;
}

/* --- segments --------------------------------------------------------------------------------- */

static uint64_t segment_prot(const struct elf64_phdr *ph)
{
	return (ph->p_flags & PF_READ ? LX_PROT_READ : 0) | (ph->p_flags & PF_WRITE ? LX_PROT_WRITE : 0) |
	       (ph->p_flags & PF_EXEC ? LX_PROT_EXEC : 0);
}

uint64_t elf_map(struct mm_struct *mm, const struct elf_file *elf, uint64_t addr, const struct elf64_phdr *ph, uint64_t flags,
		 uint64_t total)
{
	uint64_t in_page = ph->p_vaddr % PAGE_SIZE, offset = ph->p_offset - in_page;
	uint64_t size = ALIGN_UP(ph->p_filesz + in_page, PAGE_SIZE);
	uint64_t room = total ? ALIGN_UP(total, PAGE_SIZE) : size;

	addr = ALIGN_DOWN(addr, PAGE_SIZE);
	if (!size)
		return addr;
	if (offset % PAGE_SIZE || offset + room < offset)
		return -LX_EINVAL;
	mmap_write_lock(mm);
	addr = do_mmap(mm, elf->file, addr, room, segment_prot(ph), LX_MAP_PRIVATE | flags, 0, offset >> PAGE_SHIFT);
	/* What was only to keep the segments together goes again; the others come there. */
	if (!IS_ERR_VALUE(addr) && room > size)
		do_munmap(mm, addr + size, room - size);
	mmap_write_unlock(mm);
	return addr;
}

bool segment_valid(const struct elf64_phdr *ph, uint64_t start)
{
	return start < TASK_SIZE && ph->p_filesz <= ph->p_memsz && ph->p_memsz <= TASK_SIZE - start;
}

int map_bss(struct mm_struct *mm, uint64_t start, uint64_t end, bool exec)
{
	start = ALIGN_UP(start, PAGE_SIZE);
	end = ALIGN_UP(end, PAGE_SIZE);
	return end > start ? vm_brk_flags(mm, start, end - start, exec ? VM_EXEC : 0) : 0;
}

int clear_page_end(struct mm_struct *mm, uint64_t from)
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

uint64_t elf_load(struct mm_struct *mm, const struct elf_file *elf, uint64_t addr, const struct elf64_phdr *ph, uint64_t flags,
		  uint64_t total)
{
	uint64_t at = ALIGN_DOWN(addr, PAGE_SIZE), start = at, in_page = ph->p_vaddr % PAGE_SIZE;
	int error;

	if (ph->p_filesz) {
		at = elf_map(mm, elf, addr, ph, flags, total);
		start = at + in_page + ph->p_filesz;
	}
	if (IS_ERR_VALUE(at) || ph->p_memsz <= ph->p_filesz)
		return at;
	/* In a segment that cannot be written they stay what they are in the file. */
	if (ph->p_filesz && clear_page_end(mm, start) && (ph->p_flags & PF_WRITE))
		return -LX_EFAULT;
	error = map_bss(mm, start, at + in_page + ph->p_memsz, ph->p_flags & PF_EXEC);
	return error ? (uint64_t)error : at;
}
