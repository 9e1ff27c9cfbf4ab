/* SPDX-License-Identifier: MIT */
/*
 * Whether a process leaves a core, and where (Linux fs/coredump.c): "core" in its working directory, within RLIMIT_CORE,
 * by the filter in mm->flags. Its other threads die first, but for their last step: their registers are dumped, too.
 */
#include "coredump.h"
#include "task.h"

#define DUMP_MASK	(SIGMASK(LX_SIGQUIT) | SIGMASK(LX_SIGILL) | SIGMASK(LX_SIGTRAP) | SIGMASK(LX_SIGABRT) | \
			 SIGMASK(LX_SIGFPE) | SIGMASK(LX_SIGSEGV) | SIGMASK(LX_SIGBUS) | SIGMASK(LX_SIGSYS) | \
			 SIGMASK(LX_SIGXCPU) | SIGMASK(LX_SIGXFSZ))
#define MIN_COREDUMP	PAGE_SIZE	/* a limit below this: none at all */

bool sig_dumps_core(int signo)
{
	return signo < LX_SIGRTMIN && (DUMP_MASK & SIGMASK(signo));
}

/* --- the file --------------------------------------------------------------------------------- */

/* Within one page of the file. */
static bool write_in_page(struct inode *inode, uint64_t pos, const void *bytes, uint64_t n)
{
	int error;
	struct page *page = shmem_get_page(inode, pos >> PAGE_SHIFT, SGP_WRITE, &error);

	if (!page)
		return false;
	memcpy((char *)__va(page_to_pfn(page) << PAGE_SHIFT) + pos % PAGE_SIZE, bytes, n);
	page->flags |= PG_dirty;
	inode->i_size = max(inode->i_size, pos + n);
	put_page(page);
	return true;
}

bool dump_emit(struct coredump_params *cprm, const void *bytes, uint64_t n)
{
	struct inode *inode = cprm->file->f_inode;
	bool ok = true;

	cprm->pos += cprm->to_skip;
	cprm->to_skip = 0;
	if (cprm->written + n > cprm->limit)
		return false;
	cprm->written += n;
	down_write(&inode->i_rwsem);
	for (uint64_t part; n && ok; n -= part, bytes = (const char *)bytes + part, cprm->pos += part) {
		part = min(n, PAGE_SIZE - cprm->pos % PAGE_SIZE);
		ok = write_in_page(inode, cprm->pos, bytes, part);
	}
	up_write(&inode->i_rwsem);
	return ok;
}

/* A file of its own: what was called so goes. NULL: none can be made here. */
static struct file *open_core(void)
{
	struct file *file;

	unlink_path("core");
	file = do_filp_open(LX_AT_FDCWD, "core", LX_O_CREAT | LX_O_RDWR | LX_O_NOFOLLOW | LX_O_EXCL, 0600);
	return IS_ERR(file) ? NULL : file;
}

/* --- the areas -------------------------------------------------------------------------------- */

static bool filter(const struct mm_struct *mm, unsigned int bit)
{
	return mm->flags >> MMF_DUMP_FILTER_SHIFT >> bit & 1;
}

/* Is it the first page of a program or a library? It tells a debugger which, and costs a page. */
static bool wants_elf_header(const struct vm_area_struct *vma)
{
	return filter(vma->vm_mm, DUMP_ELF_HEADERS) && vma->vm_pgoff == 0 && (vma->vm_flags & VM_READ);
}

/* Linux vma_dump_size. ELF_HEADER_MAYBE: a page, if it begins as an ELF file does. */
#define ELF_HEADER_MAYBE	1
static uint64_t vma_dump_size(struct vm_area_struct *vma)
{
	const struct mm_struct *mm = vma->vm_mm;
	uint64_t whole = vma->vm_end - vma->vm_start;

	if (vma->vm_ops && vma->vm_ops->name && vma->vm_ops->name(vma))
		return whole;
	if (vma->vm_flags & (VM_DONTDUMP | VM_IO))
		return 0;
	if (vma->vm_flags & VM_SHARED)
		return filter(mm, vma->vm_file->f_inode->i_nlink ? DUMP_MAPPED_SHARED : DUMP_ANON_SHARED) ? whole : 0;
	/* It was written to, or may have been. */
	if (vma->anon_vma && filter(mm, DUMP_ANON_PRIVATE))
		return whole;
	if (!vma->vm_file)
		return 0;
	if (filter(mm, DUMP_MAPPED_PRIVATE))
		return whole;
	if (!wants_elf_header(vma))
		return 0;
	return vma->vm_file->f_inode->i_mode & 0111 ? PAGE_SIZE : ELF_HEADER_MAYBE;
}

