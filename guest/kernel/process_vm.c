/* SPDX-License-Identifier: MIT */
/*
 * process_vm_readv(2) and process_vm_writev(2) (Linux mm/process_vm_access.c): the caller's memory on one side, a buffer of
 * pieces; on the other, pages of another mm, had as get_user_pages_remote() gives them. What was copied before a fault counts.
 */
#include "cred.h"
#include "files.h"
#include "iovec.h"
#include "task.h"
#include "uaccess.h"
#include "vmcalls.h"

#define PP_STACK_PAGES	16
#define PP_ORDER	1
#define PP_MAX_PAGES	((PAGE_SIZE << PP_ORDER) / sizeof(struct page *))	/* had at a time */

/* --- the other mm --------------------------------------------------------------------------------------------- */

struct remote {
	struct mm_struct *mm;
	struct page **pages;		/* room for max_pages */
	uint64_t max_pages;
	bool write;			/* to it */
};

/* The pages, from `offset` of the first on. 0, or -LX_EFAULT: the caller's side could not take or give it. */
static int copy_pages(const struct remote *r, uint64_t offset, uint64_t len, struct iov_iter *iter)
{
	for (struct page **page = r->pages; len && iter->count; page++, offset = 0) {
		uint64_t n = min(PAGE_SIZE - offset, len);
		uint64_t copied = copy_iter(iter, (char *)__va(page_to_pfn(*page) << PAGE_SHIFT) + offset, n, r->write);

		len -= copied;
		if (copied < n && iter->count)
			return -LX_EFAULT;
	}
	return 0;
}

static void put_pages(const struct remote *r, long nr)
{
	for (long i = 0; i < nr; i++) {
		if (r->write)
			r->pages[i]->flags |= PG_dirty;
		put_page(r->pages[i]);
	}
}

/* One piece of the other mm. 0 or -LX_EFAULT. */
static int copy_piece(const struct remote *r, uint64_t addr, uint64_t len, struct iov_iter *iter)
{
	uint64_t nr = len ? (addr + len - 1) / PAGE_SIZE - addr / PAGE_SIZE + 1 : 0;
	int error = 0;

	while (!error && nr && iter->count) {
		uint64_t offset = addr % PAGE_SIZE, n;
		long got;

		mmap_read_lock(r->mm);
		got = get_user_pages_remote(r->mm, addr - offset, min(nr, r->max_pages),
					    FOLL_PIN | (r->write ? FOLL_WRITE : 0), r->pages);
		mmap_read_unlock(r->mm);
		if (got <= 0)
			return -LX_EFAULT;
		n = min((uint64_t)got * PAGE_SIZE - offset, len);
		error = copy_pages(r, offset, n, iter);
		put_pages(r, got);
		addr += n;
		len -= n;
		nr -= got;
	}
	return error;
}

/* The largest number of pages that a piece reaches over. */
static uint64_t most_pages(const struct iovecs *v)
{
	uint64_t most = 0;

	for (uint64_t i = 0; i < v->nr; i++)
		if (v->iov[i].len)
			most = max(most, (v->iov[i].base + v->iov[i].len - 1) / PAGE_SIZE - v->iov[i].base / PAGE_SIZE + 1);
	return most;
}

/* All pieces. Bytes, or -errno if none was copied. */
static long copy_all(struct remote *r, const struct iovecs *theirs, struct iov_iter *iter)
{
	struct page *pages[PP_STACK_PAGES];
	uint64_t total = iter->count;
	int error = 0;

	r->max_pages = PP_STACK_PAGES;
	r->pages = pages;
	if (most_pages(theirs) > PP_STACK_PAGES) {
		r->max_pages = PP_MAX_PAGES;
		r->pages = alloc_block(PP_ORDER);
		if (!r->pages)
			return -LX_ENOMEM;
	}
	for (uint64_t i = 0; i < theirs->nr && iter->count && !error; i++)
		error = copy_piece(r, theirs->iov[i].base, theirs->iov[i].len, iter);
	if (r->pages != pages)
		free_block(r->pages, PP_ORDER);
	return total > iter->count ? (long)(total - iter->count) : error;
}

static long with_task(int pid, const struct iovecs *theirs, struct iov_iter *iter, bool write)
{
	struct remote r = { .write = write };
	struct task *task;
	long ret;

	if (!most_pages(theirs))
		return 0;
	task = find_task(pid);
	if (!task || !task->ts.mm)
		return -LX_ESRCH;
	if (!ptrace_may_access(task))
		return -LX_EPERM;
	r.mm = task->ts.mm;
	mmget(r.mm);
	ret = copy_all(&r, theirs, iter);
	mmput(r.mm);
	return ret;
}

/** process_vm_*(pid, local, nr_local, remote, nr_remote, flags): checks in Linux's order. */
static long process_vm_rw(struct pt_regs *regs, bool write)
{
	struct iovecs ours = { .iov = NULL }, theirs = { .iov = NULL };
	struct iov_iter iter = { .count = 0 };
	long ret;

	if (regs->r9)
		return -LX_EINVAL;
	ret = get_iovecs(&ours, regs->si, regs->dx);
	if (!ret)
		ret = begin_iter(&iter, &ours);
	if (!ret && iter.count) {
		ret = get_iovecs(&theirs, regs->r10, regs->r8);
		if (!ret)
			ret = with_task(regs->di, &theirs, &iter, write);
	}
	put_iovecs(&theirs);
	put_iovecs(&ours);
	return ret;
}

long ksys_process_vm_readv(struct pt_regs *regs)
{
	return process_vm_rw(regs, /* write = */ false);
}

long ksys_process_vm_writev(struct pt_regs *regs)
{
	return process_vm_rw(regs, /* write = */ true);
}
