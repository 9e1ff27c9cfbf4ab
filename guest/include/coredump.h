/* SPDX-License-Identifier: MIT */
/*
 * Core dumps (Linux fs/coredump.c, binfmt_elf.c: elf_core_dump): what a process was, as an ELF file that a debugger opens.
 * coredump.c decides whether there is one and holds the process still, elf_core.c says what stands in it.
 */
#ifndef GUEST_COREDUMP_H
#define GUEST_COREDUMP_H

#include "fs.h"
#include "signal.h"

/** An area as it was when the dump began. */
struct core_vma {
	uint64_t start, end, flags;	/* vm_flags */
	uint64_t dump_size;		/* bytes of it that stand in the file */
	uint64_t pgoff;
	struct file *file;		/* with a reference, or NULL */
};

/** One dump on its way to the file. */
struct coredump_params {
	const struct ksiginfo *info;
	struct mm_struct *mm;
	struct file *file;
	uint64_t limit, written;	/* bytes; holes are none */
	uint64_t pos, to_skip;		/* place in the file; bytes to leave out before the next are written */
	struct core_vma *vmas;		/* by kmalloc() */
	uint64_t nr_vmas, vma_data_size;
};

/**
 * The default action of a signal that dumps core: true if a file was begun, and the wait status is to say so. The other
 * threads of the process are dead but for the last step when it returns.
 */
bool do_coredump(const struct ksiginfo *info);
/** A thread dies: if its process is about to be dumped, it waits until it was, its registers as they are. */
void coredump_task_exit(void);
/** Does its default action dump core? */
bool sig_dumps_core(int signo);

/** Put n bytes at the place where the file stands. False: the limit, or no memory; nothing more is to be written. */
bool dump_emit(struct coredump_params *cprm, const void *bytes, uint64_t n);
/** Leave n bytes out: they read as zeros. */
static inline void dump_skip(struct coredump_params *cprm, uint64_t n) { cprm->to_skip += n; }
/** Up to the next multiple of `align`. */
static inline void dump_align(struct coredump_params *cprm, uint64_t align)
{
	dump_skip(cprm, -(cprm->pos + cprm->to_skip) % align);
}

/** Write the whole ELF core. False: it could not be begun. */
bool elf_core_dump(struct coredump_params *cprm);

#endif