static bool begins_as_elf(struct mm_struct *mm, uint64_t addr)
{
	static const char magic[4] = { 0x7f, 'E', 'L', 'F' };
	char bytes[sizeof(magic)];

	return access_remote_vm(mm, addr, bytes, sizeof(bytes), 0) == sizeof(bytes) &&
	       !memcmp(bytes, magic, sizeof(magic));
}

/* What the areas are now: writing the file must not be done with mmap_lock held. False: no memory. */
static bool dump_vma_snapshot(struct coredump_params *cprm)
{
	struct mm_struct *mm = cprm->mm;
	struct vm_area_struct *vma;
	struct core_vma *to;

	mmap_read_lock(mm);
	to = cprm->vmas = kmalloc(mm->map_count * sizeof(*to));
	if (!to) {
		mmap_read_unlock(mm);
		return false;
	}
	for (vma = mm->mmap; vma; vma = vma->vm_next, to++)
		*to = (struct core_vma){
			.start = vma->vm_start, .end = vma->vm_end, .flags = vma->vm_flags,
			.dump_size = vma_dump_size(vma), .pgoff = vma->vm_pgoff,
			.file = vma->vm_file ? get_file(vma->vm_file) : NULL,
		};
	cprm->nr_vmas = to - cprm->vmas;
	mmap_read_unlock(mm);
	for (to = cprm->vmas; to < cprm->vmas + cprm->nr_vmas; to++) {
		if (to->dump_size == ELF_HEADER_MAYBE)
			to->dump_size = begins_as_elf(mm, to->start) ? PAGE_SIZE : 0;
		cprm->vma_data_size += to->dump_size;
	}
	return true;
}

static void free_vma_snapshot(struct coredump_params *cprm)
{
	for (uint64_t i = 0; i < cprm->nr_vmas; i++)
		if (cprm->vmas[i].file)
			fput(cprm->vmas[i].file);
	kfree(cprm->vmas);
}

/* --- the threads ------------------------------------------------------------------------------ */

/* The others of the process die, up to coredump_task_exit(). */
static void coredump_wait(int signo)
{
	struct task *me = current, *leader = me->group_leader;

	leader->group_exit = true;
	leader->group_exit_code = signo;
	leader->core_dumper = me;
	zap_threads(leader, me);
	while (leader->nr_core_waiters < leader->nr_threads - 1)
		task_sleep();
}

static void coredump_finish(void)
{
	struct task *leader = current->group_leader, *thread;

	leader->core_dumper = NULL;
	wake_up_task(leader);
	list_for_each_entry(thread, &leader->thread_group, thread_group)
		wake_up_task(thread);
}

void coredump_task_exit(void)
{
	struct task *leader = current->group_leader;

	if (!leader->core_dumper || leader->core_dumper == current)
		return;
	leader->nr_core_waiters++;
	wake_up_task(leader->core_dumper);
	while (leader->core_dumper)
		task_sleep();
}

/* --- all of it -------------------------------------------------------------------------------- */

/* A file that ends in a hole has not got its size yet. */
static void finish_file(struct coredump_params *cprm)
{
	if (!cprm->to_skip)
		return;
	cprm->to_skip--;
	dump_emit(cprm, "", 1);
}

static bool dump_to_file(struct coredump_params *cprm)
{
	bool dumped = false;

	cprm->file = open_core();
	if (!cprm->file)
		return false;
	if (dump_vma_snapshot(cprm))
		dumped = elf_core_dump(cprm);
	finish_file(cprm);
	free_vma_snapshot(cprm);
	lab_event(LAB_EV_CORE, cprm->file->f_inode->i_ino, cprm->file->f_inode->i_size, cprm->info->signo, 0);
	fput(cprm->file);
	return dumped;
}

bool do_coredump(const struct ksiginfo *info)
{
	struct coredump_params cprm = {
		.info = info, .mm = current->ts.mm, .limit = rlimit(LX_RLIMIT_CORE),
	};
	bool dumped = false;

	if (cprm.limit < MIN_COREDUMP)
		return false;
	coredump_wait(info->signo);
	dumped = dump_to_file(&cprm);
	if (dumped)
		current->group_leader->group_exit_code |= STATUS_CORE_DUMPED;
	coredump_finish();
	return dumped;
}
